"""What the table of growth measures."""

from __future__ import annotations

import growth
import numpy as np
import pytest


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
