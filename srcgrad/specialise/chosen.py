"""Elements of lists and tuples of known length that data choose: ``items[int(np.argmax(x))]``.

An index that is computed from the index of a loop, from an integer that the function is given or
from a length gets known: the loop is unrolled, or the function compiled for that value.  One that
only running the program tells is an index into a list whose length is not known, if the elements
can be in one.  Objects, which can be changed, cannot: there is one arm for each then.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from srcgrad.errors import CertainError, Loc, UnknownTypeError, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import Array, ListOf, PackType, Scalar, Type, is_text
from srcgrad.ir.walk import variables
from srcgrad.specialise import (
    by_data,
    calls,
    compiled,
    containers,
    dispatched,
    growing,
    lists,
    long_lists,
    many_trips,
    perhaps,
    provisional,
    reach,
)
from srcgrad.specialise.heap import Choice
from srcgrad.specialise.join import same
from srcgrad.specialise.options import is_called, is_option
from srcgrad.specialise.values import Held, NeedsValue, OneOf, Ref, Value, displayed

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def element(
    sp: Specialiser,
    receiver: Value,
    container: Pack | Held,
    key: Value,
    need: NeedsValue,
    loc: Loc,
) -> Value:
    """``receiver[key]``, an element or a slice of what ``container`` says is in it.

    Raises
    ------
    NeedsValue
        If the value of the index may get known, or the elements are not of one kind.
    """
    if _differ_in_length(container):
        need.hint = need.hint or _FOR_LENGTHS
    if dispatched.is_dict(container):
        return dispatched.element(sp, receiver, container, key, need, loc)
    key = by_data.as_index(sp, key, loc)
    if isinstance(container, Pack):
        _refuse_nothing(container, key, loc, f"{container.kind.__name__} index out of range")
    xs = _as_list(sp, container, key, need, loc)
    if xs is None:
        return _by_position(sp, _taken_apart(sp, container, loc), key, need, loc)
    found = calls.apply(sp, operator.getitem, (xs, key), {}, loc)
    return containers.new_list(sp, found) if isinstance(key, Pack) else found


def _taken_apart(sp: Specialiser, container: Pack | Held, loc: Loc) -> Pack:
    """The elements of a list or a tuple; instances from outside stay what they are."""
    items: Any = sp.inputs.elements(container) if isinstance(container, Held) else ()
    if isinstance(container, Held) and any(map(is_option, items)):
        return Pack(type(container.example), items)
    whole = sp.whole(container, loc)
    assert isinstance(whole, Pack)
    return whole


def set_element(
    sp: Specialiser,
    receiver: Value,
    pack: Pack,
    key: Value,
    value: Value,
    need: NeedsValue,
    loc: Loc,
) -> None:
    """``receiver[key] = value``, of a list or a dict with what is in ``pack``."""
    if dispatched.is_dict(pack):
        dispatched.set_element(sp, receiver, pack, key, value, need, loc)
        return
    if not isinstance(receiver, Ref):
        raise need
    key = by_data.as_index(sp, key, loc)
    _refuse_nothing(pack, key, loc, "list assignment index out of range")
    xs = _as_list(sp, pack, key, need, loc)
    if xs is None:
        count = len(pack.items)
        place = _number(sp, range(count), key, loc)
        args = (receiver, place, _display(range(count)), value)
        dispatched.in_arms(sp, _put, args, need, loc)
        return
    growing.set_item(sp, receiver, xs, key, value, loc)


def _refuse_nothing(pack: Pack, key: Value, loc: Loc, text: str) -> None:
    """Raises what Python does where a list or a tuple has no elements, whatever the index is."""
    is_number = not isinstance(key, Pack) and by_data.is_index(key)
    if is_number and not pack.items and pack.kind in (list, tuple):
        raise CertainError(text, loc, IndexError(text))


def _as_list(
    sp: Specialiser, container: Pack | Held, key: Value, need: NeedsValue, loc: Loc
) -> Var | None:
    """What is in ``container`` as a list of unknown length; None if it has elements that cannot be
    in one, and ``key`` is the number of one of them."""
    kind = container.kind if isinstance(container, Pack) else type(container.example)
    is_sequence = kind is list or (issubclass(kind, tuple) and not isinstance(key, Pack))
    if not (is_sequence and by_data.is_index(key)):
        raise need
    if any(provisional.is_counted(sp, var) for var in variables(key)):  # type: ignore[arg-type]
        xs = None if isinstance(key, Pack) else long_lists.numbers(sp, container)
        if xs is not None:
            return xs
        if _is_long(container):
            raise need  # a display of so many elements is no text that somebody reads
    for var in variables(key):  # type: ignore[arg-type]
        if not by_data.is_chosen(sp, var) and not many_trips.count(sp, container, var):
            raise NeedsValue(var, need.why)
    pack = sp.whole(container, loc)
    items = pack.items if isinstance(pack, Pack) and not isinstance(key, Pack) else ()
    are_few = 0 < len(items) <= dispatched.MAX_ARMS
    if are_few and (sp.nested or sp.parts) and any(isinstance(item, Ref) for item in items):
        if _may_be_counted(sp, key):
            raise need
        return None
    are_few = are_few and not _may_be_counted(sp, key)
    xs = _converted(sp, pack, loc)
    if xs is not None:
        return xs
    if isinstance(pack, Pack) and any(map(perhaps.is_none, pack.items)):
        need.hint = need.hint or _FOR_NONE
    if are_few:
        return None
    raise need


def as_list(
    sp: Specialiser, receiver: Value, pack: Pack, key: Value, need: NeedsValue, loc: Loc
) -> Var:
    """What is in a list, which loses or gets an element at a place that data choose, as one of
    unknown length.

    Raises
    ------
    NeedsValue
        If the value of the index may get known, or the elements are not of one kind.
    """
    xs = None
    if pack.kind is list and isinstance(receiver, Ref) and by_data.is_index(key):
        for var in variables(key):  # type: ignore[arg-type]
            if not by_data.is_chosen(sp, var):
                raise NeedsValue(var, need.why)
        xs = None if _may_be_counted(sp, key) else _converted(sp, pack, loc)
    if xs is None:
        need.read = receiver
        raise need
    return xs


def _may_be_counted(sp: Specialiser, key: Value) -> bool:
    """Whether an index is carried by a ``while``, and may be known where that is unrolled."""
    if not any(map(sp.is_untried, sp.running)):
        return False
    return not any(by_data.is_computed(sp, var) for var in variables(key))  # type: ignore[arg-type]


def _converted(sp: Specialiser, pack: Value, loc: Loc) -> Var | None:
    """A display as a list of unknown length; None if that cannot be."""
    mark, sealed = len(sp.builder.body), set(sp.heap.sealed)
    try:
        if isinstance(pack, Pack) and pack.items:
            xs = lists.as_list(sp, Pack(list, pack.items), loc)
            if isinstance(xs.type, ListOf) and _is_data(xs.type.item):
                return xs
    except (UnknownTypeError, UnsupportedSyntaxError):
        pass  # which function it is, or which structure, has to be known
    del sp.builder.body[mark:]
    sp.heap.sealed = sealed
    return None


def _is_long(container: Pack | Held) -> bool:
    """Whether a container has more elements than a loop takes one by one."""
    elements = container.items if isinstance(container, Pack) else container.example
    return len(elements) > long_lists.MAX_UNROLLED


def _is_data(type_: Type) -> bool:
    """Whether elements of a type can be chosen at run time."""
    return isinstance(type_, Scalar | Array | ListOf | PackType) or is_text(type_)


def _differ_in_length(container: Pack | Held) -> bool:
    """Whether a container has tuples in it of different lengths."""
    if isinstance(container, Pack):
        shown = [displayed(item) for item in container.items]
        tuples = [item.items for item in shown if isinstance(item, Pack) and item.kind is tuple]
    else:
        example = container.example
        inside = example.values() if isinstance(example, dict) else example
        tuples = [item for item in inside if type(item) is tuple]
    return len(set(map(len, tuples))) > 1


_FOR_LENGTHS = "give its tuples one length, or make them lists, which may differ in theirs"
_FOR_NONE = "let an array of integers hold them, with -1 where there is none: np.full(n, -1)"


# --- one arm for each element ---------------------------------------------------------------------


def _by_position(sp: Specialiser, pack: Pack, key: Value, need: NeedsValue, loc: Loc) -> Value:
    """The element with an index that data choose, found in one arm for each."""
    functions = _functions(sp, pack, key, loc)
    if functions is not None:
        return functions
    own = _own_numbers(sp, pack)
    numbers = own or tuple(range(len(pack.items)))
    which = _number(sp, numbers, key, loc)
    args = (Pack(tuple, pack.items), which, _display(numbers))
    before = set(sp.heap.contents)
    found = dispatched.in_arms(sp, _found, args, need, loc)
    _forget(sp, found, before)
    if own and isinstance(found, Ref) and found in sp.heap.choices:
        sp.heap.choices[found] = Choice(which, frozenset(numbers))
    return found


def _functions(sp: Specialiser, pack: Pack, key: Value, loc: Loc) -> Value | None:
    """The function with an index that data choose; None if something else is in the container, or
    if two have one number."""
    if not all(map(is_called, pack.items)) or any(isinstance(f, OneOf) for f in pack.items):
        return None
    numbers = [sp.heap.functions.number(item) for item in pack.items]
    options = dict(zip(numbers, pack.items, strict=True))
    pairs = zip(numbers, pack.items, strict=True)
    if len(options) < 2 or not all(same(options[number], item) for number, item in pairs):
        return None
    which = _number(sp, numbers, key, loc)
    return OneOf(which, options) if isinstance(which, Var) else None


def numbered(sp: Specialiser, refs: Mapping[Ref, Choice], which: Operand, loc: Loc) -> Value:
    """The object with the number ``which``, of those with theirs, of which it is one."""
    if len(refs) == 1:
        return next(iter(refs))
    numbers = tuple(choice.which for choice in refs.values())
    args = (Pack(tuple, tuple(refs)), which, Pack(tuple, numbers))  # type: ignore[arg-type]
    before = set(sp.heap.contents)
    found = compiled.run(sp, _found, args, loc)
    _forget(sp, found, before)
    if isinstance(found, Ref) and found in sp.heap.choices:
        every = frozenset(number for choice in refs.values() for number in choice.numbers)
        sp.heap.choices[found] = Choice(which, every)
    return found


def _forget(sp: Specialiser, found: Value, before: set[Ref]) -> None:
    """Drops the objects that stood for one of the first few elements: nothing leads to them."""
    kept = reach.reachable((found,), sp.heap.contents, sp.heap)
    for ref in set(sp.heap.contents) - before - (kept or set(sp.heap.contents)):
        del sp.heap.contents[ref]


def _own_numbers(sp: Specialiser, pack: Pack) -> tuple[int, ...] | None:
    """The numbers of the objects that are in a container; None if something else is."""
    if not all(isinstance(item, Ref) and item not in sp.heap.choices for item in pack.items):
        return None
    found = [sp.heap.choice(item).numbers for item in pack.items]  # type: ignore[arg-type]
    return tuple(number for numbers in found for number in numbers)


def _number(sp: Specialiser, numbers: Iterable[int], key: Value, loc: Loc) -> Operand:
    """Which of ``numbers`` an index chooses, which may be negative, or too large, as in Python."""
    xs = lists.as_list(sp, Pack(list, tuple(map(Const, numbers))), loc)
    found = calls.apply(sp, operator.getitem, (xs, key), {}, loc)
    return sp.operand(found, loc)


def _display(numbers: Iterable[int]) -> Pack:
    return Pack(tuple, tuple(map(Const, numbers)))


# --- compiled like the user's functions -----------------------------------------------------------


def _found(items: Any, which: Any, numbers: Any) -> Any:
    found = items[0]
    for item, number in zip(items[1:], numbers[1:]):  # noqa: B905
        if which == number:
            found = item
    return found


def _put(items: Any, which: Any, places: Any, value: Any) -> None:
    for place in places:
        if which == place:
            items[place] = value
