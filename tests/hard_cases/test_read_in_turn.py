"""``pairwise`` and ``chain`` give an element in its turn, whatever the loop has written by then."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate, chain, pairwise
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.errors import UnsupportedSyntaxError

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def differences_into_another(x):
    out = np.empty(len(x) - 1)
    for i, (v, w) in enumerate(pairwise(x)):
        out[i] = (w - v) ** 2
    return out.sum()


@program
def chained_into_another(x):
    out = np.zeros(2 * len(x))
    for i, v in enumerate(chain(x, x * 2)):
        out[i] = v * v
    return out.sum()


@program
def another_is_scaled(x):
    out = np.zeros(3)
    for v, w in pairwise(x):
        out[1] += v * w
        out *= 1.1
    return out.sum()


@program
def another_beside_what_is_computed(x):
    y = x * x
    out = np.zeros(3)
    for v, w in pairwise(y):
        out[1] += v * w
        out *= 1.1
    return out.sum()


@program
def scaled_while_paired(x):
    A = x.copy()
    s = 0.0
    for v, w in pairwise(A):
        s += v * w
        A *= 1.1
    return s


@program
def scaled_while_chained(x):
    A = x.copy()
    s = 0.0
    for v in chain(A, A):
        s += v * v
        A *= 1.1
    return s


@program
def arrays_of_a_display(x):
    xs = [x * 1.0, x * 2.0]
    s = 0.0
    for v, w in pairwise(xs):
        s += np.sum(v * w)
        v *= 2
    return s + np.sum(xs[0])


@program
def arrays_of_a_list(x):
    xs = []
    for i in range(4):
        xs.append(x * i)
    out = np.zeros(3)
    for k, (v, w) in enumerate(pairwise(xs)):
        out[k] = np.sum(v * w)
    return np.sum(out**2)


@program
def arrays_of_a_list_are_written(x):
    xs = []
    for i in range(4):
        xs.append(x * i)
    for v, w in pairwise(xs):
        w += v
    return np.sum(xs[-1] ** 2)


@program
def rows_are_written(x):
    A = np.outer(x, x)
    for v, w in pairwise(A):
        w += 0.5 * v
    return np.sum(A**2)


@program
def rows_and_columns_are_written(x):
    A = np.outer(x, x)
    for r in chain(A, A.T):
        r *= 1.5
    return np.sum(A**2)


@program
def arrays_of_displays_are_chained(x):
    A = [x * 1, x * 2]
    B = [x * 3]
    for r in chain(A, B):
        r *= 1.5
    return np.sum(A[0] * B[0])


@program
def arrays_of_lists_are_chained(x):
    A = []
    B = []
    for t in range(3):
        A.append(x * t)
        B.append(x + t)
    for r in chain(A, B):
        r *= 1.5
    return np.sum(A[1] * B[0])


@program
def leaves_early(x):
    y = x.copy()
    s = 0.0
    for i, (a, b) in enumerate(pairwise(y)):
        if a > 2.7:
            continue
        s += a * b
        y[i + 1 :] *= 1.5
        if s > 6:
            break
    else:
        s += y.sum()
    return s + np.sum(y**2)


@program
def three_chained(x):
    y = x.copy()
    z = x * x
    s = 1.0
    for v in chain(y, z, y):
        if v > 3.5:
            continue
        s *= 1 + 0.1 * v
        z[1:] += 0.1 * s
        y *= 1.1
        if s > 30:
            break
    return s + np.sum(z * y)


@program
def zipped_with_another(x):
    y = x.copy()
    s = 0.0
    for (a, b), c in zip(pairwise(y), x):
        s += a * b * c
        y += 0.1 * s
    return s


@program
def a_list_changes(x):
    xs = [v * v for v in x]
    s = 0.0
    for a, b in pairwise(xs):
        s += a * b
        xs[-1] = xs[-1] * a
    return s


@program
def a_chained_list_changes(x):
    xs = [v * v for v in x]
    ys = list(x)
    s = 0.0
    for a in chain(xs, ys):
        s += a * a
        ys[-1] = ys[-1] * a
    return s


@program
def a_list_and_an_array(x):
    xs = [v * v for v in x]
    y = x.copy()
    s = 0.0
    for a in chain(xs, y):
        s += a * a
        y *= 1.1
    return s


@program
def written_before_it_is_used(x):
    y = x.copy()
    it = chain(y, y)
    y *= 2
    s = 0.0
    for v in it:
        s += v * v
    return s


@program
def written_before_the_pairs(x):
    y = x.copy()
    it = pairwise(y)
    y *= 2
    s = 0.0
    for v, w in it:
        s += v * w
    return s


@program
def in_a_loop_that_makes_it_anew(x):
    y = x.copy()
    s = 0.0
    for k in range(3):
        for a, b in pairwise(y):
            s += a * b
            y[k] += 0.1 * b
        y = y * 1.1
    return s


@program
def made_in_the_loop_around(x):
    s = 0.0
    y = x
    for k in range(3):
        out = np.zeros(len(x))
        for i, (a, b) in enumerate(pairwise(y)):
            out[i] = a * b
        y = y + 0.1 * out
    return np.sum(y * y)


@program
def swapped_in_the_loop_around(x):
    s = 0.0
    y = x.copy()
    out = np.zeros(len(x))
    for k in range(3):
        for i, (a, b) in enumerate(pairwise(y)):
            out[i] += a * b
        y, out = (out + y, y)
    return np.sum(y * y)


@program
def maybe_empty(x):
    y = x[x > 0]
    s = 0.0
    for a, b in pairwise(y):
        s += a * b
        y *= 1.1
    return s


@program
def computed(x):
    y = x.copy()
    s = 0.0
    for a, b in pairwise(map(np.sin, y)):
        s += a * b
    return s


@program
def two_pairings(x):
    y = x.copy()
    s = 0.0
    for (a, b), (c, d) in zip(pairwise(y), pairwise(x)):
        s += a * b * c - d
        y[1:] += 0.1 * a
    return s


@program
def two_pairings_of_one(x):
    y = x.copy()
    s = 0.0
    for (a, b), (c, d) in zip(pairwise(y), pairwise(y)):
        s += a * b * c - d
        y[1:] += 0.1 * a
    return s


@program
def pairs_of_pairs(x):
    y = x.copy()
    s = 0.0
    for (a, b), (c, d) in pairwise(pairwise(y)):
        s += a * b * c - d
    return s


@program
def a_helper_writes(x):
    y = x.copy()

    def put(i, v):
        y[i] = y[i] + v
        return v

    s = 0.0
    for i, (a, b) in enumerate(pairwise(y)):
        s += put(i + 1, a * b)
    return s + np.sum(y**2)


@program
def out_of_a_ufunc(x):
    y = x.copy()
    s = 0.0
    for a, b in pairwise(y):
        np.multiply(y, 1 + a, out=y)
        s += b
    return s + y.sum()


@program
def returns_early(x):
    y = x.copy()
    s = 0.0
    for a, b in pairwise(y):
        s += a * b
        y *= 1.1
        if s > 5:
            return s * a
    return s + y[0]


@program
def in_a_while(x):
    y = x.copy()
    s = 0.0
    k = 0
    while k < 3:
        for v in chain(y, x):
            s += v * v
            y[k] *= 1.1
        k += 1
    return s


@program
def integers(x):
    k = np.arange(4)
    s = 0.0
    for i, j in pairwise(k):
        s += x[i] * x[j]
        k[-1] = 0
    return s


@program
def in_a_recursion(x):

    def go(y, n):
        if n == 0:
            return y
        for i, (a, b) in enumerate(pairwise(y)):
            y[i] = a * b
        return go(y, n - 1)

    return np.sum(go(x.copy(), 3))


@program
def a_view_in_the_loop_around(x):
    y = x.copy()
    s = 0.0
    for k in range(3):
        for p, q in pairwise(y):
            s += p * q
            v = y[1:]
            v *= 1.1
        y = y * 1.01
    return s


@program
def a_view_while_chained(x):
    y = x.copy()
    s = 0.0
    for k in range(2):
        for p in chain(y, x):
            s += p * p
            v = y[::2]
            v *= 1.1
        y = y * 1.01
    return s


@program
def one_of_two(x):
    y = x.copy()
    z = x * 2
    w = y if x[0] > 0 else z
    s = 0.0
    for p, q in pairwise(w):
        s += p * q
        v = y[1:]
        v *= 1.1
    return s


@program
def a_view_of_what_is_swapped(x):
    y = x.copy()
    z = x * 2
    s = 0.0
    for k in range(3):
        for p, q in pairwise(y):
            s += p * q
            if s > 0:
                v = z[1:]
            else:
                v = z
            v *= 1.1
        y, z = (z, y)
    return s


@program
def one_of_a_display(x):
    xs = [x.copy(), x * 2]
    s = 0.0
    for p, q in pairwise(xs[0]):
        s += p * q
        xs[0][1:] *= 1.1
    return s


@program
def all_of_a_list(x):
    xs = []
    for k in range(3):
        xs.append(x * k)
    s = 0.0
    for p, q in pairwise(xs[1]):
        s += p * q
        for u in xs:
            u *= 1.1
    return s


@program
def one_of_a_list(x):
    xs = []
    for k in range(3):
        xs.append(x * (k + 1))
    y = xs[1]
    s = 0.0
    for p, q in pairwise(y):
        s += p * q
        xs[1][1:] *= 1.1
    return s


@program
def the_last_of_a_list(x):
    xs = []
    for k in range(3):
        xs.append(x * (k + 1))
    y = xs[-1][:]
    s = 0.0
    for i, p in enumerate(chain(y, x)):
        s += p * i
        xs[2][:] *= 1.1
    return s


class Box:
    def __init__(self, v):
        self.v = v


@program
def an_attribute(x):
    o = Box(x.copy())
    s = 0.0
    for p, q in pairwise(o.v):
        s += p * q
        o.v[1:] *= 1.1
    return s


@program
def a_helper_scales_a_view(x):
    y = x.copy()
    s = 0.0

    def bump(t):
        t *= 1.1

    for p, q in pairwise(y):
        s += p * q
        bump(y[1:])
    return s


@program
def reshaped_before(x):
    y = x.copy()
    r = y.reshape(2, -1)
    s = 0.0
    for p, q in pairwise(y):
        s += p * q
        r *= 1.1
    return s


@program
def out_of_the_array_transposed(x):
    y = x.copy()
    s = 0.0
    for p, q in pairwise(y.T):
        s += p * q
        np.multiply(y, 1.1, out=y)
    return s


@program
def a_view_that_is_turned_around(x):
    y = x.copy()
    s = 0.0
    t = y
    for p, q in pairwise(y):
        s += p * q
        t[0] = s
        t = t[::-1]
        t *= 1.1
    return s


@program
def rows_and_what_is_in_them(x):
    y = np.outer(x, x)
    s = 0.0
    for r in chain(y, y.T):
        for v, w in pairwise(r):
            s += v * w
            r *= 1.01
    return s


@program
def chains_of_paired_rows(x):
    y = np.outer(x, x)
    s = 0.0
    for r, t in pairwise(y):
        for v in chain(r, t):
            s += v
            t *= 1.01
            y[0] *= 1.1
    return s


def multiples(x):
    xs = []
    for k in range(4):
        xs.append(x * (k + 1))
    return xs


@program
def a_list_and_its_arrays(x):
    xs = multiples(x)
    s = 0.0
    for i, (a, b) in enumerate(pairwise(xs)):
        b += 0.1 * a
        xs[i] = xs[i] * 2
        s += np.sum(a * b)
    return s + np.sum(xs[1] * xs[2])


@program
def the_last_array_is_replaced(x):
    xs = multiples(x)
    s = 0.0
    for i, (a, b) in enumerate(pairwise(xs)):
        s += np.sum(a * b)
        xs[-1] = b * x
        b *= 1.1
        a *= 1.2
    return s + np.sum(xs[1] * xs[3])


@program
def chained_lists_and_their_arrays(x):
    xs = multiples(x)
    ys = multiples(x * x)
    s = 0.0
    for i, a in enumerate(chain(xs, ys)):
        s += np.sum(a * i)
        ys[-1] = a * x
        a *= 1.1
    return s + np.sum(xs[1] * ys[3])


@program
def elements_of_paired_arrays(x):
    xs = multiples(x)
    s = 0.0
    for a, b in pairwise(xs):
        a[0] = b[1] * b[0]
        b[1] = a[0]
        s += a.sum()
    return s + np.sum(xs[3])


@program
def a_list_chained_with_itself(x):
    xs = multiples(x)
    s = 0.0
    for a in chain(xs, xs):
        a *= 1.1
        s += a[0] * a[1]
    return s


@program
def displays_of_arrays(x):
    xs = [x.copy(), x * 2, x * 3]
    s = 0.0
    for a, b in pairwise(xs):
        b += a * 0.5
        s += np.sum(a * b)
    for a in chain(xs, [x * 4]):
        a *= 1.1
        s += a[0] * a[1]
    return s + np.sum(xs[0] * xs[2])


@program
def zipped_with_the_list(x):
    xs = multiples(x)
    s = 0.0
    for (a, b), c in zip(pairwise(xs), xs):
        s += np.sum(a * b * c)
        xs[3] = c * 2
        c *= 1.1
    return s


@program
def zipped_with_an_enumeration(x):
    xs = list(x)
    s = 0.0
    for (a, b), (i, c) in zip(pairwise(xs), enumerate(x)):
        s += a * b * c
        xs[-1] = c * 2
    return s


@pytest.mark.parametrize("x", [np.array([1.2, 2.1, 3.3, 0.5]), np.array([1.3, 0.7])], ids=len)
@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f, x):
    v = np.array([0.3, -0.2, 0.7, 0.4])[: len(x)]
    try:
        slope = (f(x + 1e-6 * v) - f(x - 1e-6 * v)) / 2e-6
    except IndexError:
        with pytest.raises(IndexError):
            grad(f)(x)
        return
    value, x_bar = value_and_grad(f)(x)
    np.testing.assert_allclose(value, f(x), rtol=1e-14)
    np.testing.assert_allclose(x_bar @ v, slope, rtol=2e-6, atol=1e-8)


@pytest.mark.parametrize("n", [0, 1])
@pytest.mark.parametrize(
    "f", [scaled_while_paired, scaled_while_chained, maybe_empty, zipped_with_another]
)
def test_no_pair(f, n):
    x = np.full(n, 1.3)
    value, x_bar = value_and_grad(f)(x)
    assert value == f(x)
    slope = [(f(x + 1e-6) - f(x - 1e-6)) / 2e-6] * n
    np.testing.assert_allclose(x_bar, slope, rtol=1e-6, atol=1e-9)


def test_the_plain_text_where_another_array_is_written():
    assert "previous" not in grad(differences_into_another).lower(np.ones(4)).source
    assert "previous" in grad(scaled_while_paired).lower(np.ones(4)).source


def test_an_argument_is_written():
    def f(x):
        s = 0.0
        for a, b in pairwise(x):
            s += a * b
            x *= 1.1
        return s

    x = np.array([1.2, 2.1, 3.3])
    before = x.copy()
    value, x_bar = value_and_grad(f)(x)
    np.testing.assert_array_equal(x, before)
    for i in range(3):
        ends = [f(before + sign * 1e-6 * np.eye(3)[i]) for sign in (1, -1)]
        np.testing.assert_allclose(x_bar[i], (ends[0] - ends[1]) / 2e-6, rtol=1e-6)
    assert value == f(before)


def test_pairs_of_pairs_of_what_is_written_are_refused():
    def f(x):
        y, s = x.copy(), 0.0
        for (a, b), (_, c) in pairwise(pairwise(y)):
            s += a * b * c
            y *= 1.1
        return s

    with pytest.raises(UnsupportedSyntaxError, match="in a loop over 'pairwise'"):
        grad(f)(np.ones(3))


def test_a_chained_view_of_a_dict_that_changes_is_refused():
    def f(x):
        d, s = {"a": x[0], "b": x[1]}, 0.0
        for v in chain(x, d.values()):
            s += v * v
            d["b"] = d["b"] * 1.1
        return s

    with pytest.raises(UnsupportedSyntaxError, match="in a loop over an iterator"):
        grad(f)(np.ones(3))


def a_chain_in_a_chain(x):
    xs = [x[0], x[1], x[2]]
    s = 0.0
    for v in chain(chain(xs), x):
        s += v * v
        xs[2] = xs[2] * 1.1
    return s


def sums_in_a_chain(x):
    xs = [x[0], x[1], x[2]]
    s = 0.0
    for v in chain(accumulate(xs), x):
        s += v * v
        xs[2] = xs[2] * 1.1
    return s


def a_chain_twice_in_a_chain(x):
    xs = [x[0], x[1], x[2]]
    s = 0.0
    for v in chain(x, chain(xs, xs)):
        s += v * v
        xs[2] = xs[2] * 1.1
    return s


def pairs_in_a_chain(x):
    xs = [x[0], x[1], x[2]]
    s = 0.0
    for p, q in chain(pairwise(xs), zip(x, x)):
        s += p * q
        xs[2] = xs[2] * 1.1
    return s


def a_map_in_a_chain(x):
    y = x.copy()
    xs = [0, 1, 2]
    s = 0.0
    for v in chain(x, chain(map(lambda i: y[i], xs))):
        s += v
        y *= 1.1
    return s


@pytest.mark.parametrize(
    "f",
    [
        a_chain_in_a_chain,
        sums_in_a_chain,
        a_chain_twice_in_a_chain,
        pairs_in_a_chain,
        a_map_in_a_chain,
    ],
)
def test_an_iterator_in_a_chain_that_the_loop_changes_is_refused(f):
    with pytest.raises(UnsupportedSyntaxError, match="in a loop over an iterator"):
        grad(f)(np.ones(4))


def test_an_iterator_in_a_chain():
    def f(x):
        s = 0.0
        for v in chain(chain([x[0], x[1]]), accumulate([x[2], x[3]]), x):
            s += v * v
        return s

    x = np.array([1.2, 2.1, 3.3, 0.5])
    sums = [0.0, 0.0, 2 * (x[2] + x[3]) + 2 * x[2], 2 * (x[2] + x[3])]
    np.testing.assert_allclose(grad(f)(x), 2 * x + [2 * x[0], 2 * x[1], *sums[2:]])
