"""The types of results are those that NumPy gives, whatever the dtypes of the operands.

A number of one type that is taken for one of another is a wrong gradient: what is a truth value is
a mask, and what is none is a factor.
"""

from __future__ import annotations

import itertools
import operator
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import srcgrad.rules  # noqa: F401  (fills the table of operations)
from srcgrad import value_and_grad
from srcgrad.errors import SrcgradError
from srcgrad.ir.ops import OPS, NeedsConstant
from srcgrad.ir.types import Array, PackType, Scalar, Type, dtype_of, ndim_of, of_value

DTYPES = (bool, np.int8, np.uint8, np.int64, np.float32, np.float64)

# Of these the values of the operands decide, and the type is that of what may come.
BY_VALUE = frozenset((max, min, pow, operator.pow, np.quantile, np.nanquantile))


def operands() -> Iterator[Any]:
    for dtype in DTYPES:
        vector = np.array([1, 0, 1, 1], dtype)
        yield from (vector, np.array([[1, 1], [0, 1]], dtype), vector[0], vector[0].item())


def calls() -> Iterator[tuple[Any, ...]]:
    known = list(operands())
    yield from ((a,) for a in known)
    yield from itertools.product(known, known[::3])
    yield from itertools.product(known[::3], known)
    yield from itertools.product(known[:4], known[:4])
    yield from (([a, a],) for a in known)
    yield from ((a, 0) for a in known)


def told(value: Any) -> Type:
    """The type of an operand, as the compiler knows it before the program runs."""
    if isinstance(value, np.ndarray):
        return Array(value.dtype, value.shape)
    if isinstance(value, list):
        return PackType(list, tuple(map(told, value)))
    return of_value(value)


def is_known(op: Any) -> bool:
    """Whether an operation is Python's or NumPy's: those of the compiler's own are not run."""
    return not str(getattr(op, "__module__", "")).startswith("srcgrad")


OPERATIONS = [op for op in OPS if op not in BY_VALUE and op is not print and is_known(op)]


def _calls_of(op: Callable[..., Any]) -> Iterator[tuple[Any, Any, Any]]:
    """The operands of which the type of the result is told, with that type and the result."""
    for args in calls():
        try:
            given = OPS[op].infer_for(tuple(map(told, args)), {})
        except (NeedsConstant, SrcgradError, TypeError, ValueError):
            continue  # these are no operands of it
        if not isinstance(given, Scalar | Array):
            continue
        try:
            yield args, given, op(*args)
        except (TypeError, ValueError, IndexError, ArithmeticError, AttributeError):
            continue


@pytest.mark.parametrize(
    "op", OPERATIONS, ids=lambda op: getattr(op, "__qualname__", None) or str(op)
)
def test_types_are_those_of_the_results(op):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for args, given, found in _calls_of(op):
            real = told(found)
            if not isinstance(real, Scalar | Array):
                continue
            assert dtype_of(given) in (None, dtype_of(real)), args
            assert ndim_of(given) in (None, ndim_of(real)), args
            if isinstance(given, Scalar) and isinstance(real, Scalar):
                assert given.python in (None, real.python), args


def test_most_operations_are_compared():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compared = [op for op in OPERATIONS if next(_calls_of(op), None) is not None]
    assert len(compared) > 200


TRUE = np.array([True, True, True])
SQUARE = np.array([[True, False], [True, True]])


@pytest.mark.parametrize(
    ("count", "n"),
    [
        (sum, TRUE),
        (lambda n: sum(n, 2.5), TRUE),
        (lambda n: sum(sum(n)), SQUARE),
        (lambda n: ~sum(n), TRUE),
        (lambda n: sum(n) * sum(n), TRUE),
        (np.trace, SQUARE),
        (lambda n: n.trace(), SQUARE),
        (lambda n: np.sum(np.round(n) + n), TRUE),
        (lambda n: round(bool(n[0]), 1) + round(bool(n[1]), 1), TRUE),
    ],
)
def test_truth_values_are_counted(count, n):
    def f(x, n):
        return x * count(n)

    value, slope = value_and_grad(f)(2.0, n)
    assert value == f(2.0, n)
    assert slope == count(n)
    assert abs(slope) > 1


def test_comparisons_are_counted():
    def f(x):
        big = sum(x > 1)
        return np.sum(x) * big * big

    x = np.array([0.5, 1.5, 2.5, 3.5])
    np.testing.assert_array_equal(value_and_grad(f)(x)[1], np.full(4, 9.0))


def test_counts_are_places_and_lengths():
    def f(x, n):
        return x[sum(n)] * np.ones(sum(n)).size + x[np.trace(n.reshape(1, 3))]

    x = np.array([1.0, 2.0, 3.0, 4.0])
    value, x_bar = value_and_grad(f)(x, TRUE)
    assert value == f(x, TRUE)
    np.testing.assert_array_equal(x_bar, [0.0, 1.0, 0.0, 3.0])
