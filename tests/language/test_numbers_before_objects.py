"""``v * obj`` with a scalar of NumPy's: its ``__rmul__`` gets a number of Python's."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import SrcgradError, grad
from tests.language.cases import Table, vector

case = Table()


class Dual:
    def __init__(self, value, slope):
        self.value = value
        self.slope = slope

    def __add__(self, other):
        return Dual(self.value + other.value, self.slope + other.slope)

    def __radd__(self, number):
        return Dual(number + self.value, self.slope)

    def __rmul__(self, number):
        assert isinstance(number, float)
        return Dual(number * self.value, number * self.slope)

    def __rsub__(self, number):
        return Dual(number - self.value, -self.slope)

    def __rtruediv__(self, number):
        return Dual(number / self.value, -number * self.slope / self.value**2)


@case(vector())
def a_polynomial(x):
    p, t = Dual(0.0, 0.0), Dual(x[0], 1.0)
    for c in x:
        p = p + c * t
    return p.value * p.slope


@case(vector())
def each_operator(x):
    d = Dual(x[1], x[2])
    total = (x[0] + d) + (x[3] - d) + (x[0] / d) + (np.sum(x) * d)
    return total.value + 2.0 * total.slope


@case(vector())
def of_elements_that_are_whole(x):
    d = Dual(x[1], x[2])
    total = 0.0
    for k in np.arange(3) * 1.0:
        total = total + (k * d).value
    return total


@pytest.mark.parametrize("one", case.cases)
def test_derivatives(one):
    one.run()


class Row:
    """NumPy takes it for a sequence."""

    def __init__(self, v):
        self.v = v

    def __len__(self):
        return 2

    def __getitem__(self, i):
        return self.v[i]

    def __rmul__(self, number):
        return Row(number * self.v)


def test_what_numpy_takes_for_an_array_is_refused() -> None:
    def f(x):
        return (x[0] * Row(x)).v[0]

    with pytest.raises(SrcgradError):
        grad(f)(vector())
