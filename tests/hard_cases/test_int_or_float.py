"""Numbers that are an ``int`` or a ``float``, as it happens, and what depends on which they are.

``total = 0`` stays an ``int`` where nothing is added, and an array that is made of it is one of
integers: it keeps the whole part of what is written into it.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.errors import UnknownTypeError

POINTS = (np.array([1.1, 1.3]), np.array([-1.1, 7.2]))
"""Where the numbers below are integers, and where they are floats."""


def check(f: Callable[..., Any], y: Any) -> None:
    """Whether value and gradient are those of ``f``, as differences give them."""
    value, found = value_and_grad(f)(y)
    expected = [(f(y + step) - f(y - step)) / 2e-6 for step in 1e-6 * np.eye(2)]
    np.testing.assert_allclose(value, f(y), rtol=1e-12)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def of_a_branch(y):
    t = 1 if y[0] > 0 else y[0]
    A = np.array([t, 1])
    A[0] = 3.1 * y[0]
    return A.sum() + y[1]


@program
def of_the_best_so_far(y):
    best = 0
    for v in y:
        if v > 5:
            best = v
    A = np.full(3, best)
    A[0] = 3.1 * y[0]
    return A.sum() + y[1]


@program
def of_the_first_elements_of_a_list(y):
    xs = [0, 1]
    for v in y:
        xs.append(v)
    A = np.array(xs[:2])
    A[0] = 3.1 * y[0]
    return A.sum() + y[1]


@program
def of_ones(y):
    s = 0
    for v in y:
        if v < 0:
            s += v
    A = np.ones(3, dtype=int) * s
    A[0] = 2.5 * y[0]
    return A.sum() + y[1]


@program
def of_a_larger_number(y):
    A = np.array([max(0, -y[0]), 1])
    A[0] = 2.5 * y[0]
    return A.sum() + y[1]


@program
def of_an_empty_sum(y):
    A = np.array([sum([v for v in y if v < 0]), 1])
    A[0] = 2.5 * y[0]
    return A.sum() + y[1]


@program
def of_a_sum_that_starts_with_a_float(y):
    t = 3 if y[0] > 0 else y[0]
    A = np.array([sum([t], 0.0), 1])
    A[0] = 2.5 * y[0]
    return A.sum() + y[1]


@program
def of_a_power(y):
    A = np.array([2 ** (1 if y[0] > 0 else -1), 1])
    A[0] = 2.5 * y[0]
    return A.sum() + y[1]


def _added(xs, i):
    if i == len(xs):
        return 0
    return (xs[i] if xs[i] < 0 else 0) + _added(xs, i + 1)


@program
def of_a_function_that_calls_itself(y):
    A = np.array([_added(y, 0), 1])
    A[0] = 2.5 * y[0]
    return A.sum() + y[1]


@program
def of_its_dtype(y):
    s = 0
    for v in y:
        if v < 0:
            s += v
    kind = 2 if np.asarray(s).dtype.kind == "f" else 3
    return y[0] * kind * (2 if np.asarray([s, s]).dtype == np.float64 else 5)


@program
def of_rows(y):
    rows = [[v, 2] for v in y]
    s = 0.0
    for v, n in rows:
        s = s + v * (3 if np.array([n]).dtype == np.float64 else 5)
    return s


@program
def of_rows_that_make_arrays(y):
    rows = [[v, 2] for v in y]
    s = 0.0
    for v, n in rows:
        a = np.array([n, 1])
        a[0] = 3.1 * v
        s = s + a[0] + v
    return s


@program
def of_rows_and_their_elements(y):
    rows = [[v, 2] for v in y]
    s = 0.0
    for row in rows:
        A = np.array(row)
        A[1] = row[0]
        B = np.array([row[1]] * 2)
        B[0] = row[0]
        for element in row:
            C = np.array([element, 1])
            C[1] = 2.5 * y[0]
            s = s + C.sum()
        s = s + A.sum() + B.sum()
    return s


@program
def of_rows_one_of_which_is_other(y):
    rows = [[v, 2] for v in y] + [[y[0], y[1]]]
    s = 0.0
    for v, n in rows:
        A = np.array([n, 1])
        A[0] = 2.3 * v
        s = s + A.sum() + v
    return s


@program
def of_rows_of_an_array_and_a_number(y):
    rows = [[y * v, 2, "a"] for v in y]
    s = 0.0
    for a, n, key in rows:
        s = s + a.sum() * n + (key == "a")
    return s


@program
def repeated_lists(y):
    rows = []
    for v in y:
        rows.append([v, 2])
    s = 0.0
    for v, n in rows:
        s = s + sum([v] * n)
    return s


@program
def pool_adjacent_violators(y):
    pools = []
    for v in y[::-1]:
        pools.append([v, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            v2, n2 = pools.pop()
            v1, n1 = pools.pop()
            pools.append([(v1 * n1 + v2 * n2) / (n1 + n2), n1 + n2])
    out = []
    for v, n in pools:
        out.extend([v] * n)
    return (np.array(out) * y**2).sum()


@program
def sums_in_the_elements(y):
    t = 2 if y[0] > 0 else y[0]
    A = np.array([t, 3])
    A[0] += y[0]
    A[1] -= 2.5 * y[0]
    return (A * y).sum()


@program
def integers_in_place(y):
    t = 2 if y[0] > 0 else y[0]
    A = np.array([t, 3])
    A += 2
    np.multiply(A, 2, out=A)
    np.add.at(A, [0], 2)
    A[0], A[1] = A[1], A[0]
    A[1] = 7
    return (A * y).sum()


@program
def methods_that_write(y):
    t = 2 if y[0] > 0 else y[0]
    A = np.array([t, 3, 1])
    A.sort()
    A[:2] = 1.7 * y
    np.put(A, [1], [1.7 * y[0]])
    B = A.copy()
    B.fill(1.7 * y[1])
    return A.sum() + B.sum() + y[0]


@program
def written_in_a_loop(y):
    t = 2 if y[0] > 0 else y[0]
    A = np.array([t, 1, 2])
    for i in range(2):
        A[i] = A[i] * y[i] + A[i + 1] + 0.05
    return (A[1:] * y).sum()


@program
def division_of_integers(y):
    t = 2 if y[0] > 0 else y[0]
    s = (np.array([t, 7]) // 4).sum() + (np.array([t, 7]) % 4).sum() + (t + 7.5) // 2
    return s * y[1] + y[0] * float(np.array([t, 2])[0] / 2)


@program
def classes(y):
    t = 2 if y[0] > 0 else y[0]
    u = abs(t) * 2
    return y[0] * (2 if isinstance(u, float) else 3) + y[1] * (2 if isinstance(u, int) else 5)


@program
def a_bool_or_an_int(y):
    t = True if y[0] > 0 else 2
    s = y[0] * (2 if np.array([t]).dtype == np.int64 else 3)
    return s + y[1] * (5 if isinstance(t, bool) else 7) + np.array([t, t]).sum() * y[0]


@program
def single_precision(y):
    s = 0
    for v in y.astype(np.float32):
        if v < 0:
            s += v
    A = np.array([s, 1])
    A[0] = 2
    return A.sum() * y[1] + np.array([s, 1]).dtype.itemsize * y[0]


@program
def an_element_that_data_choose(y):
    xs = [1, y[0], 2]
    A = np.array([xs[1 if y[0] < 0 else 2], 1])
    A[0] = 2.5 * y[0]
    return A.sum() + y[1]


@program
def read_in_many_ways(y):
    """The cotangent of an array of integers is one of floats."""
    t = 2 if y[0] > 0 else y[0]
    A = np.array([t, 1])
    s = A[0] * y[0] + (A * y).sum() + A.sum() * y[1] + (A @ A) * y[0]
    for x in A:
        s = s + x * y[0]
    joined = np.concatenate([A, y])[::2].sum() + (A[None, :] * y[:, None]).sum()
    return s + joined + np.sqrt(np.abs(A) + 1).sum() + A[1] * y[1] * A[0]


@pytest.mark.parametrize("y", POINTS, ids=("int", "float"))
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_programs(f, y):
    check(f, y)


# --- what has to be an integer --------------------------------------------------------------------


def times(y):
    n = 2 if y[0] > 0 else y[0]
    s = 0.0
    for i in range(n):
        s = s + y[i] * y[0]
    return s + sum([y[0]] * n)


def counted(y):
    n = 1 if y[0] > 0 else y[0]
    xs = []
    for i, v in enumerate(y, n):
        xs.append(i * v)
    return xs[n] * y[0] + [y[0], y[1] ** 2][n]


@pytest.mark.parametrize("f", [times, counted])
def test_an_integer_is_demanded(f):
    check(f, POINTS[0])
    for call in (f, grad(f), value_and_grad(f)):
        with pytest.raises(TypeError):
            call(POINTS[1])


# --- what raises for an array of integers ---------------------------------------------------------


def in_place(y):
    A = np.array([1 if y[0] > 0 else y[0], 3])
    A *= y
    return A.sum()


def into_an_output(y):
    A = np.array([1 if y[0] > 0 else y[0], 3])
    np.multiply(A, y, out=A)
    return A.sum()


def quotient_in_place(y):
    A = np.array([1 if y[0] > 0 else y[0], 3])
    A /= 2
    return (A * y).sum()


@pytest.mark.parametrize("f", [in_place, into_an_output, quotient_in_place])
def test_no_float_is_written_in_place(f):
    for call in (f, grad(f)):
        with pytest.raises(TypeError):
            call(POINTS[0])
    check(f, POINTS[1])


def test_negative_powers_of_integers():
    def f(y):
        return (np.array([1 if y[0] > 0 else y[0], 2]) ** -1).sum() * y[1]

    for call in (f, grad(f)):
        with pytest.raises(ValueError, match="negative integer powers"):
            call(POINTS[0])
    check(f, POINTS[1])


def test_in_place_in_a_try():
    def f(y):
        A = np.array([1 if y[0] > 0 else y[0], 3])
        try:
            A *= y
        except TypeError:
            return y[0]
        return A.sum()

    with pytest.raises(UnknownTypeError, match="in a 'try'"):
        grad(f)(POINTS[0])


# --- arrays, however they are made ----------------------------------------------------------------

MAKERS = [
    "np.array([t, 1])", "np.asarray([t, t])", "np.full(2, t)", "np.full_like(np.array([t, 1]), t)",
    "np.repeat(t, 2)", "np.stack([t, 1])", "np.array([t for _ in range(2)])", "np.ones(2, int) * t",
    "np.tile(t, 2)", "np.r_[t, 1]", "np.c_[np.array([t]), 1].reshape(-1)",
    "np.repeat(np.atleast_1d(t), 2)", "np.copy(np.array([t, 2]))", "np.hstack([t, 1])",
    "np.concatenate([np.array([t]), np.array([1])])", "np.where(np.array([True, False]), t, 2)",
    "np.zeros_like(np.array([t, 1]))", "np.cumsum(np.array([t, 1]))", "np.sort(np.array([t, 1]))",
    "np.array(np.array([t, 1]).tolist())", "np.array([np.array([t, 1])[0].item(), 1])",
    "np.maximum(np.array([t, 1]), 0)", "np.array([t, 1, 2])[1:]", "np.array([max(t, 1), 2])",
    "np.array([t, 1], dtype=float)", "np.array([t, 1]) + 0.0", "np.array([t, 1]) / 1",
    "np.array([[t, 1], [1, t]]) @ np.array([1, 2])", "np.array([np.mean([t, 2]), 1])",
    "np.array([np.array([t, 1]).sum(), 1])",
]  # fmt: skip
USES = {
    "written": "A[0] = 2.5 * y[0]\n    return A.sum() + y[1]",
    "asked": (
        "s = y[0] * (2 if A.dtype == np.float64 else 3)\n"
        '    return s + y[1] * (2 if A.dtype.kind == "i" else 5)'
    ),
    "imitated": "B = np.zeros_like(A)\n    B[1] = y[0] * 1.7\n    return B[1] + y[1]",
}


def _made(maker: str, use: str) -> Callable[..., Any]:
    start = "    t = 0\n    for v in y:\n        if v < 0: t += v\n"
    source = f"def f(y):\n{start}    A = {maker}\n    {use}\n"
    file = f"<{maker}, {use}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"np": np}
    exec(compile(source, file, "exec"), namespace)
    return namespace["f"]


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("maker", MAKERS)
def test_makers(maker, use):
    for y in POINTS:
        check(_made(maker, USES[use]), y)


# --- ordinary programs ----------------------------------------------------------------------------


def test_nothing_is_asked_where_nothing_depends_on_it():
    """The text of a sum that starts with 0 is as plain as that of one that starts with 0.0."""

    def f(y):
        total = 0
        best = 0
        for v in y:
            if v > 0:
                total += v * v
            best = max(best, v)
        out = np.zeros(3)
        out[0] = total
        xs = [total, best, 1]
        A = np.array(xs)
        return np.sqrt(total + 2) + (out * A).sum() + (total if total > best else best)

    function = value_and_grad(f)
    for y in POINTS:
        check(f, y)
        function(y)
    assert "dtype" not in function.source
    assert "trunc" not in function.source


# --- as an index, and beside a product ------------------------------------------------------------


def product_in_a_try(x, n):
    t = 2
    for _ in range(n):
        t = x[0]
    try:
        y = t * x[1]
    except TypeError:
        y = 7.0
    return y * x[2]


def index_where_it_is_one(x, n):
    t = 2
    for _ in range(n):
        t = x[0]
    y = t * x[1]
    if isinstance(t, int):
        y = y + x[t]
    return y + (np.sum(x[:t]) if n == 0 else 0)


def index_that_raises(x, n):
    t = 2
    for _ in range(n):
        t = x[0]
    y = t * x[1]
    try:
        z = x[t]
    except IndexError:
        return y * 5
    return y * z


@pytest.mark.parametrize("f", [product_in_a_try, index_where_it_is_one, index_that_raises])
@pytest.mark.parametrize("n", [0, 2])
def test_an_index_or_a_factor(f, n):
    x = np.array([0.3, 0.4, 0.7, 0.1])
    value, x_bar = value_and_grad(f)(x, n)
    assert value == f(x, n)
    slopes = [(f(x + e, n) - f(x - e, n)) / 2e-6 for e in 1e-6 * np.eye(4)]
    np.testing.assert_allclose(x_bar, slopes, atol=1e-8)


def test_a_float_is_no_index():
    def f(x, n):
        t = 2
        for _ in range(n):
            t = x[0]
        A = np.outer(x, x)
        A[t, 0] = x[2]
        return A[0, t] * 2

    for call in (f, value_and_grad(f)):
        call(np.ones(3), 0)
        with pytest.raises(IndexError, match="only integers"):
            call(np.ones(3), 1)


@pytest.mark.parametrize("first", [2.1, -0.6])
def test_filled_like_what_may_be_integers(first):
    def f(x):
        v = x
        if x[0] > 0:
            v = np.array([1, 2, 3, 4])
        return np.sum(np.full_like(v, 3 * x[0]) * x)

    x = np.array([first, 1.0, 1.0, 1.0])
    value, x_bar = value_and_grad(f)(x)
    assert value == f(x)
    slopes = [(f(x + e) - f(x - e)) / 2e-6 for e in 1e-6 * np.eye(4)]
    np.testing.assert_allclose(x_bar, slopes, atol=1e-8)
