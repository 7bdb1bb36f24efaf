"""``collections.defaultdict``: a dict that makes a value for a key that it is asked for.

What is in it is what is in a dict.  What it makes values with is told by its kind, so that branches
join, and loops carry, only those that make the same.
"""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const
from srcgrad.specialise import calls, compiled, containers, lists_in_dicts, object_keys
from srcgrad.specialise.values import Args, Closure, Handler, Kwargs, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def factory_of(value: Value) -> Value | None:
    """What a dict makes values with; None if it makes none."""
    return getattr(value.kind, "factory", None) if isinstance(value, Ref) else None


def fill_in(sp: Specialiser, ref: Ref, key: Value, loc: Loc) -> None:
    """Puts into a dict what ``ref[key]`` gives, if it makes values."""
    factory = factory_of(ref)
    if factory is not None:
        compiled.run(sp, _fill_in, (ref, key, factory), loc)


def _make(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``defaultdict(factory, ...)``."""
    factory, *others = args or (Const(None),)
    if not others and not kwargs and object_keys.is_keyed_at(sp, loc):
        return object_keys.made(sp, containers.make_dict(sp, {}), loc, factory)
    plain = calls.invoke(sp, Const(dict), tuple(others), kwargs, loc)
    assert isinstance(plain, Ref)
    made = lists_in_dicts.shared(sp, plain, _kind(sp, factory, loc))
    if not others and not kwargs:
        return object_keys.made(sp, made, loc)
    return made


def _kind(sp: Specialiser, factory: Value, loc: Loc) -> type:
    """The kind of the dicts that make values in this way."""
    what: Any = factory.value if isinstance(factory, Const) else None
    if isinstance(factory, Closure) and not factory.captures:
        what = factory.function
    elif not isinstance(factory, Const) or not (what is None or callable(what)):
        message = "a defaultdict is made of a function that reads names around it"
        raise UnsupportedSyntaxError(message, loc, "give it float, int or `lambda: 0.0`")
    if what not in sp.default_kinds:
        made = None if what is None else factory
        members = {"factory": made, "__module__": "collections"}
        sp.default_kinds[what] = type("defaultdict", (collections.defaultdict,), members)
    return sp.default_kinds[what]


DEFAULT_DICTS: dict[Any, Handler] = {collections.defaultdict: _make}


# --- compiled like the user's functions -----------------------------------------------------------


def _fill_in(entries: Any, key: Any, factory: Any) -> None:
    if key not in entries:
        entries[key] = factory()
