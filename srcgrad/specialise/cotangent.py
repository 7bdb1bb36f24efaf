"""The intrinsics that cotangents are made with, decided by types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir import intrinsics
from srcgrad.ir.indices import index_type
from srcgrad.ir.nodes import Const, Operand, Pack
from srcgrad.ir.ops import Memory, operation
from srcgrad.ir.types import (
    BOOL,
    UNKNOWN,
    Array,
    Dim,
    KeysOf,
    Known,
    ListOf,
    Object,
    PackType,
    Scalar,
    StackOf,
    Type,
    Unknown,
    dims_of,
    dtype_of,
    is_not_one,
    number_of,
)
from srcgrad.specialise import calls
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.values import Args, Kwargs, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def cotangent_type(type_: Type) -> Type:
    """The type of the cotangent of an array or a list; numbers keep theirs."""
    if isinstance(type_, ListOf):
        return ListOf(_element_bar(type_.item), type_.length)
    return number_of(type_)


def _element_bar(type_: Type) -> Type:
    """The type of a cotangent in a list, where a number may be Python's or NumPy's."""
    if isinstance(type_, PackType):
        return PackType(type_.kind, tuple(map(_element_bar, type_.items)), type_.keys)
    number = number_of(type_)
    if isinstance(number, Known | Object | KeysOf):
        # And so is that of None, of a text, of a function, or of the keys of a dict.
        return Scalar(np.dtype(float), None)
    if not isinstance(number, Scalar):
        return cotangent_type(number)
    # That of an index, or of a flag, beside a number is 0.0.
    return Scalar(number.dtype if number.dtype.kind in "fc" else np.dtype(float), None)


# --- result types -------------------------------------------------------------------------------


@operation(intrinsics.expand, memory=Memory.VIEW)
def _expand_type(v: Type, x: Type) -> Type:
    return number_of(x)


@operation(intrinsics.unbroadcast, intrinsics.shaped, memory=Memory.VIEW)
def _unbroadcast_type(v: Type, x: Type) -> Type:
    dims, dtype = dims_of(x), dtype_of(v)
    if dims is None or dtype is None:
        return UNKNOWN
    return Array(dtype, dims) if dims else Scalar(dtype, None)


@operation(intrinsics.sum_to, intrinsics.of_shape, memory=Memory.VIEW)
def _sum_to_type(v: Type, shape: Type) -> Type:
    return UNKNOWN


@operation(intrinsics.scatter_add)
def _scatter_add_type(x: Type, index: Type, v: Type) -> Type:
    if isinstance(x, ListOf):
        return cotangent_type(x)
    return UNKNOWN if isinstance(x, PackType) else number_of(x)


@operation(intrinsics.select, intrinsics.masked)
def _select_type(mask: Type, v: Type) -> Type:
    have, wanted = number_of(v), number_of(mask)
    if isinstance(have, Scalar) and isinstance(wanted, Array):
        return Array(have.dtype, wanted.dims)
    return have if not isinstance(wanted, Unknown) else UNKNOWN


@operation(intrinsics.zero)
def _zero_type(x: Type) -> Type:
    return cotangent_type(x)


@operation(intrinsics.copied, pure=False)  # what it is after another call may be something else
def _copied_type(x: Type) -> Type:
    return x


@operation(intrinsics.own_cotangent, pure=False)
def _own_cotangent_type(bar: Type, x: Type) -> Type:
    return number_of(x)


@operation(intrinsics.own_parts, memory=Memory.ANY, pure=False)
def _own_parts_type(bar: Type, keys: Type, needed: Type) -> Type:
    return PackType(tuple, (UNKNOWN,) * len(keys.items)) if isinstance(keys, PackType) else UNKNOWN


@operation(intrinsics.fresh)
def _fresh_type(v: Type, x: Type) -> Type:
    return number_of(x)


@operation(intrinsics.present, intrinsics.tested, memory=Memory.VIEW)
def _present_type(x: Type) -> Type:
    return x.there if isinstance(x, Unknown) and x.there is not None else x


@operation(intrinsics.from_cache, memory=Memory.VIEW)
def _from_cache_type(x: Type, cache: Type) -> Type:
    return x


@operation(intrinsics.taken, memory=Memory.VIEW)
def _taken_type(v: Type) -> Type:
    return v


@operation(intrinsics.detached, intrinsics.apart)
def _detached_type(v: Type) -> Type:
    return v


def _cast_memory(v: Type, x: Type) -> Memory:
    """Where it is not known whether there is anything to convert, what is given may come back."""
    known = (isinstance(number_of(t), Array | Scalar) for t in (v, x))
    return Memory.FRESH if all(known) else Memory.MAYBE_VIEW


@operation(intrinsics.cast, memory=_cast_memory)
def _cast_type(v: Type, x: Type) -> Type:
    # A cotangent has the shape of its value, also where its own is not known.
    dims, dtype = dims_of(v), dtype_of(x)
    dims = dims_of(x) if dims is None else dims
    if dims is None or dtype is None:
        return UNKNOWN
    number = number_of(x)
    python = number.python if isinstance(number, Scalar) else False
    return Array(dtype, dims) if dims else Scalar(dtype, python)


@operation(intrinsics.last_writes)
def _last_type(x: Type, index: Type) -> Type:
    part = index_type(x, index) if isinstance(x, Array) else UNKNOWN
    dims = dims_of(part)
    return UNKNOWN if dims is None else Array(BOOL, dims)


@operation(intrinsics.collect)
def _collect_type(stack: Type) -> Type:
    item = number_of(stack.item) if isinstance(stack, StackOf) else UNKNOWN
    return Array(item.dtype, (None, *item.dims)) if isinstance(item, Array) else UNKNOWN


@operation(intrinsics.instance, memory=Memory.ANY)
def _instance_type(cls: Type) -> Type:
    return UNKNOWN


@operation(intrinsics.call, memory=Memory.ANY, pure=False)
def _call_type(function: Type, *args: Type, **kwargs: Type) -> Type:
    return UNKNOWN


@operation(intrinsics.join_text)
def _text_type(*parts: Type) -> Type:
    from srcgrad.ir.types import TEXT

    return TEXT


# --- decisions ----------------------------------------------------------------------------------


def expand(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``expand(v, x)`` is ``v`` where it has the shape of ``x`` already."""
    v, x = (sp.operand(arg, loc) for arg in args)
    dims = dims_of(type_of(x))
    if dims is not None and (not dims or _equal(dims_of(type_of(v)), dims)):
        return v
    return None


def cast(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``cast(v, x)`` is ``v`` where both are arrays of one dtype."""
    v, x = (sp.operand(arg, loc) for arg in args)
    have, want = number_of(type_of(v)), number_of(type_of(x))
    if not isinstance(have, Array) or not isinstance(want, Array):
        return None
    are_known = have.is_like and want.is_like and have.ndim == want.ndim > 0
    return v if are_known and have.dtype == want.dtype else None


def _equal(a: tuple[Dim, ...] | None, b: tuple[Dim, ...]) -> bool:
    return a == b and None not in b


def zero(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """The zero of a Python number is ``0.0``, and that of a tuple a tuple of zeros."""
    operand = sp.operand(args[0], loc)
    number = number_of(type_of(operand))
    if isinstance(number, PackType):
        keys = number.keys if number.kind is dict else range(len(number.items))
        parts = (calls.index(sp, operand, Const(key), loc) for key in keys)
        items = tuple(zero(sp, (part,), {}, loc, "") or _zero_of(sp, part, loc) for part in parts)
        return Pack(number.kind, items, number.keys)  # type: ignore[arg-type]
    if isinstance(number, Known | Object | KeysOf):
        return Const(0.0)
    if isinstance(number, Scalar) and (number.python is not False or number.dtype == np.float64):
        return Const(0.0)
    return None


def _zero_of(sp: Specialiser, value: Value, loc: Loc) -> Operand:
    """The zero of an array."""
    return sp.builder.apply(intrinsics.zero, (sp.operand(value, loc),), (), loc)


def unbroadcast(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``v`` summed over the axes that ``x`` does not have or has with length one."""
    v, x = (sp.operand(arg, loc) for arg in args)
    have, want = dims_of(type_of(v)), dims_of(type_of(x))
    if have is None or want is None:
        return None
    extra = len(have) - len(want)
    ones: list[int] = []
    undecided: list[Dim] = []
    for axis, dim in enumerate(want, start=extra):
        if dim == 1:
            if have[axis] != 1:
                ones.append(axis)
        elif not (is_not_one(dim) or (dim is not None and have[axis] == dim)):
            undecided.append(dim)
    if not sp.inputs.measures.exceed_one(undecided):
        return None  # may have been broadcast: a test at run time
    return _sum_over(sp, v, extra, ones, len(want), loc)


def _sum_over(
    sp: Specialiser, v: Operand, extra: int, ones: list[int], ndim: int, loc: Loc
) -> Operand:
    """Sums over the first ``extra`` axes, and over ``ones`` keeping them."""
    method = np.ndarray.sum
    if extra and not ndim:
        return sp.builder.apply(method, (v,), (), loc)
    if extra:
        axes = Const(0 if extra == 1 else tuple(range(extra)))
        v = sp.builder.apply(method, (v,), (("axis", axes),), loc)
    if ones:
        shifted = [axis - extra for axis in ones]
        axes = Const(shifted[0] if len(shifted) == 1 else tuple(shifted))
        v = sp.builder.apply(method, (v,), (("axis", axes), ("keepdims", Const(True))), loc)
    return v
