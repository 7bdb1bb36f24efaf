"""``check_grads`` finds what is wrong, and says where."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

from srcgrad import register_vjp
from srcgrad.errors import SrcgradError
from srcgrad.ir.ops import DERIVATIVES
from srcgrad.testing import check_grads, compare, floating_positions

X = np.array([0.5, -1.0, 2.0])


class Pair(NamedTuple):
    first: Any
    second: Any


@dataclass
class Fields:
    a: Any
    b: Any


def subject(x):
    return np.sin(x)


@pytest.fixture
def wrong():
    """Makes the derivative of ``subject`` another."""
    before = dict(DERIVATIVES)

    def make(change):
        @register_vjp(subject)
        def rule(y_bar, y, x):
            return change(y_bar * np.cos(x))

    yield make
    DERIVATIVES.clear()
    DERIVATIVES.update(before)


def f(params, x):
    return np.sum(subject(params["W"] @ x) * params["pair"].second) + params["fields"].b * x[0]


def parameters(dtype=float):
    rng = np.random.default_rng(1)
    return {
        "W": rng.normal(size=(30, 3)).astype(dtype),
        "pair": Pair(np.ones(2, dtype), rng.normal(size=30).astype(dtype)),
        "fields": Fields([], dtype(1.5)),
    }


@pytest.mark.parametrize("dtype", [float, np.float64, np.float32])
def test_right_gradients_pass(dtype):
    check_grads(f, (parameters(dtype), X.astype(dtype)))
    check_grads(f, (parameters(dtype), X.astype(dtype)), argnums=1)
    check_grads(f, (parameters(dtype), X.astype(dtype)), argnums=(-1, 0))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_wrong_gradients_are_found(wrong, dtype):
    wrong(lambda x_bar: x_bar * 1.02)
    with pytest.raises(AssertionError) as caught:
        check_grads(f, (parameters(dtype), X.astype(dtype)))
    message = str(caught.value)
    assert "the gradient of f is wrong for params['W'], of shape (30, 3): " in message
    assert "the gradient of f is wrong for x, of shape (3,): at [" in message
    assert "expected " in message
    assert "got " in message
    assert "pair" not in message
    assert "fields" not in message


@pytest.mark.parametrize("place", range(40))
def test_one_wrong_entry_among_many_is_found(wrong, place):
    def change(x_bar):
        bump = np.zeros(40)
        bump[place] = 0.05
        return x_bar + bump

    wrong_rule = {"bump": np.eye(40)[place] * 0.05}

    @register_vjp(subject)
    def rule(y_bar, y, x):
        return y_bar * np.cos(x) + wrong_rule["bump"]

    with pytest.raises(AssertionError, match="wrong for x, of shape"):
        check_grads(lambda x: np.sum(subject(x)), (np.linspace(0.1, 1.0, 40),))


def test_cotangents_of_arrays_and_containers(wrong):
    def g(x):
        return {"a": subject(x), "b": [np.sum(x), 2 * x]}

    check_grads(g, (X,))
    check_grads(subject, (X,))
    wrong(lambda x_bar: -x_bar)
    with pytest.raises(AssertionError, match="wrong for x"):
        check_grads(g, (X,))
    with pytest.raises(AssertionError, match="wrong for x"):
        check_grads(lambda x: subject(x), (X,))


def test_numbers(wrong):
    check_grads(lambda x, n: math.sin(x) * n, (0.5, 3))
    check_grads(lambda x, n: math.sin(x) * n, (0.5, 3), argnums=(0, 1))
    check_grads(lambda x: subject(x), (0.5,))
    wrong(lambda x_bar: x_bar + 0.001)
    with pytest.raises(AssertionError, match=r"wrong for x, of shape \(\): there, expected 0.87"):
        check_grads(lambda x: subject(x), (0.5,))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_gradients_that_are_not_finite(wrong, value):
    wrong(lambda x_bar: x_bar * value)
    with pytest.raises(AssertionError, match="wrong for x"):
        check_grads(lambda x: np.sum(subject(x)), (X,))


def test_tolerances_and_step(wrong):
    wrong(lambda x_bar: x_bar * 1.0001)
    check_grads(lambda x: subject(x), (0.5,), rtol=1e-3)
    check_grads(lambda x: subject(x), (0.5,), atol=1e-3)
    with pytest.raises(AssertionError):
        check_grads(lambda x: subject(x), (0.5,), rtol=1e-6)
    with pytest.raises(AssertionError):
        check_grads(lambda x: subject(x), (0.5,))
    # With so large a step the differences, not the gradient, are wrong.
    with pytest.raises(AssertionError):
        check_grads(lambda x: x * x * x, (0.5,), eps=0.5)
    check_grads(lambda x: x * x * x, (0.5,), eps=1e-4)


def test_zero_slopes_and_large_values():
    check_grads(lambda x: x * x * x, (0.0,))
    check_grads(lambda x: x * 0.0 + 1e9, (1.0,))
    check_grads(lambda x: np.sum(x[:1]) + 1e6, (X,))
    check_grads(lambda x: np.sum(x), (np.ones((0, 2)),))


def test_random_numbers_are_the_callers():
    seen = []

    class Spy:
        def __init__(self):
            self.rng = np.random.default_rng(3)

        def __getattr__(self, name):
            seen.append(name)
            return getattr(self.rng, name)

    check_grads(subject, (np.linspace(0, 1, 40),), rng=Spy())
    assert {"choice", "normal"} <= set(seen)


def test_what_is_not_there_yet():
    with pytest.raises(ValueError, match="order=1, not 2"):
        check_grads(subject, (X,), order=2)
    with pytest.raises(ValueError, match="modes=\\('rev',\\), not \\('rev', 'fwd'\\)"):
        check_grads(subject, (X,), modes=("rev", "fwd"))
    with pytest.raises(ValueError, match="no argument holds floating-point numbers"):
        check_grads(subject, (3,))
    with pytest.raises(ValueError, match="argnums=2, but there are 1 arguments"):
        check_grads(subject, (X,), argnums=2)


def test_arguments_stay_as_they_are():
    params, x = parameters(), X.copy()
    before = (params["W"].copy(), x.copy())
    check_grads(f, (params, x))
    np.testing.assert_array_equal(params["W"], before[0])
    np.testing.assert_array_equal(x, before[1])


# ---- the figures behind it ----


def test_compare():
    rows = compare(f, (parameters(), X), (1,), (np.zeros(3),))
    (row,) = rows
    assert (row.name, row.shape, row.entries, row.passed) == ("x", (3,), 3, False)
    assert row.got == 0.0
    assert row.difference == abs(row.expected) == row.largest
    assert row.relative == 1.0
    assert row.where.startswith("at [")


def test_compare_names_all_parts():
    params = {"k": Fields([1.0, Pair(2.0, 3.0)], 4.0)}
    rows = compare(lambda p: 0.0, (params,), (0,), (params,))
    assert [row.name for row in rows] == [
        "p['k'].a[0]", "p['k'].a[1][0]", "p['k'].a[1][1]", "p['k'].b",
    ]  # fmt: skip
    assert not any(row.passed for row in rows)


def test_compare_refuses():
    with pytest.raises(SrcgradError, match=r"x has shape \(3,\), its gradient \(2,\)"):
        compare(lambda x: np.sum(x), (X,), (0,), (np.ones(2),))
    with pytest.raises(SrcgradError, match="x does not hold real numbers, but complex128"):
        compare(lambda x: 1.0, (1j,), (0,), (1j,))


def test_floating_positions():
    args = (1.0, 1, X, [X, 2.0], [X, 2], {}, {"a": np.float32(1)}, Fields(1.0, 2.0), "a", None)
    assert floating_positions(args) == (0, 2, 3, 6, 7)


def test_functions_that_write_into_their_arguments():
    def scaled(x, params):
        x *= params["k"]
        params["w"][0] = x[1]
        return np.sum(x * params["w"])

    x = np.array([0.3, 0.7])
    params = {"k": 1.5, "w": np.array([2.0, 3.0])}
    check_grads(scaled, (x, params))
    assert x.tolist() == [0.3, 0.7]
    assert params["w"].tolist() == [2.0, 3.0]


CALLS = [0]


def called_before():
    CALLS[0] += 1
    return CALLS[0] % 2 == 0


@pytest.mark.parametrize("result", [np.sum, np.asarray])
def test_another_value_than_the_function_gives_is_found(result):
    """Here every second call adds one, which no derivative tells."""
    CALLS[0] = 0

    def uneven(x):
        return result(x * 2.0) + (1.0 if called_before() else 0.0)

    with pytest.raises(AssertionError, match=r"the value that comes with the gradient is .*gives"):
        check_grads(uneven, (X,))
