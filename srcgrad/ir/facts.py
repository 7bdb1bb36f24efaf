"""Facts: what is derived from a node of a program, found once and kept with the node.

Nodes never change, so that what was derived from one stays true as long as it lives.  A pass that
leaves a part of a program as it is gives back the nodes themselves, and with them what is known of
them; what it builds anew starts with nothing known.

A fact must follow from the node alone, and what is returned must not be changed by whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

N = TypeVar("N", bound="Node")
T = TypeVar("T")


class Node:
    """What facts are kept for: statements, blocks and functions."""

    __slots__ = ("_facts",)

    _facts: dict[Callable[..., Any], Any]


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
            object.__setattr__(node, "_facts", {})  # nodes are frozen
        except KeyError:
            pass
        value = node._facts[derive] = derive(node)
        return value

    return known
