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


@pytest.mark.parametrize("case", program.cases)
def test_gradient(case: Case) -> None:
    case.run()
    wrt = case.wrt if isinstance(case.wrt, tuple) else (case.wrt,)
    _, gradient = value_and_grad(case.f, wrt)(*case.args)
    _, pullback = vjp(case.f, *case.args)
    for _ in range(2):
        for got, known in zip(leaves(pullback(1.0)), leaves(gradient), strict=True):
            np.testing.assert_allclose(got, known)


def from_a_copy_in_fortran_order(x: Any) -> Any:
    y = x.copy("F")
    r = y.reshape(-1)
    r[0] = 5.0
    return np.sum(y**2) + np.sum(r)


def in_fortran_order(x: Any) -> Any:
    y = np.zeros((3, 4))
    y[:] = x
    r = y.reshape(-1, order="F")
    r[0] = 5.0
    return np.sum(y**2) + np.sum(r)


def flat_in_fortran_order(x: Any) -> Any:
    y = x.copy()
    r = y.ravel("F")
    r *= 2
    return np.sum(y**2) + np.sum(r)


def one_after_the_other(x: Any) -> Any:
    y = x.copy()
    r = y.reshape((4, 3), order="F").reshape(-1)
    r *= 2
    return np.sum(y**2) + np.sum(r)


@pytest.mark.parametrize(
    "f",
    [
        from_a_copy_in_fortran_order,
        in_fortran_order,
        flat_in_fortran_order,
        one_after_the_other,
    ],
)
def test_what_is_a_copy_is_an_error(f: Any) -> None:
    with pytest.raises(ValueError, match="is a copy of an array that is written"):
        value_and_grad(f)(X)
