"""Elements of dicts whose keys data choose: ``d[max(d, key=d.get)]``, ``d["a" if x > 0 else "b"]``.

The keys of the dict are known, and so there is one condition for each that the key may be.  Where
it may be none of them, what Python raises is raised before.  A dict that is written under another
key gets keys that the compiler does not know (``open_dicts.py``).
"""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnknownTypeError, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import Unknown, enumeration_of, is_enumeration
from srcgrad.ir.walk import variables
from srcgrad.specialise import by_data, compiled, open_dicts, texts, undecided
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.found_out import identity
from srcgrad.specialise.values import Args, Conflicting, Held, NeedsValue, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

MAX_ARMS = 50
"""Each is an ``if`` in the text."""


def is_dict(container: Pack | Held) -> bool:
    """Whether a container is a dict, as Python has it."""
    kind = container.kind if isinstance(container, Pack) else type(container.example)
    return kind is dict


def element(
    sp: Specialiser,
    receiver: Value,
    container: Pack | Held,
    key: Value,
    need: NeedsValue,
    loc: Loc,
) -> Value:
    """``receiver[key]``, of a dict.

    Raises
    ------
    NeedsValue
        If the value of the key may get known, or the elements are not of one kind.
    """
    names, is_one = _names(sp, container, key, need)
    if not is_one:
        compiled.run(sp, _refuse_others, (key, _display(names)), loc)
        sp.found_out.learn_among(identity(key), names)
    args = (receiver, key, _display(names))
    return in_arms(sp, _found, args, need, loc)


def element_or(
    sp: Specialiser,
    receiver: Value,
    container: Pack,
    key: Value,
    default: Value,
    need: NeedsValue,
    loc: Loc,
) -> Value:
    """``receiver.get(key, default)``, of a dict."""
    names, is_one = _names(sp, container, key, need)
    if is_one:
        return in_arms(sp, _found, (receiver, key, _display(names)), need, loc)
    args = (compiled.closure(_found), receiver, key, _display(names), default)
    return in_arms(sp, _found_or, args, need, loc)


def set_element(
    sp: Specialiser,
    receiver: Value,
    container: Pack,
    key: Value,
    value: Value,
    need: NeedsValue,
    loc: Loc,
) -> None:
    """``receiver[key] = value``, of a dict that may or may not have the key."""
    try:
        names, is_one = _names(sp, container, key, need)
    except NeedsValue:
        if not isinstance(receiver, Ref) or not open_dicts.is_key(sp, key):
            open_dicts.refuse_floats(key, loc)
            raise
        is_one = False
    if not is_one and isinstance(receiver, Ref):
        open_dicts.set_item(sp, receiver, key, value, loc)
        return
    if not is_one:
        raise need
    args = (receiver, key, _display(names), value)
    in_arms(sp, _put, args, need, loc)


def _names(
    sp: Specialiser, container: Pack | Held, key: Value, need: NeedsValue
) -> tuple[tuple[Any, ...], bool]:
    """The keys of a dict that ``key`` may be, and whether it certainly is one of them."""
    if not _is_key(sp, key):
        raise need
    for var in variables(key):  # type: ignore[arg-type]
        if not by_data.is_chosen(sp, var):
            raise NeedsValue(var, need.why)
    keys = container.keys if isinstance(container, Pack) else sp.inputs.keys(container)
    if not all(map(_is_plain, keys)):
        raise need
    possible = sp.found_out.possible(key)  # type: ignore[arg-type]
    is_one = sp.found_out.is_among(identity(key), keys)
    if possible is not None:
        if isinstance(key, Var) and sp.found_out.is_none(key) is False:
            possible = tuple(value for value in possible if value is not None)
        is_one = is_one or all(value in keys for value in possible)
        keys = tuple(each for each in keys if each in possible)
    names = tuple(each for each in keys if _may_be(sp, key, each))
    if not 0 < len(names) <= MAX_ARMS:
        raise need
    return names, is_one


def _display(names: tuple[Any, ...]) -> Pack:
    return Pack(tuple, tuple(map(Const, names)))


def _is_key(sp: Specialiser, value: Value) -> bool:
    """Whether a value is a text, an integer, a member of an enumeration or a tuple of those, some
    of which data choose; or None, as ``best`` before a loop that finds a key."""
    if isinstance(value, Pack):
        return value.kind is tuple and all(_is_key(sp, item) for item in value.items)
    if isinstance(value, Const):
        return value.value is None or isinstance(value.value, str | int) or texts.is_member(value)
    if not isinstance(value, Var) or undecided.is_undecided(value):
        return False
    if texts.is_text(value) or texts.is_member(value) or by_data.is_index(value):
        return True
    among = sp.found_out.sources(value) if isinstance(value.type, Unknown) else (value,)
    return value not in among and all(_is_key(sp, each) for each in among)


def _may_be(sp: Specialiser, value: Value, key: Any) -> bool:
    """Whether a key of a dict may be equal to a value that data choose."""
    if isinstance(value, Pack):
        alike = isinstance(key, tuple) and len(key) == len(value.items)
        pairs = zip(value.items, key, strict=True) if alike else ()
        return alike and all(_may_be(sp, item, part) for item, part in pairs)
    if isinstance(value, Const):
        return bool(value.value == key)
    enumeration = enumeration_of(type_of(value)) if isinstance(value, Var) else None
    if enumeration is not None:
        return isinstance(key, enumeration)
    if isinstance(value, Var) and isinstance(value.type, Unknown):
        return any(_may_be(sp, each, key) for each in sp.found_out.sources(value))
    return isinstance(key, str) if texts.is_text(value) else isinstance(key, numbers.Number)


def _is_plain(key: Any) -> bool:
    """Whether a key is equal to what looks like it and to nothing else."""
    if type(key) is tuple:
        return all(map(_is_plain, key))
    return key is None or isinstance(key, str | numbers.Number) or is_enumeration(type(key))


def in_arms(
    sp: Specialiser, function: Callable[..., Any], args: Args, need: NeedsValue, loc: Loc
) -> Value:
    """What ``function`` gives, if that is something of one kind."""
    mark, before, sealed = len(sp.builder.body), sp.heap.save(), set(sp.heap.sealed)
    try:
        found = compiled.run(sp, function, args, loc)
        if not isinstance(found, Conflicting) and not _is_anything(found):
            return found
    except (UnknownTypeError, UnsupportedSyntaxError):
        pass  # which function it is, or which structure, has to be known
    del sp.builder.body[mark:]
    sp.heap.roll_back(before, sealed)
    raise need


def _is_anything(value: Value) -> bool:
    type_ = value.type if isinstance(value, Var) else None
    return isinstance(type_, Unknown) and not type_.number and type_.there is None


# --- compiled like the user's functions -----------------------------------------------------------


def _refuse_others(key: Any, names: Any) -> None:
    if key not in names:
        raise KeyError(key)


def _found(entries: Any, key: Any, names: Any) -> Any:
    found = entries[names[0]]
    for name in names[1:]:
        if key == name:
            found = entries[name]
    return found


def _found_or(found: Any, entries: Any, key: Any, names: Any, default: Any) -> Any:
    return found(entries, key, names) if key in names else default


def _put(entries: Any, key: Any, names: Any, value: Any) -> None:
    for name in names:
        if len(names) == 1 or key == name:
            entries[name] = value
