"""What is in the objects of the heap, and what it holds."""

from __future__ import annotations

import collections
from collections.abc import Mapping
from typing import Any, TypeAlias

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Pack, Var
from srcgrad.ir.records import is_entry, is_value
from srcgrad.ir.types import NEVER, ListOf, PackType, is_set
from srcgrad.specialise.values import (
    OpenDict,
    OpenDictOf,
    OpenSet,
    OpenSetOf,
    PerhapsOf,
    Ref,
    Value,
)

Content: TypeAlias = Pack | Var
"""What is in an object: its elements or attributes, or a list whose length is not known."""
Contents: TypeAlias = Mapping[Ref, Content]


def passed_on(loc: Loc | None = None) -> UnsupportedSyntaxError:
    """The error about a dict or a set to which data add, where it has no identity."""
    return UnsupportedSyntaxError(_PASSED_ON, loc, _PASS_LISTS)


_PASSED_ON = (
    "a defaultdict, or a dict whose keys only running the program tells, or such a set, goes where "
    "it cannot be followed"
)
_PASS_LISTS = "pass on what is read from it, or lists of its keys and its values: sorted(keys)"


def is_open(content: Value) -> bool:
    """Whether something is what is in a dict or a set to which data add, or in a dict that makes
    values, where it is known by its kind."""
    if not isinstance(content, Pack):
        return False
    return content.kind in (OpenDict, OpenSet) or issubclass(content.kind, collections.defaultdict)


def holds_open(content: Value) -> bool:
    """Whether such a dict is in a container that is known element by element."""
    if isinstance(content, Pack):
        return is_open(content) or any(map(holds_open, content.items))
    return isinstance(content, PerhapsOf) and holds_open(content.content)


def holds_lists(xs: Value) -> bool:
    """Whether the elements of a list of unknown length are lists, dicts, sets or instances."""
    item = xs.type.item if isinstance(xs, Var) and isinstance(xs.type, ListOf) else NEVER
    if isinstance(item, PackType):
        return item.kind is dict or is_entry(item.kind) or is_value(item.kind)
    return isinstance(item, ListOf) or is_set(item)


def holds_entries(display: Value) -> bool:
    """Whether a display holds dicts or sets which in a list are some to which data add."""
    if not isinstance(display, Pack):
        return False
    if is_open(display) or display.kind is set or (display.kind is dict and not display.keys):
        return True
    return any(map(holds_entries, display.items))


def opened(ref: Ref, content: Content) -> OpenDictOf | OpenSetOf:
    assert isinstance(content, Pack)
    made: Any = OpenSetOf if content.kind is OpenSet else OpenDictOf
    return made(ref, *content.items)  # type: ignore[no-any-return]


def leads_to(content: Value, kind: type) -> bool:
    """Whether what is in an object leads to another one of its class: a list of linked objects."""
    if isinstance(content, Pack):
        return any(leads_to(item, kind) for item in content.items)
    if isinstance(content, PerhapsOf):
        return leads_to(content.content, kind)
    return isinstance(content, Ref) and content.kind is kind and kind is not list
