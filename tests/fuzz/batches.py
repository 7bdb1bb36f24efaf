"""What the tests of each kind of random programs share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest

from srcgrad.dispatch import Dispatch
from tests.fuzz.campaign import Counts, counted
from tests.fuzz.check import OK, REFUSED, WRONG, Verdict, check, known, loaded
from tests.fuzz.generate import Program
from tests.fuzz.test_random_programs import described
from tests.verifying import verified_passes

Draw = Callable[[int], Program]


def run(
    kind: str, batch: int, size: int, patch: pytest.MonkeyPatch, ok: float, refused: float
) -> None:
    """Checks a batch of programs: none is wrong, and at least a share of them is ``ok``.

    In the first one, what each pass of the compiler gives is verified.
    """
    if batch == 0:
        verified_passes(patch)
    counts = counted(range(size * batch, size * (batch + 1)), kind)
    assert not counts.failures, described(counts.failures)
    assert counts.kinds[OK] > ok * size, counts.kinds
    assert counts.kinds[REFUSED] < refused * counts.accepted, counts.kinds


@dataclass(frozen=True)
class Fault:
    """What is built into the compiler, the construct of the programs that may find it, and the
    seed of one that does: it is tried first."""

    patch: Callable[[pytest.MonkeyPatch], None]
    shown: int
    construct: str = ""


def is_found(fault: Fault, draw: Draw, seeds: Iterable[int], patch: pytest.MonkeyPatch) -> bool:
    """Whether one of the programs with the construct comes out wrong.

    Nothing is used that was compiled before the compiler got its fault.
    """
    fault.patch(patch)
    patch.setattr(Dispatch, "_known", {})
    programs = map(draw, (fault.shown, *seeds))
    drawn = (program for program in programs if fault.construct in program.text)
    return any(check(program).kind == WRONG for program in drawn)


def rare(draw: Draw, count: int, constructs: tuple[str, ...]) -> list[str]:
    """The constructs that occur in fewer than one of twenty programs."""
    counts = Counts()
    for seed in range(count):
        drawn = draw(seed)
        with loaded(drawn) as names:
            truth = known(drawn, names["f"], 0)
        if not isinstance(truth, str | Exception):
            counts.add(Verdict(seed, OK, "", truth.tags))
    return counts.rare(constructs)
