"""Results that lie in memory as their operands do, or as an index has it, and views of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from tests.hard_cases.checking import Case, Table, matrix

program = Table()
X = matrix(2, 3)
LAYOUTS = {
    "C": X,
    "F": np.asfortranarray(X),
    "gaps": np.repeat(X, 2, axis=1)[:, ::2],
    "transposed gaps": np.repeat(X.T, 2, axis=1)[:, ::2].T,
    "reversed": X[::-1, ::-1].copy()[::-1, ::-1],
}
WEIGHTS = np.arange(1.0, 25.0)


def total(a: Any, r: Any) -> Any:
    return np.sum(a.reshape(-1) ** 2 * WEIGHTS[: a.size]) + np.sum(r**2)


def between_matrices(A):
    B = np.linspace(A, 2.0, 3)
    r = B.reshape(-1)
    r[0] = 7.0
    return total(B, r)


def between_rows(A):
    B = np.linspace(A[0], A[1], 3)
    r = B.ravel()
    r[1] *= r[0]
    return total(B, r)


def filled(A):
    B = np.full(A.shape, A)
    r = B.reshape(-1)
    r[1] *= r[0]
    return total(B, r)


def columns_by_number(A):
    C = A[:, [1, 0]]
    q = C.reshape(-1)
    q[0] = 3.0
    q[1] *= q[2]
    return total(C, q)


def columns_in_a_loop(A):
    C = A[..., np.array([2, 0])] * 1.5
    q = C.reshape(-1)
    for i in range(3):
        q[i] *= q[i + 1]
        C[0, 0] += q[0]
    return total(C, q)


def columns_in_a_branch(A):
    C = A[:, None, [1, 0]]
    q = C.ravel()
    if A[0, 0] > 1.0:
        q *= 2
    else:
        q[0] = 3.0
    return total(C, q)


def twice_the_transpose(A):
    B = A.T * 2
    r = B.reshape(-1)
    r[0] *= r[1]
    return total(B, r)


def chosen_from_a_transpose(A):
    B = np.where(A.T > 1.0, A.T, A.T**2)
    r = B.reshape(-1)
    r[0] *= r[1]
    return total(B, r)


def stacked_transposes(A):
    B = np.stack([A.T, 2 * A.T])
    r = B.ravel()
    r[0] *= r[7]
    return total(B, r)


def copied_transpose(A):
    B = np.copy(A.T)
    r = B.reshape(-1)
    r[0] *= r[1]
    return total(B, r)


PROGRAMS = [
    *(between_matrices, between_rows, filled),
    *(columns_by_number, columns_in_a_loop, columns_in_a_branch),
    *(twice_the_transpose, chosen_from_a_transpose, stacked_transposes, copied_transpose),
]


@pytest.mark.parametrize("layout", list(LAYOUTS))
@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f: Any, layout: str) -> None:
    A = LAYOUTS[layout]
    value, gradient = value_and_grad(f)(A)
    np.testing.assert_allclose(value, f(A), rtol=1e-14)
    np.testing.assert_allclose(grad(f)(A), gradient)
    for place in np.ndindex(A.shape):
        ends = []
        for sign in (1, -1):
            twin = as_it_lies(A)
            twin[place] += sign * 1e-6
            ends.append(f(twin))
        np.testing.assert_allclose(gradient[place], (ends[0] - ends[1]) / 2e-6, rtol=1e-6)


def as_it_lies(A: Any) -> Any:
    """A copy of an array with the same strides."""
    twin = np.ndarray(A.shape, A.dtype, np.empty(64), strides=A.strides, offset=256)
    twin[...] = A
    return twin


@program(np.arange(3.0)[None])
@program(np.arange(3.0)[:, None])
@program(np.ones((3, 1)).T)
@program(np.arange(36.0).reshape(6, 6)[2:3, 1:4])
@program(np.arange(36.0).reshape(6, 6)[2:4, 1:4][:1])
def an_axis_of_length_one(A):
    r = A.reshape(-1)
    A[0, 0] = r[-1] ** 2
    return np.sum(r * A.ravel())


@pytest.mark.parametrize("case", program.cases)
def test_a_row_or_a_column_is_contiguous_whatever_its_strides(case: Case) -> None:
    """The stride of an axis of length one means nothing."""
    case.run()


def test_a_read_only_array_is_written_as_a_copy() -> None:
    """The function itself raises; what it would compute is differentiated."""

    def f(A):
        A[0] *= A[1]
        return np.sum(A**2)

    A = X.copy()
    A.flags.writeable = False
    value, gradient = value_and_grad(f)(A)
    known, same = value_and_grad(f)(X)
    assert value == known
    np.testing.assert_array_equal(gradient, same)
    np.testing.assert_array_equal(A, X)
    assert gradient.flags.writeable


def asked_for_flags(A):
    A[0] *= 2
    return np.sum(A) if A.flags.c_contiguous else 10 * np.sum(A)


def asked_for_strides(A):
    for _ in range(2):
        A[0] *= 2 if A.strides[1] == 8 else 3
    return np.sum(A)


def asked_whether_it_can_be_written(A):
    if A.flags.writeable:
        A[0] *= 2
    return np.sum(A**2)


@pytest.mark.parametrize("is_writeable", [True, False])
@pytest.mark.parametrize("layout", list(LAYOUTS))
@pytest.mark.parametrize("f", [asked_for_flags, asked_for_strides, asked_whether_it_can_be_written])
def test_the_argument_is_asked_how_it_lies_and_not_its_copy(
    f: Any, layout: str, is_writeable: bool
) -> None:
    if not is_writeable and f is not asked_whether_it_can_be_written:
        pytest.skip("f raises")

    def moved(step: float) -> Any:
        twin = as_it_lies(LAYOUTS[layout])
        twin += step
        twin.flags.writeable = is_writeable
        return twin

    value, gradient = value_and_grad(f)(moved(0.0))
    np.testing.assert_allclose(value, f(moved(0.0)))
    slope = (f(moved(1e-6)) - f(moved(-1e-6))) / 2e-6
    np.testing.assert_allclose(np.sum(gradient), slope, rtol=1e-6)


def test_strides_of_a_view_of_what_is_not_contiguous() -> None:
    def f(A):
        row = A[0]
        A[0] *= 2
        return np.sum(A) * row.strides[0]

    for layout in ("C", "F"):
        A = LAYOUTS[layout]
        assert value_and_grad(f)(A)[0] == f(A.copy("K"))
    with pytest.raises(ValueError, match="A is written and asked how it lies in memory"):
        value_and_grad(f)(LAYOUTS["gaps"])
