"""What a function with a rule of its own gives, where that or what it was given is written."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from srcgrad import (
    AliasingError,
    MutationError,
    RuleError,
    UnsupportedSyntaxError,
    grad,
    register_vjp,
    value_and_grad,
    vjp,
)
from srcgrad.ir.ops import DERIVATIVES

X = np.array([0.3, -0.7, 1.2, 0.5])
W = np.array([1.3, 0.4, -0.2, 0.9])
KEPT = np.zeros(4)
FACTOR = 2.0


def ex(v):
    return np.exp(v)


def ex_vjp(y_bar, y, v):
    return y_bar * y


def sine(v):
    return np.sin(v)


def sine_vjp(y_bar, y, v):
    return y_bar * np.cos(v)


def product(v, w):
    return v * w


def product_vjp(y_bar, y, v, w):
    return y_bar * w, y_bar * v


def scaled(v, s):
    return v * s


def scaled_vjp(y_bar, y, v, s):
    return y_bar * s, np.sum(y_bar * v)


def hidden(v):
    """Cannot be looked into."""
    try:
        return np.sin(v)
    except FloatingPointError:
        return v


def perhaps_given(v):
    if v[0] > 0:
        return v
    return v * 1.0


def same_vjp(y_bar, y, v):
    return y_bar


def halves(v):
    return v[:2] * 2, v[2:] * 3


def halves_vjp(y_bar, y, v):
    a, b = y_bar
    return np.concatenate([2 * a, 3 * b])


def kept(v):
    return KEPT if v[0] > 100 else v * 1.0


def twice_in_place(v):
    v *= 2
    return np.sum(v)


def appended(v, log):
    log.append(1)
    return v * 1.0


def with_new_arrays(v):
    w = v * 1.0
    w[0] = 0.0
    w += v
    return w


def with_new_arrays_vjp(y_bar, y, v):
    v_bar = 2 * y_bar
    v_bar[0] = y_bar[0]
    return v_bar


def by_factor(v):
    return v * FACTOR


multiplied = functools.partial(by_factor)


def by_partial(v):
    return multiplied(v)


def by_factor_vjp(y_bar, y, v):
    return y_bar * FACTOR


RULES: dict[Callable[..., Any], Callable[..., Any]] = {
    ex: ex_vjp,
    sine: sine_vjp,
    product: product_vjp,
    scaled: scaled_vjp,
    hidden: sine_vjp,
    perhaps_given: same_vjp,
    halves: halves_vjp,
    kept: same_vjp,
    twice_in_place: lambda y_bar, y, v: 2 * y_bar * np.ones_like(v),
    appended: lambda y_bar, y, v, log: (y_bar, None),
    with_new_arrays: with_new_arrays_vjp,
    by_factor: by_factor_vjp,
    by_partial: by_factor_vjp,
}


@pytest.fixture(autouse=True)
def rules() -> Iterator[None]:
    before = dict(DERIVATIVES)
    for function, rule in RULES.items():
        register_vjp(function)(rule)
    yield
    DERIVATIVES.clear()
    DERIVATIVES.update(before)


PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def scaled_in_place(x, w):
    y = ex(x)
    y *= 2
    return np.sum(x * y)


@program
def one_element(x, w):
    y = ex(x)
    y[0] = 0
    return np.sum(x * y)


@program
def read_before(x, w):
    y = ex(x * 1)
    s = np.sum(y)
    y *= 2
    return s + y @ w


@program
def through_a_view(x, w):
    y = sine(x)
    z = y[1:]
    z[0] = x[0]
    return y @ x


@program
def through_out(x, w):
    y = ex(x)
    np.multiply(y, x, out=y)
    return np.sum(y)


@program
def normalised(x, w):
    y = np.asarray(ex(x))
    y /= y.sum()
    return y @ w


@program
def steps_in_time(x, w):
    u = x.copy()
    for _ in range(3):
        u[1:] += 0.1 * ex(u[:-1])
    return np.sum(u**2)


@program
def stages(x, w):
    u = x.copy()
    for _ in range(3):
        u = sine(u) * 0.3
        u[0] += u[1]
    return np.sum(u)


@program
def argument_written_later(x, w):
    u = x.copy()
    y = sine(u)
    u[:] = 0.5 * x
    return np.sum(u * y)


@program
def part_of_the_argument(x, w):
    u = x.copy()
    y = ex(u[1:])
    u[:] = y[0]
    return np.sum(u * y[1])


@program
def rows(x, w):
    out = np.zeros((2, 4))
    out[0] = ex(x)
    out[1] = ex(out[0])
    out *= x
    return np.sum(out)


@program
def in_a_list(x, w):
    results = [ex(x), ex(x * 2)]
    results[0][1] = 5.0
    results[1] += results[0]
    return np.sum(results[1] * x)


@program
def in_a_list_that_grows(x, w):
    u = x.copy()
    results = []
    for i in range(len(x)):
        y = sine(u)
        u[i] = y.sum() * 0.1
        results.append(y)
    return np.sum(np.array(results) ** 2)


@program
def two_arrays(x, w):
    y = product(x, w)
    y *= x
    y[0] += w[1]
    return y @ w


@program
def two_arrays_in_turn(x, w):
    a, b = x.copy(), w.copy()
    for i in range(3):
        a[:] = product(a, b)
        b[i] *= a[i]
    return a @ b


@program
def a_number_beside(x, w):
    y = scaled(x, w[0])
    y -= x
    np.add.at(y, [0, 0], x[1])
    return y @ x


@program
def a_copy(x, w):
    y = ex(x).copy()
    y[0] = 3
    return y @ x


@program
def chosen(x, w):
    y = ex(x) if x[0] > 0 else x.copy()
    y *= 2
    return y @ x


@program
def makes_arrays_itself(x, w):
    u = x * 1.0
    y = with_new_arrays(u)
    u *= y
    return u @ y


@program
def several_results_and_a_written_argument(x, w):
    u = x * 1.0
    a, b = halves(u)
    u *= 2
    return a @ b + u @ w


def expected(f, x, w):
    """The gradient of ``f`` by its source alone."""
    own = {function: DERIVATIVES.pop(function) for function in RULES}
    try:
        return grad(f, (0, 1))(x, w)
    finally:
        DERIVATIVES.update(own)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("sign", [1, -1])
def test_the_gradient_is_that_of_the_source(f, sign):
    x, w = sign * X, W
    wanted = expected(lambda x, w: f(x, w), x, w)
    value, gradients = value_and_grad(f, (0, 1))(x, w)
    assert value == f(x, w)
    value, pullback = vjp(f, x, w)
    for given in (gradients, pullback(1.0), pullback(1.0)):
        for have, want in zip(given, wanted, strict=True):
            np.testing.assert_allclose(have, want, rtol=1e-12, atol=1e-12)


def test_what_cannot_be_looked_into_is_looked_at_when_it_runs():
    def f(x):
        u = x.copy()
        y = hidden(u)
        u *= 2
        return np.sum(y * u)

    g = value_and_grad(f)
    value, x_bar = g(X)
    assert value == f(X)
    np.testing.assert_allclose(x_bar, 2 * np.sin(X) + 2 * X * np.cos(X))
    assert "may_share_memory" in grad(f).lower(X).source


def test_a_function_that_gives_back_its_argument():
    def f(x):
        u = x.copy()
        y = perhaps_given(u)
        y *= 2
        return np.sum(u * y)

    g = value_and_grad(f)
    with pytest.raises(ValueError, match="perhaps_given gives shares memory with what it was"):
        g(X)
    value, x_bar = g(-X)
    assert value == f(-X)
    np.testing.assert_allclose(x_bar, -4 * X)


def test_it_may_give_back_its_argument_where_nothing_is_written():
    x_bar = grad(lambda x: np.sum(perhaps_given(x) * x))(X)
    np.testing.assert_allclose(x_bar, 2 * X)


def test_what_a_function_keeps_is_not_written():
    def f(x):
        y = kept(x)
        y *= x
        return np.sum(y)

    with pytest.raises(AliasingError, match="kept has a rule of its own, and what it gives may"):
        grad(f)(X)


def test_parts_of_what_a_function_gives_are_not_written():
    def f(x):
        a, b = halves(x)
        a *= 2
        return a @ b

    with pytest.raises(AliasingError, match="halves has a rule .* a part of what it gives is wri"):
        grad(f)(X)


def test_it_cannot_be_tested_where_the_error_would_be_caught():
    def f(x):
        u = x.copy()
        try:
            y = hidden(u)
            u *= 2
            if y[0] > 5:
                raise ValueError("large")
        except ValueError:
            return np.sum(x)
        return np.sum(y * u)

    with pytest.raises(AliasingError, match="cannot be tested in a 'try'"):
        grad(f)(X)


def test_a_function_that_writes_its_argument():
    def f(x):
        y = x.copy()
        s = twice_in_place(y)
        return s * np.sum(y)

    with pytest.raises(MutationError, match="'twice_in_place' has a derivative of its own, and wr"):
        grad(f)(X)


def test_a_function_that_changes_a_list_it_is_given():
    def f(x):
        log = []
        y = appended(x, log)
        return np.sum(y) * len(log)

    with pytest.raises(
        UnsupportedSyntaxError, match="'appended' has a derivative of its own, and changes a"
    ):
        grad(f)(X)


@pytest.mark.parametrize("function", [by_factor, by_partial])
def test_a_pullback_does_not_read_globals_again(function, monkeypatch):
    """What the call gave, which reads them, is kept, and not computed again."""

    def f(x):
        y = function(x)
        y[0] = x[1]
        return np.sum(y)

    np.testing.assert_allclose(grad(f)(X), [0.0, 3.0, 2.0, 2.0])
    value, pullback = vjp(f, X)
    assert value == f(X)
    monkeypatch.setitem(globals(), "FACTOR", 7.0)
    for scale in (1.0, -2.0):
        np.testing.assert_allclose(pullback(scale)[0], scale * np.array([0.0, 3.0, 2.0, 2.0]))


# --- an array where a number belongs --------------------------------------------------------------


def shifted(v, s):
    return v + s


@pytest.mark.parametrize(
    "rule",
    [
        lambda y_bar, y, v, s: (y_bar, y_bar),
        lambda y_bar, y, v, s: (y_bar, np.outer(y_bar, y_bar)),
    ],
)
def test_an_array_for_a_number(rule):
    register_vjp(shifted)(rule)
    with pytest.raises(RuleError, match=r"shifted gives for s, a number, an array of shape \(n"):
        grad(lambda x, s: np.sum(shifted(x, s) * x), 1)(X, 2.0)
    with pytest.raises(RuleError, match=r"for an argument, a number, an array of shape \(n"):
        grad(lambda x: np.sum(shifted(x, x[0])))(X)
    with pytest.raises(RuleError, match="sum it"):
        vjp(lambda x, s: shifted(x, s), X, 2.0)


def test_an_array_for_a_number_that_is_seen_when_it_runs():
    @register_vjp(shifted)
    def shifted_vjp(y_bar, y, v, s):
        return y_bar, y_bar[y > 2.0]

    g = grad(lambda x, s: np.sum(shifted(x, s) * x), 1)
    message = r"shifted gives for s, a number, an array of shape \(3,\)"
    with pytest.raises(ValueError, match=message):
        g(X, 2.0)


def test_an_array_from_a_rule_that_is_called():
    factor = 1.0

    def ex_of_number_vjp(y_bar, y, v):
        return factor * np.ones(3)

    register_vjp(ex)(ex_of_number_vjp)
    message = r"ex gives for an argument, a number, an array of shape \(3,\)"
    with pytest.raises(ValueError, match=message):
        grad(lambda x: ex(np.sum(x)) * 2.0)(X)


def test_an_array_of_one_element_is_a_number():
    register_vjp(shifted)(lambda y_bar, y, v, s: (y_bar, np.sum(y_bar, keepdims=True)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert grad(lambda x, s: np.sum(shifted(x, s)), 1)(X, 2.0) == 4.0
