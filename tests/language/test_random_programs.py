"""Programs made at random: values as in Python, gradients as by finite differences."""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, value_and_grad
from tests.language.checking import identical
from tests.language.generated import SIGNATURE, program
from tests.parts import batches

ARGUMENTS = (
    (0.3, 1.7, np.array([0.4, 1.3, -0.8]), np.array([1.1, -0.2, 0.6]), 3),
    (1.2, -0.45, np.array([-1.1, 0.7, 0.9]), np.array([0.3, 1.4, -0.5]), 1),
)
WRT = (0, 1, 2, 3)
STEPS = (1e-5, 1e-6)
COMPARED = {"programs": 0, "compared": 0, "refused": 0}
COUNTER = itertools.count()


def function(source: str) -> Callable[..., Any]:
    file = f"<random program {next(COUNTER)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    namespace: dict[str, Any] = {"__name__": f"random_{next(COUNTER)}"}
    exec(compile(source, file, "exec"), namespace)
    return namespace["f"]  # type: ignore[no-any-return]


def check_program(source: str) -> None:
    f = function(source)
    df = value_and_grad(f, argnums=WRT)
    COMPARED["programs"] += 1
    for args in ARGUMENTS:
        copies = tuple(np.copy(a) if isinstance(a, np.ndarray) else a for a in args)
        want = f(*args)
        try:
            value, gradient = df(*copies)
        except AliasingError:
            COMPARED["refused"] += 1
            return
        assert identical(args, copies), "an argument was changed"
        np.testing.assert_allclose(value, want, rtol=1e-11, atol=1e-12)
        compare(f, args, gradient)


def compare(f: Callable[..., Any], args: tuple[Any, ...], gradient: tuple[Any, ...]) -> None:
    """Compares with finite differences, unless a branch changes sides in between."""
    rng = np.random.default_rng(3)
    directions = [rng.normal(size=np.shape(args[i])) for i in WRT]

    def at(step: float) -> float:
        moved = [args[i] + step * d for i, d in zip(WRT, directions, strict=True)]
        return float(
            f(*(m if isinstance(m, np.ndarray) and m.ndim else float(m) for m in moved), args[4])
        )

    rough, fine = ((at(h) - at(-h)) / (2 * h) for h in STEPS)
    one_sided = (at(STEPS[1]) - at(0.0)) / STEPS[1]
    scale = max(1.0, abs(fine), abs(at(0.0)))
    if not scale < 1e4:
        return  # too large for differences
    if abs(rough - fine) > 1e-5 * scale or abs(one_sided - fine) > 1e-3 * scale:
        return  # at a kink
    for bar, i in zip(gradient, WRT, strict=True):
        assert np.shape(bar) == np.shape(args[i])
        assert type(bar) is type(args[i])
    found = sum(float(np.sum(b * d)) for b, d in zip(gradient, directions, strict=True))
    np.testing.assert_allclose(found, fine, rtol=1e-5, atol=1e-5 * scale)
    COMPARED["compared"] += 1


def check_seeds(seeds: range) -> None:
    for seed in seeds:
        source = program(seed)
        try:
            check_program(source)
        except Exception as error:
            error.add_note(f"seed {seed}:{source.partition(SIGNATURE)[2]}")
            raise


@pytest.mark.parametrize("batch", batches(1, 12))
def test_random_programs(batch):
    check_seeds(range(25 * batch, 25 * (batch + 1)))


def test_most_programs_were_compared():
    """Runs after the tests above: the comparison is not left out too often."""
    if not COMPARED["programs"]:
        pytest.skip("needs the tests above")
    assert COMPARED["compared"] > 1.5 * COMPARED["programs"]
    assert COMPARED["refused"] < 0.1 * COMPARED["programs"]


@pytest.mark.long
@pytest.mark.parametrize("batch", range(80))
def test_many_random_programs(batch):
    check_seeds(range(1000 + 50 * batch, 1000 + 50 * (batch + 1)))
