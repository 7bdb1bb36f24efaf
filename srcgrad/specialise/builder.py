"""Emitting typed statements: the result type of an operation, and what can be folded on the way."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from srcgrad.errors import CertainError, Loc
from srcgrad.ir.alternatives import as_whole, either, first, has_other, is_unlike, other
from srcgrad.ir.indices import index_parts
from srcgrad.ir.nodes import Apply, Const, Operand, Pack, Stmt, Store, Var
from srcgrad.ir.ops import AUGMENTED, OPS, NeedsConstant, Op
from srcgrad.ir.started import as_array, as_number, is_either
from srcgrad.ir.types import (
    UNKNOWN,
    Array,
    Dim,
    Known,
    Length,
    PackType,
    Scalar,
    Size,
    Type,
    may_be_inexact,
)
from srcgrad.ir.walk import variables
from srcgrad.specialise.masked import Masks
from srcgrad.specialise.measures import Measures, with_symbols
from srcgrad.specialise.values import NeedsValue

Kwargs = tuple[tuple[str, Operand], ...]
Result: TypeAlias = Var | Const | Pack
"""What an operation gives: an operand of the typed program."""

# Pure functions of Python's own that the compiler may run on constants.
_NOT_FOLDABLE = ("setitem", "delitem", "pow", "call", "methodcaller", "attrgetter", "itemgetter")
_BUILTINS = (abs, bool, complex, divmod, float, format, int, len, max, min)
_TEXTS = (bin, chr, hex, oct, ord, repr, round, str, tuple, np.binary_repr)
_FOLDABLE: frozenset[Any] = frozenset(
    [getattr(operator, name) for name in operator.__all__ if name not in _NOT_FOLDABLE]
    + [*_BUILTINS, *_TEXTS]
)
_FOLDABLE_TYPES = (int, float, complex, str, tuple, type(None), slice, np.dtype)


_AS_TYPED: Mapping[Var, Type] = {}


def is_operand(value: object) -> bool:
    """Whether a value is an operand of the typed dialect, and so is all that is in it."""
    if isinstance(value, Pack):
        return all(map(is_operand, value.items))
    return isinstance(value, Var | Const)


def type_of(operand: Operand, better: Mapping[Var, Type] = _AS_TYPED) -> Type:
    """The type of an operand of the typed dialect; ``better`` has types of some variables."""
    if isinstance(operand, Var):
        return better.get(operand, operand.type)
    if isinstance(operand, Const):
        return Known(operand.value)
    assert isinstance(operand, Pack)
    items = tuple(type_of(item, better) for item in operand.items)
    return PackType(operand.kind, items, operand.keys)


class Nested:
    """A block under construction: a context, of which there are many, and so no generator."""

    __slots__ = ("_builder",)

    def __init__(self, builder: Builder) -> None:
        self._builder = builder

    def __enter__(self) -> list[Stmt]:
        builder = self._builder
        builder.around.append(builder.body)
        builder.body = []
        return builder.body

    def __exit__(self, *_: object) -> None:
        self._builder.body = self._builder.around.pop()


class Builder:
    """Collects the statements of the block under construction.

    ``definitions`` finds the operation behind a variable, in whatever block it was emitted;
    ``measures`` knows what lengths are computed from.
    """

    def __init__(self, measures: Measures | None = None) -> None:
        self.body: list[Stmt] = []
        self.around: list[list[Stmt]] = []
        """The blocks around the one under construction that are under construction too."""
        self.measures = measures
        self.definitions: dict[Var, Apply] = {}
        self.watch: Callable[[Any, tuple[Operand, ...], Type], None] | None = None
        """Is told of each operation and the type of what it gives."""
        self.writes = 0
        """How many statements that write into arrays have been emitted."""
        self.calls = 0
        """How many calls of functions of which it is not known whether they do."""
        self.masks = Masks(self.definitions)

    def emit(self, stmt: Stmt) -> None:
        self.body.append(stmt)
        self.masks.note(stmt, self.body)
        if isinstance(stmt, Store) or (isinstance(stmt, Apply) and stmt.op in AUGMENTED):
            self.writes += 1
        elif isinstance(stmt, Apply) and stmt.op not in OPS:
            self.calls += 1

    def nested(self) -> Nested:
        """Within, statements go to a new block, whose list is given."""
        return Nested(self)

    @property
    def depth(self) -> int:
        """How many blocks there are around the one under construction."""
        return len(self.around)

    def apply(
        self,
        op: Callable[..., Any],
        args: tuple[Operand, ...],
        kwargs: Kwargs,
        loc: Loc,
        name: str = "",
    ) -> Result:
        """Emits ``op(*args, **kwargs)`` and gives its result, folded where it is known.

        Raises
        ------
        NeedsValue
            If the type of the result depends on the value of a number that is not known.
        """
        known = folded(op, args, kwargs)
        if known is not None:
            return known
        args, kwargs = _positional(op, args, kwargs)
        try:
            type_ = self._improved(op, args, kwargs, self.infer(op, args, kwargs))
        except NeedsValue as need:
            need.loc = need.loc or loc
            raise
        if isinstance(type_, Known):
            return Const(type_.value)
        if self.measures is not None:
            type_ = self.measures.known_as(type_)
        if self.watch is not None:
            self.watch(op, (*args, *(value for _, value in kwargs)), type_)
        target = Var(name, type_)
        stmt = Apply(target, op, args, kwargs, loc)
        self.definitions[target] = stmt
        self.emit(stmt)
        if self.measures is not None and not kwargs:
            self.measures.note(target, op, args)
        if isinstance(type_, PackType):
            return self.elements(target, type_, loc)
        return target

    def infer(
        self,
        op: Any,
        args: tuple[Operand, ...],
        kwargs: Kwargs,
        better: Mapping[Var, Type] = _AS_TYPED,
    ) -> Type:
        """The type of ``op(*args, **kwargs)``; ``better`` has types of some variables."""
        entry = OPS.get(op)
        if entry is None:
            return UNKNOWN
        named = {name: type_of(value, better) for name, value in kwargs}
        types = [type_of(arg, better) for arg in args]
        try:
            found = _inferred(entry, types, named)
            if isinstance(found, Array) and any(map(is_unlike, (*types, *named.values()))):
                return _as_like(found, entry, types, named)
        except NeedsConstant as need:
            given = entry.signature.bind(*args, **dict(kwargs)).arguments
            raise NeedsValue(_culprit(given.get(need.parameter)), need.parameter) from need
        return UNKNOWN if found is None else found

    def _improved(self, op: Any, args: tuple[Operand, ...], kwargs: Kwargs, found: Type) -> Type:
        """The type of ``op(*args, **kwargs)`` with the lengths that follow from integers."""
        measures = self.measures
        if op is operator.pow and measures is not None and not has_other(type_of(args[0])):
            return other(found) if measures.is_natural(args[1]) else found
        if measures is None or not isinstance(found, Array) or None not in found.dims:
            return found
        if op is operator.getitem:
            index = args[1]
            found = self._masked(index, found)
            better: Type = measures.sliced(
                type_of(args[0]), index, type_of(index), found, self.definitions
            )
        else:
            better = self._measured(op, args, kwargs, found, measures)
        better = measures.settle(better)
        return with_symbols(better) if isinstance(better, Array) else better

    def _masked(self, index: Operand, found: Array) -> Array:
        """The type of ``x[mask]``, which is as long as ``y[mask]`` is, while the mask stays."""
        parts = index_parts(index)
        masks = [part for part in parts if _is_mask(part)]
        others = [part for part in parts if not _is_mask(part)]
        if len(masks) != 1 or not found.dims or found.dims[0] is not None:
            return found
        if others and (found.ndim > 1 or not all(map(_is_integer, others))):
            return found
        (mask,) = masks
        assert isinstance(mask, Var)
        length = self.masks.selected(mask, [*self.around, self.body])
        return replace(found, dims=(length, *found.dims[1:]))

    def _measured(
        self,
        op: Any,
        args: tuple[Operand, ...],
        kwargs: Kwargs,
        found: Array,
        measures: Measures,
    ) -> Type:
        """The type of ``op(*args, **kwargs)`` with what the lengths are in the call that is
        compiled: where slices exceed one they are not broadcast, which is demanded where it tells
        more of the result."""
        given = (*args, *(value for _, value in kwargs))
        sizes = dict(measures.sizes(given))
        better = self.infer(op, args, kwargs, sizes) if sizes else found
        long = measures.long(given)
        if long and isinstance(better, Array):
            as_long = {
                var: replace(var.type, dims=tuple(_replaced(dim, long) for dim in var.type.dims))
                for operand in given
                for var in variables(operand)
                if isinstance(var.type, Array)
            }
            tried = self.infer(op, args, kwargs, {**sizes, **as_long})
            if isinstance(tried, Array) and tried.dims.count(None) < better.dims.count(None):
                measures.demand_long(long)
                better = self.infer(op, args, kwargs, sizes)
        if isinstance(better, Array) and None in better.dims:
            return measures.as_long(given, better, lambda: self.infer(op, args, kwargs, sizes))
        return better

    def elements(self, var: Var, type_: PackType, loc: Loc) -> Pack:
        """The elements of a container that an operation returns, each as a value of its own."""
        items: list[Operand] = []
        for i, item in enumerate(type_.items):
            if isinstance(item, Known):
                items.append(Const(item.value))
                continue
            if isinstance(item, Array) and self.measures is not None:
                item = with_symbols(item)
            element = Var("", item)
            key = type_.keys[i] if type_.kind is dict else i
            self.emit(Apply(element, operator.getitem, (var, Const(key)), (), loc))
            items.append(
                self.elements(element, item, loc) if isinstance(item, PackType) else element
            )
        return Pack(type_.kind, tuple(items), type_.keys)


def _is_mask(part: Operand) -> bool:
    return isinstance(part, Var) and isinstance(part.type, Array) and part.type.dtype.kind == "b"


def _is_integer(part: Operand) -> bool:
    type_ = type_of(part)
    if isinstance(type_, Known):
        return type(type_.value) is int
    return isinstance(type_, Size) or (isinstance(type_, Scalar) and type_.dtype.kind == "i")


def _replaced(dim: Dim, by: Mapping[Length, Length]) -> Dim:
    return by.get(dim, dim) if isinstance(dim, Length) else dim


def _inferred(entry: Op, args: list[Type], kwargs: dict[str, Type]) -> Type | None:
    """The type of a call, of whichever types its arguments are: of a number that is an ``int`` or
    a ``float``, it is what comes of the one or of the other."""
    every = (*args, *kwargs.values())
    if any(map(is_either, every)):
        return _inferred_of_sums(entry, args, kwargs)
    if not any(map(has_other, every)):
        return entry.infer_for(args, kwargs)
    found: list[Type | None] = []
    errors: list[CertainError] = []
    for choose in (first, other):
        named = {name: choose(type_) for name, type_ in kwargs.items()}
        try:
            found.append(entry.infer_for([*map(choose, args)], named))
        except CertainError as error:
            errors.append(error)
    if len(errors) == 2:
        raise errors[0]
    known = [type_ for type_ in found if type_ is not None]
    return either(*known) if len(known) == 2 else UNKNOWN


def _inferred_of_sums(entry: Op, args: list[Type], kwargs: dict[str, Type]) -> Type | None:
    """The same where arguments are arrays or numbers: all of them are the one, or the other.

    With one of each an operation would give what it gives of arrays, as long as these are alike.
    """
    if len({type_ for type_ in (*args, *kwargs.values()) if is_either(type_)}) > 1:
        return UNKNOWN
    found: list[Type | None] = []
    for choose in (as_array, as_number):
        named = {name: choose(type_) for name, type_ in kwargs.items()}
        try:
            found.append(_inferred(entry, [*map(choose, args)], named))
        except CertainError:
            found.append(None)
    of_array, of_number = found
    if of_array is None or of_number is None:
        return UNKNOWN
    if of_array != of_number and isinstance(of_number, Array):
        return UNKNOWN  # such as np.atleast_1d gives
    return either(of_array, of_number)


def _as_like(found: Array, entry: Op, args: list[Type], kwargs: dict[str, Type]) -> Array:
    """``found``, the type of a call in the derivative, where arguments may be of integers: what is
    computed of them may be of integers too."""
    named = {name: as_whole(type_) for name, type_ in kwargs.items()}
    try:
        whole = entry.infer_for([*map(as_whole, args)], named)
    except CertainError:
        return found
    return replace(found, is_like=isinstance(whole, Array) and whole.dtype == found.dtype)


def _positional(
    op: Any, args: tuple[Operand, ...], kwargs: Kwargs
) -> tuple[tuple[Operand, ...], Kwargs]:
    """The same arguments with those that may carry a derivative given by position.

    So ``np.clip(a=x, a_min=0)`` looks like ``np.clip(x, a_min=0)``, and ``np.full_like(x, axis=0)``
    stays as it is.
    """
    entry = OPS.get(op)
    carrying = {name for name, value in kwargs if _may_be_inexact(value)}
    if entry is None or not carrying:
        return args, kwargs
    named = dict(kwargs)
    moved = [*args]
    parameters = list(entry.signature.parameters.values())
    for parameter in parameters[len(args) :]:
        if not carrying or parameter.kind is not parameter.POSITIONAL_OR_KEYWORD:
            break
        if parameter.name not in named:
            break
        moved.append(named.pop(parameter.name))
        carrying.discard(parameter.name)
    if carrying:
        return args, kwargs
    return tuple(moved), tuple(named.items())


def _may_be_inexact(operand: Operand) -> bool:
    return any(may_be_inexact(var.type) for var in variables(operand))


def _culprit(operand: Any) -> Var:
    """The variable whose value is not known, inside an argument."""
    if isinstance(operand, Var):
        return operand
    items = operand.items if isinstance(operand, Pack) else operand
    for item in items or ():
        if constant_of(item) is None:
            return _culprit(item)
    return Var("argument")


def folded(op: Any, args: tuple[Operand, ...], kwargs: Kwargs = ()) -> Const | None:
    """What an operation on constants gives, where the compiler may compute it."""
    if op not in _FOLDABLE and op is not operator.pow:
        return None
    values = [constant_of(arg) for arg in args]
    named = {name: constant_of(value) for name, value in kwargs}
    if None in values or None in named.values():
        return None
    plain = [value.value for value in values if value is not None]
    if not all(isinstance(value, _FOLDABLE_TYPES) for value in plain):
        return None
    if op is operator.pow and not all(abs(value) <= 64 for value in plain):
        return None  # a large power is not for the compiler to compute
    try:
        result = op(*plain, **{name: v.value for name, v in named.items() if v is not None})
    except (ArithmeticError, TypeError, ValueError, LookupError):
        return None  # what is wrong there is wrong at run time, as it would be in the program
    return Const(result)


def constant_of(operand: Operand) -> Const | None:
    """``operand`` as one constant, if it is: also a tuple, a named tuple, a list or a slice of
    constants."""
    if isinstance(operand, Const):
        return operand
    if not isinstance(operand, Pack):
        return None
    kind: Any = operand.kind
    if kind not in (tuple, list, slice) and not _is_plain_tuple(kind):
        return None
    items = [constant_of(item) for item in operand.items]
    if None in items:
        return None
    values = [item.value for item in items if item is not None]
    if kind is slice:
        return Const(slice(*values))
    return Const(kind(values) if kind in (tuple, list) else tuple.__new__(kind, values))


def _is_plain_tuple(kind: type) -> bool:
    """Whether a class is one of named tuples, which are equal if their elements are."""
    own = (getattr(kind, name, None) for name in ("__eq__", "__hash__"))
    return hasattr(kind, "_fields") and tuple(own) == (tuple.__eq__, tuple.__hash__)
