"""Dicts to which data add keys: ``sums[label] = sums.get(label, 0.0) + v``.

A dict stays a display, known key by key, until something is put there under a key that only
running the program tells.  Then what is in it becomes two values: a list of unknown length of the
values, in the order in which the keys came, and ``at``, which has for each key its place in that
list (:mod:`srcgrad.ir.keys`).  All that carries a derivative is in the list.  What is done to the
dict is written in Python here, and compiled like the user's functions.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from srcgrad.errors import CertainError, Loc, UnsupportedSyntaxError
from srcgrad.ir import keys
from srcgrad.ir import lists as list_ops
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.ops import operation
from srcgrad.ir.types import (
    NEVER,
    PY_BOOL,
    PY_INT,
    UNKNOWN,
    KeysOf,
    ListOf,
    Scalar,
    Type,
    Unknown,
    is_enumeration,
    number_of,
)
from srcgrad.specialise import (
    by_data,
    calls,
    compiled,
    containers,
    lists,
    lists_in_dicts,
    many_trips,
    one_kind,
    only_elements,
    perhaps,
    put_there,
    reach,
    texts,
    undecided,
)
from srcgrad.specialise.carried_shapes import Carried, Shape, Tree
from srcgrad.specialise.contents import Contents, holds_lists
from srcgrad.specialise.found_out import identity
from srcgrad.specialise.heap import Part
from srcgrad.specialise.join import join_keys, key_type, keys_of
from srcgrad.specialise.values import OpenDict, OpenDictOf, Opened, OpenSetOf, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

# --- types ----------------------------------------------------------------------------------------


@operation(keys.keys_of)
def _keys_type(items: Type) -> Type:
    return keys_of(items)


@operation(keys.key_added)
def _added_type(at: Type, key: Type) -> Type:
    return KeysOf(join_keys(at.item, key_type(key))) if isinstance(at, KeysOf) else UNKNOWN


@operation(keys.has_key)
def _has_type(at: Type, key: Type) -> Type:
    return PY_BOOL


@operation(keys.key_place, keys.next_place)
def _place_type(at: Type, key: Type) -> Type:
    return PY_INT


@operation(keys.place_asked, pure=False)
def _asked_type(at: Type, key: Type) -> Type:
    return PY_INT


@operation(keys.key_list)
def _list_type(at: Type) -> Type:
    return ListOf(at.item) if isinstance(at, KeysOf) else UNKNOWN


# --- making ---------------------------------------------------------------------------------------


def content(sp: Specialiser, value: Value, loc: Loc, name: str = "") -> Pack:
    """What is in a dict, as the places of its keys and a list of its values."""
    assert isinstance(value, Pack)
    if value.kind is OpenDict:
        return value
    name = name if name.isidentifier() else ""
    at = places(sp, value.keys, loc, _places_name(name))
    with put_there.opening(sp, value):
        values = lists.as_list(sp, Pack(list, value.items), loc, name)
    return _content(at, values)


def places(sp: Specialiser, known: Iterable[Any], loc: Loc, name: str = "") -> Var:
    """The places of keys that are known."""
    known = tuple(known)
    if not all(map(is_plain, known)):
        message = "a dict gets keys that only running the program tells, and has others"
        raise UnsupportedSyntaxError(message, loc, "let its keys be integers, texts, or tuples")
    display = Pack(tuple, tuple(map(Const, known)))
    with lists.located(loc):
        at = sp.builder.apply(keys.keys_of, (display,), (), loc, name)
    assert isinstance(at, Var)
    return at


def _content(at: Var, values: Var) -> Pack:
    return Pack(OpenDict, (at, values), ("at", "values"))


def _places_name(name: str) -> str:
    return f"{name}_at" if name else ""


def differ(a: Value, b: Value, left: Contents, right: Contents) -> bool:
    """Whether what is in a dict has to become a list: it is ``a`` where ``left`` is what is in the
    objects, and ``b``, which is a list or has other keys, where that is ``right``."""
    if not isinstance(a, Pack) or not isinstance(b, Pack):
        return False
    if (a.kind, b.kind) == (dict, dict):
        return set(a.keys) != set(b.keys) and one_kind.are_alike(((a, left), (b, right)))
    return {a.kind, b.kind} == {dict, OpenDict}


def carried(sp: Specialiser, first: Value, name: str, loc: Loc) -> Shape:
    """How a loop carries a dict to which it adds keys, and which was ``first`` before it."""
    items = content(sp, first, loc, name).items
    assert all(isinstance(item, Var) for item in items)
    each = tuple(Carried(item, item.type, item.name) for item in items)  # type: ignore[union-attr]
    return Tree(OpenDict, ("at", "values"), each)


def made_open(sp: Specialiser, ref: Ref, loc: Loc) -> OpenDictOf:
    """A dict of the program as one to which data add keys."""
    pack = sp.heap.contents[ref]
    if not (isinstance(pack, Pack) and pack.kind is OpenDict):
        put_there.open_all(sp, pack, partial(reach.kept, sp))
        containers.write(sp, ref, content(sp, pack, loc, sp.heap.names.get(ref, "")), loc)
    found = sp.heap.view(ref)
    assert isinstance(found, OpenDictOf)
    return found


def _write(sp: Specialiser, opened: OpenDictOf, at: Value, values: Value, loc: Loc) -> None:
    """Changes what is in a dict; ``values`` is a list, or an object that is one."""
    listed = sp.heap.view(values)
    assert isinstance(at, Var)
    assert isinstance(listed, Var)
    for new, old in ((at, opened.at), (listed, opened.values)):
        new.name = new.name if new is old else old.name
    containers.write(sp, opened.ref, _content(at, listed), loc)


# --- keys -----------------------------------------------------------------------------------------


def is_key(sp: Specialiser, key: Value) -> bool:
    """Whether a value can be a key that only running the program tells: an integer, a text, a
    member of an enumeration, or a tuple of those, some of which no unrolling and no specialisation
    would tell."""
    some = (by_data.is_chosen(sp, v) or many_trips.is_key(sp, v) for v in _variables(key))
    return is_any_key(key) and any(some)


def is_any_key(key: Value) -> bool:
    """Whether a value can be a key, known or not."""
    if isinstance(key, Pack):
        return key.kind is tuple and all(map(is_any_key, key.items))
    if isinstance(key, Const):
        return is_plain(key.value)
    if not isinstance(key, Var) or undecided.is_undecided(key):
        return False
    number = number_of(key.type)
    is_numpys_text = isinstance(number, Scalar) and number.dtype.kind == "U"
    is_name = is_numpys_text or texts.is_text(key) or texts.is_member(key)
    return is_name or by_data.is_index(key) or _is_index_or_none(key.type)


def _is_index_or_none(type_: Type) -> bool:
    """Whether a key is an integer or None, which is a key as well."""
    there = type_.there if isinstance(type_, Unknown) else None
    return isinstance(there, Scalar) and there.dtype.kind in "iub"


def refuse_floats(key: Value, loc: Loc, what: str = "a key of a dict") -> None:
    """Refuses a key that is a float, of which two that look alike need not be equal."""
    number = number_of(key.type) if isinstance(key, Var) else None
    if isinstance(number, Scalar) and number.dtype.kind == "f":
        message = f"{what} is a float that only running the program tells"
        raise UnsupportedSyntaxError(message, loc, "make it an integer first: int(key)")


def _variables(key: Value) -> list[Var]:
    if isinstance(key, Pack):
        return [var for item in key.items for var in _variables(item)]
    return [key] if isinstance(key, Var) else []


def is_plain(key: Any) -> bool:
    """Whether a key is equal to what looks like it, and to nothing else."""
    if type(key) is tuple:
        return all(map(is_plain, key))
    if key is None or isinstance(key, str) or is_enumeration(type(key)):
        return True
    return isinstance(key, numbers.Number) and bool(key == key)


def as_key(sp: Specialiser, key: Value, loc: Loc, what: str = "a key of a dict") -> Operand:
    """A key of such a dict, or an element of such a set."""
    if not is_any_key(key):
        refuse_floats(key, loc, what)
        message = f"{what} to which data add more is of another kind"
        raise UnsupportedSyntaxError(message, loc, "use integers, texts, or tuples of those")
    return sp.operand(key, loc)


def _has(sp: Specialiser, opened: Opened, key: Operand) -> bool | None:
    """Whether a dict has a key, if that is known."""
    if _is_empty(opened):
        return False
    return sp.found_out.has_key(opened.at, key)


def _is_empty(opened: Opened) -> bool:
    return isinstance(opened.at.type, KeysOf) and opened.at.type.item is NEVER


# --- reading --------------------------------------------------------------------------------------


def contains(sp: Specialiser, opened: Opened, key: Value, loc: Loc) -> Operand:
    """``key in opened``."""
    what = "an element of a set" if isinstance(opened, OpenSetOf) else "a key of a dict"
    operand = as_key(sp, key, loc, what)
    known = _has(sp, opened, operand)
    return _asked(sp, keys.has_key, opened, operand, loc) if known is None else Const(known)


def _asked(sp: Specialiser, op: Any, opened: Opened, key: Operand, loc: Loc) -> Var:
    """What an operation says of a key, which is asked once."""
    what = (op, opened.at, identity(key))
    found: Var | None = sp.found_out.noted(what)
    if found is None:
        made = sp.builder.apply(op, (opened.at, key), (), loc)
        assert isinstance(made, Var)
        sp.found_out.note(what, made)
        return made
    return found


def element(sp: Specialiser, opened: OpenDictOf, key: Value, loc: Loc) -> Value:
    """``opened[key]``."""
    operand = as_key(sp, key, loc)
    if _is_empty(opened):
        missing = operand.value if isinstance(operand, Const) else operand
        raise CertainError("a dict is read that has no key yet", loc, KeyError(missing))
    return lists_in_dicts.read(sp, opened, _place(sp, opened, operand, loc), operand, loc)


def _place(sp: Specialiser, opened: OpenDictOf, key: Operand, loc: Loc) -> Operand:
    """Where the value of a key is; this raises what Python does where there is none."""
    if sp.found_out.has_key(opened.at, key):
        known: Var | None = sp.found_out.noted((keys.next_place, opened.at, identity(key)))
        if known is not None:
            return known
    since = len(sp.builder.body)
    place = _asked(sp, keys.key_place, opened, key, loc)
    calls.note_asked(sp, opened.at, since)
    sp.found_out.learn_key(opened.at, key, True)
    return place


def element_or(sp: Specialiser, opened: OpenDictOf, key: Value, default: Value, loc: Loc) -> Value:
    """``opened.get(key, default)``."""
    operand = as_key(sp, key, loc)
    known = _has(sp, opened, operand)
    if known is not None:
        return element(sp, opened, key, loc) if known else default
    is_there = _asked(sp, keys.has_key, opened, operand, loc)
    place = _asked(sp, keys.next_place, opened, operand, loc)
    if holds_lists(opened.values):
        if perhaps.is_none(default):
            return lists_in_dicts.perhaps_read(sp, opened, is_there, place, operand, loc)
        default = only_elements.of_list(sp, default)
        if lists_in_dicts.holds_open(opened.values):
            default = lists.element(sp, default, loc)
    with put_there.moving(sp):
        found = compiled.run(sp, _found_or, (is_there, opened.values, place, default), loc)
    return lists_in_dicts.snapshot(sp, opened, found)


def fill(sp: Specialiser, ref: Ref, rows: Value, loc: Loc) -> Ref:
    """``ref``, a new dict, with the keys and the values in the pairs of an iterable."""
    compiled.run(sp, _fill, (ref, rows), loc)
    return ref


def fill_keys(sp: Specialiser, ref: Ref, items: Value, value: Value, loc: Loc) -> Ref:
    """``ref``, a new dict, with one value under all keys of an iterable."""
    compiled.run(sp, _fill_keys, (ref, items, value), loc)
    return ref


def key_list(sp: Specialiser, opened: Opened, loc: Loc, in_its_order: bool = True) -> Var:
    """The keys, in the order in which they came; the elements of a set, in the order in which they
    come, or in any."""
    is_set = isinstance(opened, OpenSetOf)
    op = keys.in_its_order if is_set and in_its_order else keys.key_list
    found = sp.builder.apply(op, (opened.at,), (), loc)
    assert isinstance(found, Var)
    return found


def count(sp: Specialiser, opened: Opened, loc: Loc) -> Operand:
    """How many keys there are."""
    return sp.builder.apply(len, (opened.at,), (), loc)


# --- changing -------------------------------------------------------------------------------------


def set_item(sp: Specialiser, ref: Ref, key: Value, value: Value, loc: Loc) -> None:
    """``ref[key] = value``, of a dict that may or may not have the key."""
    operand, opened = as_key(sp, key, loc), made_open(sp, ref, loc)
    if lists_in_dicts.is_there(sp, ref, operand, value):
        return
    with put_there.entered(sp, ref, value) as is_part, put_there.moving(sp):
        _set_item(sp, opened, operand, value, loc)
    opened = made_open(sp, ref, loc)
    sp.found_out.learn_key(opened.at, operand, True)
    if is_part and isinstance(value, Ref):
        place = _place(sp, opened, operand, loc)
        sp.heap.parts[value] = Part(ref, place, identity(operand))


def _set_item(
    sp: Specialiser, opened: OpenDictOf, operand: Operand, value: Value, loc: Loc
) -> None:
    known = _has(sp, opened, operand)
    if known is not False:
        lists_in_dicts.detach(sp, opened.ref)
    if known is None:
        values = containers.new_list(sp, opened.values)
        at = _run(sp, _put, opened, values, operand, value, loc)
        _write(sp, opened, at, values, loc)
    elif known:
        args = (opened.values, _place(sp, opened, operand, loc), lists.element(sp, value, loc))
        _write(sp, opened, opened.at, calls.apply(sp, list_ops.list_set, args, {}, loc), loc)
    else:
        _add(sp, opened, operand, value, loc)


def _run(
    sp: Specialiser,
    function: Callable[..., Any],
    opened: OpenDictOf,
    values: Ref,
    key: Operand,
    value: Value,
    loc: Loc,
) -> Value:
    """What ``function`` makes of the places, and does to ``values``, for a key."""
    is_there = _asked(sp, keys.has_key, opened, key, loc)
    place = _asked(sp, keys.next_place, opened, key, loc)
    return compiled.run(sp, function, (is_there, place, opened.at, values, key, value), loc)


def _add(sp: Specialiser, opened: OpenDictOf, key: Operand, value: Value, loc: Loc) -> None:
    """Puts a value into a dict under a key that it does not have."""
    with lists.located(loc):
        at = sp.builder.apply(keys.key_added, (opened.at, key), (), loc)
    _write(sp, opened, at, lists.append(sp, opened.values, value, loc), loc)


def set_default(sp: Specialiser, ref: Ref, key: Value, default: Value, loc: Loc) -> Value:
    """``ref.setdefault(key, default)``."""
    operand, opened = as_key(sp, key, loc), made_open(sp, ref, loc)
    known = _has(sp, opened, operand)
    with put_there.entered(sp, ref, default) as is_part, put_there.moving(sp):
        if is_part:
            put_there.seal_part(sp, ref, default)  # which may not be put there
        if known is None:
            values = containers.new_list(sp, opened.values)
            at = _run(sp, _put_new, opened, values, operand, default, loc)
            _write(sp, opened, at, values, loc)
        elif not known:
            _add(sp, opened, operand, default, loc)
    return element(sp, made_open(sp, ref, loc), key, loc)


def delete(sp: Specialiser, opened: OpenDictOf, key: Value, loc: Loc) -> None:
    """``del opened[key]``."""
    pop(sp, opened, key, loc)


def pop(sp: Specialiser, opened: OpenDictOf, key: Value, loc: Loc) -> Value:
    """``opened.pop(key)``."""
    operand = as_key(sp, key, loc)
    if _is_empty(opened):
        return element(sp, opened, key, loc)
    is_read = lists_in_dicts.detach(sp, opened.ref)
    place = _place(sp, opened, operand, loc)
    with put_there.moving(sp):
        found = calls.index(sp, opened.values, place, loc)
        left = compiled.run(sp, _others, (opened.at, opened.values, place), loc)
    assert isinstance(left, Pack)
    at, values = left.items
    _write(sp, opened, at, values, loc)
    if is_read:
        return lists_in_dicts.snapshot(sp, opened, found)
    return lists_in_dicts.as_object(sp, found)


def pop_or(sp: Specialiser, opened: OpenDictOf, key: Value, default: Value, loc: Loc) -> Value:
    """``opened.pop(key, default)``."""
    operand = as_key(sp, key, loc)
    known = _has(sp, opened, operand)
    if known is not None:
        return pop(sp, opened, key, loc) if known else default
    return compiled.run(sp, _pop_or, (opened.ref, operand, default), loc)


# --- compiled like the user's functions -----------------------------------------------------------


def _found_or(is_there: Any, values: Any, place: Any, default: Any) -> Any:
    return values[place] if is_there else default


def _pop_or(entries: Any, key: Any, default: Any) -> Any:
    return entries.pop(key) if key in entries else default


def _others(at: Any, values: Any, place: Any) -> Any:
    """The keys and the values but for those at a place."""
    left = keys.keys_of(())
    for i, key in enumerate(keys.key_list(at)):
        if i != place:
            left = keys.key_added(left, key)
    return left, [*values[:place], *values[place + 1 :]]


def _fill(entries: Any, rows: Any) -> None:
    for key, value in rows:
        entries[key] = value


def _fill_keys(entries: Any, items: Any, value: Any) -> None:
    for key in items:
        entries[key] = value


def _put(is_there: Any, place: Any, at: Any, values: Any, key: Any, value: Any) -> Any:
    if is_there:
        values[place] = value
    else:
        at = keys.key_added(at, key)
        values.append(value)
    return at


def _put_new(is_there: Any, place: Any, at: Any, values: Any, key: Any, default: Any) -> Any:
    if not is_there:
        at = keys.key_added(at, key)
        values.append(default)
    return at
