"""Lists, dicts and sets of the program: how one is made, what is in it, and how that is changed.

What changes a container changes its content on the heap (``heap.py``), and emits nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnknownTypeError, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.packs import pack_fault
from srcgrad.specialise import aliases, chains, histories, lending, own_containers, tested
from srcgrad.specialise.contents import is_open, passed_on
from srcgrad.specialise.heap import NoIdentity
from srcgrad.specialise.places import Parameter
from srcgrad.specialise.values import Args, Held, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


# --- making ---------------------------------------------------------------------------------------


def make_list(sp: Specialiser, items: Args) -> Ref:
    return sp.heap.make(Pack(list, items))  # type: ignore[arg-type]


def new_list(sp: Specialiser, content: Value) -> Ref:
    """A new list with this content, known element by element or of unknown length."""
    assert isinstance(content, Pack | Var)
    if sp.parts and not sp.is_moving and sp.heap.has_others_lists(content):
        sp.heap.seal_lists(None)
    return sp.heap.make(content, list)


def make_dict(sp: Specialiser, entries: Mapping[Any, Value]) -> Ref:
    return sp.heap.make(dict_of(entries))


def make_set(sp: Specialiser) -> Ref:
    """A new set with nothing in it yet."""
    return sp.heap.make(set_of())


def new_set(sp: Specialiser, history: histories.History, kind: type = set) -> Ref:
    """A new set, or frozenset, that came about so."""
    return sp.heap.make(histories.content(history), kind)


def same_kind(sp: Specialiser, kind: type, items: Args) -> Value:
    """A new list, or a tuple, as a slice or a sum of something of this kind is."""
    if kind is list:
        return make_list(sp, items)
    return Pack(tuple if hasattr(kind, "_fields") else kind, items)  # type: ignore[arg-type]


def dict_of(entries: Mapping[Any, Value]) -> Pack:
    """The content of a dict."""
    return Pack(dict, tuple(entries.values()), tuple(entries))  # type: ignore[arg-type]


def set_of() -> Pack:
    """The content of a new set."""
    return histories.content(histories.made(set))


def adopt(sp: Specialiser, value: Value) -> Value:
    """A list or a dict that an operation has made, as an object that may be changed."""
    if isinstance(value, Pack) and value.kind in (list, dict):
        items = tuple(adopt(sp, item) for item in value.items)
        return sp.heap.make(Pack(value.kind, items, value.keys))  # type: ignore[arg-type]
    return value


# --- reading --------------------------------------------------------------------------------------


def entries_of(pack: Pack) -> dict[Any, Any]:
    return dict(zip(pack.keys, pack.items, strict=True))


def keys_of(pack: Pack) -> list[Any]:
    """The elements of a set, which are known."""
    assert all(isinstance(item, Const) for item in pack.items)
    return [item.value for item in pack.items if isinstance(item, Const)]


def elements_of(sp: Specialiser, value: Value) -> tuple[Const, ...]:
    """The elements of a set that is known, in any order; none of something else."""
    shown = sp.heap.view(value)
    is_set = isinstance(shown, Pack) and shown.kind is set
    return shown.items if is_set else ()  # type: ignore[union-attr,return-value]


def mapping(sp: Specialiser, value: Value, loc: Loc) -> dict[str, Value]:
    """The items of a value passed as ``**value``."""
    value = sp.heap.view(value)
    tested.check(value, loc)
    if isinstance(value, Pack) and value.kind is dict:
        return entries_of(value)
    if isinstance(value, Held) and isinstance(value.example, dict):
        return {key: sp.inputs.item(value, key) for key in sp.inputs.keys(value)}
    raise UnsupportedSyntaxError("the keys of '**' arguments must be known", loc, "pass a dict")


def in_key_order(pack: Pack) -> Pack:
    """A dict or a set with its keys in an order of their own, for comparing."""
    keys = pack.keys if pack.kind is dict else keys_of(pack)
    order = sorted(range(len(keys)), key=lambda i: repr(keys[i]))
    items = tuple(pack.items[i] for i in order)
    return Pack(pack.kind, items, tuple(pack.keys[i] for i in order) if pack.keys else ())


def as_operand(sp: Specialiser, ref: Ref, loc: Loc) -> Operand:
    """The present content of an object as a display of the typed program."""
    frozen = sp.heap.frozen(ref)
    assert isinstance(frozen, Pack | Var)
    return frozen if isinstance(frozen, Var) else sp.operand(frozen, loc)


def checked(pack: Pack, loc: Loc) -> Pack:
    """A container as it may stand in the typed program.

    Raises
    ------
    UnknownTypeError
        If its class is none that a display can make.
    """
    chains.refuse(pack.items, loc)
    if pack.kind in (tuple, list, dict, slice):
        return pack
    if is_open(pack):
        raise passed_on(loc)
    if dataclasses.is_dataclass(pack.kind):
        found = entries_of(pack)
        fields = [field.name for field in dataclasses.fields(pack.kind)]
        if set(fields) == set(found):
            return Pack(pack.kind, tuple(found[f] for f in fields), tuple(fields))
    if pack_fault(pack) is not None:
        name = pack.kind.__name__
        what = "a set" if pack.kind is set else f"an instance of '{name}' made here"
        message = f"{what} cannot be passed to a function that is not differentiated itself"
        hint = "pass a list, sorted(elements)" if pack.kind is set else "pass what it holds"
        raise UnknownTypeError(message, loc, hint)
    return pack


# --- changing -------------------------------------------------------------------------------------


def write(sp: Specialiser, receiver: Value, content: Pack | Var, loc: Loc) -> None:
    """Changes the content of an object of the program.

    Raises
    ------
    AliasingError
        If the container is an argument of the differentiated function, or other names may lead to
        another one.
    """
    if isinstance(receiver, Ref):
        if sp.recursion.is_open:
            lending.note_change(sp, receiver)
        aliases.write(sp, receiver, content, loc)
        return
    own_containers.ask(sp, receiver)
    kind = content.kind.__name__ if isinstance(content, Pack) else "list"
    if sp.recursion.is_open and not isinstance(receiver, Held):
        raise sp.recursion.changes_given(kind, loc)
    copy = COPIES.get(kind, COPIES["dict"])
    if isinstance(receiver, Var):
        message = f"this changes a {kind} that is an element of a growing list"
        raise NoIdentity(message, loc, "keep the elements in an array, and write into that")
    message = f"this changes a {kind} that the function was given, or one from outside, or an "
    message += "element of a growing list"
    hint = f"make one of its own first: {copy}, or copy.deepcopy what it is in"
    if isinstance(receiver, Held) and not isinstance(receiver.place.root, Parameter):
        message = f"this changes '{receiver.place}', a {kind} from outside"
        hint = f"let the function make a {kind} of its own, and change that"
    raise NoIdentity(message, loc, hint)


COPIES = {
    "list": "items = list(items)",
    "dict": "params = dict(params)",
    "set": "seen = set(seen)",
}
"""How a program makes a container of its own of one that it was given."""
