"""The compiler's own operations become NumPy's, with the values that they had."""

from __future__ import annotations

import operator

import numpy as np
import pytest

from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Var
from srcgrad.ir.types import FLOAT32, Array
from srcgrad.transform.legalise import legalise
from tests.transform.passes import (
    MASK,
    MATRIX,
    N,
    adjoint,
    integer,
    made,
    ops,
    same_values,
    stores,
    vector,
)

X = np.array([0.3, -0.7, 1.1])
M = np.array([True, False, True])


def legal(op, *args, type_=None, values=()):
    """The operations that ``op`` of parameters of these types becomes; the value is the same."""
    b = adjoint()
    params = [a if np.isscalar(a) else Var(f"p{i}", a) for i, a in enumerate(args)]
    given = [p for p in params if isinstance(p, Var)]
    f = made(b, given, b.add(op, *params, **({"type": type_} if type_ else {})))
    return ops(same_values(legalise, f, *values))


VECTOR = vector().type


def test_expansion():
    assert legal(intrinsics.expand, 1.0, VECTOR, values=[X]) == [np.ones_like]
    assert legal(intrinsics.expand, 2.5, VECTOR, values=[X]) == [np.full_like]
    rows = legal(intrinsics.expand, VECTOR, MATRIX, type_=MATRIX, values=[X, np.eye(3)])
    assert rows[-1] is np.broadcast_to


def test_zeros():
    assert legal(intrinsics.zero, VECTOR, values=[X]) == [np.zeros_like]


def test_selection_drops_what_is_not_finite():
    wild = np.array([1.0, np.inf, 2.0])
    assert legal(intrinsics.select, MASK, VECTOR, values=[M, wild]) == [np.where]


def test_mask_of_what_is_finite_is_a_product():
    assert legal(intrinsics.masked, MASK, VECTOR, values=[M, X]) == [operator.mul]


def test_cast():
    single = Array(FLOAT32, (N,))
    out = legal(intrinsics.cast, VECTOR, single, type_=single, values=[X, X.astype("f4")])
    assert out == [np.ndarray.astype]


@pytest.mark.parametrize("index", [0, slice(1, None), [0, 0], (np.array([1, 1]),)])
def test_scatter_adds_each_time(index):
    b, x = adjoint(), vector("x")
    f = made(b, [x], b.add(intrinsics.scatter_add, x, index, 2.0))
    out = same_values(legalise, f, X)
    assert stores(out)[0].accumulate


def fresh(make, *, results=lambda value, own: (own,), write=False):
    b, x = adjoint(), vector("x")
    value = make(b, x)
    own = b.add(intrinsics.fresh, value, x)
    if write:
        b.store(own, 0, 5.0)
    f = made(b, [x], *results(value, own))
    return np.ndarray.copy in ops(same_values(legalise, f, X))


def test_array_of_its_own_is_handed_out():
    assert not fresh(lambda b, x: b.add(np.exp, x))


def test_argument_is_copied():
    assert fresh(lambda b, x: x)


@pytest.mark.parametrize("view", [np.ndarray.T, np.ravel, np.asarray])
def test_view_is_copied(view):
    assert fresh(lambda b, x: b.add(view, x))
    assert fresh(lambda b, x: b.add(view, b.add(view, x)))


@pytest.mark.parametrize("view", [np.ndarray.T, np.ravel])
def test_view_of_all_of_an_array_of_its_own_is_handed_out(view):
    assert not fresh(lambda b, x: b.add(view, b.add(np.exp, x)))
    assert not fresh(lambda b, x: b.add(view, b.add(view, b.add(np.exp, x))))


def test_slice_of_an_array_of_its_own_is_copied():
    index = slice(None)
    assert fresh(lambda b, x: b.add(operator.getitem, b.add(np.exp, x), index, type=VECTOR))


def test_view_and_its_array_are_not_both_handed_out():
    for order in (1, -1):
        b, x = adjoint(), vector("x")
        base = b.add(np.exp, x)
        view = b.add(np.ndarray.T, base)
        own = [b.add(intrinsics.fresh, part, x) for part in (base, view)[::order]]
        f = made(b, [x], *own)
        assert ops(same_values(legalise, f, X)).count(np.ndarray.copy) == 1


def test_view_of_what_is_read_after_a_write_is_copied():
    b, x = adjoint(), vector("x")
    base = b.add(np.exp, x)
    own = b.add(intrinsics.fresh, b.add(np.ndarray.T, base), x)
    b.store(own, 0, 5.0)
    f = made(b, [x], own, b.add(np.sin, base))
    assert np.ndarray.copy in ops(same_values(legalise, f, X))


def test_what_is_returned_too_is_copied():
    assert fresh(lambda b, x: b.add(np.exp, x), results=lambda value, own: (own, value))


def test_what_is_read_after_a_write_is_copied():
    b, x = adjoint(), vector("x")
    value = b.add(np.exp, x)
    own = b.add(intrinsics.fresh, value, x)
    b.store(own, 0, 5.0)
    f = made(b, [x], own, b.add(np.sin, value))
    assert np.ndarray.copy in ops(same_values(legalise, f, X))


def test_what_is_written_before_is_not_copied():
    b, x = adjoint(), vector("x")
    value = b.add(np.exp, x)
    b.store(value, 0, 2.0)
    own = b.add(intrinsics.fresh, value, x)
    b.store(own, 0, 5.0)
    f = made(b, [x], own)
    assert np.ndarray.copy not in ops(same_values(legalise, f, X))


def test_what_is_written_under_its_old_name_is_copied():
    b, x = adjoint(), vector("x")
    value = b.add(np.exp, x)
    own = b.add(intrinsics.fresh, value, x)
    b.store(value, 0, 5.0)
    assert np.ndarray.copy in ops(same_values(legalise, made(b, [x], own), X))


def test_what_is_written_through_a_view_is_copied():
    b, x = adjoint(), vector("x")
    value = b.add(np.exp, x)
    view = b.add(np.ndarray.T, value)
    own = b.add(intrinsics.fresh, value, x)
    b.store(view, 0, 5.0)
    assert np.ndarray.copy in ops(same_values(legalise, made(b, [x], own), X))


@pytest.mark.parametrize("late", ["the first", "the second"])
def test_what_is_taken_over_twice_and_read_later_is_copied(late):
    b, x = adjoint(), vector("x")
    first = b.add(np.exp, x)
    second = b.add(intrinsics.fresh, first, x)
    b.store(second, 0, 2.0)
    third = b.add(intrinsics.fresh, second, x)
    b.store(third, 1, 5.0)
    read = b.add(np.sin, first if late == "the first" else second)
    f = made(b, [x], third, read)
    assert ops(same_values(legalise, f, X)).count(np.ndarray.copy) == 1


def test_one_array_is_not_handed_out_twice():
    b, x = adjoint(), vector("x")
    value = b.add(np.exp, x)
    f = made(b, [x], *(b.add(intrinsics.fresh, value, x) for _ in range(2)))
    assert ops(same_values(legalise, f, X)).count(np.ndarray.copy) == 1


def test_array_from_before_a_loop_is_not_written_in_it():
    b, x, i, t = adjoint(), vector("x"), integer("i"), vector("t")
    value, inner, out = b.add(np.exp, x), b.inner(), vector()
    own = inner.add(intrinsics.fresh, value, x)
    inner.store(own, 0, 1.0)
    b.loop(inner.block(inner.add(np.add, own, t), params=(i, t)), 3, [x], [out])
    out_ = same_values(legalise, made(b, [x], out), X)
    assert np.ndarray.copy in ops(out_)
