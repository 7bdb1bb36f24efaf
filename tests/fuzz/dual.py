"""Dual numbers with the memory of NumPy: a value and a tangent that are indexed alike.

A dual array holds two arrays, and a view of it is the pair of the views; so writes and aliases are
exact by construction.  Nothing here comes from the compiler that is tested.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


class Unknown(Exception):
    """The operation has no rule here."""


class Dual:
    """A value and a tangent of its shape: two arrays, or two numbers."""

    __slots__ = ("t", "v")

    def __init__(self, v: Any, t: Any) -> None:
        self.v, self.t = v, t

    def __repr__(self) -> str:
        return f"Dual({self.v!r}, {self.t!r})"


class Watch:
    """What is found out while a program runs: how near a kink is, and how large values are."""

    def __init__(self) -> None:
        self.margin = math.inf
        self.largest = 0.0

    def kink(self, a: Any, b: Any) -> None:
        """Notes a comparison: after which step along the tangent it turns out otherwise."""
        slope = np.abs(np.asarray(tangent(a)) - tangent(b))
        with np.errstate(all="ignore"):
            distance = np.abs(np.asarray(value(a)) - value(b)) / slope
        distance = distance[slope > 0]
        if distance.size:
            self.margin = min(self.margin, float(np.min(distance)))

    def size(self, v: Any) -> None:
        self.largest = max(self.largest, float(np.max(np.abs(v), initial=0.0)))


def value(x: Any) -> Any:
    """The value of a dual number, or of each in a container."""
    if isinstance(x, Dual):
        return x.v
    if isinstance(x, list | tuple):
        return _like(x, [value(item) for item in x])
    if isinstance(x, dict):
        return {key: value(item) for key, item in x.items()}
    return x


def tangent(x: Any) -> Any:
    """The tangent; zero of what is no dual number."""
    if isinstance(x, Dual):
        return x.t
    if isinstance(x, list | tuple):
        return _like(x, [tangent(item) for item in x])
    return np.zeros(np.shape(x)) if isinstance(x, np.ndarray) else 0.0


def _like(x: Any, parts: list[Any]) -> Any:
    """A list or a tuple of these parts, of the class of ``x``."""
    return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)


def lift(v: Any, t: Any = 0.0) -> Any:
    """A result of NumPy as a dual number; integers and truth values have no tangent."""
    if isinstance(v, np.ndarray):
        if v.dtype.kind != "f":
            return v
        # Of the layout of the value, so that a reshape is a view of both or a copy of both.
        held = np.zeros_like(v, dtype=np.float64)
        held[...] = t
        return Dual(v, held)
    if isinstance(v, float | np.floating):
        return Dual(v, float(t))
    return v


def _dual_in(tree: Any) -> bool:
    if isinstance(tree, list | tuple):
        return any(map(_dual_in, tree))
    return isinstance(tree, Dual)


# --- rules --------------------------------------------------------------------------------------

UNARY: dict[Any, Callable[[Any, Any], Any]] = {
    np.sin: lambda x, y: np.cos(x),
    np.cos: lambda x, y: -np.sin(x),
    np.exp: lambda x, y: y,
    np.log: lambda x, y: 1 / x,
    np.log1p: lambda x, y: 1 / (1 + x),
    np.sqrt: lambda x, y: 0.5 / y,
    np.square: lambda x, y: 2 * x,
    np.tanh: lambda x, y: 1 - y * y,
    np.arctan: lambda x, y: 1 / (1 + x * x),
    np.negative: lambda x, y: -1.0,
    operator.neg: lambda x, y: -1.0,
    operator.pos: lambda x, y: 1.0,
    np.reciprocal: lambda x, y: -y * y,
    np.abs: lambda x, y: np.sign(x),
    abs: lambda x, y: np.sign(x),
    math.sin: lambda x, y: math.cos(x),
    math.cos: lambda x, y: -math.sin(x),
    math.exp: lambda x, y: y,
    math.log: lambda x, y: 1 / x,
    math.sqrt: lambda x, y: 0.5 / y,
    math.tanh: lambda x, y: 1 - y * y,
}


def _power(x: Any, k: Any, y: Any) -> tuple[Any, Any]:
    with np.errstate(all="ignore"):
        log = np.log(np.where(np.asarray(x) > 0, x, 1.0))
    return k * np.asarray(x, dtype=float) ** (k - 1), y * log


_SUM = lambda x, z, y: (1.0, 1.0)
_DIFFERENCE = lambda x, z, y: (1.0, -1.0)
_PRODUCT = lambda x, z, y: (z, x)
_QUOTIENT = lambda x, z, y: (1.0 / z, -y / z)
BINARY: dict[Any, Callable[[Any, Any, Any], tuple[Any, Any]]] = {
    np.add: _SUM,
    operator.add: _SUM,
    np.subtract: _DIFFERENCE,
    operator.sub: _DIFFERENCE,
    np.multiply: _PRODUCT,
    operator.mul: _PRODUCT,
    np.divide: _QUOTIENT,
    operator.truediv: _QUOTIENT,
    np.power: _power,
    operator.pow: _power,
    np.maximum: lambda x, z, y: (np.greater(x, z), np.less_equal(x, z)),
    np.minimum: lambda x, z, y: (np.less(x, z), np.greater_equal(x, z)),
    np.arctan2: lambda x, z, y: (z / (x * x + z * z), -x / (x * x + z * z)),
    np.hypot: lambda x, z, y: (x / y, z / y),
}
KINKED = (np.maximum, np.minimum)

# Linear in the arguments at these positions, together.
LINEAR: dict[Any, tuple[int, ...]] = {
    **dict.fromkeys(
        [
            np.sum, np.mean, np.cumsum, np.reshape, np.ravel, np.transpose, np.swapaxes, np.flip,
            np.roll, np.copy, np.diag, np.trace, np.squeeze, np.expand_dims, np.broadcast_to,
            np.tile, np.repeat, np.take, np.concatenate, np.stack, np.vstack, np.hstack, np.array,
            np.asarray, np.ascontiguousarray, np.atleast_1d, np.diff, np.rot90, np.moveaxis,
            np.diagonal, np.float64, float, np.triu, np.tril, np.real,
        ],
        (0,),
    ),
    np.where: (1, 2),
    np.full: (1,),
}  # fmt: skip
BILINEAR = (
    np.matmul, operator.matmul, np.dot, np.outer, np.inner, np.vdot, np.einsum, np.convolve,
)  # fmt: skip
METHODS = frozenset(
    """sum mean cumsum reshape ravel flatten transpose swapaxes copy trace squeeze repeat take
    diagonal item""".split()
)
# What writes linearly into its first argument; of which arguments the tangents go with it.
WRITERS: dict[Any, tuple[int, ...]] = {
    np.add.at: (0, 2),
    np.subtract.at: (0, 2),
    np.put: (0, 2),
    np.fill_diagonal: (0, 1),
    np.copyto: (0, 1),
}
# Derivative zero, or questions about the array and not its content.
PLAIN = frozenset(
    [
        np.zeros_like, np.ones_like, np.empty_like, np.shape, np.ndim, np.size, np.isfinite,
        np.sign, np.floor, np.ceil, np.round, np.argmax, np.argmin, np.all, np.any,
        np.shares_memory, np.may_share_memory, len, int, bool, round, isinstance, type, id, print,
        np.isnan, range, np.count_nonzero, np.full_like,
    ]
)  # fmt: skip
COMPARISONS = frozenset(
    [
        operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne, np.less,
        np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal,
    ]
)  # fmt: skip


def apply(op: Any, args: Sequence[Any], kwargs: dict[str, Any], watch: Watch) -> Any:
    """``op(*args, **kwargs)`` of dual numbers."""
    if op in WRITERS:
        return _write(op, args, kwargs)
    out, where = kwargs.get("out"), kwargs.get("where", True)
    if isinstance(op, np.ufunc) and op.nout == 1 and len(args) > op.nin:
        out, args = args[op.nin], args[: op.nin]
    if out is None:
        return _result(op, args, kwargs, watch)
    if isinstance(out, tuple):
        (out,) = out
    rest = {key: item for key, item in kwargs.items() if key not in ("out", "where")}
    store(out, _result(op, args, rest, watch), where)
    return out


def store(buffer: Any, new: Any, where: Any = True) -> None:
    """Casts into the array as ufuncs do, where the mask says."""
    if not isinstance(buffer, Dual):
        np.copyto(buffer, value(new), where=where, casting="same_kind")
        return
    new_t = np.array(tangent(new))
    np.copyto(buffer.v, value(new), where=where, casting="same_kind")
    np.copyto(buffer.t, new_t, where=where)


def _write(op: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
    op(*map(value, args), **{key: value(item) for key, item in kwargs.items()})
    if isinstance(args[0], Dual):
        linear = WRITERS[op]
        op(*(tangent(a) if i in linear else value(a) for i, a in enumerate(args)), **kwargs)


def _result(op: Any, args: Sequence[Any], kwargs: dict[str, Any], watch: Watch) -> Any:
    values = [value(arg) for arg in args]
    plain = {key: value(item) for key, item in kwargs.items()}
    if op in COMPARISONS:
        watch.kink(args[0], args[1])
        return op(*values)
    if not any(map(_dual_in, (*args, *kwargs.values()))) or op in PLAIN:
        return lift(op(*values, **plain))
    y = op(*values, **plain)
    watch.size(y)
    t = _tangent(op, args, values, plain, y, watch)
    if op is np.asarray and y is values[0]:
        return args[0]
    if op in VIEWS and isinstance(y, np.ndarray) and np.shares_memory(y, values[0]):
        return Dual(y, t)
    return lift(y, t)


VIEWS = frozenset(
    [
        np.reshape, np.ravel, np.transpose, np.swapaxes, np.flip, np.diag, np.squeeze,
        np.expand_dims, np.broadcast_to, np.ascontiguousarray, np.atleast_1d, np.rot90, np.moveaxis,
        np.diagonal, np.einsum, np.real,
    ]
)  # fmt: skip


def _tangent(
    op: Any, args: Sequence[Any], values: list[Any], plain: dict[str, Any], y: Any, watch: Watch
) -> Any:
    if op in UNARY:
        if op in (np.abs, abs):
            watch.kink(args[0], 0.0)
        return UNARY[op](values[0], y) * tangent(args[0])
    if op in BINARY:
        if op in KINKED:
            watch.kink(args[0], args[1])
        px, pz = BINARY[op](values[0], values[1], y)
        return px * tangent(args[0]) + pz * tangent(args[1])
    if op in LINEAR:
        where = LINEAR[op]
        return op(*(tangent(a) if i in where else value(a) for i, a in enumerate(args)), **plain)
    if op in BILINEAR:
        total: Any = 0.0
        for i, arg in enumerate(args):
            if isinstance(arg, Dual):
                total = total + op(*(arg.t if j == i else v for j, v in enumerate(values)), **plain)
        return total
    if op in (np.max, np.min):
        return _extreme(op, args[0], plain, y, watch)
    if op is np.prod and not plain:
        return y * np.sum(tangent(args[0]) / values[0])
    if op is np.linalg.norm and not plain:
        return np.sum(values[0] * tangent(args[0])) / y
    if op is np.clip:
        watch.kink(args[0], args[1])
        watch.kink(args[0], args[2])
        return tangent(args[0]) * ((values[0] > values[1]) & (values[0] < values[2]))
    raise Unknown(getattr(op, "__name__", repr(op)))


def _extreme(op: Any, x: Dual, plain: dict[str, Any], y: Any, watch: Watch) -> Any:
    if plain:
        raise Unknown("an extreme along an axis")
    flat, slopes = np.ravel(x.v), np.ravel(x.t)
    at = int((np.argmax if op is np.max else np.argmin)(flat))
    others = np.arange(flat.size) != at
    watch.kink(Dual(flat[others], slopes[others]), Dual(flat[at], slopes[at]))
    return slopes[at]


def method(x: Dual, name: str, args: Sequence[Any], kwargs: dict[str, Any], watch: Watch) -> Any:
    """``x.name(*args, **kwargs)``."""
    if name == "fill":
        x.v.fill(value(args[0]))
        x.t.fill(tangent(args[0]))
        return None
    if name in METHODS:
        v, t = getattr(x.v, name), getattr(x.t, name)
        y = v(*args, **kwargs)
        if isinstance(y, np.ndarray):
            return Dual(y, t(*args, **kwargs))
        return Dual(y, float(t(*args, **kwargs)))
    if name == "astype":
        return lift(x.v.astype(*args, **kwargs), x.t)
    if name in ("max", "min", "prod", "dot"):
        return apply(getattr(np, name), (x, *args), kwargs, watch)
    if name in ("tolist", "all", "any", "argmax", "argmin"):
        return getattr(x.v, name)(*args, **kwargs)
    raise Unknown(f"the method {name}")


def attribute(x: Dual, name: str) -> Any:
    if name == "T":
        return Dual(x.v.T, x.t.T)
    if name in ("shape", "ndim", "size", "dtype", "flags"):
        return getattr(x.v, name)
    raise Unknown(f"the attribute {name}")


def item(x: Any, index: Any) -> Any:
    """``x[index]``: a view of both, a copy of both, or two numbers."""
    if isinstance(x, Dual):
        return Dual(x.v[index], x.t[index])
    return x[index]


def set_item(x: Any, index: Any, new: Any) -> None:
    """``x[index] = new``."""
    if isinstance(x, Dual):
        x.v[index] = value(new)
        x.t[index] = tangent(new)
    elif isinstance(x, np.ndarray):
        x[index] = value(new)
    else:
        x[index] = new
