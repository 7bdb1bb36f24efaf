"""What a branch does with a list that is still short in the first trip of a loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad, value_and_grad
from srcgrad.testing import check_grads

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def sums_of_stacked(b):
    """As Anderson's acceleration stacks what it has seen."""
    rows = []
    for k in range(4):
        rows.append(b * k)
        if k > 0:
            b = b + np.array([r * 2 for r in rows[1:]]).sum(axis=1)[0]
    return b.sum()


@program
def differences_written(b):
    rows = []
    s = 0.0
    for k in range(3):
        rows.append(b * k)
        if k == 0:
            continue
        d = np.array([p - q for p, q in zip(rows[1:], rows)])
        G = d @ d.T
        G[0, :] = 1.0
        s = s + G.sum() + d.sum()
    return s


def eliminated(A):
    A = A.copy()
    n = len(A)
    for k in range(n):
        p = k + int(np.argmax(np.abs(A[k:, k])))
        if p != k:
            A[[p, k], :] = A[[k, p], :]
        for i in range(k + 1, n):
            A[i, k] = A[i, k] / A[k, k]
            A[i, k + 1 :] -= A[i, k] * A[k, k + 1 :]
    return A


@program
def given_to_a_helper(b):
    rows = []
    s = 0.0
    for k in range(4):
        rows.append(np.sin(b * (k + 1) + k * k))
        if k > 0:
            d = np.array([p - q for p, q in zip(rows[1:], rows)])
            s = s + eliminated(np.sin(d @ d.T)).sum()
    return s


@program
def in_a_while(b):
    rows = []
    k = 0
    while k < 5:
        rows.append(b * k)
        k += 1
        if k < 2:
            continue
        b = b + np.stack(rows[1:]).mean(axis=1)[0]
    return b.sum()


@program
def in_two_loops(b):
    rows = []
    s = 0.0
    for i in range(2):
        for k in range(3):
            rows.append(b * (i + k))
            if k > 0:
                d = np.array([p - q for p, q in zip(rows[1:], rows)])
                G = d @ d.T
                G[0, :] = b[0]
                s = s + np.sin(G).sum()
    return s


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_short_at_first(f: Callable[..., Any]) -> None:
    b = np.array([0.3, -0.2, 0.9])
    value, _ = value_and_grad(f)(b)
    assert np.allclose(value, f(b))
    check_grads(f, (b,))


def test_no_trip_that_takes_the_branch() -> None:
    def f(b, n):
        rows = []
        for k in range(n):
            rows.append(b * b)
            if k > 0:
                d = np.array([p - q for p, q in zip(rows[1:], rows)])
                d[0, :] = 1.0
                b = b + d.sum(axis=1)[0]
        return b.sum() + sum(r.sum() for r in rows)

    b = np.array([1.0, 2.0])
    for n in (0, 1, 2, 3):
        value, _ = value_and_grad(f)(b, n)
        assert np.allclose(value, f(b, n))
        check_grads(f, (b, n))


def test_what_stays_wrong_is_refused() -> None:
    """An error that the last round of the loop finds too, at the place where it is."""

    def f(b):
        rows = []
        s = 0.0
        for k in range(3):
            rows.append(b * k)
            if k > 0:
                k[0] = s
                s = s + b.sum()
        return s

    with pytest.raises(UnsupportedSyntaxError, match="no array") as caught:
        grad(f)(np.ones(3))
    assert caught.value.loc is not None
    assert caught.value.loc.text == ("k[0] = s",)


def test_what_the_first_trip_alone_tells() -> None:
    """In the first trip the variable has no value, whatever later ones give it."""

    def f(x, n):
        s = 0.0
        for k in range(n):
            if k == n - 1:
                h = x
            else:
                h = np.tanh(h * x)
            s = s + np.sum(h)
        return s

    with pytest.raises(UnsupportedSyntaxError, match="may not be assigned yet"):
        grad(f)(np.ones(3), 3)
