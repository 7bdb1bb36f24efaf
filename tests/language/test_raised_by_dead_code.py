"""What the program computes in vain raises in the gradient where it raises in the program; what
cannot raise is left out."""

import math

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from tests.slopes import slopes

X = np.array([0.7, -0.4, 1.3])


def an_index(x, n):
    x[n]
    return x[2] ** 2


def what_is_computed_of_it(x, n):
    y = 2 * x[n] + 1
    return x[2] ** 2


def a_product(x, n):
    a = x @ np.ones(n + 2)
    return x[2] ** 2


def a_sum(x, n):
    x + np.ones(2 + n)
    return x[2] ** 2


def a_shape(x, n):
    np.reshape(x, (n, 3))
    return x[2] ** 2


def an_inverse(x, n):
    A_inv = np.linalg.inv(np.eye(2) * (n - 7))
    return x[2] ** 2


def a_maximum(x, n):
    np.max(x[x > 0.2 * n])
    return x[2] ** 2


def a_maximum_of_a_list(x, n):
    max([v for v in x if v > 0.2 * n])
    return x[2] ** 2


def a_quotient(x, n):
    1 // (n - 7)
    return x[2] ** 2


def a_remainder(x, n):
    float(x[0]) % (n - 7)
    return x[2] ** 2


def a_root(x, n):
    y = math.sqrt(6.5 - n)
    return x[2] ** 2


def an_integer(x, n):
    int(float("nan") if n > 2 else x[0])
    return x[2] ** 2


def a_factorial(x, n):
    math.factorial(5 - n)
    return x[2] ** 2


def a_pair(x, n):
    q, r = divmod(3, n - 7)
    return x[2] ** 2


def in_a_loop(x, n):
    s = 0.0
    for i in range(3):
        s = s + x[i] ** 2
        x[i + n - 1]
    return s


def in_an_arm(x, n):
    s = x[0]
    if x[1] < 0:
        w = x[n]
        s = s * x[2]
    return s


def in_a_helper(x, n):
    def step(v):
        return v * v, x[n]

    return step(x[0])[0]


def in_a_recursion(x, n):
    def h(v, depth):
        if depth == 0:
            return v
        x[n + depth - 1]
        return h(v * x[0], depth - 1)

    return h(x[1], 1)


FUNCTIONS = [
    *(an_index, what_is_computed_of_it, a_product, a_sum, a_shape, an_inverse, a_maximum),
    *(a_maximum_of_a_list, a_quotient, a_remainder, a_root, an_integer, a_factorial, a_pair),
    *(in_a_loop, in_an_arm, in_a_helper, in_a_recursion),
]


@pytest.mark.parametrize("f", FUNCTIONS)
def test_raises(f):
    derivative = grad(f)
    expected = slopes(lambda x: f(x, 1), X)
    np.testing.assert_allclose(derivative(X, 1), expected, rtol=1e-6, atol=1e-8)
    with pytest.raises((ArithmeticError, LookupError, ValueError, np.linalg.LinAlgError)) as kind:
        f(X, 7)
    pulled = lambda x, n: vjp(lambda x: f(x, n), x)[1](1.0)
    for each in (derivative, value_and_grad(f), grad(f), pulled):
        with pytest.raises(kind.type):
            each(X, 7)


def of_numpys_numbers(x):
    a = np.exp(x) / x
    b = x[:2].sum() / x.mean()
    c = [v * 2 for v in x]
    for i, _ in enumerate(x):
        d = (i, x[1:])
    return np.sum(x * x), a, b


def test_what_cannot_raise_is_left_out():
    def f(x):
        return of_numpys_numbers(x)[0]

    derivative = grad(f)
    np.testing.assert_allclose(derivative(X), 2 * X)
    assert derivative.source.count("\n") < 12
    assert "exp" not in derivative.source
    assert "for " not in derivative.source


def test_what_is_read_and_not_needed_is_left_out():
    derivative = grad(lambda x, n: np.sum(x) + math.exp(n) + x[1])
    np.testing.assert_allclose(derivative(X, 1), [1.0, 2.0, 1.0])
    assert "# Forward" not in derivative.source


def called_as_it_is(n):
    import math as m

    if n:
        1 % 0
    return m.cos(n)


def test_what_raises_in_a_function_that_is_called_as_it_is_is_not_computed_beforehand():
    derivative = grad(lambda x: np.sum(x) * called_as_it_is(0))
    np.testing.assert_allclose(derivative(X), [1.0, 1.0, 1.0])
