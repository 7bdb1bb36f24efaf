"""What a program asks of a dict to which data add keys: its methods, and loops over it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.specialise import (
    calls,
    compiled,
    containers,
    lists_in_dicts,
    open_dicts,
    uniterable,
)
from srcgrad.specialise.contents import holds_lists
from srcgrad.specialise.values import (
    Args,
    Kwargs,
    OpenDictOf,
    Opened,
    OpenSetOf,
    OpenViewOf,
    Ref,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def method(
    sp: Specialiser, opened: OpenDictOf, name: str, args: Args, kwargs: Kwargs, loc: Loc
) -> Value:
    """The result of a method."""
    match name, args, dict(kwargs):
        case "keys" | "values" | "items", (), {**none} if not none:
            return OpenViewOf(opened.ref, name)
        case "get", (key,), {**none} if not none:
            return open_dicts.element_or(sp, opened, key, Const(None), loc)
        case "get", (key, default), {**none} if not none:
            return open_dicts.element_or(sp, opened, key, default, loc)
        case "setdefault", (key, default), {**none} if not none:
            return open_dicts.set_default(sp, opened.ref, key, default, loc)
        case "setdefault", (key,), {**none} if not none:
            return open_dicts.set_default(sp, opened.ref, key, Const(None), loc)
        case "clear", (), {**none} if not none:
            lists_in_dicts.detach(sp, opened.ref)
            containers.write(sp, opened.ref, containers.dict_of({}), loc)
            return Const(None)
        case "copy", (), {**none} if not none:
            return copy(sp, opened, opened.ref.kind)
        case "pop", (key,), {**none} if not none:
            return open_dicts.pop(sp, opened, key, loc)
        case "pop", (key, default), {**none} if not none:
            return open_dicts.pop_or(sp, opened, key, default, loc)
        case "popitem", (), {**none} if not none:
            return compiled.run(sp, _pop_item, (opened.ref,), loc)
    message = f"'dict.{name}' of a dict whose keys only running the program tells"
    raise UnsupportedSyntaxError(message, loc, "build a new dict of what is to stay")


def copy(sp: Specialiser, opened: OpenDictOf, kind: type = dict) -> Ref:
    """Another dict with the same keys and values."""
    return lists_in_dicts.shared(sp, opened.ref, kind)


def update(sp: Specialiser, ref: Ref, more: Value, loc: Loc) -> None:
    """``ref.update(more)``, where data have added keys to ``more``."""
    if ref is not more:
        compiled.run(sp, _update, (ref, more), loc)


def ordered_items(sp: Specialiser, view: OpenViewOf, reverse: Value, loc: Loc) -> Value:
    """``sorted(d.items())``: keys differ, so that they decide."""
    return compiled.run(sp, _sorted_items, (view.ref, reverse), loc)


# --- iteration ------------------------------------------------------------------------------------


def taken(sp: Specialiser, value: Value) -> Value:
    """What ``iter`` takes of such a dict, its keys, or of such a set; what is neither stays as it
    is."""
    viewed = value if isinstance(value, OpenDictOf | OpenSetOf) else sp.heap.view(value)
    if isinstance(viewed, OpenDictOf):
        return OpenViewOf(viewed.ref, "keys", at=viewed.at)
    if isinstance(viewed, OpenSetOf):
        return OpenViewOf(viewed.ref, "elements", at=viewed.at)
    return viewed if isinstance(viewed, OpenViewOf) else value


def now(sp: Specialiser, view: OpenViewOf) -> Opened | None:
    """The dict that a view shows, as it is now; None if it has become one that is known."""
    found = sp.heap.view(view.ref)
    return found if isinstance(found, Opened) else None


def shown(sp: Specialiser, view: OpenViewOf, loc: Loc) -> Opened:
    """The dict, or the set, that a view shows, as it is now."""
    found = now(sp, view)
    if found is None:
        message = "a dict whose keys only running the program tells is emptied, and then looked at"
        raise UnsupportedSyntaxError(message, loc, "make a new dict instead")
    return found


def listed(sp: Specialiser, view: OpenViewOf, loc: Loc) -> OpenViewOf:
    """A view over which a loop runs: its keys are those that there are before the loop."""
    if view.what == "values":
        return view
    _check_same(view, shown(sp, view, loc), loc)
    return replace(view, listed=_key_list(sp, shown(sp, view, loc), loc))


def _key_list(sp: Specialiser, opened: Opened, loc: Loc) -> Var:
    """The keys, or the elements of a set, in their order."""
    if isinstance(opened, OpenSetOf) and not opened.at.type.in_order:  # type: ignore[union-attr]
        raise uniterable.without_order(loc)
    return open_dicts.key_list(sp, opened, loc)


def _check_same(view: OpenViewOf, opened: Opened, loc: Loc) -> None:
    """Refuses to go on with an iterator over what was changed since that was made."""
    if view.at is not None and view.at is not opened.at:
        kind = "set" if isinstance(opened, OpenSetOf) else "dict"
        message = f"a {kind} is changed between making an iterator of it and asking that"
        raise UnsupportedSyntaxError(message, loc, "make a list of it first: list(...)")


def check_known(value: Value, loc: Loc) -> None:
    """Refuses such a dict where the entries of one that is known are asked for."""
    if isinstance(value, OpenDictOf):
        message = "a dict whose keys only running the program tells is put into another"
        raise UnsupportedSyntaxError(message, loc, "put its values there one by one, in a loop")


def length(sp: Specialiser, view: OpenViewOf, loc: Loc) -> Operand:
    """How many elements there are now."""
    if view.listed is not None and view.what == "elements":
        return sp.builder.apply(len, (view.listed,), (), loc)
    return open_dicts.count(sp, shown(sp, view, loc), loc)


def nth(sp: Specialiser, view: OpenViewOf, index: Operand, loc: Loc) -> Value:
    """Element number ``index`` of a view."""
    opened = shown(sp, view, loc)
    if view.listed is None:
        _check_same(view, opened, loc)
    if view.what == "values":
        assert isinstance(opened, OpenDictOf)
        return lists_in_dicts.read(sp, opened, index, None, loc)
    keys = view.listed or _key_list(sp, opened, loc)
    key = calls.index(sp, keys, index, loc)
    if isinstance(key, Var | Pack):
        sp.found_out.learn_key(opened.at, key, True)
    if isinstance(opened, OpenSetOf) or view.what == "keys":
        return key
    value = lists_in_dicts.read(sp, opened, index, sp.operand(key, loc), loc)
    return Pack(tuple, (key, value))  # type: ignore[arg-type]


def displayed(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """What is in ``value`` as a list, where it is such a dict or a view of one."""
    view = taken(sp, value)
    listed = collected(sp, view, loc) if isinstance(view, OpenViewOf) else None
    return sp.heap.view(value) if listed is None else listed


def collected(sp: Specialiser, view: OpenViewOf, loc: Loc) -> Var | None:
    """The list of what a view shows; None of the items, which a loop makes."""
    opened = shown(sp, view, loc)
    _check_same(view, opened, loc)
    if view.what in ("keys", "elements"):
        return _key_list(sp, opened, loc)
    if view.what != "values" or isinstance(opened, OpenSetOf):
        return None
    if holds_lists(opened.values):
        sp.heap.seal_lists(view.ref)
    return opened.values


# --- compiled like the user's functions -----------------------------------------------------------


def _pop_item(entries: Any) -> Any:
    if not entries:
        raise KeyError("popitem(): dictionary is empty")
    last = list(entries)[-1]
    return last, entries.pop(last)


def _update(entries: Any, more: Any) -> None:
    for key in more:
        entries[key] = more[key]


def _sorted_items(entries: Any, reverse: Any) -> Any:
    return [(key, entries[key]) for key in sorted(entries, reverse=reverse)]
