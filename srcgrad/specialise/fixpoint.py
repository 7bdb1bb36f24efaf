"""The fixpoint of a loop: its body is run until the types of what it carries hold in every trip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from srcgrad.errors import (
    CertainError,
    Loc,
    SrcgradError,
    UnknownTypeError,
    UnsupportedSyntaxError,
    placed,
)
from srcgrad.ir.nodes import Operand, Stmt, Var
from srcgrad.specialise import branches, lists, long_tuples, own_attributes, ownership
from srcgrad.specialise.carried import Entry, params_of, results_of, shape_of
from srcgrad.specialise.carried_inside import chained
from srcgrad.specialise.carried_shapes import Carried, Fixed, Perhaps, Shape
from srcgrad.specialise.contents import Content
from srcgrad.specialise.first_trip import Later
from srcgrad.specialise.heap import Around, OneOfTwo
from srcgrad.specialise.join import same
from srcgrad.specialise.open_calls import Unsettled
from srcgrad.specialise.options import is_called
from srcgrad.specialise.provisional import Provisional
from srcgrad.specialise.values import (
    CellOf,
    Conflicting,
    NeedsValue,
    NotAssignedError,
    PerhapsOf,
    Ref,
    StructureError,
    Value,
    is_undefined,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_MAX_ROUNDS = 8


@dataclass
class Settled:
    """A loop whose carried values have types that hold in every trip.

    ``objects`` are those that the body changes, whose contents the loop carries too; ``before``
    is what was in all of them before the loop.  ``cells`` are those of the variables that it binds,
    of which what they hold is not known after it.
    """

    shapes: list[Shape]
    objects: dict[Ref, Shape]
    before: dict[Ref, Content]
    params: list[Var] = field(default_factory=list)
    inits: list[Operand] = field(default_factory=list)
    body: list[Stmt] = field(default_factory=list)
    results: list[Operand] = field(default_factory=list)
    cells: list[CellOf] = field(default_factory=list)


def settle(
    sp: Specialiser,
    shapes: list[Shape],
    names: list[str],
    trip: Callable[[list[Value]], list[Value]],
    loc: Loc,
    stmt: Stmt,
    unrollable: bool = False,
    countable: bool = False,
    first: Callable[[], Later] = Later,
    index: Var | None = None,
) -> Settled:
    """Emits the body of a loop under types of the carried values that hold in every trip.

    ``first`` says which names have a value after the first trip; ``index`` is the loop's own.
    """
    settled = Settled(shapes, {}, sp.heap.save())
    entry = Entry(sp.heap, settled.before, unrollable, countable, owning=True, index=index)
    counted = unrollable or countable
    sp.heap.loops.append(Around(settled.before, counted, counted or sp.may_be_unrolled))
    mark = sp.inputs.log.save()
    try:
        return _settle(sp, settled, shapes, names, trip, loc, stmt, entry, first)
    finally:
        sp.heap.loops.pop()
        sp.inputs.log.again(mark)


def _settle(
    sp: Specialiser,
    settled: Settled,
    shapes: list[Shape],
    names: list[str],
    trip: Callable[[list[Value]], list[Value]],
    loc: Loc,
    stmt: Stmt,
    entry: Entry,
    first: Callable[[], Later],
) -> Settled:
    failure: NeedsValue | UnsupportedSyntaxError | None = None
    final, later = False, None
    start = set(sp.heap.sealed), sp.decisions.absent
    alike = sp.inputs.measures.alike
    for _ in range(_MAX_ROUNDS):
        sp.inputs.measures.alike = dict(alike)
        settled.params, settled.inits = [], []
        provisional = None if final else Provisional(later or Later(), sp.provisional)
        values = enter(sp, settled, settled.params, settled.inits)
        sealed = entry.sealed()
        masks = sp.builder.masks
        changes, trusted_around, masks.trusted = masks.changes, masks.trusted, False
        try:
            with sp.builder.nested() as body, sp.cells.restored() as changed:
                after = _run_trip(sp, settled, trip, values, loc, provisional)
        except NotAssignedError as error:
            if later is not None:
                raise
            later = _first_trip(sp, settled, first, error, *start)
            continue
        except (NeedsValue, UnsupportedSyntaxError) as error:
            # A list may have one length in the first trip, and is read as longer in others.
            if failure is not None or not _open(sp, settled, names, error, loc):
                raise failure or error from None
            failure = error
            continue
        trusted, masks.trusted = masks.trusted, masks.trusted or trusted_around
        if masks.changes > changes == 0 and trusted:
            continue  # what was taken to stay in each trip may be written
        if _are_identified(sp, settled.shapes, after):
            continue
        rows = zip(settled.shapes, after, names, strict=True)
        wider = [_widened(sp, *row, loc, entry) for row in rows]
        wider = ownership.tested(sp, stmt, names, shapes, wider, after, entry)
        objects, failed = _widen_objects(sp, settled, entry, stmt, loc)
        if (wider, objects, sealed) == (settled.shapes, settled.objects, entry.sealed()):
            if failed is not None:
                raise failed
            if provisional is not None and provisional.met:
                final = True  # under types that hold in every trip, errors are
                continue
            settled.body, settled.cells = body, changed
            _collect(sp, settled, after)
            if isinstance(failure, NeedsValue) and _only_read(sp, settled, failure.read):
                raise failure
            return settled
        settled.shapes, settled.objects = _lists_first(settled, wider, objects)
    for shape, name in zip(settled.shapes, names, strict=True):
        kind = chained(shape)
        if kind is not None:
            message = f"{name or 'a value'} leads to one more {kind.__name__} after each trip of "
            message += "this loop, and data tell how many there are"
            raise UnknownTypeError(message, loc, "append to a list, and loop over that")
    raise UnknownTypeError("the types of the values that this loop carries do not settle", loc)


def _are_identified(sp: Specialiser, shapes: list[Shape], after: list[Value]) -> bool:
    """Whether lengths of what the trip hands on have turned out to be those that it was given: the
    next round knows them by one name."""
    found = [
        sp.inputs.measures.identify(shape.type, value.type)
        for shape, value in zip(shapes, after, strict=True)
        if isinstance(shape, Carried) and isinstance(value, Var)
    ]
    return any(found)


def _first_trip(
    sp: Specialiser,
    settled: Settled,
    first: Callable[[], Later],
    error: NotAssignedError,
    sealed: set[Ref],
    absent: bool,
) -> Later:
    """What has a value after the first trip, if that is what had none where a later one reads it.

    Everything is as it was before the loop then.
    """
    sp.heap.roll_back(settled.before, sealed)
    later = first()
    if not later.has(error):
        raise error
    sp.decisions.absent = absent
    return later


def _collect(sp: Specialiser, settled: Settled, after: list[Value]) -> None:
    """The results of the body: the carried values ``after`` a trip, and what is in the objects."""
    settled.results = []
    for shape, value in zip(settled.shapes, after, strict=True):
        results_of(shape, value, settled.results, sp.heap)
    for ref, shape in settled.objects.items():
        results_of(shape, sp.heap.contents[ref], settled.results, sp.heap)


def _lists_first(
    settled: Settled, shapes: list[Shape], objects: dict[Ref, Shape]
) -> tuple[list[Shape], dict[Ref, Shape]]:
    """What the next round carries: where this one has found that lists change their length, nothing
    but that is kept, since the rest was found with lists as long as they are before the loop.

    Before that, so it is of tuples: lists may hold them.
    """
    old = settled.objects
    is_long = list(map(long_tuples.is_opened, settled.shapes, shapes))
    if any(is_long):
        rows = zip(is_long, settled.shapes, shapes, strict=True)
        return [after if is_new else before for is_new, before, after in rows], old
    longer = {ref: s for ref, s in objects.items() if lists.is_opened(old.get(ref), s)}
    pairs = list(zip(settled.shapes, shapes, strict=True))
    if not longer and not any(lists.is_opened(before, after) for before, after in pairs):
        return shapes, objects
    kept = [after if lists.is_opened(before, after) else before for before, after in pairs]
    return kept, {**old, **longer}


def _open(sp: Specialiser, settled: Settled, names: list[str], error: Exception, loc: Loc) -> bool:
    """Makes lists of unknown length of displays that a loop changes; whether there are any."""
    sp.heap.restore(settled.before)
    opened = lists.opened(sp, settled.shapes, names, loc, settled.before)
    if opened is not None:
        settled.shapes = opened
        return True
    ref = error.read if isinstance(error, NeedsValue) else None
    if not isinstance(ref, Ref) or ref not in settled.before:
        return False
    first = settled.objects.get(ref) or shape_of(settled.before[ref], "")
    shape = lists.open_shape(sp, first, "", loc, settled.before)
    if shape is not None:
        settled.objects = {**settled.objects, ref: shape}
    return shape is not None


def _only_read(sp: Specialiser, settled: Settled, ref: Value | None) -> bool:
    """Whether a list that was made one of unknown length is not changed by the loop."""
    content = sp.heap.contents[ref] if isinstance(ref, Ref) and ref in settled.objects else 0
    return any(content is param for param in settled.params)


def _run_trip(
    sp: Specialiser,
    settled: Settled,
    trip: Callable[[list[Value]], list[Value]],
    values: list[Value],
    loc: Loc,
    provisional: Provisional | None,
) -> list[Value]:
    """Emits one trip, and what makes lists of unknown length of what it carries on."""
    entered = sp.heap.save()
    try:
        with sp.tripping(provisional):
            made = trip(values)
    except (Unsettled, CertainError) as reason:
        # What is known rests on the loop making no trip.
        if isinstance(reason, CertainError):
            branches.refuse_lost(sp, entered, loc)
            branches.emit_raise(sp, reason, loc)
        elif any(map(is_undefined, values)):
            raise  # what is read after the loop is assigned in it: it makes one
        sp.heap.restore(entered)
        made = values
    rows = zip(settled.shapes, made, strict=True)
    after = [lists.fitted(sp, s, _taken_apart(sp, s, v, loc), loc) for s, v in rows]
    for ref, shape in settled.objects.items():
        content = lists.fitted(sp, shape, sp.heap.contents[ref], loc)
        sp.heap.contents[ref] = content  # type: ignore[assignment]
    return after


def _taken_apart(sp: Specialiser, shape: Shape, value: Value, loc: Loc) -> Value:
    """``value``, a container from outside as it is now, unless it is the same in every trip."""
    content = shape.content if isinstance(shape, Perhaps) else shape
    found = value.content if isinstance(value, PerhapsOf) else value
    is_fixed = isinstance(content, Fixed) and same(content.value, found)
    return value if is_fixed or is_called(found) else sp.whole(value, loc)


def _widened(
    sp: Specialiser, shape: Shape, value: Value, name: str, loc: Loc, entry: Entry
) -> Shape:
    """``shape`` made to hold also for ``value``; what cannot be carried is an error if used."""
    if isinstance(shape, Fixed) and isinstance(shape.value, Conflicting):
        return shape
    try:
        if not (isinstance(shape, Fixed) and same(shape.value, value)):
            sp.heap.refuse_cycles(value)
        return lists.widened(sp, shape, value, name, loc, entry)
    except SrcgradError as error:
        is_mixed = isinstance(error, StructureError | OneOfTwo)
        if is_mixed and (entry.unrollable or entry.countable):
            raise
        return Fixed(Conflicting(placed(error, loc)))


def _widen_objects(
    sp: Specialiser, settled: Settled, entry: Entry, stmt: Stmt, loc: Loc
) -> tuple[dict[Ref, Shape], StructureError | None]:
    """How the contents are carried of the objects that the body changes, and what is wrong with
    one that cannot be carried as it is after this trip.

    That is an error ``at once`` where the loop may be unrolled, and else if nothing else is carried
    in another way from now on: a key that was known in this trip, as the list is that it comes
    from, need not be in others.
    """
    objects, inside = dict(settled.objects), entry.inside
    at_once = entry.unrollable or entry.countable
    at_once = at_once or sp.may_be_unrolled
    failed: StructureError | None = None
    for ref, old in settled.before.items():
        content = sp.heap.contents[ref]
        if ref not in objects and (content is old or same(content, old)):
            continue
        name = sp.heap.names.get(ref, f"a {ref.kind.__name__}")
        try:
            shape = objects.get(ref) or shape_of(own_attributes.filled(sp, old, content, loc), "")
            objects[ref] = lists.widened(sp, shape, content, name, loc, inside)
        except StructureError as error:
            if at_once:
                raise
            failed = failed or error
    return objects, failed


def enter(
    sp: Specialiser, settled: Settled, params: list[Var], inits: list[Operand]
) -> list[Value]:
    """New variables for what a loop carries; the objects that it changes get them too."""
    sp.heap.restore(settled.before)
    values = [params_of(shape, params, inits, sp.heap) for shape in settled.shapes]
    for ref, shape in settled.objects.items():
        sp.heap.contents[ref] = params_of(shape, params, inits, sp.heap)  # type: ignore[assignment]
    return values


def leave(sp: Specialiser, settled: Settled) -> tuple[list[Var], list[Value]]:
    """The targets of a loop and the values after it; the objects that it changes get them too."""
    sp.heap.restore(settled.before)
    targets: list[Var] = []
    finals = [params_of(s, targets, [], sp.heap, after=True) for s in settled.shapes]
    for ref, shape in settled.objects.items():
        content = params_of(shape, targets, [], sp.heap, after=True)
        sp.heap.contents[ref] = content  # type: ignore[assignment]
    return targets, finals
