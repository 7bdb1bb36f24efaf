"""What makes a ``Pack`` well formed."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable

from srcgrad.instances import is_plain
from srcgrad.ir.nodes import Pack


def pack_fault(pack: Pack, is_pattern: bool = False) -> str | None:
    """What is wrong with the shape of a container display; None if nothing is.

    The items themselves are not looked at.  A pattern, as which a parameter is taken apart, may be
    an instance of any class.
    """
    name = getattr(pack.kind, "__name__", str(pack.kind))
    if pack.kind is slice and len(pack.items) != 3:
        return f"a slice of {len(pack.items)} items instead of 3"
    if pack.kind in (tuple, list, slice):
        return f"a {name} with keys" if pack.keys else None
    if len(pack.keys) != len(pack.items):
        return f"a {name} of {len(pack.items)} items with {len(pack.keys)} keys"
    if not all(isinstance(key, Hashable) for key in pack.keys):
        return f"a {name} with a key that is not hashable"
    if len(set(pack.keys)) != len(pack.keys):
        return f"a {name} with a key given twice"
    if pack.kind is dict:
        return None
    fields = _fields(pack.kind)
    if fields is None and is_pattern and is_plain(pack.kind):
        return None
    if fields is None:
        return f"a {name} is no container that can be packed"
    unknown = [key for key in pack.keys if key not in fields]
    return f"a {name} has no field {unknown[0]!r}" if unknown else None


def _fields(kind: type) -> tuple[str, ...] | None:
    """The field names of a named tuple or a dataclass; None for any other class."""
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    names = getattr(kind, "_fields", None)
    return names if isinstance(names, tuple) and issubclass(kind, tuple) else None
