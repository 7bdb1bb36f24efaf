"""What a function hands out on the way is not memory of its gradient."""

from __future__ import annotations

import numpy as np

from srcgrad import grad


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
