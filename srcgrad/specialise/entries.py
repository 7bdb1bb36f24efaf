"""The entries of a dict, or what makes one: ``dict(pairs)``, ``d.update(pairs)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srcgrad.errors import CertainError, Loc
from srcgrad.ir.nodes import Pack
from srcgrad.specialise import certain, containers, iterate, open_methods
from srcgrad.specialise.values import Held, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def entries(sp: Specialiser, value: Value, loc: Loc) -> dict[Any, Value]:
    """The entries of a dict, or of the pairs that make one."""
    pack = sp.heap.view(value)
    open_methods.check_known(pack, loc)
    if is_dict(pack):
        return containers.mapping(sp, pack, loc)
    return {certain.key(sp, k, "a key of a dict", loc): v for k, v in pairs(sp, value, loc)}


def is_dict(content: object) -> bool:
    """Whether something is what is in a dict, known key by key."""
    if isinstance(content, Held):
        return isinstance(content.example, dict)
    return isinstance(content, Pack) and content.kind is dict


def pairs(sp: Specialiser, value: Value, loc: Loc) -> list[tuple[Value, Value]]:
    """The keys and the values in the pairs that make a dict."""
    rows = enumerate(iterate.all_elements(sp, value, loc))
    return [pair(sp, row, number, loc) for number, row in rows]


def pair(sp: Specialiser, row: Value, number: int, loc: Loc) -> tuple[Value, Value]:
    """The key and the value that a pair makes, the one with this number."""
    place = f"dictionary update sequence element #{number}"
    certain.check_iterable(sp, row, loc, f"cannot convert {place} to a sequence")
    items = iterate.all_elements(sp, row, loc)
    if len(items) != 2:
        text = f"{place} has length {len(items)}; 2 is required"
        raise CertainError(text, loc, ValueError(text))
    return items[0], items[1]
