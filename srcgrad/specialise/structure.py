"""Functions that the compiler itself evaluates on what it knows: containers, types, displays.

Each handler takes ``(sp, args, kwargs, loc, name)`` and gives a value, or None where it does not
apply and the call is an ordinary operation.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import (
    AliasingError,
    CertainError,
    Loc,
    NoDerivativeError,
    UnsupportedSyntaxError,
)
from srcgrad.ir import intrinsics
from srcgrad.ir import lists as list_ops
from srcgrad.ir.nodes import Apply, Const, Operand, Pack, Raise, Var
from srcgrad.ir.nodes import Block as _Block
from srcgrad.ir.nodes import If as _If
from srcgrad.ir.types import Array, ListOf, Object, Scalar, Unknown, ndim_of, number_of
from srcgrad.specialise import (
    callables,
    calls,
    cells,
    containers,
    cotangent,
    dunders,
    growing,
    iterate,
    lists,
    objects,
    outside,
    stores,
)
from srcgrad.specialise.assignment import ASSIGNMENTS
from srcgrad.specialise.builder import constant_of, type_of
from srcgrad.specialise.copies import COPIES
from srcgrad.specialise.functional import FUNCTIONAL
from srcgrad.specialise.join import same
from srcgrad.specialise.places import Test
from srcgrad.specialise.values import (
    ITERABLES,
    ITERATORS,
    Closure,
    EnumerateOf,
    GeneratorOf,
    Held,
    MapOf,
    NeedsValue,
    PartialOf,
    RangeOf,
    Ref,
    ReversedOf,
    SuperOf,
    Value,
    ZipOf,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

Args = tuple[Value, ...]
Kwargs = Mapping[str, Value]


def _getattr(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    attribute = sp.constant(args[1], "the name of an attribute")
    if len(args) == 3:
        found = _hasattr(sp, args[:2], {}, loc, "")
        if not isinstance(found, Const):
            message = "whether this has the attribute is not known"
            raise UnsupportedSyntaxError(message, loc, "test it before")
        if not found.value:
            return args[2]
    return calls.attribute(sp, args[0], attribute, loc, name)


def _getitem(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    container, key = sp.heap.view(args[0]), args[1]
    flat = stores.flat_array(container)
    if flat is not None:
        return stores.flat_item(sp, flat, sp.operand(key, loc), loc)
    if isinstance(container, Held):
        if not isinstance(container.example, list | tuple | dict):
            cls = type(container.example)
            if hasattr(cls, "__getitem__"):
                raise UnsupportedSyntaxError(f"indexing a '{cls.__name__}' object", loc)
        known = sp.constant(key, "an index into a container")
        if isinstance(known, slice):
            elements = sp.inputs.elements(container)
            return _same_kind(sp, type(container.example), elements[known])
        try:
            _check_index(container.example, known, loc)
        except CertainError:
            sp.inputs.length(container)  # in which another signature may have it
            raise
        return sp.inputs.item(container, known)
    if isinstance(container, Pack):
        try:
            known = sp.constant(key, "an index into a container")
        except NeedsValue as need:
            need.read = args[0]
            raise
        if container.kind is dict:
            if known not in container.keys:
                raise CertainError(f"there is no key {known!r}", loc, KeyError(known))
            return container.items[container.keys.index(known)]
        if isinstance(known, slice):
            kind = tuple if container.keys else container.kind
            return _same_kind(sp, kind, container.items[known])
        _check_index(container.items, known, loc)
        element: Operand = container.items[known]
        return element
    if isinstance(container, RangeOf):
        return iterate.at(sp, container, sp.operand(key, loc), loc)
    if lists.is_dynamic(container):
        found = calls.apply(sp, operator.getitem, (container, key), {}, loc, name)
        # A slice is a new list; a list that is an element has no identity, and cannot be changed.
        return containers.new_list(sp, found) if class_of(sp, key) is slice else found
    return None


def _same_kind(sp: Specialiser, kind: type, items: tuple[Value, ...]) -> Value:
    """A new list, or a tuple."""
    if kind is list:
        return containers.make_list(sp, items)
    return Pack(tuple if hasattr(kind, "_fields") else kind, items)  # type: ignore[arg-type]


def _check_index(container: Any, key: Any, loc: Loc) -> None:
    try:
        container[key]
    except (LookupError, TypeError) as error:
        raise CertainError(f"index {key!r}: {error}", loc, error) from None


def _unpack(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    value, before, after = sp.heap.view(args[0]), *args[1:]
    head = sp.constant(before, "the number of targets")
    tail = sp.constant(after, "the number of targets")
    found = iterate.elements(sp, value, loc)
    counted = (
        isinstance(value, Var) and isinstance(value.type, ListOf) and value.type.length == head
    )
    if found is None and isinstance(value, Var) and tail is None and not counted:
        return _unpack_array(sp, value, head, loc)
    if (
        found is None
        and isinstance(value, Var)
        and tail is not None
        and growing.is_dynamic(sp, value)
    ):
        return _unpack_starred(sp, value, head, tail, loc)
    elements = iterate.all_elements(sp, value, loc) if found is None else found
    if tail is None:
        if len(elements) != head:
            message = f"cannot unpack {len(elements)} values into {head} targets"
            raise UnsupportedSyntaxError(message, loc)
        return Pack(tuple, elements)  # type: ignore[arg-type]
    if len(elements) < head + tail:
        raise UnsupportedSyntaxError("not enough values to unpack", loc)
    stop = len(elements) - tail
    middle = containers.make_list(sp, elements[head:stop])
    return Pack(tuple, (*elements[:head], middle, *elements[stop:]))  # type: ignore[arg-type]


def _unpack_array(sp: Specialiser, value: Var, count: int, loc: Loc) -> Value:
    """``a, b = x`` for an array: its length is tested as Python would test it."""
    _refuse_length(sp, value, operator.ne, count, f"expected {count} values to unpack", loc)
    items = tuple(calls.index(sp, value, Const(i), loc) for i in range(count))
    return Pack(tuple, items)  # type: ignore[arg-type]


def _unpack_starred(sp: Specialiser, value: Var, head: int, tail: int, loc: Loc) -> Value:
    """``a, *rest, b = x`` for an array or a list of unknown length."""
    text = f"not enough values to unpack (expected at least {head + tail})"
    _refuse_length(sp, value, operator.lt, head + tail, text, loc)
    bounds = Pack(slice, (Const(head), Const(-tail if tail else None), Const(None)))
    middle = calls.index(sp, value, bounds, loc)
    if not isinstance(value.type, ListOf):
        middle = growing.collected(sp, middle, loc)
    places = (*range(head), *range(-tail, 0))
    items: list[Value] = [calls.index(sp, value, Const(i), loc) for i in places]
    items.insert(head, middle)
    return Pack(tuple, tuple(items))  # type: ignore[arg-type]


def _refuse_length(
    sp: Specialiser, value: Var, test: Callable[..., Any], count: int, text: str, loc: Loc
) -> None:
    """Raises what Python would where the length of ``value`` does not do."""
    size = sp.builder.apply(len, (value,), (), loc)
    wrong = sp.builder.apply(test, (size, Const(count)), (), loc)
    if isinstance(wrong, Var):
        with sp.builder.nested() as body:
            error = sp.builder.apply(ValueError, (Const(text),), (), loc)
            sp.builder.emit(Raise(error, None, loc))
        sp.builder.emit(_If((), wrong, _Block((), tuple(body), ()), _Block((), (), ()), loc))
    elif isinstance(wrong, Const) and wrong.value:
        raise UnsupportedSyntaxError(f"cannot unpack this array into {count} targets", loc)


def _pack(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    kind, _, *items = args
    kind_ = sp.constant(kind, "the kind of a display")
    if kind_ is set:
        keys = [sp.constant(item, "an element of a set") for item in items]
        return containers.make_set(sp, set(keys))
    if kind_ is not dict:
        return _same_kind(sp, kind_, tuple(items))
    entries: dict[Any, Value] = {}
    for key, value in zip(items[::2], items[1::2], strict=True):
        if isinstance(key, Const) and key.value is intrinsics.DOUBLE_STAR:
            entries.update(calls.mapping(sp, value, loc))
        else:
            entries[sp.constant(key, "a key of a dict")] = value
    return containers.make_dict(sp, entries)


# --- types --------------------------------------------------------------------------------------


def class_of(sp: Specialiser, value: Value) -> type | None:
    """The class of a value, None where it is not known."""
    match value:
        case Const():
            return type(value.value)
        case Pack() | Ref():
            return value.kind
        case Held():
            return type(value.example)
        case Closure():
            return type(class_of)
        case PartialOf():
            return functools.partial
        case Var(type=Array()):
            return np.ndarray
        case Var(type=Object(cls=cls)):
            return cls
        case Var(type=ListOf()):
            return list
        case Var():
            number = number_of(value.type)
            if isinstance(number, Scalar) and number.python is not None:
                if not number.python:
                    return number.dtype.type
                return {"f": float, "b": bool, "c": complex}.get(number.dtype.kind, int)
    return None


def _isinstance(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    cls = class_of(sp, args[0])
    wanted = constant_of(sp.operand(args[1], loc))
    if cls is None or wanted is None:
        return None
    return Const(issubclass(cls, wanted.value))


def _type(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    cls = class_of(sp, args[0]) if len(args) == 1 else None
    if cls is not None and isinstance(args[0], Held):
        sp.inputs.classes.setdefault(cls, args[0].place.attribute("__class__"))
    return None if cls is None else Const(cls)


def _super(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    return SuperOf(sp.constant(args[0], "the class given to 'super'"), args[1])


def _replace(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    return objects.replaced(sp, args[0], kwargs, loc)


def _iter(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if isinstance(args[0], ITERATORS):
        return args[0]
    return MapOf(Const(intrinsics.itself), (args[0],), sp.trip)


def _callable(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    cls = class_of(sp, args[0])
    if isinstance(args[0], Const):
        return Const(callable(args[0].value))
    return None if cls is None else Const(hasattr(cls, "__call__") and cls is not np.ndarray)  # noqa: B004


def _hasattr(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    attribute = sp.constant(args[1], "the name of an attribute")
    value = args[0]
    if isinstance(value, Held):
        return Const(outside.has_attribute(sp, value, attribute))
    if isinstance(value, Const):
        found = hasattr(value.value, attribute)
        where = calls.place_of_attribute(sp, value, attribute)
        if where is not None:
            sp.inputs.guard(where, Test.PRESENT, found)
        return Const(found)
    if isinstance(args[0], Ref | Pack) and objects.class_of_instance(args[0]) is not None:
        return Const(objects.has_attribute(sp, args[0], attribute))
    cls = class_of(sp, args[0])
    return None if cls is None else Const(hasattr(cls, attribute))


# --- comparisons of what is known ---------------------------------------------------------------


_ANY = Unknown | Object


def _is(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    a, b = args
    if isinstance(a, Ref) and isinstance(b, Ref) and a is not b:
        if a in sp.heap.sealed or b in sp.heap.sealed:
            message = "whether these are one object depends on data"
            raise AliasingError(message, loc, "compare what is in them")
        return Const(False)
    if isinstance(a, Const) and isinstance(b, Const):
        return Const(a.value is b.value)
    if isinstance(a, Held) and isinstance(b, Held):
        one = a.example is b.example
        sp.inputs.guard_identity(a.place, b.place, one)
        return Const(one)
    if isinstance(a, Var) and isinstance(b, Var):
        return Const(True) if a is b else None
    for value, other in ((a, b), (b, a)):
        if isinstance(value, Const) and not isinstance(other, Const):
            if isinstance(other, Var) and isinstance(other.type, Unknown | Object):
                return None
            kind = type(value.value)
            if kind in (bool, int, float) and class_of(sp, other) in (kind, None):
                return None  # `flag is True`
            return Const(False)
    for held, var in ((a, b), (b, a)):
        if isinstance(held, Held) and isinstance(var, Var) and isinstance(var.type, _ANY):
            message = "whether these are one object is not known before the call"
            raise UnsupportedSyntaxError(message, loc, "compare what is in them")
    return Const(a is b)


def _is_not(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    result = _is(sp, args, kwargs, loc, name)
    return Const(not result.value) if isinstance(result, Const) else None


def _equal(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if objects.compares_by_identity(*args):
        return _is(sp, args, kwargs, loc, name)
    a, b = (sp.heap.frozen(arg) for arg in args)
    if lists.is_dynamic(a) or lists.is_dynamic(b):
        message = "a comparison of lists whose length is not known cannot be differentiated"
        raise UnsupportedSyntaxError(message, loc, "compare their elements")
    if isinstance(a, Pack) and isinstance(b, Pack) and a.kind is not b.kind:
        if not (issubclass(a.kind, tuple) and issubclass(b.kind, tuple)):
            return Const(False)
        plain = tuple(Pack(tuple, pack.items) for pack in (a, b))  # named tuples are tuples
        return calls.invoke(sp, Const(operator.eq), plain, {}, loc)
    if isinstance(a, Pack) and isinstance(b, Pack) and a.kind in (set, dict):
        a, b = containers.in_key_order(a), containers.in_key_order(b)
    if isinstance(a, Const) and isinstance(b, Const):
        arrays = isinstance(a.value, np.ndarray) or isinstance(b.value, np.ndarray)
        return None if arrays else Const(bool(a.value == b.value))
    if isinstance(a, Pack) and isinstance(b, Pack) and same(a, b):
        return Const(True)
    if isinstance(a, Pack) and isinstance(b, Pack) and len(a.items) != len(b.items):
        return Const(False)
    if isinstance(a, Pack) and isinstance(b, Pack) and a.kind is set:
        return Const(False)
    return None


def _not_equal(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    result = dunders.apply(sp, operator.eq, args, loc, name)  # which `!=` is the opposite of
    if result is None:
        result = _equal(sp, args, kwargs, loc, name)
    if result is None or isinstance(result, Const):
        return None if result is None else Const(not result.value)
    return calls.invoke(sp, Const(operator.not_), (result,), {}, loc)


def _not(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    value = calls.truth(sp, args[0], loc)
    return Const(not value) if isinstance(value, bool) else None


def _contains(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    container, item = sp.heap.view(args[0]), args[1]
    keys: Any = None
    if isinstance(container, Pack) and container.kind is dict:
        keys = container.keys
    elif isinstance(container, Pack) and container.kind is set:
        keys = containers.keys_of(container)
    elif isinstance(container, Held) and isinstance(container.example, dict):
        keys = sp.inputs.keys(container)
    elif isinstance(container, Pack) and any(isinstance(i, Ref) for i in container.items):
        return Const(containers.position(sp, container, item, loc) is not None)
    elif isinstance(container, Pack):
        known = constant_of(container)
        keys = known.value if known is not None else None
    if keys is not None and isinstance(item, Const | Pack):
        return Const(sp.constant(item, "what is looked for in a container") in keys)
    return None


# --- containers and iteration -------------------------------------------------------------------


def _len(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    value = sp.heap.view(args[0])
    if isinstance(value, Pack):
        return Const(len(value.items))
    if isinstance(value, Held) and isinstance(value.example, list | tuple | dict):
        return Const(sp.inputs.length(value))
    if isinstance(value, ITERABLES):
        return iterate.length(sp, value, loc)
    return None


def _sequence(kind: type) -> Callable[..., Value | None]:
    def build(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        if kind is list and args and lists.is_dynamic(sp.heap.view(args[0])):
            return containers.new_list(sp, sp.heap.view(args[0]))
        if kind is list and args and growing.is_dynamic(sp, args[0]):
            return growing.collected(sp, args[0], loc)
        elements = iterate.all_elements(sp, args[0], loc) if args else ()
        if kind is set:
            known = [sp.constant(element, "an element of a set") for element in elements]
            return containers.make_set(sp, set(known))
        return _same_kind(sp, kind, elements)

    return build


def _dict(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    entries = containers.entries(sp, args[0], loc) if args else {}
    return containers.make_dict(sp, {**entries, **kwargs})


def _rank_of(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    type_ = type_of(sp.operand(args[0], loc))
    rank = ndim_of(type_.item) if isinstance(type_, ListOf) else None
    if rank is None:
        raise NoDerivativeError("arrays of unknown rank are joined", loc)
    return Const(rank)


def _fills(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    return Const(lists.fills(sp, args[0], args[1], loc))


def _append(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    longer = lists.append(sp, sp.heap.view(args[0]), args[1], loc, name)
    return containers.new_list(sp, longer) if isinstance(args[0], Ref) else longer


def _slice(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if kwargs or not 1 <= len(args) <= 3:
        return None
    none: Value = Const(None)
    start, stop, step = (none, *args, none) if len(args) == 1 else (*args, none)[:3]
    return Pack(slice, (start, stop, step))  # type: ignore[arg-type]


def _range(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    parts: list[Operand] = [sp.operand(arg, loc) for arg in args]
    if any(_is_float(part) for part in parts):
        message = "the argument of range is a float; a differentiated int is taken as a float"
        raise UnsupportedSyntaxError(message, loc, "leave it out of argnums")
    if len(parts) == 1:
        parts.insert(0, Const(0))
    if len(parts) == 2:
        parts.append(Const(1))
    return RangeOf(*parts)


def _is_float(operand: Operand) -> bool:
    """Whether an operand is a floating-point number."""
    number = number_of(type_of(operand))
    return isinstance(number, Scalar) and number.dtype.kind == "f"


def _zip(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    strict = kwargs.get("strict")
    if strict is not None and not (isinstance(strict, Const) and strict.value is False):
        found = [iterate.elements(sp, arg, loc) for arg in args]
        if any(part is None for part in found) or len({len(part or ()) for part in found}) > 1:
            message = "'zip(strict=True)' of arrays cannot be differentiated"
            raise UnsupportedSyntaxError(message, loc, "drop 'strict'")
        return ZipOf(tuple(Pack(tuple, part) for part in found), sp.trip)  # type: ignore[arg-type]
    return ZipOf(args, sp.trip)


def _enumerate(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    start = args[1] if len(args) > 1 else kwargs.get("start", Const(0))
    return EnumerateOf(args[0], sp.operand(start, loc), sp.trip)


def _reversed(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    return ReversedOf(args[0], sp.trip)


def _sum(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if isinstance(args[0], ITERABLES) and growing.is_dynamic(sp, args[0]):
        items = growing.collected(sp, args[0], loc)
        return calls.invoke(sp, Const(sum), (items, *args[1:]), kwargs, loc, name)
    if isinstance(sp.heap.view(args[0]), Var) and not iterate.is_known(sp, args[0], loc):
        return None  # an array: its rows are added by the operation itself
    total = args[1] if len(args) > 1 else kwargs.get("start", Const(0))
    elements = iterate.all_elements(sp, args[0], loc)
    for i, element in enumerate(elements):
        if i == 0 and _adds_nothing(total, element, alone=len(elements) == 1):
            total = element
            continue
        total = calls.invoke(sp, Const(operator.add), (total, element), {}, loc)
    return total


def _adds_nothing(start: Value, element: Value, alone: bool) -> bool:
    """Whether ``start + element`` is ``element`` itself, of the same type.

    An array that is ``alone`` would be its own sum, and a sum is an array of its own.
    """
    if not isinstance(start, Const) or type(start.value) not in (int, float) or start.value != 0:
        return False
    number = number_of(type_of(element)) if isinstance(element, Var | Const) else None
    if isinstance(number, Array):
        return number.ndim > 0 and number.dtype.kind in "fc" and not alone
    return isinstance(number, Scalar) and number.dtype.kind in "fc"


def _extremum(function: Callable[..., Any]) -> Callable[..., Value | None]:
    def pick(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        if kwargs or len(args) != 1:
            return None
        if isinstance(args[0], ITERABLES) and growing.is_dynamic(sp, args[0]):
            items = growing.collected(sp, args[0], loc)
            return calls.apply(sp, function, (items,), {}, loc, name)
        viewed = sp.heap.view(args[0])
        if lists.is_dynamic(viewed) or (isinstance(viewed, Var) and ndim_of(viewed.type) == 1):
            return None
        elements = iterate.all_elements(sp, args[0], loc)
        if len(elements) == 1:
            return elements[0]
        return calls.apply(sp, function, elements, {}, loc, name)

    return pick


def _add(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """Concatenation of lists and tuples."""
    if all(class_of(sp, arg) is list for arg in args):
        viewed = [sp.heap.view(arg) for arg in args]
        if any(map(lists.is_dynamic, viewed)):
            return containers.new_list(sp, lists.concatenate(sp, viewed[0], viewed[1], loc, name))
    if all(isinstance(arg, Pack | Held | Const | Ref) for arg in args):
        kinds = [class_of(sp, arg) for arg in args]
        if kinds[0] in (list, tuple) and kinds[0] is kinds[1]:
            parts = [iterate.all_elements(sp, arg, loc) for arg in args]
            return _same_kind(sp, kinds[0], (*parts[0], *parts[1]))
    return None


def _mul(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """Repetition of lists and tuples."""
    dynamic = any(lists.is_dynamic(sp.heap.view(arg)) for arg in args)
    if dynamic and any(class_of(sp, arg) is int for arg in args):
        message = "a list whose length is not known cannot be repeated"
        raise UnsupportedSyntaxError(message, loc, "append to a list in a loop")
    for sequence, count in (args, args[::-1]):
        is_number = isinstance(count, Const | Var) and class_of(sp, count) is int
        if isinstance(sequence, Pack | Held | Ref) and is_number:
            kind = class_of(sp, sequence)
            if kind in (list, tuple):
                times = sp.constant(count, "the number of repetitions")
                elements = iterate.all_elements(sp, sequence, loc)
                return _same_kind(sp, kind, elements * times)
    return None


def _or(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """The union of dicts; what may be done with sets."""
    kinds = {class_of(sp, arg) for arg in args}
    if kinds == {dict}:
        first, second = (containers.entries(sp, arg, loc) for arg in args)
        return containers.make_dict(sp, {**first, **second})
    return None


def _of_sets(op: Any) -> Callable[..., Value | None]:
    def combine(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        first, second = (sp.heap.view(arg) for arg in args)
        if not isinstance(first, Pack) or not isinstance(second, Pack):
            return _or(sp, args, kwargs, loc, name) if op is operator.or_ else None
        if first.kind is not set or second.kind is not set:
            return _or(sp, args, kwargs, loc, name) if op is operator.or_ else None
        keys = [containers.keys_of(pack) for pack in (first, second)]
        return containers.make_set(sp, op(set(keys[0]), set(keys[1])))

    return combine


def _in_place(op: Any, base: Any) -> Callable[..., Value | None]:
    """``x += e``: a rebinding of numbers and tuples; of an array, a write (checked later)."""

    def augment(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        kind = class_of(sp, args[0])
        if isinstance(args[0], Ref):
            changed = containers.augment(sp, op, args[0], args[1], loc)
            if changed is not None:
                return changed
        elif kind in (list, dict):
            message = "an augmented assignment changes a list or dict in place"
            raise UnsupportedSyntaxError(message, loc, "write `items = items + more`")
        target = args[0]
        is_array = isinstance(target, Var) and isinstance(target.type, Array | Unknown)
        if not is_array:
            return calls.invoke(sp, Const(base), args, kwargs, loc, name)
        assert isinstance(target, Var)
        operand = sp.operand(args[1], loc)
        result = Var(name, target.type)
        stmt = Apply(result, op, (target, operand), (), loc)
        sp.builder.definitions[result] = stmt
        sp.builder.emit(stmt)
        return result

    return augment


def _metadata(descriptor: Any) -> Callable[..., Value | None]:
    """``np.shape(x)`` of what is known to be an array is ``x.shape``."""

    def ask(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        if len(args) == 1 and not kwargs and isinstance(args[0], Var):  # noqa: SIM102
            if isinstance(args[0].type, Array):
                return calls.apply(sp, descriptor, args, {}, loc, name)
        return None

    return ask


# --- what rules may ask -------------------------------------------------------------------------


def _is_active(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    return Const(sp.is_active(sp.operand(args[0], loc)))


def _refuse(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    raise NoDerivativeError(sp.constant(args[0], "the message"), loc)


def _entering(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if isinstance(args[0], Const) and args[0].value is np.errstate:
        return Const(None)
    hint = "only np.errstate may stand here; do this outside of the differentiated function"
    raise UnsupportedSyntaxError("'with' cannot be differentiated", loc, hint)


IN_PLACE = {
    operator.iadd: operator.add,
    operator.isub: operator.sub,
    operator.imul: operator.mul,
    operator.itruediv: operator.truediv,
    operator.ifloordiv: operator.floordiv,
    operator.imod: operator.mod,
    operator.ipow: operator.pow,
    operator.imatmul: operator.matmul,
    operator.iand: operator.and_,
    operator.ior: operator.or_,
    operator.ixor: operator.xor,
    operator.ilshift: operator.lshift,
    operator.irshift: operator.rshift,
}
"""The operators of augmented assignment, and those that do the same to a new object."""

STRUCTURAL: dict[Any, Callable[..., Value | None]] = {
    getattr: _getattr,
    operator.getitem: _getitem,
    intrinsics.entering: _entering,
    intrinsics.generated: lambda sp, args, *_: GeneratorOf(args[0], sp.trip),
    intrinsics.itself: lambda sp, args, *_: args[0],
    intrinsics.unpack: _unpack,
    intrinsics.pack: _pack,
    isinstance: _isinstance,
    type: _type,
    callable: _callable,
    super: _super,
    dataclasses.replace: _replace,
    iter: _iter,
    hasattr: _hasattr,
    operator.is_: _is,
    operator.is_not: _is_not,
    operator.eq: _equal,
    operator.ne: _not_equal,
    operator.not_: _not,
    operator.contains: _contains,
    len: _len,
    tuple: _sequence(tuple),
    list: _sequence(list),
    set: _sequence(set),
    frozenset: _sequence(set),
    dict: _dict,
    range: _range,
    slice: _slice,
    zip: _zip,
    enumerate: _enumerate,
    reversed: _reversed,
    sum: _sum,
    max: _extremum(max),
    min: _extremum(min),
    operator.add: _add,
    operator.mul: _mul,
    operator.or_: _of_sets(operator.or_),
    operator.and_: _of_sets(operator.and_),
    operator.sub: _of_sets(operator.sub),
    intrinsics.expand: cotangent.expand,
    intrinsics.unbroadcast: cotangent.unbroadcast,
    intrinsics.zero: cotangent.zero,
    np.shape: _metadata(np.ndarray.shape),
    np.size: _metadata(np.ndarray.size),
    np.ndim: _metadata(np.ndarray.ndim),
    **cells.STRUCTURAL,
    **callables.STRUCTURAL,
    intrinsics.is_active: _is_active,
    list_ops.is_display: lambda sp, args, *_: Const(not lists.is_dynamic(sp.heap.view(args[0]))),
    list_ops.list_append: _append,
    list_ops.rank_of: _rank_of,
    list_ops.fills: _fills,
    intrinsics.refuse: _refuse,
    **ASSIGNMENTS,
    **FUNCTIONAL,
    **COPIES,
    **{op: _in_place(op, base) for op, base in IN_PLACE.items()},
}
