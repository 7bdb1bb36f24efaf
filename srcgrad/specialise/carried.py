"""What a loop carries: the shape of each value, which holds in every trip."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir.nodes import UNDEFINED, Const, Operand, Pack, Var
from srcgrad.ir.records import can_be_record, record_in
from srcgrad.ir.types import (
    PY_INT,
    Known,
    ListOf,
    number_of,
)
from srcgrad.specialise import carried_functions, perhaps, set_layouts
from srcgrad.specialise.builder import is_operand, type_of
from srcgrad.specialise.carried_shapes import Anew, Carried, Chosen, Fixed, Perhaps, Shape, Tree
from srcgrad.specialise.contents import Content, holds_entries
from srcgrad.specialise.heap import NOTHING, Choice, Heap, Part, number_name
from srcgrad.specialise.join import attributes_of, in_order, join_types, of_items, same
from srcgrad.specialise.options import are_functions, is_called
from srcgrad.specialise.values import (
    NOT_SET,
    Conflicting,
    OneOf,
    OpenSet,
    PerhapsOf,
    PerhapsSet,
    Ref,
    SometimesNone,
    StructureError,
    Value,
    displayed,
    earlier,
    flag_name,
    is_data,
    is_undefined,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """The heap, what was in it before the loop, and whether the loop could be unrolled.

    It is ``countable`` too if the lengths of arrays would have to be known for that.
    """

    heap: Heap
    before: dict[Ref, Content]
    unrollable: bool = False
    countable: bool = False
    owning: bool = False
    """Whether objects are taken to be the loop's own at first, which ``ownership`` tests; not of
    those that are inside of others."""
    index: Var | None = None
    """The loop's own, the same variable in each round of the fixpoint, but not in each trip."""

    @property
    def inside(self) -> Entry:
        """The same for what is in a container."""
        return replace(self, owning=False)

    def knows(self, ref: Ref) -> bool:
        """Whether an object is one of those that were there before the loop, and may be changed."""
        if ref in self.heap.sealed or ref in self.heap.parts:
            return False
        return self.heap.is_from(ref, self.before)

    def sealed(self) -> int:
        """How many objects that were there before the loop are sealed, or are in lists."""
        return self.heap.count_sealed(self.before) + len(self.heap.listed)


def shape_of(value: Value, name: str) -> Shape:
    """How a loop carries ``value``, as far as its first value tells."""
    if isinstance(value, PerhapsOf):
        there = shape_of(value.there, flag_name(name))
        return Perhaps(there, shape_of(value.content, name), type(value))
    if isinstance(value, Pack) and value.kind is not set:  # which is known by its elements
        names = value.keys if can_be_record(value.kind) else (name,) * len(value.items)
        rows = zip(value.items, names, strict=True)
        return Tree(value.kind, value.keys, tuple(_inside(item, str(n)) for item, n in rows))
    if isinstance(value, OneOf):
        return carried_functions.shape_of(value, name)
    if isinstance(value, Var):
        return Carried(value, number_of(value.type), name)
    if isinstance(value, Const) and isinstance(value.value, int | float | complex | np.generic):
        return Carried(value, number_of(type_of(value)), name)
    return Fixed(value)


def _inside(value: Value, name: str) -> Shape:
    """How a loop carries what is in a container or an object that it changes.

    It may not change all of it: a flag stays known, until a trip turns out to change it.
    """
    is_flag = isinstance(value, Const) and isinstance(value.value, int)
    return Fixed(value) if is_flag else shape_of(value, name)


def widen(shape: Shape, value: Value, name: str, loc: Loc, entry: Entry) -> Shape:
    """``shape`` made to hold also for ``value``, the carried value after a trip."""
    if isinstance(shape, Fixed):
        if same(shape.value, value) or isinstance(shape.value, Conflicting):
            return shape
        if are_functions(shape.value, value):
            if (entry.unrollable or entry.countable) and not isinstance(value, OneOf):
                raise _changes(name, loc)
            shape = carried_functions.shape_of(shape.value, name, entry.heap)
    if isinstance(shape, Chosen) and not perhaps.is_none(value):
        chosen = carried_functions.widen(shape, value, name, loc, entry)
        if chosen is not None:
            return chosen
    if isinstance(shape, Fixed):
        first = displayed(shape.value)
        shape = shape if first is shape.value else shape_of(first, name)
    value = displayed(value)
    kind = _may_be_none(shape, value)
    if kind is not None:
        return _widen_perhaps(shape, value, name, loc, entry, kind)
    if isinstance(shape, Anew) or isinstance(value, Ref):
        anew = _widen_object(shape, value, name, loc, entry)
        if anew is not None:
            return anew
    elif isinstance(shape, Tree) and isinstance(value, Pack):
        if shape.kind is OpenSet and value.kind is set:
            return _widen_set(shape, value)
        if value.kind is shape.kind:
            shape = _with_attributes(shape, value)
            value = in_order(value, shape.kind, shape.keys)
            if value.keys == shape.keys and len(value.items) == len(shape.items):
                names = shape.keys if can_be_record(shape.kind) else (name,) * len(shape.items)
                rows = zip(shape.items, value.items, names, strict=True)
                items = tuple(widen(s, v, str(n), loc, entry.inside) for s, v, n in rows)
                return Tree(shape.kind, shape.keys, items)
    elif isinstance(shape, Carried) and isinstance(value, Var | Const):
        if is_undefined(value):
            return shape
        return shape.widened(type_of(value))
    elif isinstance(shape, Carried) and isinstance(shape.type, ListOf) and _is_display(value):
        if any(map(entry.heap.pool_of, value.items)):  # type: ignore[union-attr,arg-type]
            return shape  # which has their places
        entry.heap.refuse_cycles(value, loc)
        display = entry.heap.frozen(value)
        # What is in dicts and sets to which data add, the list of the next round tells.
        if is_operand(display) and not holds_entries(display):
            found = of_items(type_of(display))  # type: ignore[arg-type]
            # Of instances, it tells whether it holds their numbers.
            return shape if record_in(found) else shape.widened(found)
        if is_operand(display):
            return shape
        perhaps.check_in(display, loc)
    elif isinstance(shape, Fixed):
        if is_undefined(shape.value):
            return undefined_at_first(value, name, entry)
        if is_data(shape.value) and is_data(value):
            assert isinstance(shape.value, Const)
            assert isinstance(value, Var | Const)
            type_ = join_types(type_of(shape.value), number_of(type_of(value)))
            return Carried(shape.value, type_, name)
    raise earlier(value) or _changes(name, loc)


def _with_attributes(shape: Tree, value: Pack) -> Tree:
    """The shape of an instance that gets attributes in a trip."""
    if len(shape.keys) != len(shape.items):
        return shape
    keys = attributes_of(Pack(shape.kind, (NOT_SET,) * len(shape.keys), shape.keys), value)
    found = dict(zip(shape.keys, shape.items, strict=True))
    return replace(shape, keys=keys, items=tuple(found.get(k, Fixed(NOT_SET)) for k in keys))


def _widen_set(shape: Tree, value: Pack) -> Tree:
    """The shape of a set to which data add elements, and which is known after a trip."""
    (at,) = shape.items
    assert isinstance(at, Carried)
    return replace(shape, items=(at.widened(set_layouts.type_of_known(value)),))


def _changes(name: str, loc: Loc, kind: type[StructureError] = StructureError) -> StructureError:
    message = f"{name or 'a value'} changes its structure from one trip of the loop to the next"
    hint = "give it one structure (or one function) before the loop"
    return kind(message, loc, hint)


def _may_be_none(shape: Shape, value: Value) -> type[PerhapsOf] | None:
    """What a loop carries that is a container in some trips, and None in others, or an attribute
    that there is in some trips."""
    if isinstance(value, PerhapsSet) or perhaps.is_not_set(value):
        return PerhapsSet
    if isinstance(shape, Perhaps):
        return shape.kind
    if isinstance(shape, Tree | Anew | Chosen):
        return PerhapsOf if isinstance(value, PerhapsOf) or perhaps.is_none(value) else None
    first = shape.value if isinstance(shape, Fixed) else None
    if isinstance(shape, Carried) and shape.type == Known(None):
        first = Const(None)
    return None if first is None else perhaps.meet(first, value)


def _widen_perhaps(
    shape: Shape, value: Value, name: str, loc: Loc, entry: Entry, kind: type[PerhapsOf]
) -> Shape:
    """The shape of a container that is None in some trips, or of an attribute that is not there."""
    nothing, flag = Const(UNDEFINED), flag_name(name)
    there, content = perhaps.parts(value, nothing, kind)
    if not isinstance(shape, Perhaps) or shape.kind is not kind:
        is_carried = is_called(content) or (kind is PerhapsSet and is_data(content))
        if (entry.unrollable or entry.countable) and not is_carried:
            raise _changes(name, loc, SometimesNone)
        shape = _perhaps(shape, there, flag, entry, kind)
    inside = shape.content
    if not is_undefined(content):
        inside = widen(inside, content, name, loc, entry.inside)
    return Perhaps(widen(shape.there, there, flag, loc, entry), inside, kind)


def _perhaps(
    shape: Shape, there: Operand, flag: str, entry: Entry, kind: type[PerhapsOf]
) -> Perhaps:
    """``shape``, which was all that a loop carries, as that of what may not be there."""
    first = shape.value if isinstance(shape, Fixed) else Const(True)
    is_none = isinstance(shape, Carried) and shape.type == Known(None)
    if perhaps.is_not_set(first) if kind is PerhapsSet else is_none or perhaps.is_none(first):
        return Perhaps(shape_of(Const(False), flag), Fixed(Const(UNDEFINED)), kind)
    if is_undefined(first):
        return Perhaps(undefined_at_first(there, flag, entry), Fixed(Const(UNDEFINED)), kind)
    return Perhaps(shape_of(Const(True), flag), shape, kind)


def _widen_object(shape: Shape, value: Value, name: str, loc: Loc, entry: Entry) -> Shape | None:
    """The shape of an object that is another one in each trip; None if that does not fit."""
    if isinstance(shape, Fixed):
        if shape.value is value:
            return shape
        if is_undefined(shape.value):
            is_there = isinstance(value, Ref) and value in entry.before
            if is_there:
                return Fixed(value)
            pooled = _in_pool(Const(UNDEFINED), value, name, entry)
            if pooled is not None:
                return pooled
            if not entry.owning:
                return undefined_at_first(value, name, entry)
            content = entry.heap.contents[value]  # type: ignore[index]
            return Anew(value.kind, undefined_at_first(content, name, entry), own=True)  # type: ignore[union-attr]
        shape = as_anew(shape, value, name, loc, entry)
    if not isinstance(shape, Anew) or not isinstance(value, Ref) or value.kind is not shape.kind:
        return None
    content = entry.heap.contents[value]
    if shape.pool is not None:
        part = entry.heap.pool_of(value)
        if part is None or part.owner is not shape.pool or part.place is None:
            return None
        return replace(shape, content=widen(shape.content, content, name, loc, entry.inside))
    entry.heap.go_on(value)
    if not shape.own:
        shape = followed(shape, value, entry)
    return replace(shape, content=widen(shape.content, content, name, loc, entry.inside))


def _is_display(value: Value) -> bool:
    return isinstance(value, Pack) and value.kind is list


def as_anew(shape: Shape, value: Value, name: str, loc: Loc, entry: Entry) -> Shape:
    """The shape of an object that turns out to be another one after a trip.

    Raises
    ------
    OneOfTwo
        If it leads back to itself: what is in it, and in that, has no end.
    """
    first = shape.value if isinstance(shape, Fixed) else None
    if not isinstance(first, Ref) or not isinstance(value, Ref) or first is value:
        return shape
    if first.kind is not value.kind:
        return shape
    pooled = _in_pool(first, value, name, entry)
    if pooled is not None:
        return pooled
    entry.heap.refuse_cycles(value, loc)
    entry.heap.go_on(first, value)
    shape = Anew(first.kind, shape_of(entry.before[first], name), entry.owning)
    return shape if entry.owning else numbered(shape, first, name, entry)


def _in_pool(first: Value, value: Value, name: str, entry: Entry) -> Anew | None:
    """The shape of an object that is at another place of its pool after a trip; None if it is in
    none.  ``first`` is what it is before the loop, if it is anything."""
    parts = entry.heap.pooled(value, first)
    part, other = parts or (None, None)
    if part is None or not isinstance(value, Ref):
        return None
    if other is None or other.place is None:
        before: Operand = Const(UNDEFINED)
        content = undefined_at_first(entry.heap.contents[value], name, entry)
    else:
        before, content = other.place, shape_of(entry.before[first], name)  # type: ignore[index]
    which = Carried(before, PY_INT, number_name(name))
    return Anew(value.kind, content, which=which, pool=part.owner)


def numbered(shape: Anew, first: Value, name: str, entry: Entry) -> Anew:
    """The shape of an object of which the loop carries which one it is, ``first`` before the loop;
    if that is not one of those that are known, it is sealed."""
    choice = NOTHING
    if isinstance(first, Ref):
        if not entry.knows(first):
            entry.heap.seal(first)
            return replace(shape, own=False)
        choice = entry.heap.choice(first)
    which = Carried(choice.which, PY_INT, number_name(name))
    return replace(shape, own=False, which=which, numbers=choice.numbers)


def followed(shape: Anew, value: Ref, entry: Entry) -> Anew:
    """``shape`` made to hold also for ``value`` after a trip, as far as it says which one it is."""
    if shape.which is not None and entry.knows(value):
        return replace(shape, numbers=shape.numbers | entry.heap.choice(value).numbers)
    if value in entry.before or entry.heap.is_shared(value):
        entry.heap.seal(value)
    entry.heap.seal(*entry.heap.numbered(shape.numbers))
    return replace(shape, which=None, numbers=frozenset())


def undefined_at_first(value: Value, name: str, entry: Entry) -> Shape:
    """The shape of what is nothing before the first trip, and ``value`` after one."""
    if isinstance(value, PerhapsOf):
        there = undefined_at_first(value.there, flag_name(name), entry)
        return Perhaps(there, undefined_at_first(value.content, name, entry), type(value))
    if is_called(value):
        return carried_functions.undefined_at_first(value, name, entry)
    if isinstance(value, Pack) and value.kind is not set:
        items = tuple(undefined_at_first(item, name, entry) for item in value.items)
        return Tree(value.kind, value.keys, items)
    if isinstance(value, Ref):
        entry.heap.go_on(value)
        entry.heap.refuse_cycles(value)
        content = undefined_at_first(entry.heap.contents[value], name, entry)
        return followed(
            numbered(Anew(value.kind, content), Const(UNDEFINED), name, entry), value, entry
        )
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
    if isinstance(shape, Chosen):
        shapes = (shape.which, *(part for option in shape.options for part in option.parts))
        which, *row = (params_of(each, params, inits, heap, after) for each in shapes)
        return carried_functions.function_of(shape, which, row)
    if isinstance(shape, Perhaps):
        there = params_of(shape.there, params, inits, heap, after)
        content = params_of(shape.content, params, inits, heap, after)
        return perhaps.made(there, content, shape.kind)  # type: ignore[arg-type]
    if isinstance(shape, Carried):
        params.append(Var(shape.name, shape.final() if after else shape.type))
        inits.append(shape.init)
        return params[-1]
    if isinstance(shape, Anew):
        content = params_of(shape.content, params, inits, heap, after)
        assert isinstance(content, Pack | Var)
        ref = heap.make(content, shape.kind)
        if issubclass(shape.kind, dict):
            heap.seal_lists(ref)  # what leads to them has noted another dict
        if shape.pool is not None:
            assert shape.which is not None
            place = params_of(shape.which, params, inits, heap, after)
            heap.parts[ref] = Part(shape.pool, place)  # type: ignore[arg-type]
        elif shape.which is not None:
            which = params_of(shape.which, params, inits, heap, after)
            heap.choices[ref] = Choice(which, shape.numbers)  # type: ignore[arg-type]
        elif not shape.own:
            heap.seal(ref)
        return ref
    items = tuple(params_of(item, params, inits, heap, after) for item in shape.items)
    return Pack(shape.kind, items, shape.keys)  # type: ignore[arg-type]


def results_of(shape: Shape, value: Value, results: list[Operand], heap: Heap) -> None:
    """Appends the operands of ``value`` that a loop of this shape carries on."""
    if isinstance(shape, Perhaps):
        there, content = perhaps.parts(value, Const(UNDEFINED), shape.kind)
        results_of(shape.there, there, results, heap)
        results_of(shape.content, content, results, heap)
    elif isinstance(shape, Chosen):
        for inside, each in carried_functions.leaves(shape, value, heap):
            results_of(inside, each, results, heap)
    elif isinstance(shape, Carried):
        assert isinstance(value, Var | Const)
        results.append(value)
    elif isinstance(shape, Anew):
        content = heap.contents[value] if isinstance(value, Ref) else value
        results_of(shape.content, content, results, heap)
        if shape.pool is not None:
            place = heap.pool_of(value)
            results.append(Const(UNDEFINED) if place is None else place.place)  # type: ignore[arg-type]
        elif shape.which is not None:
            results.append(heap.choice(value).which if isinstance(value, Ref) else NOTHING.which)
    elif isinstance(shape, Tree) and is_undefined(value):
        for item in shape.items:
            results_of(item, value, results, heap)
    elif isinstance(shape, Tree):
        value = displayed(value)
        assert isinstance(value, Pack)
        value = in_order(value, shape.kind, shape.keys)
        for item, part in zip(shape.items, value.items, strict=True):
            results_of(item, part, results, heap)
