"""What is a view or a copy as only the run shows: by a mask or an index, of a row or a number."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad, vjp
from tests.hard_cases.checking import Case, Table, leaves, vector

program = Table()
X = vector(4)
Y = np.array([0.7, -1.2, 1.5, 0.4])


@program(Y)
def a_number_of_what_has_any_rank(x):
    q = np.squeeze(x)
    a = q[1]
    x *= 2
    return a * x[0]


@program(Y)
def a_number_that_is_converted(x):
    q = np.squeeze(x)
    a = np.float64(q[0])
    x *= 2
    return a * x[0]


@program(Y)
def by_a_mask_of_any_rank(x):
    q = np.squeeze(x)
    w = q[q > 0]
    x[0] = 9.0 * x[1]
    return np.sum(w * w)


@program(Y)
def the_copy_is_written(x):
    x *= 1.1
    q = np.squeeze(x)
    a = q[q > 0.45]
    a *= 2
    return np.sum(a * a) + np.sum(x)


@program(Y)
def in_a_loop(x):
    for _ in range(2):
        x *= 1.1
        a = np.squeeze(x)[np.squeeze(x) > 0.45]
    return np.sum(a * a)


@program(Y)
def places_of_any_rank(x):
    idx = np.squeeze(np.argwhere(x > 0))
    v = x[idx]
    x[idx] = 0.0
    return np.sum(v**2) + np.sum(x)


@program(Y, 1)
@program(Y, 2)
def a_mask_of_what_a_branch_reshapes(x, n):
    if n > 1:
        x = x.reshape(2, 2)
    low = x[x < 0]
    x *= 3
    return np.sum(low * low) + np.sum(x)


@program(Y, 2)
@program(Y, 9)
def a_mask_or_an_integer(x, n):
    m = x > 0.1
    if n > 5:
        m = 0
    p = x[m]
    x *= 2
    return np.sum(p * p)


@program(Y, 2)
@program(Y, 9)
def everything_or_a_mask(x, n):
    m = ... if n > 5 else x > 0
    p = x[m]
    x *= 2
    return np.sum(p * p)


@program(Y)
def an_integer_at_first_and_then_a_mask(x):
    i = 1
    for _ in range(2):
        a = x[i]
        i = x > 0
        x *= 2
    return np.sum(a)


@program(Y, 1)
@program(Y, 2)
def chosen_in_a_helper(x, n):
    def pick(a):
        m = a > 0 if n > 1 else 0
        return a[m]

    p = pick(x)
    x *= 2
    return np.sum(p * p)


@program(Y, 2)
@program(Y, 9)
def a_row_or_a_number(x, n):
    e = x[:, None] if n > 5 else x
    first = e[0]
    x[0] = x[1] * x[2]
    return np.sum(first * x)


@program(Y, 1)
@program(Y, 2)
def index_arrays_of_what_has_any_rank(x, n):
    q = x[:, None] if n > 1 else x
    r = q[[0, 1]]
    x *= 2
    return np.sum(r * r)


@program(Y, 1)
@program(Y, 2)
def raveled_of_any_rank(x, n):
    q = x[:, None] if n > 1 else x
    r = q.ravel()
    x *= 2.0
    return np.sum(r * r)


@program(Y)
@program(np.repeat(Y, 2)[::2])
def made_contiguous(x):
    A = x.reshape(2, 2) * 1.0
    d = np.ascontiguousarray(A.T)
    e = np.ascontiguousarray(A)
    d *= x[0]
    e *= x[1]
    return np.sum(A * d) + np.sum(e**2)


@program(Y)
@program(np.repeat(Y, 2)[::2])
def made_to_lie_as_in_fortran(x):
    A = x.reshape(2, 2) * 1.0
    d = np.asfortranarray(A.T)
    e = np.asfortranarray(A)
    d *= x[0]
    e *= x[1]
    return np.sum(A * d) + np.sum(e**2)


@program(Y)
def raveled_after_fortran(x):
    A = np.asfortranarray(x.reshape(2, 2) * 1.0)
    r = A.ravel()
    s = (np.asfortranarray(x.reshape(2, 2)) * x[0]).ravel()
    r *= x[1]
    s *= x[2]
    t = A.ravel("F")
    t *= 2.0
    return np.sum(A**2) + r @ s


@program(Y)
def a_vector_is_itself(x):
    y = x * 1.0
    z = np.asfortranarray(y)
    z *= x[0]
    return np.sum(y**2)


@program(Y)
def a_transpose_raveled_and_then_overwritten(x):
    A = x.reshape(2, 2) * 1.0
    r = A.T.ravel()
    A *= 2
    r[0] *= A[0, 1]
    return np.sum(r * x) + np.sum(A * A)


@program(Y)
def columns_raveled(x):
    A = np.outer(x, x)
    r = A[:, 1:].ravel()
    s = A[1:].ravel()
    r *= 2
    s *= 3
    return np.sum(A * A) + np.sum(r * x[0]) + np.sum(s)


@program(Y)
def without_a_copy_if_it_can(x):
    A = x.reshape(2, 2) * 1.0
    q = A.astype(float, copy=False)
    p = np.asarray(A, dtype=np.float64)
    q *= 2
    p[0] *= x[1]
    return np.sum(q * A * p)


@program(X, wrt=0)
def a_recursion_that_looks_at_a_transpose(x):
    return looking(x, 60)


def looking(a, n):
    if n == 0:
        return np.sum(a)
    B = a.reshape(2, 2) * 1.5
    r = B.T.ravel()
    B *= 2
    return looking(B.reshape(-1), n - 1) * 0.1 + np.sum(r * a)


@pytest.mark.parametrize("case", program.cases)
def test_gradient(case: Case) -> None:
    case.run()
    _, gradient = value_and_grad(case.f, case.wrt)(*case.args)
    _, pullback = vjp(case.f, *case.args)
    for _ in range(2):
        got = pullback(1.0)[: 1 if not isinstance(case.wrt, tuple) else None]
        for one, known in zip(leaves(got), leaves((gradient,)), strict=True):
            np.testing.assert_allclose(one, known)
