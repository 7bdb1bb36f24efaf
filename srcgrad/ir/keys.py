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
``set_of_each((1, 2))``  ``set((1, 2))``
``with_element(s, k)``   with one element more, printed ``s.add(k)``
``less_element(s, k)``   without an element, printed ``s.discard(k)``
``with_elements(s, t)``  printed ``s.update(t)``
``less_elements(s, t)``  printed ``s.difference_update(t)``
``elements_kept(s, t)``  printed ``s.intersection_update(t)``
``elements_apart(s, t)`` printed ``s.symmetric_difference_update(t)``
``emptied(s)``           printed ``s.clear()``
``popped(s)``            the element that ``s.pop()`` gives
``less_popped(s)``       what it leaves
``union(s, t)``          ``s | t``; so ``both``, ``less`` and ``either``
``union_with(s, xs, t)`` printed ``s.union(xs, t)``; so ``both_with``, ...
``in_its_order(s)``      ``list(s)``, where the order counts
``edited_inside(...)``   of a set in a list: ``xs[i].add(k)``, for the back end
=======================  ==================================================

In which order a set comes depends on all that was done to it, and on the size of its table.  So it
is the set that the program has, which the same operations have made, as long as none is changed
that stays what it was: its copy would be laid out in another way (:mod:`srcgrad.backend.laid_out`).
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


def set_of_each(elements: Any) -> Any:
    """The set that gets elements one after the other, where a display is made of all of them."""
    return set(elements)


def with_elements(elements: Any, more: Any) -> Any:
    """A set with more elements, those of a set, of a dict or of a list."""
    return elements | set(more)


def less_elements(elements: Any, others: Any) -> Any:
    """A set without those elements that others are."""
    return elements - set(others)


def elements_kept(elements: Any, others: Any) -> Any:
    """A set with those of its elements that are among others."""
    return elements & set(others)


def elements_apart(elements: Any, others: Any) -> Any:
    """A set with what is in it, or among others, and not in both."""
    return elements ^ set(others)


def emptied(elements: Any) -> Any:
    """A set from which all was taken out."""
    return elements - elements


def popped(elements: Any) -> Any:
    """The element that a set gives which is asked for any."""
    return set(elements).pop()


def less_popped(elements: Any) -> Any:
    """A set without that element."""
    return elements - {popped(elements)}


def union(a: Any, b: Any) -> Any:
    """``a | b`` of two sets; a dict stands for its keys."""
    return set(a) | set(b)


def both(a: Any, b: Any) -> Any:
    """``a & b``."""
    return set(a) & set(b)


def less(a: Any, b: Any) -> Any:
    """``a - b``."""
    return set(a) - set(b)


def either(a: Any, b: Any) -> Any:
    """``a ^ b``."""
    return set(a) ^ set(b)


def in_its_order(elements: Any) -> Any:
    """The elements of a set in the order in which they come."""
    return list(elements)


def union_with(elements: Any, *others: Any) -> Any:
    """``elements.union(*others)`` of any iterables; a dict is one itself."""
    return set(elements).union(*others)


def both_with(elements: Any, *others: Any) -> Any:
    """``elements.intersection(*others)``."""
    return set(elements).intersection(*others)


def less_with(elements: Any, *others: Any) -> Any:
    """``elements.difference(*others)``."""
    return set(elements).difference(*others)


def either_with(elements: Any, *others: Any) -> Any:
    """``elements.symmetric_difference(*others)``."""
    return set(elements).symmetric_difference(*others)


def edited_inside(xs: Any, i: Any, path: Any, op: Any, *args: Any) -> Any:
    """A list with another set in it: what ``op`` gives of the one at place ``i`` and ``args``.

    The set is that element, or lies in it where the constants in ``path`` lead.
    """

    def edited(item: Any, path: Any) -> Any:
        if not path:
            return op(item, *args)
        return (*item[: path[0]], edited(item[path[0]], path[1:]), *item[path[0] + 1 :])

    return [*xs[:i], edited(xs[i], path), *xs[i + 1 :]]
