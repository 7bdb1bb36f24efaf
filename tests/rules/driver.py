"""Applies derivative rules to arrays, as the compiler applies them to programs."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import srcgrad.rules
from srcgrad.ir import intrinsics
from srcgrad.ir.ops import DERIVATIVES, OPS, Partials, Pointwise, Pullback, ZeroDerivative
from srcgrad.ir.types import (
    UNKNOWN,
    Array,
    Known,
    Length,
    Object,
    PackType,
    Scalar,
    Size,
    Symbol,
    Type,
    is_not_one,
    of_value,
)


@dataclass(frozen=True, eq=False)
class Row:
    """One line of the table: an operation, and a function of arrays that uses it once.

    Attributes
    ----------
    op : callable
        The operation under test.
    f : callable
        A function of ``args`` that calls it as users do.
    args : tuple
        What ``f`` is called with; arrays and floats are differentiated, unless ``wrt`` says which.
    kwargs : dict
        Keyword arguments of ``op``.
    call : callable, optional
        Gives the positional arguments of ``op`` from ``args``, where they differ.
    wrt : tuple of int, optional
        The positions of the ``args`` that are differentiated.
    expected : tuple, optional
        The gradients, where differences do not give them: at kinks and singular points.
    loose : bool
        Whether the type of the result may be unknown.
    """

    op: Any
    f: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    call: Callable[..., tuple[Any, ...]] | None = None
    wrt: tuple[int, ...] | None = None
    expected: tuple[Any, ...] | None = None
    loose: bool = False

    @property
    def active(self) -> tuple[int, ...]:
        """The positions of the arguments that are differentiated."""
        if self.wrt is not None:
            return self.wrt
        return tuple(i for i, x in enumerate(self.args) if is_inexact(x))

    def op_args(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        return args if self.call is None else self.call(*args)


def is_inexact(x: Any) -> bool:
    """Whether ``x`` is a float or an array of floats."""
    return isinstance(x, float) or getattr(getattr(x, "dtype", None), "kind", "") == "f"


def run(op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of an operation; attributes of arrays are operations too."""
    if inspect.isgetsetdescriptor(op):
        return op.__get__(args[0])
    return op(*args, **kwargs)


# --- rules --------------------------------------------------------------------------------------


def gradients(row: Row, args: tuple[Any, ...], y_bar_of: Callable[[Any], Any]) -> list[Any]:
    """The gradients of ``sum(y_bar * y)`` with respect to the active ``args``, by the rule."""
    op_args = row.op_args(args)
    active = [args[i] for i in row.active]
    with _activity(active):
        y = run(row.op, op_args, row.kwargs)
        pairs = list(_pairs(op_args, cotangents(row.op, y_bar_of(y), y, op_args, row.kwargs)))
    found: list[Any] = []
    for x in active:
        parts = [bar for value, bar in pairs if value is x and bar is not None]
        found.append(sum(parts[1:], parts[0]) if parts else np.zeros_like(x))
    return found


def cotangents(op: Any, y_bar: Any, y: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The cotangent of each argument of ``op``, None for those that have none."""
    derivative = DERIVATIVES[op]
    if isinstance(derivative, ZeroDerivative):
        return ()
    if isinstance(derivative, Partials):
        found = derivative.rule(y, *args, **kwargs)
        partials = found if isinstance(found, tuple) else (found,)
        return [_scaled(y_bar, p, x) for p, x in zip(partials, args)]
    if isinstance(derivative, Pointwise):
        found = derivative.rule(y_bar, y, *args, **kwargs)
        bars = found if isinstance(found, tuple) else (found,)
        pairs = zip(bars, args, strict=False)
        return [None if bar is None else intrinsics.unbroadcast(bar, x) for bar, x in pairs]
    assert isinstance(derivative, Pullback)
    found = derivative.rule(y_bar, y, *args, **kwargs)
    parameters = list(inspect.signature(derivative.rule).parameters.values())[2:]
    bars = found if isinstance(found, tuple) else (found,)
    return _spread(parameters, bars)


def _spread(parameters: list[inspect.Parameter], bars: tuple[Any, ...]) -> list[Any]:
    """The cotangents by position: those of ``*args`` come as one list."""
    spread: list[Any] = []
    for parameter, bar in zip(parameters, bars):
        if parameter.kind is parameter.VAR_POSITIONAL and bar is not None:
            spread.extend(bar)
        else:
            spread.append(bar)
    return spread


def _scaled(y_bar: Any, partial: Any, x: Any) -> Any:
    if partial is None:
        return None
    is_mask = np.asarray(partial).dtype.kind == "b"
    scaled = intrinsics.select(partial, y_bar) if is_mask else y_bar * partial
    return intrinsics.unbroadcast(scaled, x)


def _pairs(values: Any, bars: Any) -> Iterator[tuple[Any, Any]]:
    for value, bar in zip(values, bars):
        if isinstance(value, list | tuple) and bar is not None:
            assert len(value) == len(bar)
            yield from _pairs(value, bar)
        else:
            yield value, bar


class _activity:
    """Within, ``is_active`` is true of the given values only."""

    def __init__(self, active: list[Any]) -> None:
        self.active = active

    def __enter__(self) -> None:
        self.modules = [
            module
            for name, module in sys.modules.items()
            if name.startswith(srcgrad.rules.__name__) and hasattr(module, "is_active")
        ]
        for module in self.modules:
            module.is_active = lambda x: any(x is one for one in self.active)  # type: ignore[attr-defined]

    def __exit__(self, *_: object) -> None:
        for module in self.modules:
            module.is_active = intrinsics.is_active  # type: ignore[attr-defined]


# --- differences --------------------------------------------------------------------------------


def differences(row: Row, args: tuple[Any, ...], weights: Any) -> list[Any]:
    """The gradients of ``sum(weights * y)`` by central differences, in double precision."""
    args = tuple(double(x) for x in args)

    def value(changed: tuple[Any, ...]) -> float:
        return weighted(run(row.op, row.op_args(changed), row.kwargs), weights)

    found = []
    for i in row.active:
        x = np.asarray(args[i], dtype=float)
        slope = np.zeros(x.shape)
        for place in np.ndindex(x.shape):
            step = 1e-6 * max(1.0, abs(float(x[place])))
            moved = [x.copy(), x.copy()]
            moved[0][place] += step
            moved[1][place] -= step
            ends = [value((*args[:i], _like(m, args[i]), *args[i + 1 :])) for m in moved]
            slope[place] = (ends[0] - ends[1]) / (2 * step)
        found.append(slope)
    return found


def double(x: Any) -> Any:
    """``x`` in double precision."""
    if isinstance(x, np.ndarray | np.generic) and x.dtype.kind == "f":
        return x.astype(np.float64)
    return x


def _like(x: np.ndarray, example: Any) -> Any:
    return type(example)(x) if not isinstance(example, np.ndarray) else x


def weighted(y: Any, weights: Any) -> float:
    """``sum(weights * y)``, over the parts of a container."""
    if isinstance(y, list | tuple):
        return sum(weighted(part, w) for part, w in zip(y, weights))
    return float(np.sum(np.multiply(y, weights, dtype=float)))


def weights_for(y: Any, rng: np.random.Generator) -> Any:
    """Random weights in the shape and dtype of ``y``, as a cotangent."""
    if isinstance(y, list | tuple):
        return [weights_for(part, rng) for part in y]
    if isinstance(y, float | np.generic) and is_inexact(y):
        return type(y)(rng.normal())
    dtype = y.dtype if is_inexact(y) else np.float64
    return np.asarray(rng.normal(size=np.shape(y)), dtype=dtype)[()]


# --- types --------------------------------------------------------------------------------------


class Lengths:
    """Gives dimensions as numbers, or as symbols whose values it remembers."""

    def __init__(self, symbolic: bool) -> None:
        self.symbolic = symbolic
        self.values: dict[Symbol, int] = {}

    def dim(self, length: int) -> Any:
        if not self.symbolic or length == 1:
            return length
        symbol = Symbol(not_one=True)
        self.values[symbol] = length
        return Length(symbol)

    def value(self, dim: Any) -> int | None:
        if isinstance(dim, Length):
            return max(self._of_symbol(dim.symbol) + dim.offset, 0)
        return dim

    def _of_symbol(self, symbol: Symbol) -> int:
        if symbol.made is None:
            return self.values[symbol]
        op, parts = symbol.made
        return functools.reduce(op, (self.value(part) or 0 for part in parts))


def type_of(value: Any, lengths: Lengths) -> Type:
    """The type under which a program would pass ``value``."""
    if isinstance(value, np.ndarray):
        return Array(value.dtype, tuple(map(lengths.dim, value.shape)))
    if isinstance(value, float | np.generic):
        return of_value(value)
    if isinstance(value, list | tuple):
        return PackType(type(value), tuple(type_of(item, lengths) for item in value))
    return Known(value)


def infer(op: Any, args: tuple[Any, ...], kwargs: dict[str, Any], lengths: Lengths) -> Type:
    """The type of the result of an operation, as the compiler asks for it."""
    entry = OPS[op]
    types = [type_of(arg, lengths) for arg in args]
    named = {key: type_of(value, lengths) for key, value in kwargs.items()}
    bound = entry.signature.bind(*types, **named)
    for name, parameter in entry.signature.parameters.items():
        if name not in bound.arguments and parameter.default is not parameter.empty:
            bound.arguments[name] = Known(parameter.default)
    order = [name for name in entry.signature.parameters if name in bound.arguments]
    bound.arguments = {name: bound.arguments[name] for name in order}
    return entry.infer(*bound.args, **bound.kwargs)


def disagreement(type_: Type, value: Any, lengths: Lengths) -> str | None:
    """What is wrong about ``type_`` as the type of ``value``, None if nothing is."""
    if type_ is UNKNOWN or isinstance(type_, Object):
        return None
    if isinstance(type_, Known):
        same = type_.value == value and type(type_.value) is type(value)
        return None if same else f"known to be {type_.value!r}"
    if isinstance(type_, PackType):
        if type(value) is not type_.kind or len(value) != len(type_.items):
            return f"a {type(value).__name__}, not {type_}"
        faults = (disagreement(t, v, lengths) for t, v in zip(type_.items, value))
        return next((fault for fault in faults if fault), None)
    if isinstance(type_, Size):
        return None if lengths.value(type_.length) == value and type(value) is int else "length"
    if isinstance(type_, Scalar):
        return _scalar_fault(type_, value)
    assert isinstance(type_, Array)
    return _array_fault(type_, value, lengths)


def _scalar_fault(type_: Scalar, value: Any) -> str | None:
    if isinstance(value, np.ndarray) or not isinstance(value, np.generic | float | int):
        return f"a {type(value).__name__}, not a scalar"
    is_python = not isinstance(value, np.generic)
    if type_.python is not None and type_.python != is_python:
        return f"a {type(value).__name__}, with python={type_.python}"
    dtype = np.asarray(value).dtype
    return None if dtype == type_.dtype else f"{dtype}, not {type_.dtype}"


def _array_fault(type_: Array, value: Any, lengths: Lengths) -> str | None:
    if not isinstance(value, np.ndarray):
        return f"a {type(value).__name__}, not an array"
    if value.dtype != type_.dtype:
        return f"{value.dtype}, not {type_.dtype}"
    if value.ndim != type_.ndim:
        return f"rank {value.ndim}, not {type_.ndim}"
    for n, dim in zip(value.shape, type_.dims):
        if isinstance(dim, Length) and dim.symbol not in lengths.values:
            # A length of its own: it is what it is, but for what is known of it.
            lengths.values[dim.symbol] = n - dim.offset
            if n == 1 and is_not_one(dim):
                return f"shape {value.shape}, where a length is not one"
        if dim is not None and lengths.value(dim) != n:
            return f"shape {value.shape}, not {type_.dims}"
    return None
