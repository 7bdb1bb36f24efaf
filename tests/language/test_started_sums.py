"""Sums that start as a number, and are arrays from the first trip of a loop on.

What they are after a loop that makes a trip is known; if it may make none, what only an array can
do raises what it raises of a number.
"""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad
from srcgrad.ir.ops import OPS
from srcgrad.ir.types import Array, Known
from tests.hard_cases.checking import differences
from tests.language.cases import Table, matrix, vector

case = Table()


@case(vector())
def masked_afterwards(x):
    acc = 0
    for i in range(3):
        acc = acc + x * i
    acc[acc > 2] = 0
    return np.sum(acc * x)


@case(vector())
def masked_root(x):
    acc = 0
    for i in range(3):
        acc += x * i
    size = np.hypot(acc, x)
    size[size > 2] *= 2
    return size @ x


@case(matrix())
def an_element_of_rows(A):
    acc = 0.0
    for row in A:
        acc = acc + row
    acc[0] = A[1, 1]
    return acc @ acc


@case(vector(), 3)
@case(vector(), 1)
def as_many_as_data_tell(x, n):
    acc = 0.0
    for k in range(n):
        acc = acc + x**k
    acc[0] = x[1]
    return acc @ x + acc[2]


@case(vector())
def until_it_is_large(x):
    acc, k = 0.0, 0
    while k < 5:
        acc = acc + x**k
        k += 1
        if acc.sum() > 9.5:
            break
    acc[1:] += x[:-1]
    return acc @ x


@case(vector())
def left_early(x):
    a = 0
    for _ in range(6):
        a = a * 0.5 + x
        if np.any(a > 2.3):
            break
    a *= 2
    a[1:] += x[:-1]
    return np.sum(a**2)


@case(vector(3))
def norms(x):
    acc = 0
    for row in np.outer(x, x):
        acc += row**2
    return np.linalg.norm(acc) + acc.max() + acc.mean() + len(acc)


@case(matrix())
def written_after_the_rows(A):
    total = 0
    for row in A:
        total += row
    total[0] = 5.0
    return np.sum(total * total * A[0])


@case(matrix())
def written_in_each_trip(A):
    total = 0.0
    for row in A:
        total += row
        total[0] *= 0.5
    return np.sum(total**2)


@case(matrix())
def kept_in_a_list(A):
    total, parts = 0, []
    for row in A:
        total += row
        parts.append(total)
    return np.sum(total * parts[0])


@case(matrix())
def rows_written_meanwhile(B):
    A, total = B.copy(), 0.0
    for row in A:
        total += row
        row *= 2
    other = total
    other += A[0]
    return np.sum(total * other) + A.sum()


@case(vector(3))
def matrices(x):
    total = 0.0
    for i in range(len(x)):
        total += np.diag(x) * x[i]
    return np.trace(total @ total) + total.T[2, 2]


@case(vector(3))
def weights_between_floats(x):
    total = 0.0
    for v in x:
        total += v * np.arange(3.0) + v**2 * np.arange(0.5, 2.0, 0.5)
    return total @ x


@case(vector(3), 3)
@case(vector(3), 0)
def written_into_another(x, n):
    acc = 0
    for k in range(n):
        acc += x * k
    y = np.ones(3)
    y[:] = acc
    return y @ x + np.sum(acc)


@case(vector(3), 4)
@case(vector(3), 0)
@case(vector(3), 1)
def sums_of_sums(x, n):
    s = 0
    for k in range(n):
        t = 0
        for j in range(k):
            t += x * j
        s += t
    return np.sum(s * x)


@case(vector(3), 3)
@case(vector(3), 0)
def quotients(x, n):
    num, den = 0.0, 1.0
    for k in range(n):
        w = np.exp(-x * k)
        num += w * x
        den += w
    return np.sum(num / den * x)


@case(vector(3), True)
@case(vector(3), False)
def by_a_branch(x, flag):
    a = x * 2 if flag else 0.0
    a = a + x
    a[0] = 3 * x[2]
    return a @ x + np.mean(a)


@case(vector(3))
def without_dimension(x):
    m, v = np.zeros(()), np.ones(())
    for i in range(len(x)):
        m = m + x[i]
        v += m * x[i]
    return v * 1.0


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()


def an_item(x, n):
    acc = 0.0
    for k in range(n):
        acc = acc + x**k
    return acc[0] * x[1]


def an_assigned_item(x, n):
    acc = 0.0
    for k in range(n):
        acc = acc + x**k
    acc[0] = x[1]
    return np.sum(acc)


def a_length(x, n):
    acc = 0
    for k in range(n):
        acc += x * k
    return np.sum(acc * 2) + len(acc)


def a_product(x, n):
    acc = np.float64(0)
    for k in range(n):
        acc = acc + x * k
    return acc @ x


RAISED = "subscriptable|item assignment|no len|matmul"


@pytest.mark.parametrize("f", [an_item, an_assigned_item, a_length, a_product])
def test_a_number_raises(f):
    x = vector()
    assert np.isclose(value_and_grad(f)(x, 2)[0], f(x, 2))
    with pytest.raises((TypeError, ValueError), match=RAISED) as own:
        f(x, 0)
    with pytest.raises(own.type):
        value_and_grad(f)(x, 0)


def kept_under_another_name(x, n):
    """From the second trip on the array is changed, which the other name shows."""
    acc = first = 0
    for k in range(n):
        acc += x * k
        if k == 0:
            first = acc
    return np.sum(first * acc)


def in_a_list(x, n):
    acc, history = 0, []
    for k in range(n):
        acc += x * k
        history.append(acc)
    return np.sum(np.array(history) * acc)


@pytest.mark.parametrize("n", [0, 1, 4])
@pytest.mark.parametrize("f", [kept_under_another_name, in_a_list])
def test_arrays_with_other_names(f, n):
    x = vector()
    value, gradient = value_and_grad(f)(x, n)
    assert np.isclose(value, f(x, n))
    np.testing.assert_allclose(gradient, differences(f, (x, n), (0,))[0], rtol=1e-6, atol=1e-8)


BOUNDS = [(3.0,), (0.5, 2.0), (0.0, 1.0, 0.1), (1.0, -1.0, -0.3), (5.0, 1.0), (-2.5,), (7, 2.0)]


@pytest.mark.parametrize("bounds", BOUNDS)
def test_length_of_ranges_of_floats(bounds):
    """A sum in place knows that an array keeps its length."""
    type_ = OPS[np.arange].infer_for([Known(bound) for bound in bounds], {})
    assert type_ == Array(np.dtype(float), np.arange(*bounds).shape)


# --- what is kept of them -------------------------------------------------------------------------


def of_matrices(x):
    total = 0.0
    for v in x:
        total = total + v * np.eye(2)
    return np.sum(total**2)


def of_rows(A):
    total = 0
    for row in A:
        total += row * row
    return np.sum(total**2)


def beside_what_may_not_be_assigned(A, n):
    """Its shape is that of the sum, but it has none if there was no trip."""
    for i in range(n):
        part = A[i] * 2
    total = 0
    for row in A:
        total += row * row
    return np.sum(total**2) + (np.sum(part) if n else 0.0)


@pytest.mark.parametrize("n", [0, 2])
def test_names_that_may_have_no_value(n):
    A = matrix()
    value, gradient = value_and_grad(beside_what_may_not_be_assigned)(A, n)
    assert value == beside_what_may_not_be_assigned(A, n)
    want = differences(beside_what_may_not_be_assigned, (A, n), (0,))[0]
    np.testing.assert_allclose(gradient, want, rtol=1e-6)


def of_products(A):
    total = 0
    for i in range(3):
        total = total + A[i][:, None] * A[0]
    return np.sum(total**2)


def of_multiples(x):
    total = 0
    for v in x:
        total += v * x
    return np.sum(total**2)


PROGRAMS = [
    (of_rows, matrix()),
    (of_products, matrix()),
    (of_multiples, vector()),
    (of_matrices, vector()),
]


@pytest.mark.parametrize(("f", "arg"), PROGRAMS)
def test_nothing_is_kept_of_a_sum(f, arg):
    """The reverse reads nothing of a sum: not even whether it was a number yet."""
    g = value_and_grad(f)
    value, gradient = g(arg)
    assert value == f(arg)
    np.testing.assert_allclose(gradient, differences(f, (arg,), (0,))[0], rtol=1e-6)
    assert ".append(" not in g.source
    assert "_unbroadcast" not in g.source


def negative_zero(x):
    total = -0.0
    for v in x:
        total = total + v * x * 0.0
    return np.sum(np.copysign(1.0, total) * x)


def asked_in_the_first_trip(x):
    total, first = 0, 0.0
    for v in x:
        if np.ndim(total) == 0:
            first = v
        total = total + v * x
    return np.sum(total) * first


def counted_from(x):
    total = 1.0
    for v in x:
        total = total + v * x
    return np.sum(total * total)


@pytest.mark.parametrize("f", [negative_zero, asked_in_the_first_trip, counted_from])
def test_starts_that_are_no_zeros(f):
    x = vector()
    value, gradient = value_and_grad(f)(x)
    assert value == f(x)
    np.testing.assert_allclose(gradient, differences(f, (x,), (0,))[0], rtol=1e-6, atol=1e-8)
