"""Functions of iterables with known elements: ``sorted``, ``filter``, ``itertools``."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import CertainError, Loc, UnknownTypeError
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import Array, ndim_of
from srcgrad.specialise import (
    advanced,
    by_data,
    calls,
    certain,
    compiled,
    container_methods,
    containers,
    early,
    exhausted,
    growing,
    iterate,
    iterating,
    lists,
    open_methods,
    optional,
    ordered,
    taking,
)
from srcgrad.specialise.values import (
    ITERABLES,
    ITERATORS,
    Args,
    Handler,
    Kwargs,
    MapOf,
    OpenViewOf,
    ProductOf,
    RangeOf,
    Ref,
    RepeatedOf,
    TakenOf,
    Value,
    ZipOf,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_NONE, _FALSE = Const(None), Const(False)


def _tuple(items: Any) -> Pack:
    return Pack(tuple, tuple(items))


def _iterator(sp: Specialiser, items: Iterable[Value]) -> TakenOf:
    """An iterator over items that were taken when it was made."""
    found = tuple(items)
    return TakenOf(tuple(partial(_same, item) for item in found), sp.trip, [], found)


def _same(value: Value) -> Value:
    return value


def _sorted(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    key, reverse = kwargs.get("key", _NONE), kwargs.get("reverse", _FALSE)
    if isinstance(args[0], OpenViewOf) and args[0].what == "items" and key is _NONE:
        return open_methods.ordered_items(sp, args[0], reverse, loc)
    viewed = sp.heap.view(args[0])
    if isinstance(args[0], ITERABLES) and growing.is_dynamic(sp, args[0]):
        viewed = sp.heap.view(growing.collected(sp, args[0], loc))
    if isinstance(viewed, Var) and ordered.is_one_by_one(viewed, key):
        given = args[0] if isinstance(args[0], OpenViewOf) else None
        return containers.new_list(sp, ordered.by_key(sp, viewed, key, reverse, loc, given))
    items = iterate.all_elements(sp, args[0], loc)
    return containers.make_list(sp, ordered.in_order(sp, items, key, reverse, loc))


def _filter(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    function, items = args
    if isinstance(items, RangeOf) and iterate.is_known(sp, items, loc):
        items = _tuple(iterate.all_elements(sp, items, loc))  # a number that decides is known then
    if isinstance(function, Const) and function.value is None:
        return advanced.made(sp, compiled.run(sp, _true, (items,), loc), loc)
    return advanced.made(sp, compiled.run(sp, _kept, (function, items), loc), loc)


def _true(items: Any) -> Any:
    """``filter(None, items)``."""
    return (item for item in items if item)


def _kept(function: Any, items: Any) -> Any:
    """``filter(function, items)``: whether an element is kept is asked when its turn has come."""
    return (item for item in items if function(item))


def _accumulate(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    function = args[1] if len(args) > 1 else kwargs.get("func", _NONE)
    if isinstance(function, Const) and function.value is None:
        function = Const(operator.add)
    initial = kwargs.get("initial", _NONE)
    optional.refuse(initial, "'accumulate' gives one more element if it is not", loc)
    rows = iterate.countable(sp, args[0], loc)
    if not isinstance(rows, taking.Rows):
        return iterating.accumulated(sp, args[0], function, initial, (*args, *kwargs.values()), loc)
    items = list(rows.items)
    if not isinstance(initial, Const) or initial.value is not None:
        items.insert(0, partial(_same, initial))
    total: list[Value] = []

    def next_sum(produce: taking.Producer) -> Value:
        item = produce()
        total[:] = [calls.invoke(sp, function, (*total, item), {}, loc) if total else item]
        return total[0]

    return TakenOf(
        tuple(partial(next_sum, item) for item in items),
        sp.trip,
        total,
        (*args, *kwargs.values()),
        rows.counts,
    )


def _product(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    repeat = sp.constant(kwargs.get("repeat", Const(1)), "'repeat'")
    if any(growing.is_dynamic(sp, arg) for arg in args):
        found = [indexable(sp, arg, loc) for arg in args]
        counts = tuple(iterate.length(sp, part, loc) for part in found)
        return ProductOf(tuple(found) * repeat, counts * repeat, sp.trip)
    parts = [iterate.all_elements(sp, arg, loc) for arg in args]
    return _iterator(sp, map(_tuple, itertools.product(*parts, repeat=repeat)))


def _places(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``np.ndindex(3, 4)``, ``np.ndindex(x.shape)``: all places in an array of that shape."""
    viewed = sp.heap.view(args[0]) if len(args) == 1 else None
    lengths = viewed.items if isinstance(viewed, Pack) else args
    ranges = [calls.invoke(sp, Const(range), (length,), {}, loc) for length in lengths]
    return _product(sp, tuple(ranges), {}, loc, name)


def _enumerated(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``np.ndenumerate(x)``: all places in an array, each with the element there."""
    if len(args) != 1 or not isinstance(args[0], Var) or not isinstance(args[0].type, Array):
        return None
    return compiled.run(sp, _with_places, args, loc)


def _with_places(a: Any) -> Any:
    return ((place, a[place]) for place in np.ndindex(a.shape))


def indexable(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """What ``itertools.product`` takes of an iterable when it is made, with indices."""
    if isinstance(value, MapOf):
        return growing.indexable(sp, value, loc)  # computed once, however often it is combined
    if isinstance(value, ITERATORS):
        exhausted.exhaust(sp, value, loc)
    viewed = sp.heap.view(value)
    if not isinstance(value, ITERABLES) and iterate.is_known(sp, value, loc):
        elements = Pack(list, iterate.all_elements(sp, value, loc))  # type: ignore[arg-type]
        return lists.as_list(sp, elements, loc)
    if isinstance(viewed, Var) and ndim_of(viewed.type) == 1:
        return calls.invoke(sp, Const(np.copy), (viewed,), {}, loc)  # it may be written later
    return viewed


def _chain(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    for arg in args:
        try:
            certain.check_iterable(sp, arg, loc)
        except CertainError as error:  # which Python finds out when it gets there
            raise UnknownTypeError(error.message, loc) from None
    if any(growing.is_dynamic(sp, arg) for arg in args):
        with early.unseen(sp, loc):
            listed = _chained_list(sp, args, loc)
        sp.heap.early[listed] = early.taken(sp, args)
        return MapOf(Const(intrinsics.itself), (listed,), sp.trip)
    rows = [iterate.all_producers(sp, arg, loc) for arg in args]
    items = tuple(item for part in rows for item in part.items)
    return TakenOf(items, sp.trip, [], args, tuple(c for part in rows for c in part.counts))


def _chained_list(sp: Specialiser, parts: Args, loc: Loc) -> Ref:
    """The list of the elements of iterables, of which one has no known length."""
    items = containers.make_list(sp, ())
    for part in parts:
        container_methods.method(sp, items, "extend", (part,), {}, loc)
    assert isinstance(items, Ref)
    return items


def _chain_all(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``chain.from_iterable(outer)``, which asks for each iterable when the one before is over."""
    rows = iterate.countable(sp, args[0], loc)
    if not isinstance(rows, taking.Rows):
        return _flat(sp, args, loc)
    with early.tried(sp, args[0], loc):
        parts = tuple(early.listed(sp, produce(), loc) for produce in rows.items)
        dynamic = any(growing.is_dynamic(sp, part) for part in parts)
        found = [] if dynamic else [iterate.all_producers(sp, part, loc) for part in parts]
    if dynamic:
        with early.unseen(sp, loc):
            parts = tuple(early.listed(sp, produce(), loc) for produce in rows.items)
            listed = _chained_list(sp, parts, loc)
        sp.heap.early[listed] = replace(early.taken(sp, parts), given=early.taken(sp, args))
        return MapOf(Const(intrinsics.itself), (listed,), sp.trip)
    counts = (count for part in found for count in part.counts)
    there = (count for count in counts if sp.heap.looked_at(count[0]) in sp.heap.contents)
    sizes = [len(part.items) for part in found]
    items, last = _one_after_the_other(sp, rows.items, sizes, loc)
    return TakenOf(items, sp.trip, last, args, (*rows.counts, *there))


def _flat(sp: Specialiser, args: Args, loc: Loc) -> Value:
    """``chain.from_iterable(outer)``, where only data tell how many iterables there are."""
    with early.unseen(sp, loc):
        listed = compiled.run(sp, _flattened, args, loc)
    assert isinstance(listed, Ref)
    sp.heap.early[listed] = early.computed(sp, args)
    return MapOf(Const(intrinsics.itself), (listed,), sp.trip)


def _flattened(parts: Any) -> list[Any]:
    return [item for part in parts for item in part]


def _one_after_the_other(
    sp: Specialiser, outer: tuple[taking.Producer, ...], sizes: list[int], loc: Loc
) -> tuple[tuple[taking.Producer, ...], list[Value]]:
    """The elements of iterables of these sizes, each of which ``outer`` gives when its turn has
    come; and what is kept from element to element: which one that is."""
    marks = [Const(i) for i in range(len(outer))]
    last: list[Value] = []
    present: list[taking.Producer] = []

    def element(mark: Const, position: int) -> Value:
        if last != [mark]:
            part = early.listed(sp, outer[mark.value](), loc)
            present[:] = iterate.all_producers(sp, part, loc).items
            last[:] = [mark]
            if len(present) != sizes[mark.value]:
                raise taking.changes_length(loc)
        return present[position]()

    places = ((mark, i) for mark, size in zip(marks, sizes, strict=True) for i in range(size))
    return tuple(partial(element, *place) for place in places), last


def _pairwise(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if growing.is_dynamic(sp, args[0]):
        with early.unseen(sp, loc):
            xs = growing.indexable(sp, args[0], loc)
        bounds = [(Const(None), Const(-1), Const(None)), (Const(1), Const(None), Const(None))]
        parts = tuple(calls.index(sp, xs, Pack(slice, bound), loc) for bound in bounds)
        return ZipOf(parts, sp.trip, early.taken(sp, (*args, *parts)))
    rows = iterate.all_producers(sp, args[0], loc)
    first, *others = rows.items or (None,)
    last: list[Value] = []

    def next_pair(produce: taking.Producer) -> Value:
        before = last[0] if last else first()  # type: ignore[misc]
        last[:] = [produce()]
        return _tuple((before, last[0]))

    items = tuple(partial(next_pair, item) for item in others)
    return TakenOf(items, sp.trip, last, args, rows.counts)


def _selections(function: Callable[..., Any]) -> Handler:
    """``itertools.combinations(items, r)`` and the like."""

    def select(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        given: dict[str, Value] = {**dict(zip(("iterable", "r"), args, strict=False)), **kwargs}
        if "iterable" not in given or not given.keys() <= {"iterable", "r"}:
            return None
        sizes = [sp.constant(given["r"], "the size of the selections")] if "r" in given else []
        if sizes and growing.is_dynamic(sp, given["iterable"]):
            said = iterating.selections(sp, function, given["iterable"], sizes[0], loc)
            if said is not None:
                return said
        items = iterate.all_elements(sp, given["iterable"], loc)
        rows = certain.computed(loc, function, items, *sizes)
        return _iterator(sp, map(_tuple, rows))

    return select


def _repeat(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    times = args[1] if len(args) > 1 else kwargs.get("times")
    if times is None:
        return RepeatedOf(args[0]) if len(args) == 1 and not kwargs else None
    if isinstance(times, Var) and by_data.is_chosen(sp, times):
        return iterating.repeated(sp, args[0], times, loc)
    count = certain.computed(loc, operator.index, sp.constant(times, "'times'"))
    return _iterator(sp, [args[0]] * count)


FUNCTIONAL: dict[Any, Handler] = {
    sorted: _sorted,
    filter: _filter,
    itertools.accumulate: _accumulate,
    itertools.product: _product,
    np.ndenumerate: _enumerated,
    np.ndindex: _places,
    itertools.chain: _chain,
    itertools.chain.from_iterable: _chain_all,
    itertools.pairwise: _pairwise,
    itertools.combinations: _selections(itertools.combinations),
    itertools.combinations_with_replacement: _selections(itertools.combinations_with_replacement),
    itertools.permutations: _selections(itertools.permutations),
    itertools.repeat: _repeat,
}
