"""What is known about a value that comes from either of two places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from srcgrad.errors import Loc, SrcgradError, UnknownTypeError
from srcgrad.ir.nodes import UNDEFINED, Const, Operand, Pack, Var
from srcgrad.ir.types import (
    NEVER,
    UNKNOWN,
    Array,
    Dim,
    Known,
    Length,
    ListOf,
    Object,
    PackType,
    Scalar,
    Symbol,
    Type,
    Unknown,
    is_not_one,
    number_of,
)
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.values import Closure, Conflicting, PartialOf, Value


def join_types(a: Type, b: Type) -> Type:
    """The least type that holds for values of both types."""
    if a == b or b is NEVER:
        return a
    if a is NEVER:
        return b
    if isinstance(a, ListOf) and isinstance(b, ListOf):
        return ListOf(join_elements(a.item, b.item), a.length if a.length == b.length else None)
    if isinstance(a, PackType) and isinstance(b, PackType) and _like(a, b):
        return PackType(a.kind, tuple(map(join_types, a.items, b.items)), a.keys)
    a, b = number_of(a), number_of(b)
    if a == b:
        return a
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        return _join_scalars(a, b)
    if isinstance(a, Array) and isinstance(b, Array) and a.dtype == b.dtype and a.ndim == b.ndim:
        return Array(a.dtype, tuple(map(_join_dims, a.dims, b.dims)))
    classes = {_class_of(a), _class_of(b)}
    if len(classes) == 1 and None not in classes:
        return Object(classes.pop())  # type: ignore[arg-type]
    return UNKNOWN


def _like(a: PackType, b: PackType) -> bool:
    return a.kind is b.kind and a.keys == b.keys and len(a.items) == len(b.items)


def join_elements(a: Type, b: Type) -> Type:
    """The type of the elements of a list.

    Lengths that are not fixed may differ among them, so that what stands for one that does not
    broadcast goes on standing for it.  Containers must be alike: a derivative has to know them.
    """
    joined = join_types(a, b)
    if isinstance(joined, Unknown) and any(isinstance(t, ListOf | PackType) for t in (a, b)):
        message = "the elements of a list are containers of different kinds"
        raise UnknownTypeError(message, None, "keep different things in different lists")
    if not isinstance(joined, Array) or not isinstance(a, Array):
        return joined
    pairs = zip(a.dims, joined.dims, strict=True)
    dims = (old if _varies(old) and is_not_one(new) else new for old, new in pairs)
    return Array(joined.dtype, tuple(dims))


def _varies(dim: Dim) -> bool:
    return isinstance(dim, Length) and is_not_one(dim) and not dim.symbol.fixed


def _join_dims(a: Dim, b: Dim) -> Dim:
    if a == b:
        return a
    # Some length that does not broadcast, the same as no other.
    return Length(Symbol(not_one=True)) if is_not_one(a) and is_not_one(b) else None


def _join_scalars(a: Scalar, b: Scalar) -> Type:
    python = a.python if a.python == b.python else None
    if a.dtype == b.dtype:
        return Scalar(a.dtype, python)
    # `total = 0` before a loop that adds floats: a Python int takes part as the float it becomes.
    if a.python and a.dtype.kind in "iu" and b.dtype.kind == "f":
        return Scalar(b.dtype, python)
    if b.python and b.dtype.kind in "iu" and a.dtype.kind == "f":
        return Scalar(a.dtype, python)
    if a.dtype.kind in "iub" and b.dtype.kind in "iub":
        return Scalar(np.result_type(a.dtype, b.dtype), python)
    return UNKNOWN


def _class_of(type_: Type) -> type | None:
    if isinstance(type_, Object):
        return type_.cls
    if isinstance(type_, Known) and isinstance(type_.value, str):
        return str
    return None


def same(a: Value, b: Value) -> bool:
    """Whether two values are the same thing at compile time."""
    if a is b:
        return True
    if isinstance(a, Const) and isinstance(b, Const):
        return Known(a.value) == Known(b.value)
    if isinstance(a, Pack) and isinstance(b, Pack):
        alike = a.kind is b.kind and a.keys == b.keys and len(a.items) == len(b.items)
        return alike and all(same(x, y) for x, y in zip(a.items, b.items, strict=True))
    if isinstance(a, Closure) and isinstance(b, Closure):
        alike = a.function is b.function and a.scope is b.scope
        return alike and _same_items(a.captures, b.captures) and _same_items(a.defaults, b.defaults)
    if isinstance(a, PartialOf) and isinstance(b, PartialOf):
        alike = same(a.function, b.function) and same(Pack(tuple, a.args), Pack(tuple, b.args))  # type: ignore[arg-type]
        return alike and _same_items(a.keywords, b.keywords)
    return False


def _same_items(a: Mapping[str, Value], b: Mapping[str, Value]) -> bool:
    return a.keys() == b.keys() and all(same(value, b[name]) for name, value in a.items())


def is_undefined(value: Value) -> bool:
    return isinstance(value, Const) and value.value is UNDEFINED


# --- branches -----------------------------------------------------------------------------------


class Phis:
    """Collects the targets of an ``If`` and what each arm gives for them."""

    def __init__(self, loc: Loc) -> None:
        self.loc = loc
        self.targets: list[Var] = []
        self.then: list[Operand] = []
        self.orelse: list[Operand] = []

    def merge(self, a: Value, b: Value, name: str) -> Value:
        """The value after the ``If`` of what is ``a`` after one arm and ``b`` after the other."""
        count = len(self.targets)
        try:
            return self._merge(a, b, name)
        except SrcgradError as error:
            del self.targets[count:], self.then[count:], self.orelse[count:]
            return Conflicting(_at(error, self.loc))

    def _merge(self, a: Value, b: Value, name: str) -> Value:
        if same(a, b):
            return a
        if isinstance(a, Pack) and isinstance(b, Pack) and _alike(a, b):
            items = (self._merge(x, y, "") for x, y in zip(a.items, b.items, strict=True))
            return Pack(a.kind, tuple(items), a.keys)  # type: ignore[arg-type]
        if isinstance(a, Pack) and is_undefined(b):  # a container that one path makes
            return self._merge(a, _undefined_like(a), name)
        if isinstance(b, Pack) and is_undefined(a):
            return self._merge(_undefined_like(b), b, name)
        if not _is_data(a) or not _is_data(b):
            message = f"{name or 'a value'} is one thing or another here, depending on data"
            hint = "call each function, or build each container, inside its own branch"
            raise _earlier(a, b) or UnknownTypeError(message, self.loc, hint)
        assert isinstance(a, Var | Const)
        assert isinstance(b, Var | Const)
        type_ = join_types(
            _type(b) if is_undefined(a) else _type(a), _type(a if is_undefined(b) else b)
        )
        self.targets.append(Var(name, type_))
        self.then.append(a)
        self.orelse.append(b)
        return self.targets[-1]


def _undefined_like(pack: Pack) -> Pack:
    """A container of the same form that has nothing in it yet."""
    items = tuple(
        _undefined_like(item) if isinstance(item, Pack) else Const(UNDEFINED) for item in pack.items
    )
    return Pack(pack.kind, items, pack.keys)


def _is_data(value: Value) -> bool:
    """Whether a value can be chosen at run time: not a container or a function, whose calls are
    resolved here."""
    if isinstance(value, Const):
        return not callable(value.value) or isinstance(value.value, type)
    return isinstance(value, Var)


def _earlier(*values: Value) -> SrcgradError | None:
    """Why one of the values is one thing or another already."""
    return next((value.error for value in values if isinstance(value, Conflicting)), None)


def _at(error: SrcgradError, loc: Loc) -> SrcgradError:
    """An error with its place."""
    return error if error.loc is not None else type(error)(error.message, loc, error.hint)


def _type(value: Operand) -> Type:
    return number_of(type_of(value))


def _alike(a: Pack, b: Pack) -> bool:
    return a.kind is b.kind and a.keys == b.keys and len(a.items) == len(b.items)


# --- loops --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fixed:
    """A carried value that is the same in every trip and known at compile time."""

    value: Value


@dataclass(frozen=True, slots=True)
class Carried:
    """A carried number or array: its first value and a type that holds in every trip.

    ``own`` are the symbols in the type that stand for a length of one trip: the same within the
    trip, but not from trip to trip.
    """

    init: Operand
    type: Type
    name: str
    own: frozenset[Symbol] = frozenset()

    def widened(self, type_: Type) -> Carried:
        """The same, for values of ``type_`` too."""
        mine = self.type
        joined = join_types(mine, type_)
        if not isinstance(joined, Array) or not isinstance(mine, Array):
            return replace(self, type=joined)
        dims = list(joined.dims)
        for i, (old, new) in enumerate(zip(mine.dims, joined.dims, strict=True)):
            if isinstance(old, Length) and old.symbol in self.own and is_not_one(new):
                dims[i] = old
        fresh = {d.symbol for d in dims if isinstance(d, Length)}
        fresh -= {d.symbol for d in mine.dims if isinstance(d, Length)}
        return replace(self, type=Array(joined.dtype, tuple(dims)), own=self.own | fresh)

    def final(self) -> Type:
        """The type of the value after the loop: its lengths are fixed, but not known."""
        if not isinstance(self.type, Array):
            return self.type
        dims = tuple(
            Length(Symbol(not_one=True)) if isinstance(d, Length) and d.symbol in self.own else d
            for d in self.type.dims
        )
        return Array(self.type.dtype, dims)


@dataclass(frozen=True, slots=True)
class Tree:
    """A carried container."""

    kind: type
    keys: tuple[object, ...]
    items: tuple[Shape, ...]


Shape: TypeAlias = Fixed | Carried | Tree


def shape_of(value: Value, name: str) -> Shape:
    """How a loop carries ``value``, as far as its first value tells."""
    if isinstance(value, Pack):
        return Tree(value.kind, value.keys, tuple(shape_of(item, name) for item in value.items))
    if isinstance(value, Var):
        return Carried(value, number_of(value.type), name)
    if isinstance(value, Const) and isinstance(value.value, int | float | complex | np.generic):
        return Carried(value, number_of(type_of(value)), name)
    return Fixed(value)


def widen(shape: Shape, value: Value, name: str, loc: Loc) -> Shape:
    """``shape`` made to hold also for ``value``, the carried value after a trip."""
    try:
        return _widen(shape, value, name, loc)
    except SrcgradError as error:
        return Fixed(Conflicting(_at(error, loc)))


def _widen(shape: Shape, value: Value, name: str, loc: Loc) -> Shape:
    if isinstance(shape, Tree) and isinstance(value, Pack):
        if value.kind is shape.kind and len(value.items) == len(shape.items):
            pairs = zip(shape.items, value.items, strict=True)
            items = tuple(_widen(s, v, name, loc) for s, v in pairs)
            return Tree(shape.kind, shape.keys, items)
    elif isinstance(shape, Carried) and isinstance(value, Var | Const):
        if is_undefined(value):
            return shape
        return shape.widened(type_of(value))
    elif isinstance(shape, Fixed):
        if same(shape.value, value) or isinstance(shape.value, Conflicting):
            return shape
        if is_undefined(shape.value):
            return _undefined_at_first(value, name)
        if _is_data(shape.value) and _is_data(value):
            assert isinstance(shape.value, Const)
            assert isinstance(value, Var | Const)
            type_ = join_types(type_of(shape.value), number_of(type_of(value)))
            return Carried(shape.value, type_, name)
    message = f"{name or 'a value'} changes its structure from one trip of the loop to the next"
    hint = "give it one structure (or one function) before the loop"
    raise _earlier(value) or UnknownTypeError(message, loc, hint)


def _undefined_at_first(value: Value, name: str) -> Shape:
    if isinstance(value, Pack):
        items = tuple(_undefined_at_first(item, name) for item in value.items)
        return Tree(value.kind, value.keys, items)
    if isinstance(value, Var | Const) and not is_undefined(value):
        return Carried(Const(UNDEFINED), number_of(type_of(value)), name)
    return Fixed(value)


def params_of(shape: Shape, params: list[Var], inits: list[Operand], after: bool = False) -> Value:
    """The carried value inside the loop, or ``after`` it; its variables and first values are
    appended."""
    if isinstance(shape, Fixed):
        return shape.value
    if isinstance(shape, Carried):
        params.append(Var(shape.name, shape.final() if after else shape.type))
        inits.append(shape.init)
        return params[-1]
    items = tuple(params_of(item, params, inits, after) for item in shape.items)
    return Pack(shape.kind, items, shape.keys)  # type: ignore[arg-type]


def results_of(shape: Shape, value: Value, results: list[Operand]) -> None:
    """Appends the operands of ``value`` that a loop of this shape carries on."""
    if isinstance(shape, Carried):
        assert isinstance(value, Var | Const)
        results.append(value)
    elif isinstance(shape, Tree):
        assert isinstance(value, Pack)
        for item, part in zip(shape.items, value.items, strict=True):
            results_of(item, part, results)
