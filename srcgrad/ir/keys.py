"""Operations on the keys of a dict, and on a set, whose content only running the program tells.

Such a dict is two values: a list of unknown length of what is in it (:mod:`.lists`), in the order
in which the keys came, and a dict that says for each key where in that list its value is.  The
latter carries no derivative, and is a pure value in the IR, as lists are.

=======================  ==================================================
``keys_of(("a", "b"))``  the keys that are known: ``{"a": 0, "b": 1}``
``key_added(at, key)``   with one key more, printed ``at[key] = len(at)``
``has_key(at, key)``     ``key in at``
``key_place(at, key)``   ``at[key]``, which raises what Python's dict does
``next_place(at, key)``  ``at.get(key, len(at))``
``key_list(at)``         ``list(at)``
=======================  ==================================================

A set is one value, which ``has_key`` and ``key_list`` are asked about too:

=======================  ==================================================
``set_of((1, 2))``       ``{1, 2}``; ``set(s)`` of another set
``with_element(s, k)``   with one element more, printed ``s.add(k)``
``less_element(s, k)``   without an element, printed ``s.discard(k)``
=======================  ==================================================
"""

from __future__ import annotations

from typing import Any


def keys_of(keys: Any) -> Any:
    """The places of keys that are known one by one."""
    return {key: place for place, key in enumerate(keys)}


def key_added(at: Any, key: Any) -> Any:
    """The places with one for a key that had none: the next."""
    return {**at, key: len(at)}


def has_key(at: Any, key: Any) -> bool:
    """Whether a key has a place."""
    return key in at


def key_place(at: Any, key: Any) -> Any:
    """The place of a key."""
    return dict.__getitem__(at, key)


def place_asked(at: Any, key: Any) -> Any:
    """``key_place(at, key)``, which nobody needs but for that it raises where there is none."""
    return key_place(at, key)


def next_place(at: Any, key: Any) -> Any:
    """The place of a key, or the one that it gets if it has none."""
    return at.get(key, len(at))


def key_list(at: Any) -> Any:
    """The keys, in the order of their places; the elements of a set in any order."""
    return list(at if isinstance(at, set) else dict.keys(at))


def set_of(elements: Any) -> Any:
    """The set of elements that are known one by one, or of those of a set from outside."""
    return set(elements)


def with_element(elements: Any, element: Any) -> Any:
    """A set with an element, which it may have already."""
    return elements | {element}


def less_element(elements: Any, element: Any) -> Any:
    """A set without an element, which it may not have."""
    return elements - {element}
