"""Types of random shapes, axes and indices: what is claimed must hold, and enough be claimed."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from srcgrad.ir import shapes
from srcgrad.ir.indices import is_basic_index
from srcgrad.ir.types import UNKNOWN, Array, Known, Length, Size, Symbol
from srcgrad.rules.axes import reinsertion
from tests.parts import examples
from tests.rules import driver

SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


def _check(op: Any, *args: Any, **kwargs: Any) -> None:
    """The type of ``op`` is right with known and with symbolic lengths."""
    value = driver.run(op, args, kwargs)
    for symbolic in (False, True):
        lengths = driver.Lengths(symbolic)
        type_ = driver.infer(op, args, kwargs, lengths)
        assert type_ is not UNKNOWN
        assert driver.disagreement(type_, value, lengths) is None


@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=4))
def test_broadcasting(found: Any) -> None:
    a, b = (np.ones(shape) for shape in found.input_shapes)
    _check(np.add, a, b)
    _check(operator.mul, a, b)
    _check(np.where, a > 0, a, b)


@st.composite
def _reductions(draw: Any) -> tuple[np.ndarray, Any, bool]:
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=3))
    ndim = len(shape)
    axes = hnp.valid_tuple_axes(ndim)
    axis = draw(st.none() | st.integers(-ndim, ndim - 1) | axes)
    x = np.arange(1.0, 1.0 + np.prod(shape)).reshape(shape)
    return x, axis, draw(st.booleans())


@given(_reductions())
def test_reductions(case: tuple[np.ndarray, Any, bool]) -> None:
    x, axis, keepdims = case
    for op in (np.sum, np.mean, np.max, np.ndarray.std):
        _check(op, x, axis=axis, keepdims=keepdims)


@given(_reductions())
def test_reinserted_axes_broadcast_back(case: tuple[np.ndarray, Any, bool]) -> None:
    x, axis, _ = case
    index = reinsertion(axis, x.ndim)
    reduced = np.sum(x, axis=axis)
    restored = reduced if index is None else reduced[index]
    expected = np.broadcast_to(np.sum(x, axis=axis, keepdims=True), x.shape)
    np.testing.assert_array_equal(np.broadcast_to(restored, x.shape), expected)


@st.composite
def _indices(draw: Any) -> tuple[np.ndarray, Any]:
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4))
    x = np.arange(float(np.prod(shape))).reshape(shape)
    basic = hnp.basic_indices(shape, allow_newaxis=True)
    arrays = hnp.integer_array_indices(shape)
    masks = hnp.arrays(bool, shape) | hnp.arrays(bool, shape[:1])
    return x, draw(basic | arrays | masks | _mixed(shape))


def _mixed(shape: tuple[int, ...]) -> Any:
    """Tuples in which slices, integers, new axes and index arrays stand side by side."""
    parts = []
    for length in shape:
        array = hnp.arrays(np.int64, st.sampled_from([(2,), (3, 1), (1,)]),
                           elements=st.integers(-length, length - 1))  # fmt: skip
        mask = st.just(np.arange(length) == 0)
        parts.append(st.integers(-length, length - 1) | st.slices(length) | array | mask)
    return st.tuples(*parts).flatmap(
        lambda index: (
            st.integers(0, len(index)).map(lambda i: (*index[:i], None, *index[i:]))
            | st.just(index)
        )
    )


@settings(max_examples=examples(100, 300))
@given(_indices())
def test_every_kind_of_index(case: tuple[np.ndarray, Any]) -> None:
    x, index = case
    try:
        value = x[index]
    except IndexError:
        return  # index arrays that do not broadcast
    _check(operator.getitem, x, index)
    basic = is_basic_index(driver.type_of(index, driver.Lengths(False)))
    if isinstance(value, np.ndarray) and value.size:
        assert basic == np.shares_memory(value, x)


@settings(max_examples=examples(100, 300))
@given(_indices())
def test_the_rule_of_an_index_is_its_transpose(case: tuple[np.ndarray, Any]) -> None:
    x, index = case
    try:
        y = x[index]
    except IndexError:
        return
    rng = np.random.default_rng(0)
    y_bar = rng.normal(size=np.shape(y))
    x_bar, _ = (*driver.cotangents(operator.getitem, y_bar, y, (x, index), {}), None)
    direction = rng.normal(size=x.shape)
    np.testing.assert_allclose(np.sum(x_bar * direction), np.sum(y_bar * direction[index]))


@given(st.integers(0, 6), st.integers(-8, 8) | st.none(), st.integers(-8, 8) | st.none())
def test_slices_of_a_symbolic_length(n: int, start: int | None, stop: int | None) -> None:
    _check(operator.getitem, np.zeros(n), slice(start, stop))
    _check(operator.getitem, np.zeros(n), slice(start, stop, -1))


@given(SHAPES, st.integers(1, 4))
def test_reshape_with_an_unknown_length(shape: tuple[int, ...], first: int) -> None:
    x = np.zeros(shape)
    if x.size and x.size % first == 0:
        _check(np.reshape, x, (first, -1))
    _check(np.ravel, x)


@given(st.integers(0, 5), st.integers(-6, 6), st.integers(-6, 6))
def test_arithmetic_on_lengths(n: int, first: int, second: int) -> None:
    symbol = Symbol()
    infer = driver.OPS[operator.add].infer
    once = infer(Size(Length(symbol)), Known(first))
    twice = infer(once, Known(second))
    for type_, value in ((once, n + first), (twice, n + first + second)):
        if isinstance(type_, Size):
            assert max(n + type_.length.offset, 0) == value


def test_lengths_are_compared_by_symbol() -> None:
    n = Length(Symbol(not_one=True))
    m = Length(Symbol())
    assert shapes.broadcast((n,), (m,)) == (n,)
    assert shapes.broadcast((m,), (m,)) == (m,)
    assert shapes.broadcast((m,), (Length(Symbol()),)) == (None,)
    assert shapes.broadcast((m, 1), (3,)) == (m, 3)
    assert shapes.same_dim((None, n, 4)) == 4
    assert shapes.quotient((n, 6), (n, 2)) == 3
    assert shapes.array_type(Known(2.0)) == Array(np.dtype(float), ())
