"""What is the same in every trip of a loop is not saved in every trip."""

from __future__ import annotations

import math

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from tests.hard_cases.checking import Case

X = np.array([0.4, 1.1, -0.7])
F = np.array([0.3, -0.8, 0.5])


def text(f, *args, wrt=0):
    gradient = grad(f, wrt)
    gradient(*args)
    return gradient.source


def before_the_first_loop(source):
    return source.partition("    for ")[0]


def slopes(x, F, n):
    for _ in range(n):
        x = np.tanh(x * np.abs(F))
    return np.sum(x)


def steps(x, c, dt, n):
    for _ in range(n):
        x = x - (c * dt) ** 2 * np.sin(x)
    return np.sum(x)


def nested(x, F, n):
    for _ in range(n):
        for k in range(2):
            x = np.tanh(x * np.abs(F) + k)
        x = x * np.exp(F)
    return np.sum(x)


def constants_alone(x, F, n):
    total = 0.0
    for i in range(n):
        for j in range(2):
            total += np.exp(-x[i] * x[j]) / np.sqrt(2 * np.pi) / math.sqrt(2 * math.pi)
    return total


def until(x, F, n):
    while np.sum(x * x) > 0.1:
        x = x * np.exp(-np.abs(F))
    return np.sum(x)


def left(x, F, n):
    for i in range(n):
        x = np.tanh(x * np.abs(F))
        if x[0] < 0.1 * i:
            break
    return np.sum(x)


@pytest.mark.parametrize("wrt", [0, (0, 1)], ids=str)
@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("f", [slopes, nested, constants_alone, until, left])
def test_gradients(f, n, wrt):
    Case(f, (X, F, n), wrt).run()


@pytest.mark.parametrize(
    ("f", "what"),
    [
        (slopes, ["= np.abs(F)"]),
        (nested, ["= np.abs(F)", "= np.exp(F)"]),
        (constants_alone, ["= np.sqrt(6.28", "= math.sqrt(6.28"]),
        (left, ["= np.abs(F)"]),
    ],
)
def test_it_is_computed_once(f, what):
    source = text(f, X, F, 3)
    assert all(source.count(each) == 1 for each in what)
    assert all(each in before_the_first_loop(source) for each in what)


def test_what_it_is_computed_from_goes_with_it():
    Case(steps, (X, 0.3, F, 3), (0, 1, 2)).run()
    assert "(c * dt) ** 2" in before_the_first_loop(text(steps, X, 0.3, F, 3))


def test_a_pullback_has_it_too():
    value, pullback = vjp(lambda x: slopes(x, F, 3), X)
    np.testing.assert_allclose(value, slopes(X, F, 3))
    for bar in (2.0, 1.0):
        np.testing.assert_allclose(pullback(bar)[0], bar * grad(slopes)(X, F, 3))


def test_an_array_that_the_loop_writes_is_read_in_each_trip():
    def f(x, F, n):
        F = F.copy()
        for i in range(n):
            x = np.tanh(x * np.abs(F))
            F[i] = 2.0 * x[i]
        return np.sum(x)

    Case(f, (X, F, 3), (0, 1)).run()


def test_what_python_raises_of_numbers_is_raised_where_it_is():
    def f(x, c, n):
        for _ in range(n):
            x = np.sin(x * (1.0 / c) ** 0.5)
        return np.sum(x)

    np.testing.assert_array_equal(grad(f)(X, 0.0, 0), np.ones(3))
    with pytest.raises(ZeroDivisionError):
        grad(f)(X, 0.0, 1)


def test_shapes_that_do_not_fit_are_no_concern_of_a_loop_without_trips():
    def f(x, a, b, n):
        for _ in range(n):
            x = x * np.sum(np.tanh(a * b))
        return np.sum(x)

    a, b = np.ones(2), np.ones(3)
    np.testing.assert_array_equal(grad(f)(X, a, b, 0), np.ones(3))
    with pytest.raises(ValueError):
        grad(f)(X, a, b, 1)


def test_what_raises_by_setting_stays_in_its_trip():
    def f(x, F, n):
        for _ in range(n):
            with np.errstate(all="raise"):
                x = x * np.sin(x) * np.log(F)
        return np.sum(x)

    np.testing.assert_array_equal(grad(f)(X, F, 0), np.ones(3))
    with pytest.raises(FloatingPointError):
        grad(f)(X, F, 1)


def test_what_comes_after_a_raise_stays_there():
    def f(x, F, n):
        for i in range(n):
            if F[0] < 1.0:
                raise ValueError("too small")
            x = np.sin(x) * np.log(F)
        return np.sum(x)

    with np.errstate(all="raise"), pytest.raises(ValueError, match="too small"):
        grad(f)(X, F, 2)
    Case(f, (X, np.abs(F) + 1.0, 2)).run()


# --- what has no value for some numbers -----------------------------------------------------------


def logarithm(x, c, n):
    for _ in range(n):
        x = x * np.log(c)
    return np.sum(x)


def root(x, c, n):
    for _ in range(n):
        x = x * np.sqrt(c)
    return np.sum(x)


def quotient(x, c, n):
    for _ in range(n):
        x = x * (x[0] / c)
    return np.sum(x)


def over(x, c, n):
    for _ in range(n):
        x = x * (1.0 / c)
    return np.sum(x)


def fractional(x, c, n):
    for _ in range(n):
        x = x * c**0.5
    return np.sum(x)


def of_zero(x, c, n):
    for _ in range(n):
        x = x * np.log(0.0)
    return np.sum(x)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("f", [logarithm, root, quotient, over, fractional, of_zero])
@pytest.mark.parametrize("c", [np.array([-1.0, 0.0, 2.0]), np.float64(0.0), np.float64(-1.0)])
def test_nothing_warns_that_the_function_does_not_compute(f, c):
    value, gradient = value_and_grad(f)(X, c, 0)
    assert value == np.sum(X)
    np.testing.assert_array_equal(gradient, np.ones(3))
