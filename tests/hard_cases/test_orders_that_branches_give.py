"""Views of arrays that branches and loops give, which may lie in memory in one order or another."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad

A = np.arange(6.0).reshape(2, 3) + 0.5


def doubled(B):
    r = B.ravel()
    r *= 2.0
    return (B**2).sum()


def taken_in_one_arm(A):
    B = A[:, [0, -1]] if A.shape[1] else A * 2.0
    r = B.ravel()
    r *= 2.0
    return (B**2).sum()


def transposed_in_one_arm(A):
    if A[0, 0] < 3:
        B = A.T * 2
    else:
        B = A + 1
    return doubled(B)


def transposed_in_the_other(A):
    if A[0, 0] > 3:
        B = A.T * 2
    else:
        B = A + 1
    return doubled(B)


def computed_after_the_branch(A):
    B = A.T * 2 if A[0, 0] < 3 else A.T + 1
    C = np.sin(B)
    return doubled(C)


def taken_in_each_trip(A):
    B = A * 1.5
    for _ in range(3):
        B = (B * 2)[:, [0, -1]]
    return doubled(B)


def taken_while_it_is_small(A):
    B = A * 1.5
    while B.sum() < 40:
        B = (B * 2)[:, [0, -1]]
    return doubled(B)


def written_in_each_trip(A):
    B = A.T * 1.0
    total = 0.0
    for k in range(3):
        r = B.reshape(-1)
        r += k
        total = total + (B**2).sum()
        B = B * 0.5
    return total


def in_order_on_both(A):
    B = A * 1.5
    if A[0, 0] < 3:
        B = B + 1
    return doubled(B)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(
    "f",
    [
        *(taken_in_one_arm, transposed_in_one_arm, transposed_in_the_other),
        *(computed_after_the_branch, taken_in_each_trip, taken_while_it_is_small),
        written_in_each_trip,
    ],
)
def test_a_view_or_a_copy(f, order):
    check(f, order)


def check(f, order="C"):
    A_ = np.array(A, order=order)
    value, gradient = value_and_grad(f)(A_)
    np.testing.assert_allclose(value, f(A_), rtol=1e-12)
    for place in np.ndindex(A.shape):
        ends = []
        for step in (1e-6, -1e-6):
            moved = np.array(A, order=order)
            moved[place] += step
            ends.append(f(moved))
        np.testing.assert_allclose(gradient[place], (ends[0] - ends[1]) / 2e-6, rtol=1e-5)


def test_what_is_in_order_has_no_arms():
    check(in_order_on_both)
    text = value_and_grad(in_order_on_both).lower(A).source
    assert "_is_view" not in text
