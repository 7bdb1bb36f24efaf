"""What a function hands out on the way is not memory of its gradient."""

from __future__ import annotations

import numpy as np

from srcgrad import grad
from tests.hard_cases.checking import Case


class State:
    def __init__(self):
        self.last = None


STATE = State()


def test_an_attribute_of_an_object_from_outside():
    def f(c, x):
        y = np.sin(x)
        STATE.last = y
        return np.sum(c * y)

    x = np.array([0.1, 0.2])
    gradient = grad(f)(np.ones(2), x)
    assert np.array_equal(STATE.last, np.sin(x))
    assert not np.shares_memory(gradient, STATE.last)
    gradient[:] = 17.0
    assert np.array_equal(STATE.last, np.sin(x))


def parts_of_a_split(x):
    a, b = np.split(x.copy(), 2)
    a += b
    b *= a
    return np.sum(a * b)


def test_views_that_come_several_at_once():
    Case(parts_of_a_split, (np.array([0.3, 0.7, -0.4, 1.2]),)).run()
