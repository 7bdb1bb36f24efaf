"""Branches on one condition merge only where nothing between them depends on the first."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.ir.nodes import If
from srcgrad.transform.simplify.branches import merge_branches
from tests.transform.passes import Builder, check_gradient, every, flag, made, same_values, vector

X = np.array([0.3, -0.7, 1.1])


def branch(b, cond, op, read):
    """``target = op(read) if cond else read``."""
    target, then = vector(), b.inner()
    b.branch(cond, then.block(then.add(op, read)), b.inner().block(read), target)
    return target


def merged(b, params, *results):
    function = made(b, params, *results)
    for taken in (True, False):
        out = same_values(merge_branches, function, X, taken)
    return len(every(out, If)) < len(every(function, If))


def test_neighbours_merge():
    b, x, c = Builder(), vector("x"), flag("c")
    assert merged(b, [x, c], branch(b, c, np.sin, branch(b, c, np.exp, x)))


def test_pure_operations_between_give_way():
    b, x, c = Builder(), vector("x"), flag("c")
    first = branch(b, c, np.exp, x)
    between = b.add(np.tanh, x)
    assert merged(b, [x, c], first, branch(b, c, np.sin, between))


def test_different_conditions_do_not_merge():
    b, x, c = Builder(), vector("x"), flag("c")
    other = b.add(np.logical_not, c, type=c.type)
    assert not merged(b, [x, c], branch(b, other, np.sin, branch(b, c, np.exp, x)))


def test_a_reader_of_the_first_result_stays_after_it():
    b, x, c = Builder(), vector("x"), flag("c")
    between = b.add(np.tanh, branch(b, c, np.exp, x))
    assert not merged(b, [x, c], branch(b, c, np.sin, between))


def test_effects_between_stay_where_they_are():
    b, x, c = Builder(), vector("x"), flag("c")
    first = branch(b, c, np.exp, x)
    b.add(print, x)
    assert not merged(b, [x, c], branch(b, c, np.sin, first))


def test_a_reader_of_what_the_first_stores_stays_after_it():
    b, x, c = Builder(), vector("x"), flag("c")
    buffer = b.add(np.copy, x)
    then = b.inner()
    then.store(buffer, 0, 5.0)
    b.branch(c, then.block(), b.inner().block())
    between = b.add(np.tanh, buffer)
    assert not merged(b, [x, c], branch(b, c, np.sin, between))


def test_a_reader_of_a_view_of_what_the_first_stores_stays_after_it():
    b, x, c = Builder(), vector("x"), flag("c")
    buffer = b.add(np.copy, x)
    view = b.add(np.ndarray.T, buffer)
    then = b.inner()
    then.store(buffer, 0, 5.0)
    b.branch(c, then.block(), b.inner().block())
    between = b.add(np.tanh, view)
    assert not merged(b, [x, c], branch(b, c, np.sin, between))


def around(x, c):
    if c > 0:
        z = x * 2
    else:
        z = x
    y = np.tanh(z)
    s = 0.0
    if c > 0:
        s = y[1] * 3
    return s + y[0]


@pytest.mark.parametrize("c", [1.0, -1.0])
def test_gradient_of_elements_read_in_one_of_two_branches(c):
    check_gradient(grad(around, argnums=(0,)), around, X, c)
