"""What the small pass between the others takes away, and all that it leaves to the large one."""

from __future__ import annotations

import numpy as np

from srcgrad.transform.simplify.unused import remove_unused
from tests.transform.passes import Builder, count, flag, integer, made, ops, same_values, vector

X = np.array([0.3, -0.7, 1.1])


def test_unread_operations_go_with_what_only_they_read():
    b, x = Builder(), vector("x")
    b.add(np.tanh, b.add(np.exp, x))
    f = same_values(remove_unused, made(b, [x], b.add(np.sin, x)), X)
    assert ops(f) == [np.sin]


def test_lean_programs_are_left_alone():
    b, x = Builder(), vector("x")
    f = made(b, [x], b.add(np.sin, x))
    assert remove_unused(f) is f


def test_what_has_an_effect_stays_and_so_does_what_it_reads():
    b, x = Builder(), vector("x")
    buffer = b.add(np.zeros_like, x)
    b.store(buffer, 0, b.add(np.sum, x))
    b.add(print, b.add(np.exp, x))
    f = same_values(remove_unused, made(b, [x], x), X)
    assert ops(f) == [np.zeros_like, np.sum, np.exp, print]


def test_inside_of_branches_and_loops():
    """What an inner block reads is read; what it does not give is not."""
    b, x, c, i, t = Builder(), vector("x"), flag("c"), integer("i"), vector("t")
    outer = b.add(np.cos, x)
    then = b.inner()
    then.add(np.exp, x)
    b.branch(c, then.block(then.add(np.sin, outer)), b.inner().block(x), y := vector())
    inner = b.inner()
    inner.add(np.tanh, outer)
    b.loop(inner.block(inner.add(np.sin, t), params=(i, t)), 2, [y], [last := vector()])
    f = same_values(remove_unused, made(b, [x, c], last), X, True)
    assert [count(f, op) for op in (np.cos, np.sin, np.exp, np.tanh)] == [1, 2, 0, 0]
