"""Every rule against differences, and every type against what NumPy returns."""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import srcgrad
from srcgrad.ir import intrinsics, keys, lists
from srcgrad.ir.ops import DERIVATIVES, OPS, ZeroDerivative
from srcgrad.ir.types import UNKNOWN
from tests import parts
from tests.rules import driver
from tests.rules.table import ROWS, Row

INTRINSICS = {
    value
    for module in (intrinsics, keys, lists)
    for value in vars(module).values()
    if inspect.isfunction(value)
}


def _label(row: Row) -> str:
    name = getattr(row.op, "__qualname__", str(row.op)).replace(".", "_")
    shapes = ("x".join(map(str, x.shape)) for x in row.args if isinstance(x, np.ndarray))
    return f"{name}-{'-'.join(shapes)}"


def _single(x: Any) -> Any:
    return x.astype(np.float32) if isinstance(x, np.ndarray) and x.dtype == np.float64 else x


def _strided(x: Any) -> Any:
    """The same numbers, neither in C nor in Fortran order."""
    if not isinstance(x, np.ndarray) or x.dtype != np.float64 or x.ndim == 0:
        return x
    wide = np.empty((*x.shape[:-1], 2 * x.shape[-1]))
    wide[..., ::2] = x
    return wide[..., ::2]


def _fortran(x: Any) -> Any:
    return np.asfortranarray(x) if isinstance(x, np.ndarray) and x.ndim > 1 else x


VARIANTS = {"f8": lambda x: x, "f4": _single, "strided": _strided, "fortran": _fortran}
LABELS = {id(row): f"{i}-{_label(row)}" for i, row in enumerate(ROWS)}


def _by_operation() -> dict[str, list[Row]]:
    """The rows of each operation, by its name."""
    found: dict[Any, list[Row]] = {}
    for row in ROWS:
        found.setdefault(row.op, []).append(row)
    named = enumerate(found.items())
    return {f"{i}-{getattr(op, '__qualname__', op)}": rows for i, (op, rows) in named}


OPERATIONS = _by_operation()
# One test for all rows of an operation: there are thousands, each of which takes less time than
# a test does by itself.
over_operations = pytest.mark.parametrize("rows", OPERATIONS.values(), ids=OPERATIONS)


@contextmanager
def _noted(row: Row, variant: str) -> Iterator[None]:
    """What fails in here says of which row."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"row {LABELS[id(row)]}, {variant}")
        raise


def _variants(row: Row) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The arguments of a row as they are, and what can be made of them."""
    for variant, change in VARIANTS.items():
        args = tuple(map(change, row.args))
        if variant == "f8" or any(a is not b for a, b in zip(args, row.args)):
            yield variant, args


def _weights(row: Row) -> Any:
    rng = np.random.default_rng(zlib.crc32(_label(row).encode()))
    if row.expected is not None:
        return lambda y: np.ones_like(y) if np.ndim(y) else type(y)(1)
    return lambda y: driver.weights_for(y, rng)


@over_operations
def test_every_row_computes_what_it_says(rows: list[Row]) -> None:
    for row in rows:
        with _noted(row, "f8"):
            _check_row(row)


def _check_row(row: Row) -> None:
    if not row.active:
        return
    y = driver.run(row.op, row.op_args(row.args), row.kwargs)
    if len(row.active) == len(row.args) and not row.kwargs and not isinstance(y, list | tuple):
        np.testing.assert_array_equal(row.f(*row.args), y)


@over_operations
def test_the_type_is_what_numpy_returns(rows: list[Row]) -> None:
    for row in rows:
        for variant, args in _variants(row):
            with _noted(row, variant):
                _check_type(row, args)


def _check_type(row: Row, args: tuple[Any, ...]) -> None:
    op_args = row.op_args(args)
    y = driver.run(row.op, op_args, row.kwargs)
    for symbolic in (False, True):
        lengths = driver.Lengths(symbolic)
        type_ = driver.infer(row.op, op_args, row.kwargs, lengths)
        assert driver.disagreement(type_, y, lengths) is None
        assert row.loose or type_ is not UNKNOWN


@over_operations
def test_the_rule_agrees_with_differences(rows: list[Row]) -> None:
    for row in filter(lambda row: row.active, rows):
        for variant, args in _variants(row):
            with _noted(row, variant):
                _check_rule(row, args)


def _check_rule(row: Row, args: tuple[Any, ...]) -> None:
    weights = _weights(row)
    kept: list[Any] = []
    before = [np.copy(x) for x in args]
    found = driver.gradients(row, args, lambda y: kept.append(weights(y)) or kept[0])
    if row.expected is not None:
        wanted = list(row.expected)
    else:
        wanted = driver.differences(row, args, kept[0])
    tolerance = _tolerance(args)
    for i, got, want in zip(row.active, found, wanted, strict=True):
        assert np.shape(got) == np.shape(args[i])
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)
    for x, old in zip(args, before):
        np.testing.assert_array_equal(x, old)


def _tolerance(values: tuple[Any, ...]) -> float:
    single = any(getattr(x, "dtype", None) == np.float32 for x in values)
    return 2e-3 if single else 2e-6


ZERO_COTANGENT = [
    (row, position)
    for row in (
        Row(np.sqrt, lambda x: np.sqrt(x), (np.array([0.0, 4.0]),)),
        Row(np.cbrt, lambda x: np.cbrt(x), (np.array([0.0, 8.0]),)),
        Row(np.power, lambda x: x**0.5, (np.array([0.0, 4.0]),), call=lambda x: (x, 0.5)),
        Row(np.power, lambda x: x**-1, (np.array([0.0, 4.0]),), call=lambda x: (x, -1)),
        Row(np.power, lambda x, p: x**p, (np.array([0.0, 4.0]), np.array([0.5, 0.5]))),
    )
    for position in row.active
]


@pytest.mark.parametrize("row, position", ZERO_COTANGENT)
def test_a_zero_cotangent_stays_zero_at_a_singular_point(row: Row, position: int) -> None:
    with np.errstate(divide="ignore"):
        found = driver.gradients(row, row.args, lambda y: np.array([0.0, 1.0]))
    assert found[position][0] == 0
    assert np.isfinite(found[position]).all()


def test_an_infinite_derivative_stays_infinite() -> None:
    row = Row(np.sqrt, lambda x: np.sqrt(x), (np.array([0.0, 4.0]),))
    with np.errstate(divide="ignore"):
        (found,) = driver.gradients(row, row.args, lambda y: np.array([1.0, 1.0]))
    np.testing.assert_array_equal(found, [np.inf, 0.25])


def _is_own(derivative: Any) -> bool:
    """Whether a derivative is one of srcgrad's, and not one that another test has registered."""
    rule = getattr(derivative, "rule", None)
    return rule is None or rule.__module__.startswith("srcgrad.rules")


OWN = [op for op, derivative in DERIVATIVES.items() if _is_own(derivative)]


def test_every_rule_has_a_row() -> None:
    tested = [row.op for row in ROWS]
    rules = [op for op in OWN if not isinstance(DERIVATIVES[op], ZeroDerivative)]
    missing = [op for op in rules if op not in tested and op not in INTRINSICS]
    assert missing == []


def test_every_derivative_belongs_to_an_operation() -> None:
    assert [op for op in OWN if op not in OPS and op not in INTRINSICS] == []


# --- through the compiler -----------------------------------------------------------------------


SINGLE = {id(row) for rows in OPERATIONS.values() for row in rows[::3]}
"""Every third row of an operation: those that are compiled in single precision in every run."""


@over_operations
def test_the_compiled_gradient(rows: list[Row]) -> None:
    for row in filter(lambda row: row.active and row.op not in PENDING, rows):
        for variant, args in _variants(row):
            if variant == "f4" and id(row) not in SINGLE and not parts.everything:
                continue
            with _noted(row, variant):
                _check_compiled(row, args)


def _check_compiled(row: Row, args: tuple[Any, ...]) -> None:
    with np.errstate(all="ignore"):
        y = row.f(*args)
        weights = _weights(row)(y)
        before = [np.copy(x) for x in args]
        gradients = srcgrad.grad(_loss(row.f, weights, len(args)), argnums=row.active)(*args)
    wanted = row.expected
    if wanted is None:
        plain = Row(row.f, row.f, args, wrt=row.active)
        wanted = tuple(driver.differences(plain, args, weights))
    tolerance = _tolerance((*args, y))
    for i, got, want in zip(row.active, gradients, wanted, strict=True):
        _check_leaf(got, args[i])
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)
    _check_memory(gradients, args)
    for x, old in zip(args, before):
        np.testing.assert_array_equal(x, old)


PENDING = {divmod, np.divmod, np.split, np.array_split, np.broadcast_arrays, sum}
"""Operations that return containers, and ``sum`` of an array: the compiler does not do them yet."""


def _loss(f: Any, weights: Any, count: int) -> Any:
    """A function of ``count`` arguments whose gradient ``weights`` asks for."""
    if count == 1:
        return lambda a: np.sum(weights * f(a))
    if count == 2:
        return lambda a, b: np.sum(weights * f(a, b))
    return lambda a, b, c: np.sum(weights * f(a, b, c))


def _check_leaf(got: Any, x: Any) -> None:
    """A gradient has the type, dtype and shape of its argument, and can be written."""
    assert type(got) is type(x)
    if isinstance(x, np.ndarray):
        assert got.dtype == x.dtype
        assert got.shape == x.shape
        assert got.flags.writeable


def _check_memory(gradients: tuple[Any, ...], args: tuple[Any, ...]) -> None:
    """Gradients share memory with no argument, nor with each other."""
    arrays = [g for g in gradients if isinstance(g, np.ndarray)]
    for i, one in enumerate(arrays):
        others = [*arrays[:i], *(x for x in args if isinstance(x, np.ndarray))]
        assert not any(np.shares_memory(one, other) for other in others)


@over_operations
def test_a_rule_keeps_single_precision(rows: list[Row]) -> None:
    for row in rows:
        for variant, args in _variants(row):
            if variant == "f4":
                with _noted(row, variant):
                    _check_single(row, args)


def _check_single(row: Row, args: tuple[Any, ...]) -> None:
    if not row.active or isinstance(row.op, type) or row.op is np.ndarray.astype:
        return
    y = driver.run(row.op, row.op_args(args), row.kwargs)
    if any(map(is_double, args)) or is_double(y):
        return
    found = driver.gradients(row, args, _weights(row))
    wide = [np.asarray(g).dtype for g in found if isinstance(g, np.ndarray) and is_double(g)]
    if row.op not in WIDENING:
        assert wide == []


def is_double(x: Any) -> bool:
    return getattr(x, "dtype", None) == np.float64 or isinstance(x, float)


WIDENING = {np.maximum, np.minimum, np.fmax, np.fmin}
"""Their ties are counted in double precision; the compiler casts what comes of it."""
