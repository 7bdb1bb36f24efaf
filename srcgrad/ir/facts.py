"""Facts: what is derived from a node of a program, found once and kept with the node.

Nodes never change, so that what was derived from one stays true as long as it lives.  A pass that
leaves a part of a program as it is gives back the nodes themselves, and with them what is known of
them; what it builds anew starts with nothing known.

A fact must follow from the node alone, and what is returned must not be changed by whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import wraps
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

N = TypeVar("N", bound="Node")
T = TypeVar("T")

_PARTS: dict[type, Callable[[Any], tuple[Any, ...]]] = {}
"""For each class, what gives the values with which its objects are made."""


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(field,))
def immutable(cls: type[T]) -> type[T]:
    """Makes a class a dataclass whose objects never change and equal only themselves.

    The type checker sees to it.  At run time it would take three times as long to make one, and the
    compiler makes many.
    """
    made = dataclass(eq=False, slots=True)(cls)
    _note_parts(made)
    return made


@dataclass_transform(frozen_default=True, eq_default=True, field_specifiers=(field,))
def immutable_value(cls: type[T]) -> type[T]:
    """The same for a class whose objects are equal where their parts are."""
    made = dataclass(slots=True, unsafe_hash=vars(cls).get("__hash__") is None)(cls)
    _note_parts(made)
    return made


def _note_parts(cls: type[Any]) -> None:
    names = [each.name for each in fields(cls) if each.init]
    if len(names) > 1:
        _PARTS[cls] = attrgetter(*names)


def replaced(node: T, **parts: Any) -> T:
    """``node`` with other ``parts``: ``dataclasses.replace`` takes three times as long."""
    cls = type(node)
    values = _PARTS.get(cls)
    if values is None:
        return cls(**parts)  # which has one part
    made = cls(*values(node))
    for name, part in parts.items():
        setattr(made, name, part)
    return made


@immutable
class Node:
    """What facts are kept for: statements, blocks and functions."""

    _facts: dict[Any, Any] | None = field(default=None, init=False, repr=False)


def note(node: Node, what: str) -> None:
    """Notes that something holds for ``node``, for :func:`noted` to tell."""
    if node._facts is None:
        node._facts = {}  # type: ignore[misc]
    node._facts[what] = True


def noted(node: Node, what: str) -> bool:
    """Whether it was noted of ``node``."""
    return node._facts is not None and what in node._facts


def drop_facts(node: Node) -> None:
    """Forgets what is known of ``node``."""
    node._facts = None  # type: ignore[misc]


def fact(derive: Callable[[N], T]) -> Callable[[N], T]:
    """Makes ``derive`` a fact: it is called once for each node.

    Two threads may both call it, which does no harm.
    """

    @wraps(derive)
    def known(node: N) -> T:
        facts = node._facts
        if facts is None:
            facts = node._facts = {}  # type: ignore[misc]
        elif derive in facts:
            found: T = facts[derive]
            return found
        value = facts[derive] = derive(node)
        return value

    return known
