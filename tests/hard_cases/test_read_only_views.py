"""Diagonals and what was broadcast, which nothing is written through, in branches and loops."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad
from srcgrad.errors import AliasingError
from tests.hard_cases.checking import Table

X = np.array([0.7, -1.2, 1.5, 0.4])
Y = np.array([0.4, 0.1, -0.3, 0.2])
case = Table()


@case(X, Y, wrt=(0, 1))
@case(X, -Y, wrt=(0, 1))
def a_row_in_a_branch(x, y):
    x *= 2
    b = np.broadcast_to(x, (2, 4))
    d = b[0] if y[0] > 0 else y
    return np.sum(d * y)


def diagonal(a, is_kept):
    d = np.diagonal(a)
    return d if is_kept else d.copy()


@case(X, Y, wrt=(0, 1))
@case(X, -Y, wrt=(0, 1))
def a_helper_that_copies_or_not(x, y):
    a = np.outer(x, y)
    a[0] *= 2.0
    d = diagonal(a, y[0] > 0)
    return np.sum(d * d * y)


@case(X, Y, wrt=(0, 1))
@case(X, -Y, wrt=(0, 1))
def a_part_of_another(x, y):
    a = np.outer(x, y)
    a[1] *= x
    e = np.diagonal(a) if y[0] > 0 else y
    return np.sum(e * e)


@case(X, Y, wrt=(0, 1))
def the_row_after_a_loop(x, y):
    x[0] *= 2
    for r in np.broadcast_to(x, (2, 4)):
        y = y * r
    return np.sum(r * y)


@case(X, Y, wrt=(0, 1))
def in_a_list(x, y):
    a = np.outer(x, y)
    a[1] *= x
    ds = []
    for i in range(len(y)):
        ds.append(np.diagonal(a, i)[:1])
    return np.sum(ds[1] * ds[3])


@pytest.mark.parametrize("program", case.cases)
def test_of_read_only_views(program):
    program.run()


def written_after_a_branch(x, y):
    b = np.broadcast_to(x, (2, 4))
    d = b[0] if y[0] > 0 else y
    x *= 2
    return np.sum(d * y)


def written_after_a_helper(x, y):
    d = diagonal(x.reshape(2, 2), y[0] > 0)
    x[0] *= 2.0
    return np.sum(d * d)


def written_after_a_loop(x, y):
    for r in np.broadcast_to(x, (2, 4)):
        y = y * r
    x[0] *= 2
    return np.sum(r * y)


def written_in_the_loop(x, y):
    i = 0
    while i < 3:
        d = np.diagonal(x.reshape(2, 2))
        x[0] *= y[i]
        i += 1
    return np.sum(d * d)


def written_while_in_a_list(x, y):
    ds = []
    for i in range(3):
        ds.append(np.diagonal(x.reshape(2, 2)))
        x[0] *= y[i]
    return np.sum(ds[1] * ds[0])


@pytest.mark.parametrize(
    "f",
    [
        *(written_after_a_branch, written_after_a_helper, written_after_a_loop),
        *(written_in_the_loop, written_while_in_a_list),
    ],
)
def test_they_show_what_is_written_later(f):
    with pytest.raises(AliasingError, match="a read-only view of an array that is written goes"):
        value_and_grad(f)(X, Y)
