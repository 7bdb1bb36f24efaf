"""Views that depend on how an array lies in memory: of arrays that are written, and of shadows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcgrad import value_and_grad, vjp
from tests.hard_cases.checking import Case, Table, leaves, matrix

program = Table()
X, Y = matrix(3, 4), matrix(4, 3, seed=1)
F = np.asfortranarray(matrix(3, 4, seed=2))


@program(X, F, wrt=(0, 1))
def a_shadow_beside_another_order(x, f):
    d = np.zeros((3, 4))
    d[:] = x
    d.reshape(-1)[3] = 4.0
    return np.sum(d * f)


@program(X, Y, wrt=(0, 1))
def a_shadow_beside_a_transpose(x, y):
    d = x.copy()
    r = d.reshape(2, 6)
    r[0] *= 2
    return np.sum(np.sin(d * y.T))


@program(X, Y, wrt=(0, 1))
def in_a_branch_and_a_loop(x, y):
    d = x.copy()
    if x[0, 0] > 0:
        d.reshape(-1)[2] = 5.0
    for i in range(3):
        r = d.ravel()
        r[i + 1] = r[i] * 2
        d = d * y.T
    return np.sum(d)


@program(X, Y, wrt=(0, 1))
def an_argument_that_is_written(x, y):
    x.reshape(-1)[1] = 0.5
    return np.sum(x * y.T)


@program(X)
def fortran_order_all_through(x):
    d = x.copy("F")
    d.ravel("F")[3] = 4.0
    e = x.T.copy("F")
    e.reshape(-1, order="F")[3] = 4.0
    return np.sum(d * np.arange(12.0).reshape(3, 4)) + np.sum(e**2 * np.arange(12.0).reshape(4, 3))


@program(X)
def the_real_part_is_the_array(x):
    d = x.copy()
    r = d.real
    r *= 2
    np.real(d)[0] = 1.0
    d.conj()[1] *= 3
    return np.sum(d**2)


@program(X)
def from_a_copy_in_fortran_order(x):
    y = x.copy("F")
    r = y.reshape(-1)
    r[0] = 5.0
    return np.sum(y**2) + np.sum(r)


@program(X)
def in_fortran_order(x):
    y = np.zeros((3, 4))
    y[:] = x
    r = y.reshape(-1, order="F")
    r[0] = 5.0
    return np.sum(y**2) + np.sum(r)


@program(X)
def flat_in_fortran_order(x):
    y = x.copy()
    r = y.ravel("F")
    r *= 2
    return np.sum(y**2) + np.sum(r)


@program(X)
def one_after_the_other(x):
    y = x.copy()
    r = y.reshape((4, 3), order="F").reshape(-1)
    r *= 2
    return np.sum(y**2) + np.sum(r)


@pytest.mark.parametrize("case", program.cases)
def test_gradient(case: Case) -> None:
    case.run()
    wrt = case.wrt if isinstance(case.wrt, tuple) else (case.wrt,)
    _, gradient = value_and_grad(case.f, wrt)(*case.args)
    _, pullback = vjp(case.f, *case.args)
    for _ in range(2):
        for got, known in zip(leaves(pullback(1.0)), leaves(gradient), strict=True):
            np.testing.assert_allclose(got, known)


# --- where it matters whether they are views --------------------------------------------------


@program(F)
@program(X)
def overwritten_while_it_is_read(x):
    r = x.T.ravel()
    x[1] *= x[0]
    return np.sum(x * r[0])


@program(F)
@program(X)
def a_view_of_what_may_be_a_view(x):
    m = x * 2
    rows = np.reshape(np.asarray(m.T), -1).reshape(-1, 2)
    m *= 3
    return np.sum(rows**2)


@program(F)
@program(X)
def overwritten_in_a_branch(x):
    r = x.T.ravel()
    if x[0, 0] > -9:
        x[1] *= 2.0
    return np.sum(r**3)


@program(F)
@program(X)
def overwritten_in_the_loop_over_it(x):
    for v in x.T.ravel():
        x[0, 0] += v * v
    return np.sum(x)


@program(F)
@program(X)
def read_in_the_next_trip(x):
    r, total = x.T.ravel(), 0.0
    for i in range(len(x)):
        total = total + np.sum(r * WEIGHTS)
        x[i] *= x[0, 0]
        r = x.T.ravel()
    return total


# --- where it does not matter whether they are views ---------------------------------------------

WEIGHTS = np.arange(12.0)


@program(X, F, wrt=(0, 1))
def read_after_the_last_write(x, f):
    x[0] *= 2.0
    f[1] *= x[0]
    return np.sum(x.T.ravel() * WEIGHTS) + np.sum(f.reshape(-1) ** 2 * WEIGHTS)


@program(F, 3.0, wrt=(0, 1))
def iterated_over(f, s):
    f[0] *= s
    total = 0.0
    for v in f.ravel():
        total = 0.5 * total + v * v
    return total


@program(X)
def every_other_column(x):
    x[0] *= 2
    return np.sum(np.ascontiguousarray(x[:, ::2]) ** 2) + np.sum(np.diff(x[0]) ** 2)


@program(X)
def made_anew_in_each_trip(x):
    total = 0.0
    for i in range(len(x)):
        x[i] *= x[0, 0]
        total += np.sum(np.sin(x.T.reshape(-1)) * WEIGHTS)
    return total


@program(X)
def kept_in_a_list(x):
    parts = []
    for i in range(2):
        y = x * i
        y[i] *= x[0]
        parts.append(y.T.ravel() * x[0, 0])
    return np.sum(parts[0] * parts[1])


@program(X)
def a_view_of_what_may_be_a_view_in_time(x):
    m = x * 2
    m[0] *= x[1]
    rows = np.reshape(np.asarray(m.T), -1).reshape(-1, 2)
    total = np.sum(rows**3)
    m *= 3
    return total + np.sum(m**2)


@program(F)
def read_back_before_it_is_overwritten(f):
    f[0] *= 2.0
    flat = f.ravel()
    part = flat[1:].reshape(-1, 1)
    total = np.sum(part**2 * flat[:-1])
    f[1] *= f[0]
    return total + np.sum(f**3)


@program(F)
@program(X)
@program(matrix(2, 6).T)
@program(np.ascontiguousarray(matrix(2, 9))[:, ::2])
def items_of_flat(f):
    f[0] *= f[1]
    for k in range(-3, len(f) + 1):
        f.flat[k] *= f.flat[k - 1]
    np.put(f, [0, -1], f.flat[1])
    return np.sum(f**2) + f.flat[len(f)] + f.flat[-1] ** 2


@program(matrix(6, 4).reshape(2, 3, 4).transpose(2, 0, 1))
def index_arrays_of_flat(x):
    places = np.array([3, 7, 3, -1])
    np.put(x, places, x.flat[places[0] + 1] * np.arange(1.0, 5.0))
    return np.sum(x**2) + np.sum(np.sin(x.flat[places]))


def test_no_copy_is_made_where_nothing_is_written_after() -> None:
    def f(x: Any) -> Any:
        x[0] *= 2.0
        return np.sum(x.reshape(-1) ** 2 * WEIGHTS)

    g = value_and_grad(f)
    g(X)
    assert ".copy()" not in g.source and "may_share_memory" not in g.source


def written_through_a_view(x: Any) -> Any:
    x.reshape(-1)[1] = 0.5
    return np.sum(x**2)


@pytest.mark.parametrize("f", [written_through_a_view, overwritten_in_a_branch])
def test_every_other_column_of_the_caller_is_not_contiguous(f: Any) -> None:
    """Though the copy that the gradient works on is."""
    derivative = value_and_grad(f)
    with pytest.raises(ValueError, match="not contiguous"):
        derivative(np.repeat(X, 2, axis=1)[:, ::2])
    with pytest.raises(ValueError, match="not contiguous"):
        derivative(np.repeat(X, 2, axis=0)[::2].T)
    right = X if f is written_through_a_view else np.asfortranarray(X)
    assert derivative(right)[0] == f(right.copy("K"))
