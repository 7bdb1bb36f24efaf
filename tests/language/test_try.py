"""``try`` whose handlers only raise again."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad
from tests.language.cases import Table, vector

case = Table()


@case(vector())
def raised_again(x):
    try:
        y = x * 2
        z = np.log(y)
    except (ValueError, TypeError):
        raise
    except KeyError as error:
        raise
    return np.sum(z * y)


@case(vector())
def with_an_else(x):
    try:
        y = x * 2
    except ValueError:
        raise
    else:
        y = y * x
    return np.sum(y)


@case(vector(), 1.0)
@case(vector(), 9.0)
def leaving_a_loop(x, c):
    s = 0.0
    for v in x:
        try:
            if v > c:
                break
            s = s + v * v
        except ArithmeticError:
            raise
        else:
            if v < 0.5:
                continue
        s = s * 1.5
    return s


@case(vector(), 1.0)
@case(vector(), 9.0)
def returning(x, c):
    try:
        if np.sum(x) > c:
            return np.sum(x * x)
    except ValueError:
        raise
    return x[0]


def test_the_error_is_that_of_the_function():
    def f(x):
        try:
            if x < 0:
                raise ValueError("negative")
            y = x * x
        except ValueError:
            raise
        return y

    with pytest.raises(ValueError, match="negative"):
        grad(f)(-1.0)
    assert grad(f)(3.0) == 6.0


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()
