"""Writing attributes of objects from outside: ``self.mean = 0.9 * self.mean + 0.1 * m``.

This happens once in each call of the gradient, in order, as it does in the function.  What the
function reads after it is what it has written; for later calls that is a constant.

What is written is noted on the heap, as the content of an object is, and so joined after branches
and carried through loops.  There it has to be noted what the attribute was before: if that comes up
first inside of one, the specialiser begins again (``NeedsEntry``).
"""

from __future__ import annotations

import functools
import types
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.instances import in_class, is_plain, own_attributes, own_dict, slots
from srcgrad.ir.nodes import UNDEFINED, Const, Pack, Var
from srcgrad.ir.ops import AUGMENTED
from srcgrad.ir.types import Array
from srcgrad.specialise import (
    attributes,
    calls,
    containers,
    descriptors,
    given_away,
    noted_on_classes,
    objects,
)
from srcgrad.specialise.heap import Home
from srcgrad.specialise.places import Parameter, Test
from srcgrad.specialise.values import (
    APPENDED,
    FOLLOWED,
    GROWS,
    Held,
    NeedsEntry,
    OfItem,
    Ref,
    Value,
    is_undefined,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


# --- writing ------------------------------------------------------------------------------------


def set_attribute(sp: Specialiser, held: Held, name: str, value: Value, loc: Loc) -> None:
    """``held.name = value``."""
    if isinstance(held.example, type):
        noted_on_classes.check(sp, held, name, value, loc)
        _bind(sp, held, name, value, loc)
        return
    if held.place in sp.inputs.viewed:
        message = "an attribute of an object is written after 'vars' has been asked for them all"
        raise UnsupportedSyntaxError(message, loc, "read its attributes by their names")
    cls = type(held.example)
    found = in_class(cls, name)
    if isinstance(found, property) and isinstance(found.fset, types.FunctionType):
        where = held.place.attribute("__class__").attribute(name)
        sp.inputs.guard(where, Test.IDENTITY, found)
        sp.inputs.functions.setdefault(found.fset, where.attribute("fset"))
        calls.invoke(sp, Const(found.fset), (held, value), {}, loc)
        return
    if descriptors.takes(found):
        entry = descriptors.place_of(cls, held.place.attribute("__class__"), name)
        descriptors.set_(sp, found, entry, held, value, name, loc)
        return
    _check(cls, name, found, loc)
    if isinstance(held.place.root, Parameter) and _is_there(sp, held, name, value):
        return  # ``state.v += e`` writes into the array, and binds the attribute to it again
    _bind(sp, held, name, value, loc)


def _bind(sp: Specialiser, held: Held, name: str, value: Value, loc: Loc) -> None:
    """Binds an attribute of an object from outside, which is just that."""
    now = own_attributes(held.example).get(name)
    if is_at(sp, value, now, written(sp, held, name)):
        return  # ``model.log += [v]``, which has added to it
    entries = _entries(sp, held)
    if sp.builder.depth > 1 and name not in entries:
        raise NeedsEntry(held, name)
    if sp.builder.depth > 1 and is_undefined(entries[name]):
        message = f"an attribute '{name}' that the object does not have is made in a loop or branch"
        hint = "give it one before, when the object is made"
        if isinstance(in_class(type(held.example), name), functools.cached_property):
            message = f"'{name}' is computed and kept here first, in a loop or branch"
            hint = f"read '{name}' once before the loop or branch"
        raise UnsupportedSyntaxError(message, loc, hint)
    fault = "an attribute of an object from outside becomes what is no number, array or container"
    operand = given_away.kept(sp, value, loc, fault, Home(held, name))
    sp.builder.apply(setattr, (sp.inputs.opaque(held), Const(name), operand), (), loc)
    _note(sp, held, name, value)


def _check(cls: type, name: str, found: object, loc: Loc) -> None:
    """Refuses to assign where that does more, or other, than to bind a name."""
    is_slot = isinstance(found, types.MemberDescriptorType)
    if cls is types.FunctionType and found is None:
        return  # an attribute that somebody has given the function
    if not is_plain(cls) or (hasattr(type(found), "__set__") and not is_slot):
        message = f"assignment to an attribute of a '{cls.__name__}' cannot be differentiated"
        raise UnsupportedSyntaxError(message, loc, "make a new object, or assign to a name")
    if name in ("__dict__", "__class__"):
        message = f"assignment to '{name}' cannot be differentiated"
        raise UnsupportedSyntaxError(message, loc, "assign to attributes by their names")
    objects.check_not_frozen(cls, name, loc)


def _is_there(sp: Specialiser, held: Held, name: str, value: Value) -> bool:
    """Whether an attribute is bound already to the array ``value``, written in place or not."""
    array = _written_array(sp, value)
    if array is None:
        return False
    now = written(sp, held, name)
    if now is None:
        return sp.inputs.place_of(array) == held.place.attribute(name)
    return _written_array(sp, now) is array


def _written_array(sp: Specialiser, value: Value | None) -> Var | None:
    """The array that augmented assignments have written into, which ``value`` is; None if it is no
    array."""
    if not (isinstance(value, Var) and isinstance(value.type, Array)):
        return None
    made = sp.builder.definitions.get(value)
    if made is None or made.op not in AUGMENTED:
        return value
    (array, _) = made.args
    assert isinstance(array, Var)
    return _written_array(sp, array)


def note_item(sp: Specialiser, held: Held, key: Hashable, value: Value) -> bool:
    """Notes ``held[key] = value``, and gives whether it does.

    In a branch or a loop it is not for a key that the dict did not have: what follows does not know
    whether it has, and must not ask.
    """
    name = OfItem(key)
    if sp.builder.depth > 1 and name not in _entries(sp, held):
        if key in held.example:
            raise NeedsEntry(held, name)
        return False
    _note(sp, held, name, value)
    return True


def has_items(sp: Specialiser, held: Held) -> bool:
    """Whether the program has written items of a dict, and knows which."""
    return any(isinstance(name, OfItem) for name in _entries(sp, held))


def _note(sp: Specialiser, held: Held, name: str | OfItem, value: Value) -> None:
    ref = sp.outside.get(held.place)
    if ref is None:
        ref = sp.outside[held.place] = sp.heap.make(Pack(dict, ()))
    entries = {**_entries(sp, held), name: value}
    sp.heap.contents[ref] = Pack(dict, tuple(entries.values()), tuple(entries))  # type: ignore[arg-type]


def _entries(sp: Specialiser, held: Held) -> dict[str | OfItem, Value]:
    """What the program has written into the attributes, or the items, of an object."""
    ref = sp.outside.get(held.place)
    pack = None if ref is None else sp.heap.contents.get(ref)
    return containers.entries_of(pack) if isinstance(pack, Pack) else {}


def start(sp: Specialiser, loc: Loc) -> None:
    """Notes what those attributes are that will be written in branches or loops."""
    for (place, name), held in sp.written.items():
        object_ = sp.inputs.read(place, held.example)
        if isinstance(held.example, types.FunctionType | type):
            object_ = held
        if isinstance(held.example, types.FunctionType):
            sp.inputs.identify(held.example, place)
        if name in (GROWS, FOLLOWED) or not isinstance(object_, Held):
            continue
        value: Value = Const(UNDEFINED)
        if name is APPENDED:
            value = sp.heap.make(Pack(list, ()))
        elif isinstance(name, OfItem):
            value = sp.inputs.item(object_, name.key)
        elif isinstance(held.example, type):
            value = attributes.attribute(sp, Const(held.example), name, loc)
        elif _has(sp, object_, name):
            value = sp.inputs.attribute(object_, name, loc)
        _note(sp, object_, name, value)


def is_at(sp: Specialiser, value: Value, example: Any, written: Value | None) -> bool:
    """Whether a list is what is at a place: ``example`` when the function begins, or what the
    program has ``written`` there."""
    if written is not None:
        return value is written and isinstance(value, Held | Ref)
    if isinstance(value, Held):
        return type(example) is list and sp.inputs.originals.is_one(value.example, example)
    found = sp.inputs.lists.followed.get(id(example))
    return found is not None and found.ref is value


# --- reading ------------------------------------------------------------------------------------


def written(sp: Specialiser, held: Held, name: str | OfItem) -> Value | None:
    """What the program has written into an attribute; None if nothing."""
    return _entries(sp, held).get(name)


def written_item(sp: Specialiser, held: Held, key: Hashable) -> Value | None:
    """What the program has written into an item of a dict; None if nothing, or if that is not
    known."""
    return _entries(sp, held).get(OfItem(key))


def names(sp: Specialiser, held: Held) -> tuple[str, ...]:
    """The names of the attributes that an object from outside has of its own by now."""
    own = own_dict(held.example)
    if own is not None:
        sp.inputs.guard(held.place.attribute("__dict__"), Test.KEYS, tuple(own))
    found = dict.fromkeys(own or ())
    for name in slots(type(held.example)):
        if _has(sp, held, name):
            found[name] = None
    entries = _entries(sp, held).items()
    named = ((n, v) for n, v in entries if isinstance(n, str))
    return (*found, *(n for n, v in named if n not in found and not is_undefined(v)))


def has_attribute(sp: Specialiser, held: Held, name: str) -> bool:
    """Whether an object from outside has an attribute by now."""
    value = written(sp, held, name)
    return _has(sp, held, name) if value is None else not is_undefined(value)


def _has(sp: Specialiser, held: Held, name: str) -> bool:
    own = own_attributes(held.example)
    if isinstance(in_class(type(held.example), name), functools.cached_property):
        sp.inputs.guard(held.place.attribute("__dict__"), Test.KEYS, tuple(own))
        return name in own  # it is not computed for that
    found = hasattr(held.example, name)
    sp.inputs.log.attribute(held.place, name)
    sp.inputs.guard(held.place.attribute(name), Test.PRESENT, found)
    return found
