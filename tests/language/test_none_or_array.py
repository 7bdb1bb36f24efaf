"""Names that are None first, and arrays when the program computes with them."""

import numpy as np
import pytest

from srcgrad import grad
from tests.slopes import check_slope


def product_with_the_row_before(x):
    best = None
    s = 0.0
    A = np.outer(x, x)
    for i in range(len(x)):
        if i > 1:
            s += best @ A[i]
        best = A[i] * 2
    return s


def best_row(x):
    best = None
    A = np.outer(x, x)
    for row in A:
        if best is None or row[0] > best[0]:
            best = row
    return best @ x


def accumulated_in_place(x):
    m = None
    for v in x:
        d = v * x
        if m is None:
            m = d.copy()
        else:
            m += d
    return np.sum(m**2)


def total_of_arrays(x):
    total = None
    for i in range(len(x)):
        g = np.sin(x * i) + x
        total = g if total is None else total + g
    return np.sum(total * x)


def reductions_of_the_total(x):
    total = None
    for i in range(len(x)):
        g = np.sin(x * i) + x
        total = g if total is None else total + g
    return total.sum() + total.max()


def best_point(x):
    bx, bf = None, np.inf
    y = x
    for t in range(5):
        v = np.sum((y - 0.3) ** 2)
        if v < bf:
            bf, bx = v, y.copy()
        y = y - 0.2 * y * (t - 1)
    return np.sum(bx**3) + bf


def made_in_the_first_trip(x):
    h = None
    for r in np.outer(x, x):
        if h is None:
            h = np.zeros(len(x))
        h = np.tanh(r * h + x)
    return h @ h


def filled_after_the_first_trip(x):
    h = None
    for i in range(3):
        if h is None:
            h = np.zeros(len(x))
        h[i] = x[i] ** 2
        h[0] += x[2]
    return h @ h


def rows_of_the_argument(x):
    h = None
    t = 0.0
    for r in np.outer(x, x):
        t = t + r[0]
        h = r if h is None else h + r
    return np.sum(np.sin(h)) + t


def a_row_is_written_later(x):
    h = None
    A = np.outer(x, x)
    for r in A:
        if h is not None and r[0] > 0.5:
            h *= 2.0
        h = r
    return np.sum(A) + h[0]


def array_or_none_written(x):
    x = x.copy()
    q = x if x[0] > 0.1 else None
    t = x[0] ** 2
    if q is not None:
        q *= 3.0
        t = t + np.sum(q**2)
    return t


def dots(x):
    prev = None
    out = []
    for i in range(len(x)):
        cur = x * (i + 1)
        if prev is not None:
            out.append(np.dot(prev, cur))
        prev = cur
    return sum(out)


def matrices(x):
    W = None
    for v in x:
        if W is not None:
            W = W @ W * 0.1 + v
        else:
            W = np.eye(2) * v
    return W[0, 0] + W[1, 0] ** 2


def found_in_one_trip(x):
    s = None
    for i in range(3):
        y = x * i
        if i == 1 and x[0] > 0.1:
            s = y
    if s is None:
        return x[0]
    s[0] = 5.0 * x[1]
    return np.sum(s * y)


@pytest.mark.parametrize("count", range(3, 5))
@pytest.mark.parametrize(
    "f",
    [
        product_with_the_row_before,
        best_row,
        accumulated_in_place,
        total_of_arrays,
        reductions_of_the_total,
        best_point,
        made_in_the_first_trip,
        filled_after_the_first_trip,
        rows_of_the_argument,
        a_row_is_written_later,
        array_or_none_written,
        dots,
        matrices,
        found_in_one_trip,
    ],
)
def test_gradient(f, count):
    check_slope(f, np.array([1.3, 0.4, 1.7, 0.9])[:count])


def used_too_early(x):
    best, s = None, 0.0
    for row in np.outer(x, x):
        s += np.sum(row) if row[0] > 1.0 else best @ row
        best = row
    return s


def test_none_is_computed_with():
    check_slope(used_too_early, np.array([1.3, 0.4, 1.7]))
    for g in (used_too_early, grad(used_too_early)):
        with pytest.raises((TypeError, ValueError)):
            g(np.array([0.3, 0.4, 1.7]))


def none_in_the_end(x):
    best = None
    for row in np.outer(x, x):
        if row[0] > 1.0:
            best = row
    return 1.0 if best is None else np.sum(best)


@pytest.mark.parametrize("scale", [0.1, 1.0])
def test_asked_whether_it_is_none(scale):
    check_slope(none_in_the_end, scale * np.array([1.3, 0.4, 1.7]))


def lengths_of_the_trips(x):
    last, s = None, 0.0
    for k in range(1, len(x) + 1):
        part = x[: 1 + (k * k) % 3]
        if last is not None and (len(last) == 1 or len(part) == 1 or len(last) == len(part)):
            s += np.sum(last * part)
        last = part * x[0]
    return s


@pytest.mark.parametrize("count", range(2, 5))
def test_lengths_differ_from_trip_to_trip(count):
    check_slope(lengths_of_the_trips, np.array([1.3, 0.4, 1.7, 0.9])[:count])
