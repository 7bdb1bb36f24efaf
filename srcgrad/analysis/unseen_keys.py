"""What calls are given, for comparison: a body is gone through once for what is the same."""

from __future__ import annotations

import types
from collections.abc import Iterable
from typing import Any

from srcgrad.analysis import unseen_bodies
from srcgrad.analysis.unseen_values import Given, Made


def key_of(values: Iterable[Any]) -> Any:
    """Values for comparison: what calls have made is the same if it holds the same."""
    found: set[Any] = set()
    waiting, seen = list(values), set[int]()
    while waiting:
        each = waiting.pop()
        if isinstance(each, Made) and each.var is None:
            if id(each) not in seen:
                seen.add(id(each))
                found.add(each.cls)
                named = each.attributes.items() if each.is_known else ()
                found.update((name, frozenset(map(_key_of_part, held))) for name, held in named)
                waiting.extend(each.parts)
        elif isinstance(each, unseen_bodies.Nested):
            found.add(each.node)
        elif isinstance(each, types.MethodType):
            found.add((each.__func__, key_of((each.__self__,))))
        elif isinstance(each, str | int):
            found.add(each)
        else:
            found.add(id(each))
    return frozenset(found)


def key_of_given(given: Given) -> Any:
    """What a call is given, for comparison."""
    named = ((name, key_of(value)) for name, value in given.kwargs.items())
    return (*map(key_of, given.args), key_of(given.rest), *named)


def adopt(given: Given, first: Given) -> None:
    """Lets what a call has made be what it was made where the same was given before."""
    names = tuple(given.kwargs)
    now = (*given.args, given.rest, *(given.kwargs[name] for name in names))
    then = (*first.args, first.rest, *(first.kwargs[name] for name in names))
    for new, old in zip(now, then, strict=True):
        olds = [each for each in old if isinstance(each, Made)]
        for each in (each for each in new if isinstance(each, Made)):
            for other in olds:
                if other is not each and other.cls is each.cls:
                    each.adopt(other)


def _key_of_part(part: Any) -> Any:
    return part.cls if isinstance(part, Made) else id(part)
