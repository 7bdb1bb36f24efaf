"""What a backward loop computes from saved values alone is computed at once, and stays right."""

from __future__ import annotations

import re

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from tests.transform.passes import check_gradient, numeric

RNG = np.random.default_rng(3)
W, U, V = (RNG.normal(size=shape) / 2 for shape in ((3, 3), (3, 2), (3, 3)))
X = RNG.normal(size=(5, 2))
H = RNG.normal(size=3)


def by_index(W, U, x, h):
    for t in range(len(x)):
        h = np.tanh(W @ h + U @ x[t])
    return np.sum(h)


def by_element(W, U, x, h):
    for x_t in x:
        h = np.maximum(W @ h + U @ x_t, 0.01 * h)
    return np.sum(h**2)


def sigmoid(W, U, x, h):
    total = 0.0
    for t in range(len(x)):
        h = 1 / (1 + np.exp(-(W @ h + U @ x[t])))
        total = total + np.sum(h * h)
    return total


def gated(W, U, x, h):
    for t in range(len(x)):
        gate = 1 / (1 + np.exp(-(W @ h)))
        candidate = np.tanh(U @ x[t] + h)
        h = gate * h + (1 - gate) * candidate
    return np.sum(h)


def part_of_x(W, U, x, h):
    for t in range(len(x) - 2):
        h = np.tanh(W @ h + U @ x[t])
    return np.sum(h)


def every_other(W, U, x, h):
    for t in range(1, len(x), 2):
        h = np.tanh(W @ h + U @ x[t])
    return np.sum(h)


def from_the_end(W, U, x, h):
    for t in range(len(x) - 1, -1, -1):
        h = np.tanh(W @ h + U @ x[t])
    return np.sum(h)


def until(W, U, x, h):
    t = 0
    while t < len(x):
        h = np.tanh(W @ h + U @ x[t])
        t = t + 1
    return np.sum(h)


def rows_of_x_on_the_left(W, U, x, h):
    for t in range(len(x)):
        h = np.tanh(x[t] @ U.T + h @ W)
    return np.sum(h)


def only_rows_of_x(W, U, x, h):
    total = 0.0
    for t in range(len(x)):
        total = total + x[t] @ (U.T @ W @ U) @ x[t]
    return total + np.sum(h)


def from_zeros(W, U, x, h):
    s = np.zeros(3)
    for t in range(len(x)):
        s = np.tanh(W @ s + U @ x[t])
    return np.sum(s * h)


def two_layers(W, U, x, h):
    g = h
    for t in range(len(x)):
        h = np.tanh(W @ h + U @ x[t])
        g = np.tanh(W @ g + h)
    return np.sum(g)


def sequences(W, U, x, h):
    total = 0.0
    for _ in range(2):
        s = h
        for t in range(len(x)):
            s = np.tanh(W @ s + U @ x[t])
        total = total + np.sum(s * s)
    return total


def in_turn(W, U, x, h):
    for t in range(len(x)):
        h = np.tanh(W @ h + U @ x[t])
    for t in range(len(x)):
        h = np.sin(W @ h + U @ x[t])
    return np.sum(h)


def slope_used_twice(W, U, x, h):
    for t in range(len(x)):
        z = W @ h + U @ x[t]
        h = np.tanh(z) * np.tanh(z + 1) + 2 * h
    return np.sum(h)


def under_a_branch(W, U, x, h):
    for t in range(len(x)):
        if t % 2 == 0:
            h = np.tanh(W @ h + U @ x[t])
        else:
            h = np.sin(W @ h)
    return np.sum(h)


def scaled_by_a_number(W, U, x, h, k=0.3):
    for t in range(len(x)):
        h = (W @ h + U @ x[t]) ** 2 * k
    return np.sum(h)


PROGRAMS = [
    by_index, by_element, sigmoid, gated, part_of_x, every_other, from_the_end, until,
    rows_of_x_on_the_left, only_rows_of_x, from_zeros, two_layers, sequences, in_turn,
    slope_used_twice, under_a_branch, scaled_by_a_number,
]  # fmt: skip


@pytest.mark.parametrize("trips", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("f", PROGRAMS)
def test_gradients(f, trips):
    args = (W, U, X[:trips].copy(), H)
    df = grad(f, argnums=(0, 1, 2, 3))
    df(W, U, X, H)  # compiled for some trips, run for others
    check_gradient(df, f, *args, wrt=(0, 1, 2, 3))


@pytest.mark.parametrize("f", PROGRAMS)
def test_single_precision(f):
    args = [a.astype(np.float32) for a in (W, U, X, H)]
    for trips in (5, 0):
        args[2] = args[2][:trips]
        want = grad(f, argnums=(0, 1, 2, 3))(*(a.astype(float) for a in args))
        got = grad(f, argnums=(0, 1, 2, 3))(*args)
        for a, b in zip(got, want, strict=True):
            assert a.dtype == np.float32
            np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("f", PROGRAMS)
def test_values_and_pullbacks(f):
    args = (W, U, X, H)
    want = grad(f, argnums=(0, 1, 2, 3))(*args)
    value, got = value_and_grad(f, argnums=(0, 1, 2, 3))(*args)
    assert np.allclose(value, f(*args), rtol=1e-14)
    y, pullback = vjp(f, *args)
    once, twice = pullback(1.0), pullback(2.0)
    assert np.allclose(y, value, rtol=1e-14)
    for a, b, c, d in zip(want, got, once, twice, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-12)
        np.testing.assert_allclose(c, a, rtol=1e-12)
        np.testing.assert_allclose(d, 2 * a, rtol=1e-12)


def backward_loop(f, *args, argnums=(0, 1)):
    df = grad(f, argnums=argnums)
    df(*args)
    lines = df.source.partition("# Backward")[2].splitlines()
    start = next(i for i, line in enumerate(lines) if line.lstrip().startswith("for "))
    depth = len(lines[start]) - len(lines[start].lstrip())
    inner = []
    for line in lines[start + 1 :]:
        if len(line) - len(line.lstrip()) <= depth:
            break
        inner.append(re.sub(r"\s*#.*", "", line).strip())
    return inner, df.source


def test_slopes_are_computed_at_once_and_in_place():
    inner, source = backward_loop(by_index, W, U, X, H)
    assert "for total_bar in reversed(total_bars):" in source
    assert inner == ["total_bar *= h_bar", "h_bar = total_bar.dot(W)"]
    assert "total_bars = 1 - h_rows * h_rows" in source
    assert "total_bars.T.dot(x)" in source


def test_masks_are_computed_at_once():
    def relu(W, U, x, h):
        for t in range(len(x)):
            h = np.maximum(W @ h + U @ x[t], 0)
        return np.sum(h)

    inner, source = backward_loop(relu, W, U, X, H)
    assert not any(">" in line for line in inner)
    assert "masks = np.array(h_after) > 0" in source
    check_gradient(grad(relu, argnums=(0, 1)), relu, W, U, X, H, wrt=(0, 1))


def test_what_is_saved_is_not_saved_again():
    inner, source = backward_loop(slope_used_twice, W, U, X, H)
    assert "np.array(h_before)" in source
    assert not any("h_before" in line or "hs.append" in line for line in inner)


def test_part_of_an_array_is_not_the_array():
    _, source = backward_loop(part_of_x, W, U, X, H)
    assert "dot(x)" not in source


def test_rows_of_changing_length_stay_in_the_loop():
    def growing(W, h):
        total = 0.0
        for _ in range(3):
            h = np.concatenate([h, np.tanh(h[:2])])
            y = W @ np.tanh(h[-3:])
            total = total + np.sum(np.exp(h) * 0.1) + np.sum(np.sin(y))
        return total

    check_gradient(grad(growing, argnums=(0, 1)), growing, W, H, wrt=(0, 1))


def test_lengths_of_one_broadcast_only_where_they_did():
    def one(w, x, h):
        for t in range(len(x)):
            h = np.tanh(w @ h + x[t])
        return np.sum(h)

    w, h = np.array([[0.4]]), np.array([0.3])
    for x in (X, X[:, :1]):
        if x.shape[1] == 1:
            check_gradient(grad(one, argnums=(0, 1, 2)), one, w, x, h, wrt=(0, 1, 2))
    total = np.array([[0.1], [0.2], [0.3]])

    def broadcast(w, b, h):
        for _ in range(4):
            h = w @ np.tanh(h * b)
        return np.sum(h)

    args = (W, np.array([0.7]), total[:, 0].copy())
    check_gradient(grad(broadcast, argnums=(0, 1, 2)), broadcast, *args, wrt=(0, 1, 2))


def test_arguments_are_read_only_through_copies_in_a_pullback():
    x = X.copy()
    _, pullback = vjp(by_index, W, U, x, H)
    before = pullback(1.0)
    x[:] = 7.0
    for a, b in zip(before, pullback(1.0), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(before[1], numeric(by_index, (W, U, X, H), 1), rtol=1e-5)


def test_rows_are_iterated_over_only_where_they_exist_before_the_loop():
    def f(x, k):
        total = 0.0
        for t in range(len(x)):
            y = np.sin(x * k)
            total = total + np.sum(np.exp(y[t]) * x[t])
        return total

    df = grad(f, argnums=(0, 1))
    check_gradient(df, f, X, 0.3, wrt=(0, 1))


def test_a_fixed_number_of_trips():
    def f(W, U, x, h):
        for t in range(5):
            h = np.tanh(W @ h + U @ x[t])
        return np.sum(h)

    df = grad(f, argnums=(0, 1, 2, 3))
    check_gradient(df, f, W, U, X, H, wrt=(0, 1, 2, 3))
    longer = np.concatenate([X, X])
    check_gradient(df, f, W, U, longer, H, wrt=(0, 1, 2, 3))
