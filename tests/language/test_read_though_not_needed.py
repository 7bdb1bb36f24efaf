"""Reading a name that may have no value raises in the gradient too where that needs no value of it,
and where a call or a trip before has left one of that name."""

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from tests.slopes import slopes

THERE = np.array([0.9, 1.3, 1.7])
NOT_THERE = np.array([0.9, -0.3, 1.7])


def in_a_sum(x):
    if x[1] > 0:
        w = x[1]
    return w + x[2]


def given_back(x):
    if x[1] > 0:
        w = x[1]
    if x[0] > 5:
        w = w + 1
    return w


def compared_with_none(x):
    if x[1] > 0:
        w = x[1]
    return x[2] if w is None else x[0]


def bound_to_another(x):
    if x[1] > 0:
        w = x[1]
    z = w
    return x[2]


def in_a_product(x):
    if x[1] > 0:
        r = x[1] * 2
    elif x[0] < 0:
        r = 1.0
    return r * x[2]


def in_a_nested_function(x):
    if x[1] > 0:
        w = x[1]

    def g(v):
        return v + w

    return sum([g(v) for v in x])


def helper(v):
    if v > 0:
        r = v * 3
    return r


def of_another_trip(x):
    s = 0.0
    for v in x:
        s = s + helper(v)
    return s


def of_another_call(x):
    a = helper(x[0])
    b = helper(x[1])
    return a * b


def of_a_trip(x):
    for v in x[1:2]:
        if v > 0:
            w = v
    return 2 * w


F = [
    in_a_sum,
    given_back,
    compared_with_none,
    bound_to_another,
    in_a_product,
    in_a_nested_function,
    of_another_trip,
    of_another_call,
    of_a_trip,
]


@pytest.mark.parametrize("f", F)
def test_raises(f):
    with pytest.raises(NameError, match="cannot access") as expected:
        f(NOT_THERE)
    for derivative in (grad(f), value_and_grad(f)):
        derivative(THERE)
        with pytest.raises(NameError) as found:
            derivative(NOT_THERE)
        assert str(found.value).split("'")[1] == str(expected.value).split("'")[1]
    np.testing.assert_allclose(grad(f)(THERE), slopes(f, THERE), rtol=1e-6, atol=1e-9)


def test_nothing_is_asked_where_the_text_reads_it():
    derivative = value_and_grad(in_a_sum)
    derivative(THERE)
    assert "UnboundLocalError" not in derivative.source
    assert "w = None" not in derivative.source


def test_nothing_is_asked_where_it_is_there():
    def f(x):
        while True:
            w = x[0]
            x = x * 0.5
            if w < 0.1:
                break
        return w + x[1]

    derivative = grad(f)
    derivative(THERE)
    assert "UnboundLocalError" not in derivative.source
