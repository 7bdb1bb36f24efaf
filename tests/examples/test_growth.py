"""What the table of growth measures."""

from __future__ import annotations

import gc
import sys

import gauss_seidel
import growth
import heat_equation
import numpy as np
import pytest
import wave_equation

from srcgrad import grad


@pytest.fixture(autouse=True, scope="module")
def frozen() -> None:
    """The collections of garbage between the measurements pass over what other tests have left."""
    gc.freeze()


def test_slope_is_that_of_a_power():
    sizes = growth.doubled(10, 6)
    assert sizes == (10, 20, 40, 80, 160, 320)
    assert growth.slope(sizes, [3e-6 * n**1.5 for n in sizes]) == pytest.approx(1.5)
    assert growth.slope(sizes, [7.0] * 6) == pytest.approx(0.0)
    # What does not grow is large for small sizes only, and is left out of the line.
    assert growth.slope(sizes, [9.0, 9.0, 9.0, 80.0, 160.0, 320.0]) == pytest.approx(1.0)


def test_peak_is_what_is_held_at_once():
    def call(n):
        a = np.ones(n)
        b = a + 1
        del a
        return np.sum(b * 2)

    assert growth.peak(call, (100_000,)) == pytest.approx(1_600_000, rel=0.01)


@pytest.mark.parametrize("problem", growth.problems(), ids=lambda problem: problem.name)
def test_problem_can_be_made_at_its_sizes(problem):
    args = problem.make(problem.sizes[0])
    value = problem.function(*args)
    assert np.isfinite(value)
    if problem.hand is not None:
        count = 1 if isinstance(problem.argnums, int) else len(problem.argnums)
        gradient = problem.hand(*args)
        assert count == 1 or len(gradient) == count


def test_table_shows_the_slopes():
    small = growth.Growth("squares", lambda x: np.sum(x * x), lambda n: (np.ones(n),), (4, 8, 16))
    lines = list(growth.table(small, quick=True))
    assert lines[0] == "squares"
    assert lines[1].split()[:3] == ["size", "function", "ms"]
    assert [line.split()[0] for line in lines[2:]] == ["4", "8", "16", "slope"]


@pytest.mark.parametrize(
    ("function", "make", "argnums"),
    [
        (heat_equation.misfit, lambda steps: growth.rod(500, steps), 0),
        (wave_equation.misfit, lambda steps: growth.membrane(20, steps), (0, 1)),
        (gauss_seidel.misfit, lambda sweeps: growth.plate(8, sweeps), 1),
    ],
)
def test_linear_programs_save_nothing(function, make, argnums):
    """More steps hold no more memory, but for a reference to a shadow in each."""
    gradient = grad(function, argnums=argnums)
    gradient(*make(2))  # compiles it
    few, many = (growth.peak(gradient, make(steps)) for steps in (10, 110))
    assert many - few < 100 * 16 + 200


def test_memory_of_a_loop_over_elements_is_linear():
    gradient = grad(growth.running_sum)
    sizes = (200, 400, 800)
    gradient(np.ones(200))
    peaks = [growth.peak(gradient, (np.linspace(0, 9, n),)) for n in sizes]
    assert growth.slope(sizes, peaks) < 1.1


def test_time_of_a_loop_over_elements_is_linear():
    """Counted in lines that are executed, not in seconds."""
    gradient = grad(growth.running_sum)
    gradient(np.ones(20))
    lines = [_lines(gradient, np.linspace(0, 9, n)) for n in (50, 100, 200)]
    assert lines[2] - lines[1] == 2 * (lines[1] - lines[0])


def _lines(call, *args):
    """How many lines of Python are executed in a call."""
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call(*args)
    finally:
        sys.settrace(before)
    return count
