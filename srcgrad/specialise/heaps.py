"""``heapq``, said in Python: the same comparisons and the same places as Python's own functions.

A heap is a list of the program.  Which element goes where is decided by comparing, along which no
derivative goes; what is moved takes its derivative along.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Const
from srcgrad.specialise import compiled, own_containers
from srcgrad.specialise.values import Args, Handler, Kwargs, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def _said(function: Callable[..., Any]) -> Handler:
    """A function of ``heapq`` as ``function`` says it, which is given ``_sift`` besides."""

    def run(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        if args:
            own_containers.ask(sp, args[0])
        count = function.__code__.co_argcount - 1
        if kwargs or len(args) != count or not _is_list_of_program(args[0]):
            return None
        return compiled.run(sp, function, (*args, compiled.closure(_sift)), loc)

    return run


def _is_list_of_program(value: Value) -> bool:
    return isinstance(value, Ref) and value.kind is list


def _first(reverse: bool) -> Handler:
    """``heapq.nsmallest(n, items)``, ``heapq.nlargest(n, items)``, which sort as well."""
    said = _largest if reverse else _smallest

    def run(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        if len(args) not in (2, 3) or kwargs.keys() - {"key"} or (len(args) == 3 and kwargs):
            return None
        key = args[2] if len(args) == 3 else kwargs.get("key", Const(None))
        return compiled.run(sp, said, (*args[:2], key), loc)

    return run


# --- compiled like the user's functions -----------------------------------------------------------


def _push(heap: Any, item: Any, sift: Any) -> None:
    heap.append(item)
    place = len(heap) - 1
    while place > 0 and item < heap[(place - 1) // 2]:
        heap[place] = heap[(place - 1) // 2]
        place = (place - 1) // 2
    heap[place] = item


def _pop(heap: Any, sift: Any) -> Any:
    if not heap:
        raise IndexError("index out of range")
    last = heap.pop()
    if not heap:
        return last
    first = heap[0]
    sift(heap, last, 0)
    return first


def _replace(heap: Any, item: Any, sift: Any) -> Any:
    if not heap:
        raise IndexError("index out of range")
    first = heap[0]
    sift(heap, item, 0)
    return first


def _push_and_pop(heap: Any, item: Any, sift: Any) -> Any:
    if not heap or not heap[0] < item:
        return item
    first = heap[0]
    sift(heap, item, 0)
    return first


def _make(heap: Any, sift: Any) -> None:
    for start in range(len(heap) // 2 - 1, -1, -1):
        sift(heap, heap[start], start)


def _sift(heap: Any, item: Any, start: Any) -> None:
    """Puts an item where it belongs from a place on: smaller children move up to the last one, and
    then those larger than the item move down again, as in ``heapq``."""
    place = start
    child = 2 * place + 1
    while child < len(heap):
        if child + 1 < len(heap) and not heap[child] < heap[child + 1]:
            child = child + 1
        heap[place] = heap[child]
        place = child
        child = 2 * place + 1
    while place > start and item < heap[(place - 1) // 2]:
        heap[place] = heap[(place - 1) // 2]
        place = (place - 1) // 2
    heap[place] = item


def _smallest(n: Any, items: Any, key: Any) -> Any:
    return sorted(items, key=key)[: max(n, 0)]


def _largest(n: Any, items: Any, key: Any) -> Any:
    return sorted(items, key=key, reverse=True)[: max(n, 0)]


HEAPS: dict[Any, Handler] = {
    heapq.heappush: _said(_push),
    heapq.heappop: _said(_pop),
    heapq.heapreplace: _said(_replace),
    heapq.heappushpop: _said(_push_and_pop),
    heapq.heapify: _said(_make),
    heapq.nsmallest: _first(reverse=False),
    heapq.nlargest: _first(reverse=True),
}
