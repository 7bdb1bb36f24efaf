"""Functions that call themselves and write: into what they are given, into arrays of their own."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import (
    MutationError,
    SrcgradError,
    UnsupportedSyntaxError,
    grad,
    value_and_grad,
    vjp,
)
from tests.hard_cases.checking import differences
from tests.language.cases import Table, matrix, vector

case = Table()


# --- into what they are given -----------------------------------------------------------------


def eliminate(A):
    if A.shape[0] > 1:
        A[1:, 0] /= A[0, 0]
        A[1:, 1:] -= np.outer(A[1:, 0], A[0, 1:])
        eliminate(A[1:, 1:])


@case(matrix(4, 4) + 4 * np.eye(4))
def determinant(x):
    A = x.copy()
    eliminate(A)
    return np.prod(np.diag(A))


def of_the_argument_itself(x):
    eliminate(x)
    return np.sum(x * x)


def test_the_argument_stays_as_it_is():
    x = matrix(4, 4) + 4 * np.eye(4)
    kept = x.copy()
    found = grad(of_the_argument_itself)(x)
    np.testing.assert_array_equal(x, kept)
    want = differences(of_the_argument_itself, (x,), (0,))[0]
    np.testing.assert_allclose(found, want, rtol=1e-6, atol=1e-7)


def square_and_add(A, lo, hi):
    if hi - lo == 1:
        A[lo] = A[lo] * A[lo]
        return 1
    m = (lo + hi) // 2
    n = square_and_add(A, lo, m) + square_and_add(A, m, hi)
    for i in range(lo, m):
        A[m] += np.sin(A[i])
    return n


@case(vector(5))
@case(vector(1))
def by_bounds(x):
    A = x * 2
    n = square_and_add(A, 0, len(A))
    return np.sum(A**2) * n


def butterfly(re, im):
    n = len(re)
    if n > 1:
        h = n // 2
        even, odd = re[::2].copy(), re[1::2].copy()
        even_im, odd_im = im[::2].copy(), im[1::2].copy()
        butterfly(even, even_im)
        butterfly(odd, odd_im)
        for k in range(h):
            c, s = np.cos(2 * np.pi * k / n), -np.sin(2 * np.pi * k / n)
            t, u = c * odd[k] - s * odd_im[k], c * odd_im[k] + s * odd[k]
            re[k], im[k] = even[k] + t, even_im[k] + u
            re[k + h], im[k + h] = even[k] - t, even_im[k] - u


@case(vector(8), vector(8, 1), wrt=(0, 1))
def fourier(x, w):
    re, im = x.copy(), np.zeros(len(x))
    butterfly(re, im)
    return np.sum(w * (re**2 + im**2)) + re[1] * im[2]


def test_it_is_the_fourier_transform():
    x = vector(8)
    re, im = x.copy(), np.zeros(8)
    butterfly(re, im)
    np.testing.assert_allclose(re + 1j * im, np.fft.fft(x))


def merge_sort(a, tmp, lo, hi):
    if hi - lo < 2:
        return
    m = (lo + hi) // 2
    merge_sort(a, tmp, lo, m)
    merge_sort(a, tmp, m, hi)
    i, j = lo, m
    for k in range(lo, hi):
        if j >= hi or (i < m and a[i] <= a[j]):
            tmp[k] = a[i]
            i += 1
        else:
            tmp[k] = a[j]
            j += 1
    a[lo:hi] = tmp[lo:hi]


@case(vector(7), np.arange(7.0))
def sorting(x, w):
    a = x * x
    merge_sort(a, np.empty(len(a)), 0, len(a))
    return np.sum(a * w)


def test_it_sorts():
    a = vector(7)
    merge_sort(a, np.empty(7), 0, 7)
    np.testing.assert_array_equal(a, np.sort(vector(7)))


def sweep(A, n):
    if n > 0:
        A[1:] = A[1:] * A[:-1] + np.sin(A[1:])
        sweep(A, n - 1)
        A[0] *= 1.1


@case(vector(4), 3)
@case(vector(4), 0)
def before_and_after_the_call(x, n):
    A = x.copy()
    s = np.sum(np.exp(A))
    sweep(A, n)
    t = np.sum(A * A)
    A[1] = 0.5
    sweep(A, n)
    return s * t + np.sum(A**3)


@case(matrix(3, 4), 2)
def views_in_a_loop(x, n):
    A = x.copy()
    for row in A:
        sweep(row, n)
    sweep(A[:, 1], 1)
    sweep(A[::2, 0], 1)
    return np.sum(A * x)


@case(vector(4), 3, 0.7)
@case(vector(4), 3, 5.0)
def under_a_condition(x, n, c):
    A = x.copy()
    s = 0.0
    while np.sum(A) < 9 + c:
        if A[0] > c:
            sweep(A, n)
        else:
            sweep(A[:2], 1)
        A += 0.5
        s = s + A[0] * A[1]
    return s + np.sum(A)


def even_steps(A, n, c):
    if n > 0:
        A[0] += c * A[1]
        odd_steps(A, n - 1, c)


def odd_steps(A, n, c):
    if n > 0:
        A[1] *= A[0]
        even_steps(A, n - 1, c)
        A[0] -= 1.0


@case(vector(3), 3, 0.3, wrt=(0, 2))
def mutual(x, n, c):
    A = x.copy()
    even_steps(A, n, c)
    return np.sum(A * A)


@case(vector(3), 3)
def captured(x, n):
    A = x.copy()

    def step(k):
        if k > 0:
            A[k % 3] *= A[(k + 1) % 3] + k
            step(k - 1)

    step(n)
    return np.sum(A * x)


def filled(out, x, i, total):
    if i == len(x):
        return total
    out[i] = np.tanh(x[i] + total)
    return filled(out, x, i + 1, total + out[i])


@case(vector(4))
def a_value_besides(x):
    out = np.zeros(len(x) + 1)
    total = filled(out, x, 0, 0.1)
    return total * np.sum(out * out)


def tree(out, x, k):
    if 2 * k + 2 < len(out):
        tree(out, x, 2 * k + 1)
        tree(out, x, 2 * k + 2)
        out[k] = out[2 * k + 1] * out[2 * k + 2] + x[k]
    else:
        out[k] = np.sin(x[k])


@case(vector(7))
def a_heap(x):
    out = np.zeros(7)
    tree(out, x, 0)
    return out[0] * out[2]


def counted(A, seen, n):
    seen[n] += 1
    if n > 1:
        A[n - 1] = A[n - 1] * A[n - 2] * seen[n]
        counted(A, seen, n - 1)
        counted(A, seen, n - 2)


@case(vector(4), 4)
def a_table_of_counts(x, n):
    A = x.copy()
    seen = np.zeros(n + 1, dtype=int)
    counted(A, seen, n)
    return np.sum(A) * seen[1]


# --- into arrays of their own -------------------------------------------------------------------


def reversed_sums(x):
    if len(x) == 1:
        return x.copy()
    out = np.empty(len(x))
    out[:1] = x[:1] * x[1:2]
    out[1:] = reversed_sums(x[1:])
    out[0] += out[1] ** 2
    return out


@case(vector(4))
def an_array_for_each_call(x):
    return np.sum(reversed_sums(x) * x)


@case(vector(4))
def a_result_that_is_written(x):
    y = reversed_sums(np.sin(x)).copy()
    y[0] *= y[1]
    return np.sum(y * y)


def squares(x, n):
    return x * x if n == 0 else squares(np.sin(x), n - 1) * x


@case(vector(3), 2)
def an_argument_that_is_written(x, n):
    y = x.copy()
    value = np.sum(squares(y, n))
    y[0] = 0.0
    return value + np.sum(y * squares(y[1:], n)[0])


def dots(A, x, n):
    return A[n] @ x if n == 0 else A[n] @ x * dots(A, np.tanh(x), n - 1)


@case(matrix(3, 3), vector(3), 2, wrt=(0, 1))
def a_matrix_that_is_written(A, x, n):
    B = A.copy()
    s = dots(B, x, n)
    B[1] *= s
    t = dots(B[:, ::-1], x, n)
    B[0] = 0.0
    return s * t + np.sum(B)


def pairs(x, n):
    if n == 0:
        return 1.0, np.sin(x)
    s, y = pairs(x * 1.1, n - 1)
    z = y * s
    z[0] = x[0]
    return np.sum(z), z


@case(vector(), 3)
def a_copy_of_one_of_several(x, n):
    s, y = pairs(x, n)
    y = y.copy()
    y[1] *= s
    return np.sum(y * y)


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()


def test_a_pullback_is_called_again():
    def f(x, n):
        A = x.copy()
        sweep(A, n)
        return A

    x = vector(4)
    y, pullback = vjp(f, x, 2)
    np.testing.assert_array_equal(y, f(x, 2))
    seeds = np.eye(4)
    rows = np.array([pullback(seed)[0] for seed in seeds])
    again = np.array([pullback(seed)[0] for seed in seeds])
    np.testing.assert_array_equal(rows, again)
    np.testing.assert_array_equal(y, f(x, 2))
    step = 1e-6
    want = np.array([(f(x + step * e, 2) - f(x - step * e, 2)) / (2 * step) for e in np.eye(4)]).T
    np.testing.assert_allclose(rows, want, rtol=1e-6, atol=1e-8)


def test_a_pullback_of_arrays_of_their_own():
    x = vector(4)
    y, pullback = vjp(reversed_sums, x)
    first = pullback(np.ones(4))
    np.testing.assert_array_equal(y, reversed_sums(x))
    np.testing.assert_array_equal(first, pullback(np.ones(4)))


# --- refused --------------------------------------------------------------------------------------


def twice(A, B, n):
    if n > 0:
        A[0] *= B[0]
        twice(A, B, n - 1)


def given_twice(x, n):
    A = x.copy()
    twice(A, A[:2], n)
    return np.sum(A)


def reshaped(A, n):
    if n > 0:
        A.reshape(-1)[n] *= 2.0
        reshaped(A, n - 1)


def shape_of_a_view(x, n):
    A = np.stack([x, x])
    reshaped(A.T, n)
    return np.sum(A * A)


def one_of_several(x, n):
    s, y = pairs(x, n)
    y[1] *= s
    return np.sum(y * y)


def fails_half_way(A, n):
    A[n] *= 2.0
    if n == 5:
        raise ValueError("five")
    if n < 6:
        fails_half_way(A, n + 1)


def half_done(x, n):
    A = np.zeros(7) + x[0]
    try:
        fails_half_way(A, n)
    except ValueError:
        pass
    return np.sum(A)


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (one_of_several, "an array is written that 'pairs' gives"),
        (given_twice, "given an array twice"),
        (shape_of_a_view, "reshapes an array into which it writes"),
    ],
    ids=["one of several", "given twice", "reshaped"],
)
def test_refused(f, message):
    with pytest.raises(MutationError, match=message) as caught:
        grad(f)(vector(), 3)
    assert caught.value.hint


def test_a_call_in_a_try_that_has_written_something():
    with pytest.raises(UnsupportedSyntaxError, match="in a 'try'"):
        grad(half_done)(vector(), 3)


def grown(x, n):
    return np.sin(x * np.ones(3)) if n == 0 else grown(x, n - 1) * grown(x, 0)


def test_a_written_result_is_right_or_refused():
    def loss(x, n):
        y = grown(x, n)
        y[0] = 0.0
        return np.sum(y)

    try:
        found = grad(loss)(0.3, 2)
    except SrcgradError:
        return
    step = 1e-6
    np.testing.assert_allclose(found, (loss(0.3 + step, 2) - loss(0.3 - step, 2)) / (2 * step))


# --- what is read before a call that writes it ----------------------------------------------------


def fill(u, n):
    if n == 0:
        return 1.0
    u *= 1.5
    return fill(u, n - 1)


def through_halves(u, lo, hi):
    if hi - lo == 1:
        return u[lo] ** 2
    m = (lo + hi) // 2
    u[lo] += through_halves(u, lo, m)
    u[m] -= through_halves(u, m, hi) * 0.1
    return u[lo] * u[m]


def added_to_what_was_read(x, n):
    x[0] += fill(x, n)
    return np.sum(x)


def subtracted_in_another_order(x, n):
    x[0] = x[0] - x[1] * fill(x[:2], n)
    return np.sum(x**2)


def read_after_the_call(x, n):
    x[0] = fill(x, n) + x[0]
    return np.sum(x**2)


def over_halves(x, n):
    return through_halves(x, 0, len(x)) * n


@pytest.mark.parametrize(
    "f", [added_to_what_was_read, subtracted_in_another_order, read_after_the_call, over_halves]
)
@pytest.mark.parametrize("n", [0, 2])
def test_what_a_call_writes_after_it_was_read(f, n, rng):
    x = rng.normal(size=5)
    value, gradient = value_and_grad(f)(x, n)
    assert value == pytest.approx(f(x.copy(), n))
    direction = rng.normal(size=5)
    steps = [f(x + h * direction, n) for h in (1e-6, -1e-6)]
    assert gradient @ direction == pytest.approx((steps[0] - steps[1]) / 2e-6, rel=1e-6)
