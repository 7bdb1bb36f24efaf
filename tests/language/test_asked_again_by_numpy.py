"""``obj == v`` with a scalar of NumPy's: an instance that declines it is asked again with a number
of Python's, by the operator of the scalar."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad, value_and_grad

X = np.array([0.3, -1.2, 0.7])
SMALL, NOTHING = np.float32(0.1), np.int64(0)


class Plain:
    def __init__(self, v):
        self.v = v

    def __eq__(self, other):
        if type(other) in (int, float):
            return self.v[0] > other
        return NotImplemented


class Number(Plain):
    """Its answers are numbers."""

    def __eq__(self, other):
        return 5.0 if type(other) in (int, float) else NotImplemented

    def __lt__(self, other):
        return self.v[0] + other if type(other) is float else NotImplemented

    def __gt__(self, other):
        return self.v[0] * 2 if type(other) is float else NotImplemented

    def __add__(self, other):
        return self.v[0] * 2 + other if type(other) is float else NotImplemented

    def __pow__(self, other):
        return self.v[0] ** other if type(other) is float else NotImplemented


class Never(Plain):
    def __eq__(self, other):
        return NotImplemented


class Unasked(Plain):
    """NumPy leaves it alone."""

    __array_ufunc__ = None
    __eq__ = Plain.__eq__


class Without:
    """Python compares it by identity."""

    def __init__(self, v):
        self.v = v


class Bag(Plain):
    """NumPy takes it for a sequence."""

    __eq__ = Plain.__eq__

    def __len__(self):
        return 2

    def __getitem__(self, i):
        if i >= 2:
            raise IndexError(i)
        return self.v[i]


PROGRAMS = [
    lambda x: (Plain(x) == SMALL) * x[2],
    lambda x: (Plain(x) == NOTHING) * x[2] + x[0],
    lambda x: (Plain(x) != SMALL) * x[2] + x[0],
    lambda x: (Plain(x) == x[1]) * x[2],
    lambda x: (Plain(x) == np.sum(x)) * x[2],
    lambda x: (Plain(x) == 0.5) * x[2] + x[1],
    lambda x: ((Plain(x) == SMALL) + (Plain(x) == SMALL)) * x[2],
    lambda x: (Number(x) == SMALL) * x[2],
    lambda x: (Number(x) < SMALL) * x[2],
    lambda x: (Number(x) > SMALL) * x[2],
    lambda x: (Number(x) + SMALL) * x[2],
    lambda x: (Number(x) ** x[2]) * x[2],
    lambda x: (Never(x) == SMALL) * x[2] + x[0],
    lambda x: (Never(x) != SMALL) * x[2] + x[0],
    lambda x: (Unasked(x) == SMALL) * x[2] + x[0],
    lambda x: (Without(x) == SMALL) * x[2] + x[0],
    lambda x: (Without(x) != x[1]) * x[2] + x[0],
    lambda x: ([Plain(x)] == [SMALL]) * x[2],
    lambda x: ((x[0], Plain(x)) == (x[0], x[1])) * x[2],
    lambda x: ({"a": Plain(x)} == {"a": SMALL}) * x[2],
]


@pytest.mark.parametrize("f", PROGRAMS)
def test_value_and_gradient(f):
    value, x_bar = value_and_grad(f)(X)
    assert value == f(X)
    steps = 1e-6 * np.eye(3)
    slopes = [(f(X + step) - f(X - step)) / 2e-6 for step in steps]
    np.testing.assert_allclose(x_bar, slopes, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum((Plain(x) == x) * x[2]),
        lambda x: np.sum((Without(x) != x) * x[2]),
        lambda x: np.sum((Bag(x) == SMALL) * x[2]),
        lambda x: np.sum((Bag(x) != x[1]) * x[2]),
    ],
)
def test_several_answers_are_refused(f):
    with pytest.raises(UnsupportedSyntaxError, match="NumPy compares an instance with each"):
        grad(f)(X)
