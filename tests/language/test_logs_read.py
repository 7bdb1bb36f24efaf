"""Lists from outside that get longer while a program runs, and are read: ``log[-1]``, ``len``."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from tests.slopes import slopes

X = np.array([0.3, 0.4, 0.5])
LOG: list[Any] = []
SAME = LOG


@pytest.fixture(autouse=True)
def _anew():
    LOG.clear()


def the_last(x):
    LOG.append(np.sum(x**2))
    return np.sum(x) * LOG[-1]


def the_last_two(x):
    LOG.append(x[0])
    LOG.extend([x[1] * 2, x[2]])
    return LOG[-1] * LOG[-2] * x[0]


def how_many(x):
    before = len(LOG)
    for v in x:
        if v > 0.35:
            LOG.append(v)
    return np.sum(x**2) * (len(LOG) - before) + len(LOG)


def until_there_are_enough(x):
    for _ in range(3):
        x = np.sin(x)
        LOG.append(np.sum(x))
        if len(LOG) > 4 or LOG[-1] < 0.2:
            break
    return np.sum(x**2)


def of_the_call_before(x):
    previous = LOG[-1] if LOG else None
    now = np.sum(x**2)
    LOG.append(now)
    return now if previous is None else now * previous


def in_either_arm(x):
    if x[0] > 0:
        LOG.append(x[1] ** 2)
    else:
        LOG.append(x[2])
    return np.sum(x) * LOG[-1]


def after_a_loop(x):
    for v in x:
        LOG.append(v**2)
    return np.sum(x) * LOG[-1] * LOG[-2]


def after_a_counted_loop(x):
    s = x[0]
    for _ in range(3):
        s = s * x[1]
        LOG.append(s)
    return s * LOG[-1] + LOG[-3]


def in_a_container(x):
    LOG.append({"loss": np.sum(x**2), "x": x})
    return LOG[-1]["loss"] * LOG[-1]["x"][0]


def by_recursion(x):
    def step(v):
        LOG.append(v)
        return v if len(LOG) % 4 == 0 or v > 2 else step(v * 1.3)

    return step(x[0]) * x[1]


def another_structure(x):
    state = {"v": LOG[-1], "count": len(LOG)} if LOG else {"v": x}
    LOG.append(x * 2)
    return np.sum(state["v"] * x)


def by_another_name(x):
    LOG.append(x[0])
    SAME.append(x[1])
    LOG.append(x[2])
    return LOG[-2] * x[2]


def one_that_was_there(x):
    LOG.append(x[0])
    return LOG[-2] * x[1]


def perhaps_appended(x):
    if x[0] > 0:
        LOG.append(x[0])
    return LOG[-1] * x[1]


def perhaps_in_no_trip(x):
    for v in [v for v in x if v > 0.35]:
        LOG.append(v)
    return LOG[-1] * x[1]


def before_the_loop(x):
    for v in x:
        LOG.append(v)
    return LOG[-4] * x[1]


def all_of_them(x):
    LOG.append(x[0])
    return sum(LOG) * x[1]


def written_over(x):
    LOG.append(x[0])
    LOG[0] = 3.0
    return LOG[-1] * x[1]


THERE = (one_that_was_there, perhaps_appended, perhaps_in_no_trip, before_the_loop)


@pytest.mark.parametrize(
    "f",
    [
        the_last,
        the_last_two,
        how_many,
        until_there_are_enough,
        of_the_call_before,
        in_either_arm,
        after_a_loop,
        after_a_counted_loop,
        in_a_container,
        by_recursion,
        another_structure,
        by_another_name,
        one_that_was_there,
        perhaps_appended,
        perhaps_in_no_trip,
        before_the_loop,
        all_of_them,
        written_over,
    ],
    ids=lambda f: f.__name__,
)
def test_it_is_read(f: Callable[[np.ndarray], Any]) -> None:
    LOG[:] = [0.7, 0.2] if f in THERE else []

    def at(x: np.ndarray, then: list[Any]) -> Any:
        LOG[:] = copy.deepcopy(then)
        return f(x)

    derivative = value_and_grad(f)
    for _ in range(4):
        before = copy.deepcopy(LOG)
        want = at(X, before)
        after = repr(LOG)
        expected = slopes(lambda x, before=before: at(x, before), X)
        LOG[:] = before
        value, gradient = derivative(X)
        assert repr(LOG) == after
        assert value == pytest.approx(want, rel=1e-12)
        np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-9)


def test_a_longer_log_is_not_compiled_anew():
    derivative = grad(of_the_call_before)
    derivative(X)
    derivative(X)
    source = derivative.source
    for _ in range(3):
        derivative(X)
    assert derivative.source == source
    assert "previous = LOG[-1]" in source
