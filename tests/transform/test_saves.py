"""What a loop or branch keeps for its reverse: what is read, once, and what costs to compute."""

from __future__ import annotations

import numpy as np

from srcgrad import grad
from srcgrad.analysis.memory import MemoryClasses
from srcgrad.ir.nodes import For, If
from srcgrad.transform import saves
from tests.transform.passes import Builder, Stages, check_gradient, every, number, vector

X = np.array([0.3, -0.7, 1.1])


def plan(forward, backward, known=()):
    block = forward.block()
    return saves.plan(block, backward.block(), frozenset(known), MemoryClasses(block.body))


def test_what_the_reverse_reads_is_saved():
    forward, backward, x = Builder(), Builder(), vector("x")
    e = forward.add(np.exp, x)
    forward.add(np.sin, e)
    backward.add(np.cos, e)
    found = plan(forward, backward)
    assert (found.saved, found.recomputed) == ((e,), ())


def test_views_of_what_is_there_are_computed_again():
    forward, backward, x = Builder(), Builder(), vector("x")
    view = forward.add(np.ndarray.T, x)
    backward.add(np.cos, view)
    found = plan(forward, backward)
    assert found.saved == ()
    assert [stmt.target for stmt in found.recomputed] == [view]


def test_two_views_of_one_array_save_the_array_once():
    forward, backward, x = Builder(), Builder(), vector("x")
    e = forward.add(np.exp, x)
    views = [forward.add(np.ndarray.T, e), forward.add(np.ravel, e)]
    for view in views:
        backward.add(np.cos, view)
    found = plan(forward, backward)
    assert found.saved == (e,)
    assert [stmt.target for stmt in found.recomputed] == views


def test_effects_are_never_repeated():
    forward, backward = Builder(), Builder()
    drawn = forward.add(np.random.rand, type=number().type)
    backward.add(np.cos, drawn)
    assert plan(forward, backward).saved == (drawn,)


def linear(x):
    for t in range(3):
        x = x * 2.0 + t
    return np.sum(x)


def branched(x, c):
    if c > 0:
        y = np.sin(x) * x
    else:
        y = np.exp(x)
    return np.sum(y * y)


def test_linear_loop_saves_nothing_and_does_not_run_forward():
    stages = Stages(linear, X)
    loops = every(stages.lean, For)
    assert len(loops) == 1
    assert not loops[0].stacks
    check_gradient(grad(linear, argnums=(0,)), linear, X)


def test_values_of_an_arm_leave_it():
    for c in (1.0, -1.0):
        stages = Stages(branched, X, c)
        assert every(stages.adjoint, If)[0].targets
        check_gradient(grad(branched, argnums=(0,)), branched, X, c)


def test_random_numbers_are_drawn_once_each():
    rng = np.random.default_rng(5)

    def noisy(x):
        a = rng.normal(size=3)
        b = rng.normal(size=3)
        return np.sum(np.sin(x * a) * b)

    got = grad(noisy)(X)
    again = np.random.default_rng(5)
    a, b = again.normal(size=3), again.normal(size=3)
    np.testing.assert_allclose(got, np.cos(X * a) * a * b)
    assert rng.normal() == again.normal()
