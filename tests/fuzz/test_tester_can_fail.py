"""The tester finds what it is there for: faults built into the compiler are each found."""

from __future__ import annotations

import pytest

from srcgrad.dispatch import Dispatch
from tests.fuzz.check import WRONG, Verdict, check
from tests.fuzz.faults import FAULTS, Fault
from tests.fuzz.generate import program
from tests.fuzz.test_random_programs import BATCHES, SIZE


def verdict(seed: int, fault: Fault | None) -> Verdict:
    """What comes out for a program, compiled anew, with the fault or without."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Dispatch, "_known", {})
        if fault is not None:
            fault.patch(patch)
        return check(program(seed))


def found(fault: Fault) -> int:
    """A program of the normal run that is wrong because of the fault.

    One that crashes does not count: that may be the fault's own doing.
    """
    for seed in (fault.shown, *range(BATCHES * SIZE)):
        if verdict(seed, fault).kind == WRONG and verdict(seed, None).kind != WRONG:
            return seed
    raise AssertionError(f"no program of the normal run finds the fault '{fault.name}'")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "_"))
def test_fault_is_found(fault: Fault) -> None:
    assert found(fault) < BATCHES * SIZE


def test_there_are_fourteen() -> None:
    assert len({fault.name for fault in FAULTS}) == 14
