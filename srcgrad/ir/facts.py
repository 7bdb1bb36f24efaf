"""Facts: what is derived from a node of a program, found once and kept with the node.

Nodes never change, so that what was derived from one stays true as long as it lives.  A pass that
leaves a part of a program as it is gives back the nodes themselves, and with them what is known of
them; what it builds anew starts with nothing known.

A fact must follow from the node alone, and what is returned must not be changed by whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, dataclass_transform

N = TypeVar("N", bound="Node")
T = TypeVar("T")


@dataclass_transform(frozen_default=True, eq_default=False)
def immutable(cls: type[T]) -> type[T]:
    """Makes a class a dataclass whose objects never change and equal only themselves.

    The type checker sees to it.  At run time it would take three times as long to make one, and the
    compiler makes many.
    """
    return dataclass(eq=False, slots=True)(cls)


class Node:
    """What facts are kept for: statements, blocks and functions."""

    __slots__ = ("_facts",)

    _facts: dict[Any, Any]


def note(node: Node, what: str) -> None:
    """Notes that something holds for ``node``, for :func:`noted` to tell."""
    if not hasattr(node, "_facts"):
        node._facts = {}
    node._facts[what] = True


def noted(node: Node, what: str) -> bool:
    """Whether it was noted of ``node``."""
    return hasattr(node, "_facts") and what in node._facts


def drop_facts(node: Node) -> None:
    """Forgets what is known of ``node``."""
    if hasattr(node, "_facts"):
        del node._facts


def fact(derive: Callable[[N], T]) -> Callable[[N], T]:
    """Makes ``derive`` a fact: it is called once for each node.

    Two threads may both call it, which does no harm.
    """

    @wraps(derive)
    def known(node: N) -> T:
        try:
            found: T = node._facts[derive]
            return found
        except AttributeError:
            node._facts = {}
        except KeyError:
            pass
        value = node._facts[derive] = derive(node)
        return value

    return known
