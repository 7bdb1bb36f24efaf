"""The kinds of random programs: what draws one from its seed, and the constructs in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests.fuzz import calling, containing, iterating
from tests.fuzz.generate import REQUIRED, Program, program
from tests.fuzz.tries import HANDLED, TRY, trying


@dataclass(frozen=True)
class Kind:
    """``draw`` gives a program; ``constructs`` have to occur in one of twenty at least."""

    draw: Callable[[int], Program]
    constructs: tuple[str, ...]


KINDS = {
    "all": Kind(program, REQUIRED),
    "plain": Kind(partial(program, plain=True), ()),
    "tries": Kind(trying, (TRY, HANDLED)),
    "iterators": Kind(iterating.iterating, iterating.OCCURRING),
    "containers": Kind(containing.containing, containing.OCCURRING),
    "functions": Kind(calling.calling, calling.OCCURRING),
}
