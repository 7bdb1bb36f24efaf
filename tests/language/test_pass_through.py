"""Effects that stay as they are: warnings, log messages; decorators and small library helpers."""

from __future__ import annotations

import dataclasses
import functools
import logging
import warnings

import numpy as np
import pytest

from srcgrad import grad, vjp
from tests.language.cases import vector
from tests.language.checking import check

log = logging.getLogger("srcgrad.tests.pass_through")


def test_a_warning_is_given_once():
    def f(x):
        for v in x:
            if v < 0:
                warnings.warn(f"{v} is negative", RuntimeWarning, stacklevel=2)
        return np.sum(x**2)

    check(f, np.abs(vector()))
    with pytest.warns(RuntimeWarning, match="-2.0 is negative") as caught:
        gradient = grad(f)(np.array([1.0, -2.0]))
    assert len(caught) == 1
    np.testing.assert_allclose(gradient, [2.0, -4.0])


def test_messages_are_logged_once(caplog):
    def f(x):
        y = x * x
        for k, v in enumerate(x):
            log.info("x[%d] is %g", k, v)
        log.warning("y[0] is %s", y[0])
        return np.sum(y * x)

    check(f, vector())
    caplog.clear()
    with caplog.at_level(logging.INFO, log.name):
        value, pullback = vjp(f, np.array([1.0, 2.0]))
        for _ in range(2):
            np.testing.assert_allclose(pullback(1.0)[0], [3.0, 12.0])
    assert caplog.messages == ["x[0] is 1", "x[1] is 2", "y[0] is 1.0"]


def scaled(factor):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return factor * function(*args, **kwargs)

        return wrapper

    return decorate


@scaled(3.0)
@scaled(0.5)
def power(v, exponent=2):
    return v**exponent


def test_decorated_functions():
    gradient = check(lambda x: np.sum(power(x) * power(x, exponent=3)), vector())
    np.testing.assert_allclose(gradient, 5 * 2.25 * vector() ** 4, rtol=1e-12)


@dataclasses.dataclass(frozen=True)
class State:
    position: np.ndarray
    velocity: np.ndarray


def test_replaced_fields():
    def f(x):
        state = State(x, x * x)
        for _ in range(3):
            state = dataclasses.replace(state, position=state.position + 0.1 * state.velocity)
        return np.sum(state.position**2)

    check(f, vector())


def test_a_number_in_a_text_says_nothing_of_its_derivative():
    def f(x):
        text = "%.3f" % x[0]
        named = {"w%d" % k: v for k, v in enumerate(x)}
        return named["w0"] ** 2 if text == "0.500" else named["w1"] * float("%d" % 3)

    check(f, np.array([0.5, 1.5]))
    check(f, np.array([0.7, 1.5]))
