"""Lengths that are known only when the program runs: equal where they are one, and nowhere else."""

import itertools

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.testing import check_grads


def masked(x):
    a = x[x > 0]
    return np.sum(a * np.sin(a))


def centred(x):
    total = 0.0
    for k in range(len(x)):
        a = x[k:]
        total = total + np.mean((a - np.mean(a)) ** 2)
    return total


def with_the_one_before(x):
    before = x[:1]
    total = 0.0
    for k in range(1, len(x)):
        a = x[: k + 1]
        total = total + np.sum(a[1:] * before) + np.sum(a * before[0])
        before = np.sin(a)
    return total


def broadcast_by_the_one_before(x):
    before = x[-1:]
    total = 0.0
    for k in range(len(x) - 1):
        a = x[k:] * x[k]
        total = total + np.sum(a * before)
        before = a[-1:]
    return total


def all_of_one_length_but_the_first(x):
    before = x[:1]
    for k in range(3):
        a = np.sin(x[x > -9.0]) * k
        before = a * before
    return np.sum(before * x)


def last_one_after_the_loop(x):
    for k in range(1, len(x)):
        a = x[: k + 1]
    return np.sum(a * x) + np.sum(a**2)


def of_either_arm(x):
    a = x[x > 0]
    b = x[:1] if x[0] > 0 else a
    c = a if x[1] > 0 else x[-1:]
    return np.sum(a * b) + np.sum(a * c) + np.sum(b * c)


def pairs_in_a_list(x):
    parts = []
    for k in range(len(x)):
        parts.append(np.cos(x[k:]))
    total = 0.0
    for p, q in itertools.pairwise(parts):
        total = total + np.sum(p[1:] * q) + np.sum(p * q[0])
    return total


def broadcast_in_a_list(x):
    parts = [x[:1]]
    for k in range(2):
        parts.append(x[x > -9.0] * k)
    total = 0.0
    for part in parts:
        total = total + np.sum(part * x)
    return total


def shrinking(x):
    a = x
    while len(a) > 1:
        a = a[1:] * a[:-1] + a[0]
    return a[0]


def halves(x):
    if len(x) <= 1:
        return np.sum(x**2)
    n = len(x) // 2
    return halves(np.sin(x[:n])) * halves(x[n:]) + np.sum(x[: n // 2] * x[0])


def grouped(x):
    total = 0.0
    for label in range(3):
        members = x[np.arange(len(x)) % 3 == label]
        centre = members.mean()
        total = total + np.sum((members - centre) ** 2) / max(len(members), 1)
    return total


def nested(x):
    total = 0.0
    for i in range(len(x)):
        a = x[i:]
        for j in range(len(a)):
            b = a[j:]
            total = total + np.sum(b * x[i + j :]) * np.sum(a * b[0])
    return total


def written(x):
    y = x.copy()
    for k in range(len(x)):
        part = y[k:]
        part *= np.sin(part)
        y[:k] += y[k:].sum() * part[0]
    return np.sum(y**2)


PROGRAMS = (
    masked,
    centred,
    with_the_one_before,
    broadcast_by_the_one_before,
    all_of_one_length_but_the_first,
    last_one_after_the_loop,
    of_either_arm,
    pairs_in_a_list,
    broadcast_in_a_list,
    shrinking,
    halves,
    grouped,
    nested,
    written,
)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("size", [5, 3, 4])
def test_gradients(f, size, rng):
    x = rng.normal(size=size)
    x[:2] = [abs(x[0]), -abs(x[1])]
    check_grads(f, (x,))
    check_grads(f, (-x,))


@pytest.mark.parametrize("f", [masked, centred, grouped], ids=lambda f: f.__name__)
def test_what_is_computed_from_one_array_is_of_one_length(f, rng):
    gradient = grad(f)
    gradient(rng.normal(size=6))
    assert "_unbroadcast" not in gradient.source
    assert "ones_like" not in gradient.source


def test_repeated_no_times():
    gradient = grad(lambda x, n: np.sum(np.repeat(x, n) ** 2) + np.sum(x))
    x = np.array([0.5, -1.0, 2.0])
    for n in (2, 0, 1, 3):
        np.testing.assert_allclose(gradient(x, n), 2 * n * x + 1)


def eliminated(A):
    A = A.copy()
    for k in range(len(A)):
        for i in range(k + 1, len(A)):
            A[i, k:] -= A[i, k] / A[k, k] * A[k, k:]
    return np.prod(np.diag(A)) + np.sum(A)


def substituted(A):
    n = len(A)
    y = np.zeros(n)
    for i in reversed(range(n)):
        y[i] = 1.0 - np.sum(A[i, i + 1 : n] * np.sin(A[0, i + 1 : n]))
    return np.sum(y**2)


@pytest.mark.parametrize("f", [eliminated, substituted], ids=lambda f: f.__name__)
def test_slices_of_the_same_bounds_are_of_one_length(f, rng):
    A = rng.normal(size=(5, 5)) + 4 * np.eye(5)
    check_grads(f, (A,))
    check_grads(f, (A[:1, :1],))
    gradient = grad(f)
    gradient(A)
    assert "_unbroadcast" not in gradient.source


def left_by_the_trip_before(A):
    before = A[0, 4:]
    total = 0.0
    for k in reversed(range(1, 5)):
        a = A[1, k:]
        total = total + np.sum(a * before[:1]) + np.sum(before) ** 2 + np.sum(before * before)
        if k == 4:
            total = total + np.sum(before * a)
        before = a
    return total + np.sum(before * A[0, 1:])


def left_by_a_loop_to_another(A):
    total, k = 0.0, 0
    first = A[0, k:]
    while k < len(A) - 1:
        k += 1
        a = A[k, k:]
        total = total + np.sum(first[k:] * a) * np.sum(first[-1:] * a)
    last = A[1, k:]
    return total + np.sum(last * first)


@pytest.mark.parametrize(
    "f", [left_by_the_trip_before, left_by_a_loop_to_another], ids=lambda f: f.__name__
)
def test_slices_of_another_trip_may_be_of_another_length(f, rng):
    check_grads(f, (rng.normal(size=(5, 5)),))


def by_a_place_that_is_written(A):
    k = np.array(1)
    a = A[0, k:]
    k[...] = 4
    return np.sum(np.sin(a * A[1, k:]))


def test_slices_by_an_array_that_is_written_are_of_two_lengths(rng):
    check_grads(by_a_place_that_is_written, (rng.normal(size=(2, 5)),))
