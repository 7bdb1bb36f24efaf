"""What is known about a value that comes from either of two places."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from srcgrad.specialise.heap import Content, Heap
from srcgrad.specialise.values import Closure, Conflicting, Held, PartialOf, Ref, Value

_Pairs: TypeAlias = tuple[tuple[Closure, Closure], ...]


class StructureError(UnknownTypeError):
    """A loop changes the structure of what it carries: it has to be unrolled, if it can be."""


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


def of_items(items: PackType) -> ListOf:
    """The type of a display as a list of unknown length."""
    found: Type = NEVER
    for item in items.items:
        found = join_elements(found, general(item))
    return ListOf(found, len(items.items))


def general(item: Type) -> Type:
    """The type of an element, numbers known by value widened."""
    if isinstance(item, PackType):
        if item.kind is list:
            return of_items(item)
        return PackType(item.kind, tuple(map(general, item.items)), item.keys)
    return number_of(item)


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


def same(a: Value, b: Value, around: _Pairs = ()) -> bool:
    """Whether two values are the same thing at compile time.

    Functions may capture themselves: ``around`` are those that are being compared.
    """
    if a is b:
        return True
    if isinstance(a, Const) and isinstance(b, Const):
        return Known(a.value) == Known(b.value)
    if isinstance(a, Pack) and isinstance(b, Pack):
        alike = a.kind is b.kind and a.keys == b.keys
        return alike and _all_same(a.items, b.items, around)
    if isinstance(a, Closure) and isinstance(b, Closure):
        if any(a is x and b is y for x, y in around):
            return True
        around = (*around, (a, b))
        alike = a.function is b.function and a.scope is b.scope
        alike = alike and _same_items(a.captures, b.captures, around)
        return alike and _same_items(a.defaults, b.defaults, around)
    if isinstance(a, PartialOf) and isinstance(b, PartialOf):
        alike = same(a.function, b.function, around) and _all_same(a.args, b.args, around)
        return alike and _same_items(a.keywords, b.keywords, around)
    return isinstance(a, Held) and isinstance(b, Held) and a.place == b.place


def _all_same(a: Sequence[Value], b: Sequence[Value], around: _Pairs) -> bool:
    return len(a) == len(b) and all(same(x, y, around) for x, y in zip(a, b, strict=True))


def _same_items(a: Mapping[str, Value], b: Mapping[str, Value], around: _Pairs) -> bool:
    return a.keys() == b.keys() and all(same(a[name], b[name], around) for name in a)


def is_undefined(value: Value) -> bool:
    return isinstance(value, Const) and value.value is UNDEFINED


# --- branches -----------------------------------------------------------------------------------


class Phis:
    """Collects the targets of an ``If`` and what each arm gives for them.

    ``before``, ``left`` and ``right`` are the objects of the program before the ``If`` and after
    either arm.  ``as_lists`` makes lists of unknown length of two that differ in length.
    """

    def __init__(
        self,
        loc: Loc,
        heap: Heap,
        before: dict[Ref, Content],
        left: dict[Ref, Content],
        right: dict[Ref, Content],
        as_lists: Callable[[Content, Content], tuple[Content, Content]],
    ) -> None:
        self.loc = loc
        self.as_lists = as_lists
        self.heap = heap
        self.before, self.left, self.right = before, left, right
        self.targets: list[Var] = []
        self.then: list[Operand] = []
        self.orelse: list[Operand] = []
        self.merged: dict[Ref, Content] = {}
        self.pairs: dict[tuple[Value, Value], Ref] = {}
        self.partners: dict[Ref, Ref] = {}

    def merge(self, a: Value, b: Value, name: str) -> Value:
        """The value after the ``If`` of what is ``a`` after one arm and ``b`` after the other."""
        count, sealed = len(self.targets), set(self.heap.sealed)
        found = dict(self.merged), dict(self.pairs), dict(self.partners)
        try:
            return self._merge(a, b, name)
        except SrcgradError as error:
            del self.targets[count:], self.then[count:], self.orelse[count:]
            self.heap.sealed = sealed
            self.merged, self.pairs, self.partners = found
            return Conflicting(placed(error, self.loc))

    def _merge(self, a: Value, b: Value, name: str) -> Value:
        if same(a, b):
            return a
        if isinstance(a, Ref) or isinstance(b, Ref):
            return self._merge_objects(a, b, name)
        if isinstance(a, Pack) and isinstance(b, Pack) and _alike(a, b):
            return self._merge_parts(a, b)
        if isinstance(a, Pack) and is_undefined(b):  # a container that one path makes
            return self._merge(a, undefined_like(a), name)
        if isinstance(b, Pack) and is_undefined(a):
            return self._merge(undefined_like(b), b, name)
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

    def _merge_parts(self, a: Pack, b: Pack) -> Pack:
        names = a.keys or ("",) * len(a.items)
        rows = zip(names, a.items, b.items, strict=True)
        items = tuple(self._merge(x, y, n if isinstance(n, str) else "") for n, x, y in rows)
        return Pack(a.kind, items, a.keys)  # type: ignore[arg-type]

    def _merge_objects(self, a: Value, b: Value, name: str) -> Ref:
        """One object that stands for either of two."""
        ref = self.pairs.get((a, b))
        if ref is not None:
            return ref
        a, b = self._filled(a, b), self._filled(b, a)
        kinds = [x.kind if isinstance(x, Pack | Ref) else None for x in (a, b)]
        if kinds[0] is None or kinds[0] is not kinds[1]:
            raise self._differ(name)
        ref = self.pairs[a, b] = Ref(kinds[0])
        for value in (a, b):
            if isinstance(value, Pack) and all(map(is_undefined, value.items)):
                continue
            if not isinstance(value, Ref) or value in self.before:
                self.heap.seal(value, ref)  # other names lead to it
            elif value in self.partners:
                self.heap.seal(self.partners[value], ref)
            else:
                self.partners[value] = ref
        sides = ((a, self.left), (b, self.right))
        first, second = (heap[v] if isinstance(v, Ref) else v for v, heap in sides)
        self.merged[ref] = self._merge_contents(first, second, name)  # type: ignore[arg-type]
        return ref

    def _filled(self, value: Value, other: Value) -> Value:
        """What stands for an object that only one path makes, on the other path."""
        heap = self.right if other in self.right else self.left
        if not is_undefined(value) or not isinstance(other, Ref) or other not in heap:
            return value
        content = heap[other]
        return undefined_like(content) if isinstance(content, Pack) else value

    def _merge_contents(self, a: Content, b: Content, name: str) -> Content:
        if isinstance(a, Pack) and isinstance(b, Pack):
            b = in_order(a, b)
            if _alike(a, b):
                return self._merge_parts(a, b)
        a, b = self.as_lists(a, b)
        if isinstance(a, Var) and isinstance(b, Var):
            return self._merge(a, b, name)  # type: ignore[return-value]
        raise self._differ(name or "a container")

    def merge_heap(self) -> None:
        """Joins what either arm has made of the objects that were there before."""
        for ref, old in self.before.items():
            a, b = self.left[ref], self.right[ref]
            if a is b:
                self.merged[ref] = a
            elif same(a, b):
                self.merged[ref] = old if same(a, old) else a
            else:
                self.merged[ref] = self._merge_contents(a, b, "")
        self.heap.restore(self.merged)

    def _differ(self, name: str) -> UnknownTypeError:
        message = f"{name or 'a value'} has one structure or another here, depending on data"
        hint = "give it the same length and keys in both branches"
        return UnknownTypeError(message, self.loc, hint)


def undefined_like(pack: Pack) -> Pack:
    """A container of the same form that has nothing in it yet."""
    items = tuple(
        undefined_like(item) if isinstance(item, Pack) else Const(UNDEFINED) for item in pack.items
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


def placed(error: SrcgradError, loc: Loc) -> SrcgradError:
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


@dataclass(frozen=True, slots=True)
class Anew:
    """A carried object that is another one in each trip; such objects are sealed."""

    kind: type
    content: Shape


Shape: TypeAlias = Fixed | Carried | Tree | Anew


@dataclass(frozen=True, slots=True)
class Entry:
    """The heap, what was in it before the loop, and whether the loop could be unrolled."""

    heap: Heap
    before: dict[Ref, Content]
    unrollable: bool = False

    def sealed(self) -> int:
        """How many objects that were there before the loop are sealed."""
        return sum(ref in self.heap.sealed for ref in self.before)


def shape_of(value: Value, name: str) -> Shape:
    """How a loop carries ``value``, as far as its first value tells."""
    if isinstance(value, Pack):
        return Tree(value.kind, value.keys, tuple(shape_of(item, name) for item in value.items))
    if isinstance(value, Var):
        return Carried(value, number_of(value.type), name)
    if isinstance(value, Const) and isinstance(value.value, int | float | complex | np.generic):
        return Carried(value, number_of(type_of(value)), name)
    return Fixed(value)


def widen(shape: Shape, value: Value, name: str, loc: Loc, entry: Entry) -> Shape:
    """``shape`` made to hold also for ``value``, the carried value after a trip."""
    if isinstance(shape, Anew) or isinstance(value, Ref):
        anew = _widen_object(shape, value, name, loc, entry)
        if anew is not None:
            return anew
    elif isinstance(shape, Tree) and isinstance(value, Pack):
        if value.kind is shape.kind and len(value.items) == len(shape.items):
            value = in_order(shape, value)
            if value.keys == shape.keys:
                pairs = zip(shape.items, value.items, strict=True)
                items = tuple(widen(s, v, name, loc, entry) for s, v in pairs)
                return Tree(shape.kind, shape.keys, items)
    elif isinstance(shape, Carried) and isinstance(value, Var | Const):
        if is_undefined(value):
            return shape
        return shape.widened(type_of(value))
    elif isinstance(shape, Carried) and isinstance(shape.type, ListOf) and _is_display(value):
        display = entry.heap.frozen(value)
        if _is_plain(display):
            return shape.widened(of_items(type_of(display)))  # type: ignore[arg-type]
    elif isinstance(shape, Fixed):
        if same(shape.value, value) or isinstance(shape.value, Conflicting):
            return shape
        if is_undefined(shape.value):
            return _undefined_at_first(value, name, entry.heap)
        if _is_data(shape.value) and _is_data(value):
            assert isinstance(shape.value, Const)
            assert isinstance(value, Var | Const)
            type_ = join_types(type_of(shape.value), number_of(type_of(value)))
            return Carried(shape.value, type_, name)
    message = f"{name or 'a value'} changes its structure from one trip of the loop to the next"
    hint = "give it one structure (or one function) before the loop"
    raise _earlier(value) or StructureError(message, loc, hint)


def _widen_object(shape: Shape, value: Value, name: str, loc: Loc, entry: Entry) -> Shape | None:
    """The shape of an object that is another one in each trip; None if that does not fit."""
    if isinstance(shape, Fixed):
        if shape.value is value:
            return shape
        if is_undefined(shape.value):
            entry.heap.seal(*(v for v in (value,) if v in entry.before))
            return _undefined_at_first(value, name, entry.heap)
        shape = as_anew(shape, value, name, entry)
    if not isinstance(shape, Anew) or not isinstance(value, Ref) or value.kind is not shape.kind:
        return None
    if value in entry.before:
        entry.heap.seal(value)
    content = entry.heap.contents[value]
    return Anew(shape.kind, widen(shape.content, content, name, loc, entry))


def _is_display(value: Value) -> bool:
    return isinstance(value, Pack) and value.kind is list


def _is_plain(value: Value) -> bool:
    """Whether a value is an operand of the typed program."""
    if isinstance(value, Pack):
        return all(map(_is_plain, value.items))
    return isinstance(value, Var | Const)


def as_anew(shape: Shape, value: Value, name: str, entry: Entry) -> Shape:
    """The shape of an object that turns out to be another one after a trip."""
    first = shape.value if isinstance(shape, Fixed) else None
    if not isinstance(first, Ref) or not isinstance(value, Ref) or first is value:
        return shape
    if first.kind is not value.kind:
        return shape
    entry.heap.seal(first)
    return Anew(first.kind, shape_of(entry.before[first], name))


def _undefined_at_first(value: Value, name: str, heap: Heap) -> Shape:
    if isinstance(value, Pack):
        items = tuple(_undefined_at_first(item, name, heap) for item in value.items)
        return Tree(value.kind, value.keys, items)
    if isinstance(value, Ref):
        return Anew(value.kind, _undefined_at_first(heap.contents[value], name, heap))
    if isinstance(value, Var | Const) and not is_undefined(value):
        return Carried(Const(UNDEFINED), number_of(type_of(value)), name)
    return Fixed(value)


def params_of(
    shape: Shape, params: list[Var], inits: list[Operand], heap: Heap, after: bool = False
) -> Value:
    """The carried value inside the loop, or ``after`` it; its variables and first values are
    appended."""
    if isinstance(shape, Fixed):
        return shape.value
    if isinstance(shape, Carried):
        params.append(Var(shape.name, shape.final() if after else shape.type))
        inits.append(shape.init)
        return params[-1]
    if isinstance(shape, Anew):
        content = params_of(shape.content, params, inits, heap, after)
        assert isinstance(content, Pack | Var)
        ref = heap.make(content, shape.kind)
        heap.seal(ref)
        return ref
    items = tuple(params_of(item, params, inits, heap, after) for item in shape.items)
    return Pack(shape.kind, items, shape.keys)  # type: ignore[arg-type]


def results_of(shape: Shape, value: Value, results: list[Operand], heap: Heap) -> None:
    """Appends the operands of ``value`` that a loop of this shape carries on."""
    if isinstance(shape, Carried):
        assert isinstance(value, Var | Const)
        results.append(value)
    elif isinstance(shape, Anew):
        results_of(shape.content, heap.view(value), results, heap)
    elif isinstance(shape, Tree):
        assert isinstance(value, Pack)
        value = in_order(shape, value)
        for item, part in zip(shape.items, value.items, strict=True):
            results_of(item, part, results, heap)


def in_order(like: Pack | Tree, pack: Pack) -> Pack:
    """The attributes of an instance in the order of another; the order of a dict is its own."""
    if like.kind is not pack.kind or like.kind is dict or like.keys == pack.keys:
        return pack
    if set(like.keys) != set(pack.keys):
        return pack
    items = tuple(pack.items[pack.keys.index(key)] for key in like.keys)
    return Pack(pack.kind, items, like.keys)
