"""What the classes that stand for ``Counter``, ``deque`` and ``tuple`` lack is refused: Python does
not raise for it."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from srcgrad.errors import CertainError, Loc
from srcgrad.specialise import missing
from srcgrad.specialise.classes import STANDS_FOR
from tests.slopes import check_at

POINT = np.array([0.31, -0.7, 1.2])
HERE = Loc("f.py", 1, 0, 1, 0, "", "f")


@pytest.mark.parametrize("cls", STANDS_FOR, ids=lambda cls: cls.__name__)
def test_what_only_pythons_class_has_is_refused(cls):
    lacking = set(dir(STANDS_FOR[cls])) - set(dir(cls))
    assert lacking
    errors = {name: missing.attribute(cls, name, HERE) for name in lacking}
    assert not [name for name, error in errors.items() if isinstance(error, CertainError)]
    assert isinstance(missing.attribute(cls, "nothing_has_this", HERE), CertainError)


@pytest.mark.parametrize("cls", STANDS_FOR, ids=lambda cls: cls.__name__)
def test_comparisons_and_signs_are_written_where_pythons_class_has_them(cls):
    names = [f"__{each}__" for each in ("lt", "le", "gt", "ge", "pos", "neg", "add", "mul", "sub")]
    real = STANDS_FOR[cls]
    has = [name for name in names if getattr(real, name, None) is not getattr(object, name, None)]
    assert [name for name in has if name not in vars(cls)] == []


def counter_of(x):
    c = Counter()
    c["a" if x[0] > -9 else "b"] += 2
    c["b"] -= 1
    return c


def or_else(ask):
    def f(x):
        c, d = counter_of(x), Counter(a=1, z=4)
        try:
            v = ask(c, d)
        except (TypeError, AttributeError):
            v = -77.0
        return x[0] * v + x[1] ** 2

    return f


@pytest.mark.parametrize(
    "ask",
    [
        lambda c, d: (+c)["a"] + len(+c),
        lambda c, d: (-c)["b"] + len(-c),
        lambda c, d: c.__missing__("z") + 3,
        lambda c, d: (c <= d) + 2 * (d <= d) + 4 * (Counter(a=1) <= c),
        lambda c, d: (c < d) + 2 * (d < d) + 4 * (Counter(a=1, b=-2) < c),
        lambda c, d: (c >= d) + 2 * (d >= d) + 4 * (c >= Counter(a=1, b=-2)),
        lambda c, d: (c > d) + 2 * (d > d) + 4 * (c > Counter(a=1, b=-2)),
        lambda c, d: hasattr(c, "most_common") + 2 * hasattr(c, "fromkeys") + 4 * hasattr(c, "no"),
        lambda c, d: c.nothing_has_this,
    ],
    ids=["pos", "neg", "missing", "le", "lt", "ge", "gt", "hasattr", "no such attribute"],
)
def test_counters_have_what_pythons_have(ask):
    check_at(or_else(ask), POINT)
