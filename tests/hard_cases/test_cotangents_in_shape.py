"""A cotangent that a rule gives for an array has the shape of that: it is never broadcast to it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from srcgrad import RuleError, grad, register_vjp
from srcgrad.ir.ops import DERIVATIVES
from tests.hard_cases.checking import Case

X = np.array([1.0, 2.0, 3.0])
A = np.arange(6.0).reshape(2, 3)
WEIGHTS = np.array([1.0, 2.0, 4.0])


def added(a, b):
    return a + b


def square(x):
    return x * x


def applied(a, b):
    return a @ b


def total(x):
    return np.sum(x * WEIGHTS)


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    for function in (added, square, applied, total):
        DERIVATIVES.pop(function, None)


# --- a rule that does not undo broadcasting -------------------------------------------------------


def stacked(x):
    return np.sum(added(np.ones((2, 3)), np.stack([x])) * np.array([[1.0], [5.0]]))


def a_row_that_is_written(x):
    b = np.zeros((1, 3))
    b[0] = x
    return np.sum(added(np.ones((2, 3)), b))


def a_maximum(x):
    a = A * x
    return np.sum(added(a, np.max(a, axis=0, keepdims=True)))


@pytest.mark.parametrize("program", [stacked, a_row_that_is_written, a_maximum])
def test_broadcasting(program):
    register_vjp(added)(lambda y_bar, y, a, b: (y_bar, y_bar))
    with pytest.raises(RuleError, match=r"an array, one of shape \(.*\), and not of shape \(1, "):
        grad(program)(X)

    @register_vjp(added)
    def added_vjp(y_bar, y, a, b):
        return y_bar, np.sum(y_bar, axis=0, keepdims=True) if b.shape[0] == 1 else y_bar

    Case(program, (X,)).run()


@pytest.mark.parametrize(
    "program",
    [
        lambda x: square(x) + np.sum(x),
        lambda x: square(x * 2) + np.sum(x),
        lambda x: square(x),
    ],
)
def test_a_number_for_an_array(program):
    register_vjp(square)(lambda y_bar, y, x: 2 * np.sum(y_bar))
    with pytest.raises(RuleError, match="an array, a number"):
        grad(lambda x: np.sum(program(x)))(X)


@pytest.mark.parametrize(
    "program",
    [
        lambda x: np.sum(square(x)) + np.sum(x),
        lambda x: np.sum(square(x)),
        lambda x: np.sum(square(x * 2) * x),
    ],
)
def test_a_part_of_an_array(program):
    register_vjp(square)(lambda y_bar, y, x: (y_bar * 2)[:2])
    message = r"a rule gives shape \(2,\) for an array of shape \(3,\)"
    with pytest.raises(ValueError, match=message):
        grad(program)(X)
    assert grad(program)(X[:1]).shape == (1,)


def test_a_single_element_of_an_array():
    register_vjp(square)(lambda y_bar, y, x: (y_bar * 2)[:1])
    with pytest.raises(RuleError, match=r"an array, one of shape \(1,\), and not of shape \(n,"):
        grad(lambda x: np.sum(square(x)))(X)
    assert grad(lambda x: np.sum(square(x)))(X[:1]).shape == (1,)


def test_in_a_container():
    register_vjp(total)(lambda y_bar, y, x: [y_bar * np.ones((1, 3)), None])
    with pytest.raises(RuleError, match=r"for 'x'\[0\], an array, one of shape \(1, 3\), and not"):
        grad(lambda x: total([x * 1.0, x]))(X)


# --- a rule of which types do not tell ------------------------------------------------------------


def in_a_loop(x):
    s = 0.0
    for i in range(1, 3):
        y = x[x > 0] * i
        s = s + total(y)
    return s


def on_one_way(x):
    s = 0.0
    for i in range(1, 3):
        y = np.sin(x * i)
        if i == 1:
            s = s + total(y)
    return s


def twice_written(x):
    a = np.zeros_like(A)
    s = 0.0
    for i in range(2):
        a[i] = A[i] * x
        s = s + np.sum(applied(a, x) ** 2)
    return s


@pytest.mark.parametrize("program", [in_a_loop, on_one_way, twice_written])
def test_what_is_looked_at_when_it_runs(program):
    register_vjp(total)(lambda y_bar, y, x: y_bar * WEIGHTS)
    register_vjp(applied)(lambda y_bar, y, a, b: (np.outer(y_bar, b), a.T @ y_bar))
    Case(program, (X,)).run()
    assert "_shape" in grad(program).lower(X).source


def test_what_is_from_outside_stays_what_it_is():
    register_vjp(total)(lambda y_bar, y, x: WEIGHTS)
    x_bar = grad(lambda x: total(x))(X)
    x_bar *= 0.0
    np.testing.assert_array_equal(WEIGHTS, [1.0, 2.0, 4.0])


def test_a_shape_that_types_tell_is_not_looked_at():
    register_vjp(square)(lambda y_bar, y, x: 2 * y_bar * x)
    source = grad(lambda x: np.sum(square(x[1:] * x[:-1]))).lower(X).source
    assert "_shape" not in source.partition('"""')[2].partition('"""')[2]


def test_a_zero_is_none():
    register_vjp(added)(lambda y_bar, y, a, b: (y_bar, 0.0))
    np.testing.assert_array_equal(grad(lambda x: np.sum(added(x, 2 * x)))(X), np.ones(3))
