"""``copy.copy`` and ``copy.deepcopy`` of what the program makes, and of objects from outside."""

from __future__ import annotations

import copy
import inspect
import operator
import types
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.instances import in_class, is_instance, is_plain
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.records import Number, record_in
from srcgrad.ir.types import (
    Array,
    Known,
    ListOf,
    Never,
    PackType,
    Scalar,
    Size,
    Type,
    is_some_number,
    is_text,
    number_of,
)
from srcgrad.specialise import (
    allocations,
    attributes,
    calls,
    chains,
    compiled,
    descriptors,
    dunders,
    given_identity,
    handed,
    lists,
    lists_in_dicts,
    objects,
    open_sets,
    outside,
    set_methods,
    subclasses,
)
from srcgrad.specialise.classes import found_through
from srcgrad.specialise.heap import Choice
from srcgrad.specialise.values import (
    Args,
    Handler,
    Held,
    Kwargs,
    OpenDict,
    OpenDictOf,
    Opened,
    OpenSetOf,
    PerhapsOf,
    Ref,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def _copy(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    value = args[0]
    own = dunders.special(sp, value, "__copy__", (), loc)
    if own is not None:
        return own
    if isinstance(value, Ref) and set_methods.is_known(sp, value):
        return set_methods.copied(sp, value)
    if isinstance(value, Ref) and value.kind is frozenset:
        return value
    opened = sp.heap.view(value)
    if isinstance(opened, OpenSetOf):
        return open_sets.copied(sp, opened, set, loc)
    if isinstance(value, Ref):
        return lists_in_dicts.shared(sp, value, value.kind)
    if isinstance(value, Held) and isinstance(value.example, list | tuple | dict):
        subclasses.check_parts(value, loc)
        value = handed.opened(sp, value)
    if isinstance(value, Pack) and value.kind in (list, dict):
        return sp.heap.make(value)
    if isinstance(value, Held):
        return _with_attributes(sp, value, loc)
    return _plain(sp, value, loc)


def _with_attributes(sp: Specialiser, held: Held, loc: Loc) -> Value | None:
    """A new instance with the attributes of one from outside; None if a copy may have others."""
    cls = type(held.example)
    if not is_instance(held.example) or not is_plain(cls) or any(_hooks(cls)):
        return None
    names = outside.names(sp, held)
    if any(descriptors.is_first(in_class(cls, name)) for name in names):
        return None  # whose getter would be called
    found_through(sp, held, cls)
    values = tuple(attributes.attribute(sp, held, name, loc) for name in names)
    pack = Pack(cls, values, names)  # type: ignore[arg-type]
    return pack if objects.is_frozen(cls) else sp.heap.make(pack)


_HOOKS = ("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__deepcopy__")


def _hooks(cls: type) -> Iterator[str]:
    """The methods of a class that say how its instances are copied."""
    return (name for name in _HOOKS if dunders.is_written(in_class(cls, name)))


def _deep_copy(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    for ref in sp.heap.contents:
        if isinstance(inspect.getattr_static(ref.kind, "__deepcopy__", None), types.FunctionType):
            message = f"'{ref.kind.__name__}' has a '__deepcopy__' of its own"
            raise UnsupportedSyntaxError(message, loc, "make the copy in a method, and call that")
    for memo in (*args[1:], *kwargs.values()):
        if not (isinstance(memo, Const) and memo.value is None):
            message = "what a memo of 'copy.deepcopy' holds is not followed"
            raise UnsupportedSyntaxError(message, loc, "copy what belongs together in one call")
    made: dict[Value, Value] = {}
    copied = _deep(sp, args[0], made, loc)
    given_identity.keep_apart(sp, (v for v in made if isinstance(v, Ref)), loc)
    _keep_identity(sp, made, loc)
    _keep_sealed(sp, made)
    return copied


def _keep_sealed(sp: Specialiser, made: Mapping[Value, Value]) -> None:
    """A list that a list of unknown length may hold must not be changed, and where both are copied,
    its copy must not be."""
    if not any(isinstance(xs, Var) and _holds_containers(xs.type) for xs in made):
        return
    sp.heap.seal(*(made[value] for value in made if _is_sealed(sp, value)))


def _is_sealed(sp: Specialiser, value: Value) -> bool:
    return isinstance(value, Ref) and sp.heap.is_sealed(value)


def _holds_containers(type_: Type) -> bool:
    """Whether a list of this type holds anything that has identity where it is not in a list."""
    if not isinstance(type_, ListOf):
        return False
    return any(_is_changeable(each) for each in (type_.item, *type_.each))


def _is_changeable(type_: Type) -> bool:
    if isinstance(type_, PackType):
        return type_.kind is not tuple or any(map(_is_changeable, type_.items))
    return isinstance(type_, ListOf)


def _keep_identity(sp: Specialiser, made: Mapping[Value, Value], loc: Loc) -> None:
    """Of what may be one object, the copies are one where it is: their numbers are as far from each
    other."""
    pairs = [(a, b) for a, b in made.items() if isinstance(a, Ref) and isinstance(b, Ref)]
    if not any(other in made for ref, _ in pairs for other in sp.heap.aliases(ref)):
        return
    shift = sp.heap.reserve()
    for ref, copied in pairs:
        choice = sp.heap.choice(ref)
        if isinstance(choice.which, Const):
            which: Operand = Const(choice.which.value + shift)
        else:
            which = sp.builder.apply(operator.add, (choice.which, Const(shift)), (), loc)
        numbers = frozenset(number + shift for number in choice.numbers)
        sp.heap.choices[copied] = Choice(which, numbers)


def _deep(sp: Specialiser, value: Value, made: dict[Value, Value], loc: Loc) -> Value | None:
    """A copy of everything in ``value``; None if there is something that cannot be copied.

    ``made`` are the copies so far: what occurs twice is copied once.
    """
    if value in made:
        return made[value]
    chains.refuse((value,), loc)
    twin = given_identity.met_before(sp, value, made, loc)
    if twin is not None:
        made[value] = made[twin]
        return made[twin]
    if isinstance(value, Held):
        return _deep_held(sp, value, made, loc)
    if isinstance(value, Var) and isinstance(number_of(value.type), Array):
        return _deep_array(sp, value, made, loc)
    if isinstance(value, Pack) and value.kind not in (list, dict):
        items = [_deep(sp, item, made, loc) for item in value.items]
        return None if None in items else Pack(value.kind, tuple(items), value.keys)  # type: ignore[arg-type]
    content = sp.heap.view(value)
    if isinstance(content, Opened):
        return _deep_opened(sp, content, made, loc)
    if isinstance(content, Var) and lists.is_dynamic(content):
        made[value] = sp.heap.make(lists.as_list(sp, _deep_list(sp, content, made, loc), loc), list)
        return made[value]
    if isinstance(value, PerhapsOf) and isinstance(value.content, Var):
        return value if _is_value(value.content.type) else None
    if not isinstance(value, Ref | Pack):
        return _plain(sp, value, loc)
    assert isinstance(content, Pack)
    if content.kind is set:
        made[value] = set_methods.copied_deeply(sp, value)
        return made[value]
    made[value] = ref = sp.heap.make(content, value.kind)
    return _filled(sp, ref, content, made, loc)


def _deep_opened(sp: Specialiser, opened: Opened, made: dict[Value, Value], loc: Loc) -> Value:
    """The copy of a dict to which data add keys, or of such a set, whose elements stay as they are.

    Its lists are its own, unless something else may have led to those that were copied.
    """
    if isinstance(opened, OpenSetOf):
        made[opened.ref] = copied = open_sets.copied_deeply(sp, opened, loc)
        return copied
    content = sp.heap.contents[opened.ref]
    if isinstance(opened, OpenDictOf):
        values = _deep_list(sp, opened.values, made, loc)
        content = Pack(OpenDict, (opened.at, values), ("at", "values"))  # type: ignore[arg-type]
    made[opened.ref] = copied = sp.heap.make(content, opened.ref.kind)
    if sp.heap.has_sealed_lists(opened.ref, *sp.heap.aliases(opened.ref)):
        sp.heap.seal_lists(copied)
    return copied


def _deep_list(sp: Specialiser, xs: Var, made: dict[Value, Value], loc: Loc) -> Value:
    """What is in the copy of a list of unknown length: the elements themselves, which nobody can
    change there, but for copies of arrays."""
    if xs not in made:
        made[xs] = copied = _elements(sp, xs, loc)
        _note_twins(sp, xs, copied, made, loc)
    return made[xs]


def _elements(sp: Specialiser, xs: Var, loc: Loc) -> Var:
    if _is_value(xs.type):
        return xs
    kind = record_in(xs.type)
    if sp.pools is not None and kind is not None:
        message = f"this copies a list that may hold a {kind.__name__} twice, as its copy would"
        raise UnsupportedSyntaxError(
            message, loc, "copy them one by one: [copy.copy(p) for p in ps]"
        )
    return lists.as_list(sp, compiled.run(sp, _copied, (xs, Const(copy.deepcopy)), loc), loc)


def _is_value(type_: Type) -> bool:
    """Whether what is in a list is the same as a copy of it: it has no identity there."""
    if isinstance(type_, PackType):
        return not issubclass(type_.kind, Number) and all(map(_is_value, type_.items))
    if isinstance(type_, ListOf):
        return all(map(_is_value, (type_.item, *type_.each)))
    if isinstance(type_, Known):
        return isinstance(type_.value, str | int | float | complex | None)
    return isinstance(type_, Scalar | Size | Never) or is_text(type_) or is_some_number(type_)


def _note_twins(
    sp: Specialiser, xs: Var, copied: Var, made: Mapping[Value, Value], loc: Loc
) -> None:
    """Notes that an array may be in a list twice, or beside it, and so would be its copy."""
    if copied is xs:
        return  # there are no arrays
    for other, found in made.items():
        if isinstance(other, Var) and isinstance(found, Var) and other is not found:
            sp.twins.append(allocations.Twins((other, xs), (found, copied), loc))


def _deep_held(sp: Specialiser, held: Held, made: dict[Value, Value], loc: Loc) -> Value | None:
    """The copy of a container or an object from outside, one for all places that lead to it."""
    others = (other for other in made if isinstance(other, Held) and other.place == held.place)
    other = next(others, None)
    if other is not None:
        return made[other]
    if isinstance(held.example, list | tuple | dict):
        subclasses.check_parts(held, loc)
        opened = handed.opened(sp, held)
        if opened.kind in (list, dict):
            made[held] = ref = sp.heap.make(opened)
            return _filled(sp, ref, opened, made, loc)
        found: Value | None = _deep(sp, opened, made, loc)
        if found is not None:
            made[held] = found
        return found
    shallow = _with_attributes(sp, held, loc)
    if not isinstance(shallow, Ref):
        return None if shallow is None else _deep(sp, shallow, made, loc)
    made[held] = shallow
    content = sp.heap.contents[shallow]
    assert isinstance(content, Pack)
    return _filled(sp, shallow, content, made, loc)


def _filled(
    sp: Specialiser, ref: Ref, content: Pack, made: dict[Value, Value], loc: Loc
) -> Value | None:
    """``ref`` with copies of what is in ``content``; None if something cannot be copied."""
    items = [_deep(sp, item, made, loc) for item in content.items]
    if None in items:
        return None
    sp.heap.contents[ref] = Pack(content.kind, tuple(items), content.keys)  # type: ignore[arg-type]
    return ref


def _deep_array(sp: Specialiser, array: Var, made: dict[Value, Value], loc: Loc) -> Value | None:
    """The copy of an array, one for all of its names."""
    others = [
        (other, copied)
        for other, copied in made.items()
        if isinstance(other, Var) and isinstance(copied, Var) and copied is not other
    ]
    known = [allocations.is_one(sp, array, other) for other, _ in others]
    if True in known:
        made[array] = others[known.index(True)][1]
        return made[array]
    found = _plain(sp, array, loc)
    assert isinstance(found, Var)
    for one, (other, copied) in zip(known, others, strict=True):
        if one is None:
            sp.twins.append(allocations.Twins((other, array), (copied, found), loc))
    made[array] = found
    return found


def _plain(sp: Specialiser, value: Value, loc: Loc) -> Value | None:
    """A copy of an array; numbers, text and functions are their own."""
    if isinstance(value, Var):
        type_ = number_of(value.type)
        if isinstance(type_, Array):
            return calls.invoke(sp, Const(np.copy), (value,), {}, loc)
        return value if isinstance(type_, Scalar | Size) else None
    return value if isinstance(value, Const | Pack) else None


# --- compiled like the user's functions -----------------------------------------------------------


def _copied(xs: Any, deepcopy: Any) -> Any:
    return [deepcopy(x) for x in xs]


COPIES: dict[Any, Handler] = {copy.copy: _copy, copy.deepcopy: _deep_copy}
