"""Programs made at random: each pass keeps what a program gives, and gradients are right."""

from __future__ import annotations

import itertools
import linecache
from typing import Any

import numpy as np
import pytest

from srcgrad import value_and_grad
from tests.language import generated as general
from tests.parts import batches
from tests.transform import generated
from tests.transform.passes import Stages, arrays, assert_equal

COUNTER = itertools.count()
ARGUMENTS = (
    (np.array([0.3, -0.7, 1.1]), np.array([0.5, 0.2, -0.4]), 0.3, 2),
    (np.array([-0.2, 0.9, 0.4]), np.array([1.1, -0.6, 0.7]), -0.8, 0),
)
W = np.array([[0.2, -0.5, 0.3], [0.7, 0.1, -0.4], [-0.3, 0.6, 0.25]])


def loaded(source: str) -> Any:
    name = f"<program {next(COUNTER)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    namespace: dict[str, Any] = {"__name__": name.strip("<>").replace(" ", "_")}
    exec(compile(source, name, "exec"), namespace)
    return namespace["f"]


def check_gradient(source: str) -> None:
    f = loaded(source)
    df = value_and_grad(f, argnums=(0, 1, 2, 3), has_aux=True)
    for x, y, c, n in ARGUMENTS:
        args = (x, y, W, c, n)
        (value, aux), gradient = df(*(np.copy(a) if np.ndim(a) else a for a in args))
        want, want_aux = f(*args)
        np.testing.assert_allclose(value, want, rtol=1e-11)
        np.testing.assert_array_equal(aux, want_aux)
        found = arrays(gradient)
        for i, a in enumerate(found):
            assert a.flags.writeable
            assert not any(np.shares_memory(a, b) for b in [*found[i + 1 :], aux])
        rng = np.random.default_rng(7)
        directions = [rng.normal(size=np.shape(a)) for a in args[:4]]
        slopes = []
        for h in (1e-5, 1e-6):
            ends = [
                f(*(a + sign * h * d for a, d in zip(args, directions, strict=False)), n)[0]
                for sign in (1, -1)
            ]
            slopes.append((ends[0] - ends[1]) / (2 * h))
        scale = max(1.0, abs(slopes[1]), abs(want))
        if scale > 1e5 or abs(slopes[0] - slopes[1]) > 1e-6 * scale:
            continue  # at a kink, or too large for differences
        got = sum(np.sum(g * d) for g, d in zip(gradient, directions, strict=True))
        np.testing.assert_allclose(got, slopes[1], rtol=1e-5, atol=1e-5 * scale)


def check_passes(f: Any, args: tuple[Any, ...], wrt: tuple[int, ...]) -> None:
    """After each pass of the simplifier the program gives what it gave before."""
    stages = Stages(f, *args, wrt=wrt)
    want = stages.run(stages.adjoint)
    for name, function in stages.simplified():
        try:
            assert_equal(stages.run(function), want, 1e-9)
        except AssertionError as error:
            error.add_note(f"after {name}")
            raise


def each(seeds: range, check: Any) -> None:
    for seed in seeds:
        try:
            check(seed)
        except Exception as error:
            error.add_note(f"seed {seed}:\n{generated.program(seed)}")
            raise


@pytest.mark.parametrize("batch", batches(2, 6))
def test_gradients(batch):
    each(range(20 * batch, 20 * batch + 20), lambda seed: check_gradient(generated.program(seed)))


@pytest.mark.parametrize("batch", batches(1, 3))
def test_passes_keep_values(batch):
    def check(seed: int) -> None:
        source = generated.program(seed)
        f = loaded(source[: source.rindex(",")] + "\n")  # without the vector
        for x, y, c, n in ARGUMENTS:
            check_passes(f, (x, y, W, c, n), (0, 1, 2, 3))

    each(range(300 + 10 * batch, 310 + 10 * batch), check)


@pytest.mark.parametrize("batch", batches(1, 2))
def test_passes_keep_values_of_general_programs(batch):
    for seed in range(15 * batch, 15 * batch + 15):
        f = loaded(general.program(seed))
        args = (0.3, 1.7, np.array([0.4, 1.3, -0.8]), np.array([1.1, -0.2, 0.6]), 3)
        check_passes(f, args, (0, 1, 2, 3))


@pytest.mark.long
@pytest.mark.parametrize("batch", range(40))
def test_many_gradients(batch):
    seeds = range(1000 + 100 * batch, 1100 + 100 * batch)
    each(seeds, lambda seed: check_gradient(generated.program(seed)))
