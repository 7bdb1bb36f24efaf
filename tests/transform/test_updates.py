"""Cotangents that loops carry are updated where they are, if nobody else has them any more."""

from __future__ import annotations

import operator

import numpy as np
import pytest

from srcgrad import grad, vjp
from srcgrad.testing import check_grads
from srcgrad.transform.simplify.updates import update_in_place
from tests.backend.building import stack
from tests.transform.passes import (
    adjoint,
    flag,
    integer,
    made,
    same_values,
    stores,
    vector,
)

X = np.array([0.3, -0.7, 1.1])


class Carried:
    """A loop that carries ``w``, which starts as ``exp(x)``, and ``u``, from ``sin(x)``."""

    def __init__(self) -> None:
        self.b, self.x = adjoint(), vector("x")
        self.first = self.b.add(np.exp, self.x, name="w")
        self.other = self.b.add(np.sin, self.x, name="u")
        self.w, self.u, self.index = vector("w"), vector("u"), integer("i")
        self.inner = self.b.inner()
        self.after = (vector("w"), vector("u"))

    def add(self, op, *args, name="w"):
        return self.inner.add(op, *args, name=name)

    def loop(self, *results, first=None, other=None):
        block = self.inner.block(*results, params=(self.index, self.w, self.u))
        init = [self.first if first is None else first, self.other if other is None else other]
        self.b.loop(block, 3, init, self.after)

    def stores(self, *results):
        f = made(self.b, [self.x], *(results or self.after))
        return stores(same_values(update_in_place, f, X))


def test_sum_that_a_loop_carries():
    c = Carried()
    c.loop(c.add(operator.add, c.w, c.u), c.u)
    (store,) = c.stores()
    assert store.accumulate


def test_second_operand_of_a_sum():
    c = Carried()
    c.loop(c.add(operator.add, c.u, c.w), c.u)
    (store,) = c.stores()
    assert store.accumulate
    assert store.buffer.name == "w"


@pytest.mark.parametrize(
    ("op", "args"),
    [
        (operator.mul, lambda w: (0.5, w)),
        (operator.mul, lambda w: (w, 0.5)),
        (operator.truediv, lambda w: (w, 3.0)),
    ],
)
def test_multiple_that_a_loop_carries(op, args):
    c = Carried()
    c.loop(c.add(op, *args(c.w)), c.u)
    (store,) = c.stores()
    assert not store.accumulate


def test_difference():
    c = Carried()
    c.loop(c.add(operator.sub, c.w, c.u), c.u)
    assert len(c.stores()) == 1


@pytest.mark.parametrize(
    ("op", "args"),
    [
        (operator.sub, lambda c: (c.u, c.w)),
        (operator.truediv, lambda c: (3.0, c.w)),
        (operator.add, lambda c: (c.w, c.w)),
        (operator.mul, lambda c: (c.w, c.u)),
    ],
)
def test_no_update(op, args):
    c = Carried()
    c.loop(c.add(op, *args(c)), c.u)
    assert not c.stores()


def test_old_value_that_is_carried_on():
    c = Carried()
    c.loop(c.add(operator.add, c.w, c.u), c.w)
    assert not c.stores()


def test_old_value_that_is_read_later():
    c = Carried()
    new = c.add(operator.add, c.w, 1.0)
    c.loop(new, c.add(operator.mul, c.u, c.w))
    assert not c.stores()


def test_old_value_that_was_read_before():
    c = Carried()
    u = c.add(operator.mul, c.u, c.w, name="u")
    c.loop(c.add(operator.add, c.w, 1.0), u)
    assert len(c.stores()) == 1


def test_view_that_is_read_later():
    c = Carried()
    view = c.add(operator.getitem, c.w, slice(None, None, -1), name="view")
    new = c.add(operator.add, c.w, 1.0)
    c.loop(new, c.add(operator.mul, c.u, view))
    assert not c.stores()


def test_view_that_is_added_and_never_read_again():
    c = Carried()
    new = c.add(operator.add, c.w, c.u)  # `w += w[::-1]` from the second trip on
    c.loop(new, c.add(operator.getitem, new, slice(None, None, -1), name="u"))
    assert len(c.stores()) == 1


def test_view_that_is_carried_on():
    c = Carried()
    new = c.add(operator.add, c.w, 1.0)
    view = c.add(operator.getitem, c.w, slice(None, None, -1), name="u")
    c.loop(new, view)
    assert not c.stores()


def test_first_value_that_is_read_after_the_loop():
    c = Carried()
    c.loop(c.add(operator.add, c.w, c.u), c.u)
    assert not c.stores(c.after[0], c.first)


def test_one_first_value_for_two():
    c = Carried()
    c.loop(c.add(operator.add, c.w, 1.0), c.u, other=c.first)
    assert not c.stores()


def test_array_from_before_that_each_trip_starts_with():
    c = Carried()
    outer, index = c.b, integer("k")
    c.b = outer.inner()
    c.loop(c.add(operator.add, c.w, c.u), c.u)
    total = vector("s")
    body = c.b.block(c.b.add(operator.add, total, c.after[0]), params=(index, total))
    sums = vector("s")
    outer.loop(body, 2, [c.x], [sums])
    f = made(outer, [c.x], sums)
    assert not stores(same_values(update_in_place, f, X))


def test_argument():
    c = Carried()
    c.loop(c.add(operator.add, c.w, c.u), c.u, first=c.x)
    assert not c.stores()


def test_view_of_what_was_allocated():
    c = Carried()
    part = c.b.add(operator.getitem, c.first, slice(None, None, -1), name="w")
    c.loop(c.add(operator.add, c.w, c.u), c.u, first=part)
    assert not c.stores()


def test_saved_by_the_loop():
    c = Carried()
    new = c.add(operator.add, c.w, c.u)
    saved = stack("saved", c.w.type)
    block = c.inner.block(new, c.u, new, params=(c.index, c.w, c.u))
    c.b.loop(block, 3, [c.first, c.other], [*c.after, saved])
    f = made(c.b, [c.x], c.after[0], saved)
    assert not stores(same_values(update_in_place, f, X))


def test_exchanged_arrays():
    c = Carried()
    c.loop(c.u, c.add(operator.mul, 0.5, c.w, name="w"))
    w, u = (c.b.add(np.ndarray.copy, each) for each in c.after)
    f = made(c.b, [c.x], w, u)
    f = same_values(update_in_place, f, X)
    assert f.body.results[0].items == c.after


def test_exchanged_names_of_one_array():
    c = Carried()
    c.loop(c.u, c.w, other=c.first)
    w, u = (c.b.add(np.ndarray.copy, each) for each in c.after)
    f = same_values(update_in_place, made(c.b, [c.x], w, u), X)
    left, right = f.body.results[0].items
    assert {left, right} != set(c.after)


def test_two_results_of_one_array():
    c = Carried()
    c.loop(c.u, c.w)
    twice = [c.b.add(np.ndarray.copy, c.after[0]) for _ in range(2)]
    f = same_values(update_in_place, made(c.b, [c.x], *twice), X)
    left, right = f.body.results[0].items
    assert left is not right


def test_branch_that_exchanges():
    c = Carried()
    test, w, u = flag("test"), vector("w"), vector("u")
    then, orelse = c.inner.inner().block(c.u, c.w), c.inner.inner().block(c.w, c.u)
    c.inner.branch(test, then, orelse, w, u)
    c.loop(c.add(operator.mul, 0.5, w), u)
    f = made(c.b, [c.x, test], *c.after)
    for value in (True, False):
        assert len(stores(same_values(update_in_place, f, X, value))) == 1


def test_branch_that_gives_both_one_array():
    c = Carried()
    test, w, u = flag("test"), vector("w"), vector("u")
    then, orelse = c.inner.inner().block(c.w, c.w), c.inner.inner().block(c.w, c.u)
    c.inner.branch(test, then, orelse, w, u)
    c.loop(c.add(operator.mul, 0.5, w), u)
    f = made(c.b, [c.x, test], *c.after)
    for value in (True, False):
        assert not stores(same_values(update_in_place, f, X, value))


# --- programs -----------------------------------------------------------------------------------


def descent(w, x):
    for _ in range(3):
        w = w - 0.1 * x * np.sum(w * x)
    return np.sum(w**2)


def exchanged(w, x):
    for _ in range(4):
        w, x = x * 2, 0.5 * w
        if w[0] > 0:
            w, x = x, w
    return np.sum(w**2) + np.sum(x)


def handed_on(w, x):
    v = w
    for _ in range(5):
        w, x, v = x + v, v, w - 0.1 * x
    return np.sum(w * v * x)


def best_of(w, x):
    best = w
    for i in range(4):
        w = w + 0.2 * x * w
        if i % 2:
            best = w
        x = 0.5 * x
    return np.sum(w * best) + np.sum(x**3)


def in_a_while(w, x):
    while np.sum(w * w) < 100:
        w = 1.5 * w + x
        x = x / 2
    return np.sum(w * x)


def loops_in_loops(w, x):
    for _ in range(3):
        z = w
        for _ in range(2):
            z = z + w * x
            w = w - 0.1 * z
        w = w + z
    return np.sum(w)


def both_of_one(w, x):
    a = w + x
    b = a
    for _ in range(3):
        a = a + b * 0.1
        b = b - a
    return np.sum(a) * np.sum(b)


def matrices(w, x):
    A = np.outer(w, x)
    for _ in range(3):
        B = A.T
        A = A + 0.1 * B
        x = x + B[0]
    return np.sum(A * x)


PROGRAMS = [
    descent, exchanged, handed_on, best_of, in_a_while, loops_in_loops, both_of_one, matrices,
]  # fmt: skip


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradients(f):
    w, x = np.array([0.7, -0.2, 0.9]), np.array([0.4, 0.8, -0.3])
    check_grads(f, (w, x), argnums=(0, 1))
    w_bar, x_bar = grad(f, argnums=(0, 1))(w, x)
    assert not np.shares_memory(w_bar, x_bar)
    assert w.tolist() == [0.7, -0.2, 0.9]
    assert x.tolist() == [0.4, 0.8, -0.3]
    _, pullback = vjp(f, w, x)
    for _ in range(2):  # what is captured is never updated
        for got, want in zip(pullback(1.0), (w_bar, x_bar), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-12)


def test_text():
    derivative = grad(descent)
    derivative(X, X)
    assert "    w_bar -= " in derivative.source or "    w_bar += " in derivative.source
    derivative = grad(exchanged, argnums=(0, 1))
    derivative(X, X)
    assert ".copy()" not in derivative.source
