"""Versions of one name get the lowest number that is free where they live."""

from __future__ import annotations

import random

import pytest

from srcgrad.backend.names import _Group, _Names
from srcgrad.ir.nodes import Var


def first_free(group: _Group, base: str, named: list[tuple[str, _Group]]) -> str:
    """The same found by trying one number after the other against all groups before."""
    number = 0
    while True:
        name = f"{base}_{number}" if number else base
        others = [r for other, g in named if other == name for r in g.ranges]
        if not any(a <= d and c <= b for a, b in group.ranges for c, d in others):
            if name not in ("h_2", "v_1"):
                return name
        number += 1


def ranges(rng: random.Random) -> list[tuple[int, int]]:
    ends = sorted(rng.sample(range(-200, 0), 2 * rng.choice((1, 1, 1, 2, 3))))
    return list(zip(ends[::2], ends[1::2], strict=True))


@pytest.mark.parametrize("seed", range(30))
def test_the_lowest_free_number(seed):
    rng = random.Random(seed)
    groups = sorted(
        (_Group([Var()], ranges(rng), rng.choice("hhv")) for _ in range(60)),
        key=lambda group: group.ranges[0][0],
    )
    for i in range(0, 60, 20):
        groups[i].fixed = f"given{i}"
    fixed = [group for group in groups if group.fixed]
    names = _Names({"h_2"}, {"v_1"})
    named: list[tuple[str, _Group]] = []
    for group in (*fixed, *(group for group in groups if not group.fixed)):
        base = rng.choice(("h_1", group.hint, group.hint)) if not group.fixed else "h"
        expected = first_free(group, base, named)
        assert names.choose(group, base) == expected
        named.append((expected, group))
    assert len({name for name, _ in named}) > 5
