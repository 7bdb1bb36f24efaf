"""``with np.errstate(...)``; other context managers are refused."""

from __future__ import annotations

import warnings
from contextlib import contextmanager

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad, value_and_grad, vjp
from tests.language.cases import Table, vector

case = Table()


def logarithm(v):
    return np.log(v)


@case(vector())
def masked_logarithm(x):
    y = x * 2
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.log(y)
        w = np.where(y > 1, z, 0.0)
    return np.sum(w * y)


@case(vector(), 1.2)
@case(vector(), 9.0)
def break_inside(x, c):
    s = 0.0
    for v in x:
        with np.errstate(all="ignore"):
            if v > c:
                break
            s = s + logarithm(v) * v
        s = s * 1.5
    return s


@case(vector(), 1.2)
@case(vector(), 9.0)
def return_inside(x, c):
    with np.errstate(all="ignore"):
        for v in x:
            if v > c:
                return v * v
        return np.sum(x * logarithm(x))


@case(vector(), 1.2)
def continue_inside_and_more_after(x, c):
    s = 0.0
    for v in x:
        with np.errstate(over="ignore"), np.errstate(under="ignore"):
            t = v * v
            if v > c:
                continue
        s = s + t * v
    return s


@case(vector())
def nested(x):
    with np.errstate(over="ignore"):
        y = np.exp(x)
        with np.errstate(over="warn", divide="ignore"):
            z = y / x
        w = z * y
    return np.sum(w)


def quietly(f, *args):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return f(*args)


POINT = np.array([0.5, 0.0, 0.7, 2.0])


def test_the_backward_statements_run_under_it_too():
    with pytest.raises(RuntimeWarning):
        quietly(lambda x: np.log(x), POINT)
    g = grad(masked_logarithm)
    got = quietly(g, POINT)
    inside = POINT > 0.5
    want = np.where(inside, 2 * np.log(np.where(inside, 2 * POINT, 1.0)) + 2, 0.0)
    np.testing.assert_allclose(got, want)
    forward, _, backward = g.source.partition("# Backward")
    header = "with np.errstate(divide='ignore', invalid='ignore'):"
    assert header in forward
    assert header in backward


def test_what_stands_outside_stays_outside():
    g = grad(masked_logarithm)
    g(POINT)
    assert "\n    y = x * 2\n" in g.source
    assert "\n    x_bar = 2 * y_bar" in g.source


def test_functions_called_inside_are_inside():
    assert np.isfinite(quietly(value_and_grad(return_inside), POINT, 1.5)[0])
    _, pullback = quietly(vjp, lambda x: return_inside(x, 9.0), POINT)
    quietly(pullback, 1.0)


def test_settings_that_raise():
    def f(x):
        with np.errstate(divide="raise"):
            return np.sum(x / x[1])

    with pytest.raises(FloatingPointError):
        f(np.array([1.0, 0.0]))
    with pytest.raises(FloatingPointError):
        grad(f)(np.array([1.0, 0.0]))
    np.testing.assert_allclose(grad(f)(np.array([1.0, 2.0])), [0.5, -0.25])


@contextmanager
def other(**settings):
    yield


class Errors:
    errstate = other


def custom(x):
    with other(all="ignore"):
        return np.sum(x)


def of_the_same_name(x):
    np = Errors
    with np.errstate(all="ignore"):
        return x[0]


def with_a_name(x):
    with np.errstate(all="ignore") as state:
        return np.sum(x), state


def with_a_variable(x, how="ignore"):
    with np.errstate(all=how):
        return np.sum(x)


def without_a_call(x):
    state = np.errstate(all="ignore")
    with state:
        return np.sum(x)


@pytest.mark.parametrize(
    "f", [custom, of_the_same_name, with_a_name, with_a_variable, without_a_call]
)
def test_refused(f):
    with pytest.raises(UnsupportedSyntaxError, match="'with' cannot be differentiated") as caught:
        grad(f)(vector())
    assert caught.value.hint
    assert caught.value.loc.text[0].startswith("with ")


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()


def test_the_derivative_raises_nothing_that_the_function_does_not():
    """At a kink it divides by zero, and does not use the result."""

    def raised(x):
        with np.errstate(divide="raise", invalid="raise"):
            y = np.sqrt(np.maximum(x, 0.0))
            z = 0.0
            for v in x:
                z = z + np.arcsin(min(max(v, -1.0), 1.0))
        return np.sum(y * y) + z

    def called(x):
        with np.errstate(all="call"):
            y = np.sqrt(np.maximum(x, 0.0))
            z = np.sum(np.arcsin(np.clip(x, -1.0, 1.0)))
        return np.sum(y * y) + z

    def fail(*args):
        raise AssertionError(args)

    x = np.array([0.5, -2.0, 3.0])
    before = np.seterrcall(fail)
    try:
        for f in (raised, called):
            value, x_bar = value_and_grad(f)(x)
            np.testing.assert_allclose(value, f(x))
            np.testing.assert_allclose(x_bar, [1.0 + 1.0 / np.sqrt(0.75), 0.0, 1.0])
    finally:
        np.seterrcall(before)


def test_what_the_function_raises_the_gradient_raises():
    def f(x):
        with np.errstate(divide="raise"):
            y = 1.0 / x
        return np.sum(y)

    with pytest.raises(FloatingPointError):
        f(np.array([1.0, 0.0]))
    with pytest.raises(FloatingPointError):
        grad(f)(np.array([1.0, 0.0]))
