"""The walk over a lowered program that emits the typed one."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from srcgrad.errors import Loc, SrcgradError, UnknownTypeError, UnsupportedSyntaxError
from srcgrad.ir import intrinsics
from srcgrad.ir.exits import condition_of, never_exits, without_flag
from srcgrad.ir.nodes import (
    LATE,
    UNDEFINED,
    Block,
    Const,
    Define,
    For,
    ForEach,
    Free,
    If,
    Invoke,
    Operand,
    Pack,
    Raise,
    Star,
    Stmt,
    Try,
    Var,
    While,
    always_raises,
)
from srcgrad.ir.types import PY_INT, PackType
from srcgrad.ir.walk import variables
from srcgrad.specialise import (
    attempts,
    calls,
    conditions,
    containers,
    handed,
    iterate,
    lists,
    scopes,
    undisturbed,
)
from srcgrad.specialise.builder import Builder, constant_of
from srcgrad.specialise.cells import Cells, lose
from srcgrad.specialise.heap import Content, Heap
from srcgrad.specialise.inputs import Inputs
from srcgrad.specialise.join import (
    Entry,
    Fixed,
    Phis,
    Shape,
    StructureError,
    is_undefined,
    params_of,
    placed,
    results_of,
    same,
    shape_of,
)
from srcgrad.specialise.places import Place
from srcgrad.specialise.recursion import Recursion, Unsettled
from srcgrad.specialise.structure import STRUCTURAL
from srcgrad.specialise.values import (
    ITERABLES,
    Closure,
    Conflicting,
    EnumerateOf,
    Held,
    MapOf,
    Method,
    NeedsValue,
    PartialOf,
    ProductOf,
    RangeOf,
    Ref,
    ReversedOf,
    Scope,
    Value,
    ZipOf,
)

_MAX_UNROLL = 256
_MAX_NESTED = 20
_MAX_ROUNDS = 8


@dataclass
class Frame:
    """One activation of a lowered function: the values of its variables."""

    scope: Scope
    captures: Mapping[str, Value]
    values: dict[Var, Value] = field(default_factory=dict)
    closures: list[dict[str, Value]] = field(default_factory=list)
    """What the functions have captured that are defined in it."""


@dataclass
class Settled:
    """A loop whose carried values have types that hold in every trip.

    ``objects`` are those that the body changes, whose contents the loop carries too; ``before``
    is what was in all of them before the loop.
    """

    shapes: list[Shape]
    objects: dict[Ref, Shape]
    before: dict[Ref, Content]
    params: list[Var] = field(default_factory=list)
    inits: list[Operand] = field(default_factory=list)
    body: list[Stmt] = field(default_factory=list)
    results: list[Operand] = field(default_factory=list)


@dataclass(frozen=True)
class Arm:
    """A finished arm of a branch: its statements, the values it gives, and the heap after it."""

    body: list[Stmt]
    values: Sequence[Value]
    heap: dict[Ref, Content]


class Specialiser:
    """Turns lowered code into typed statements, which it emits through ``builder``.

    Parameters
    ----------
    inputs : Inputs
        What the program reads from outside.
    is_active : callable
        Says whether a derivative with respect to an operand is wanted, for rules that ask.
    loc : Loc, optional
        The location for everything that is emitted; that of each statement if not given.
    """

    def __init__(
        self,
        inputs: Inputs,
        is_active: Callable[[Operand], bool] = lambda operand: True,
        loc: Loc | None = None,
    ) -> None:
        self.inputs = inputs
        self.builder = Builder()
        self.heap = Heap()
        self.outside: dict[Place, Ref] = {}
        """What the program has written into attributes of objects from outside."""
        self.written: Mapping[tuple[Place, str], Held] = {}
        """The attributes that are known beforehand to be written in branches or loops."""
        self.disturbed: dict[int, Any] = {}
        """The objects that calls may have changed, by their identity."""
        self.structural = STRUCTURAL
        self.is_active = is_active
        self.loc = loc
        self.cells = Cells()
        self.trip = object()
        """Stands for the trip of a loop that is being run."""
        self.recursion = Recursion()
        self.errstate: tuple[tuple[str, str], ...] = ()
        self.stack: list[types.CodeType] = []
        self.root: types.CodeType | None = None
        """The code of the function that is specialised: its cells are read by name."""
        self.refused: dict[Var, SrcgradError] = {}
        """Why a call was left as it is, for the error if a derivative has to pass through it."""

    # --- values ---------------------------------------------------------------------------------

    def value(self, operand: Operand, frame: Frame, loc: Loc) -> Value:
        """The value of an operand of the lowered program, which is used.

        Raises
        ------
        SrcgradError
            If it is one thing or another.
        """
        value = self.passed(operand, frame, loc)
        if isinstance(value, Conflicting):
            raise value.error
        return value

    def passed(self, operand: Operand, frame: Frame, loc: Loc) -> Value:
        """The value of an operand that is only passed on."""
        if isinstance(operand, Var):
            return frame.values[operand]
        if isinstance(operand, Const):
            return operand
        if isinstance(operand, Free):
            return scopes.free(self, operand.name, frame, loc)
        assert isinstance(operand, Pack)
        items = [self.value(item, frame, loc) for item in operand.items]
        return Pack(operand.kind, tuple(items), operand.keys)  # type: ignore[arg-type]

    def operand(self, value: Value, loc: Loc) -> Operand:
        """``value`` as an operand of the typed program.

        Raises
        ------
        UnknownTypeError
            If it exists at compile time only (a closure, a method that is not called).
        """
        if isinstance(value, Var | Const):
            if is_undefined(value):
                raise UnsupportedSyntaxError("a variable is read that may not be assigned yet", loc)
            return value
        if isinstance(value, Pack):
            value = containers.checked(value, loc)
            return replace(value, items=tuple(self.operand(item, loc) for item in value.items))
        if isinstance(value, Held):
            return handed.whole(self, value, loc)
        if isinstance(value, Conflicting):
            raise value.error
        if isinstance(value, Ref):
            return containers.as_operand(self, value, loc)
        value = iterate.listed(self, value, loc)
        if isinstance(value, Ref):
            return containers.as_operand(self, value, loc)
        if isinstance(value, ITERABLES):
            elements = iterate.elements(self, value, loc)
            if elements is not None:
                return Pack(list, tuple(self.operand(item, loc) for item in elements))
        if isinstance(value, Method):
            receiver = self.operand(value.receiver, loc)
            return self.builder.apply(getattr, (receiver, Const(value.name)), (), loc)
        if isinstance(value, PartialOf):
            args = tuple(self.operand(part, loc) for part in (value.function, *value.args))
            named = tuple((key, self.operand(v, loc)) for key, v in value.keywords.items())
            return self.builder.apply(functools.partial, args, named, loc)
        what = value.function.name if isinstance(value, Closure) else "an iterator"
        message = f"{what} cannot be passed to a function that is not differentiated itself"
        raise UnknownTypeError(message, loc, "call it where it is defined")

    # --- statements -----------------------------------------------------------------------------

    def run(self, block: Block, frame: Frame, near: Loc | None = None) -> tuple[Value, ...]:
        """Emits the statements of a block, which is ``near`` a place, and gives its results.

        What follows a call that always raises is never reached, and left out.
        """
        for stmt in block.body:
            self.statement(stmt, frame)
            if self.builder.body and always_raises(self.builder.body[-1]):
                return (Const(UNDEFINED),) * len(block.results)
        loc = block.body[-1].loc if block.body else near or _NOWHERE
        return tuple(self.passed(result, frame, self.loc or loc) for result in block.results)

    def statement(self, stmt: Stmt, frame: Frame) -> None:
        match stmt:
            case Invoke():
                self._invoke(stmt, frame)
            case Try():
                attempts.attempt(self, stmt, frame)
            case If():
                self._if(stmt, frame)
            case ForEach():
                self._for_each(stmt, frame)
            case While():
                self._while(stmt, frame)
            case Define():
                self._define(stmt, frame)
            case Raise():
                loc = self.place_of(stmt)
                parts = [
                    None if part is None else self.operand(self.value(part, frame, loc), loc)
                    for part in (stmt.exception, stmt.cause)
                ]
                assert parts[0] is not None
                self.builder.emit(Raise(parts[0], parts[1], loc))
            case _:
                raise AssertionError(f"{type(stmt).__name__} in a lowered program")

    def place_of(self, stmt: Stmt) -> Loc:
        """The location for what ``stmt`` becomes."""
        if self.loc is not None or not self.errstate:
            return self.loc or stmt.loc
        # What is called inside a ``with`` is inside it too.
        settings = {**dict(self.errstate), **dict(stmt.loc.errstate)}
        return replace(stmt.loc, errstate=tuple(settings.items()))

    def _invoke(self, stmt: Invoke, frame: Frame) -> None:
        loc = self.place_of(stmt)
        callee = self.value(stmt.callee, frame, loc)
        if isinstance(callee, Const) and callee.value is intrinsics.pack:
            spread = lists.spread(self, stmt, frame, loc)
            if spread is not None:
                frame.values[stmt.target] = containers.new_list(self, spread)
                return
        read = self.passed if _is_note(callee) else self.value
        args: list[Value] = []
        for arg in stmt.args:
            if isinstance(arg, Star):
                starred = iterate.listed(self, self.value(arg.operand, frame, loc), loc)
                args.extend(iterate.all_elements(self, starred, loc))
            else:
                args.append(read(arg, frame, loc))
        kwargs: dict[str, Value] = {}
        for name, operand in stmt.kwargs:
            value = self.value(operand, frame, loc)
            kwargs.update(containers.mapping(self, value, loc) if name is None else {name: value})
        # What a rule calls its values is of no interest to the reader of the gradient.
        name = "" if frame.scope.trusted else stmt.target.name
        name = name if name.strip("_") else ""
        try:
            result = calls.invoke(self, callee, tuple(args), kwargs, loc, name)
        except NeedsValue as need:
            need.loc = need.loc or loc
            raise
        except SrcgradError as error:
            if error.loc is None:
                raise placed(error, loc) from None
            raise
        frame.values[stmt.target] = _named(result, name)
        if isinstance(result, Ref) and name:
            self.heap.names.setdefault(result, name)

    def _define(self, stmt: Define, frame: Frame) -> None:
        loc = self.place_of(stmt)
        captures = dict(frame.captures)
        captures.update((name, self.value(v, frame, loc)) for name, v in stmt.captures)
        defaults = {name: self.value(v, frame, loc) for name, v in stmt.defaults}
        closure = Closure(stmt.function, frame.scope, captures, defaults)
        frame.values[stmt.target] = closure
        frame.closures.append(captures)
        for captured in frame.closures:
            if captured.get(stmt.target.name) is LATE:
                captured[stmt.target.name] = closure

    def _if(self, stmt: If, frame: Frame) -> None:
        loc = self.place_of(stmt)
        cond = conditions.truth(self, self.value(stmt.cond, frame, loc), loc)
        if isinstance(cond, bool):
            results = self.run(stmt.then if cond else stmt.orelse, frame, loc)
            frame.values.update(zip(stmt.targets, results, strict=True))
            return
        if stmt.then.diverges or stmt.orelse.diverges:
            self._guard(stmt, cond, frame, loc)
            return
        before = self.heap.save()
        with self.builder.nested() as then, self.cells.restored() as changed:
            yes = self._arm(stmt.then, frame, loc)
        left = self.heap.save()
        self.heap.restore(before)
        with self.builder.nested() as orelse, self.cells.restored() as also_changed:
            no = self._arm(stmt.orelse, frame, loc)
        lose((*changed, *also_changed), loc)
        right = self.heap.save()
        if yes is None and no is None:
            raise Unsettled
        # These statements are not kept: what counts is what is known of the values.
        left, right = (right if yes is None else left), (left if no is None else right)
        yes, no = _or_nothing(yes, no), _or_nothing(no, yes)
        arms = Arm(then, yes, left), Arm(orelse, no, right)
        self.branch(stmt.targets, cond, arms, before, frame, loc)

    def branch(
        self,
        targets: tuple[Var, ...],
        cond: Operand,
        arms: tuple[Arm, Arm],
        before: dict[Ref, Content],
        frame: Frame,
        loc: Loc,
        caught: Operand | None = None,
    ) -> None:
        """Emits an ``If`` of two finished arms; ``before`` is the heap before them.

        With ``caught``, it is a ``Try``.
        """
        then, orelse = arms

        def as_lists(a: Content, b: Content) -> tuple[Content, Content]:
            if not lists.differ(a, b):
                return a, b
            made: list[Any] = []
            for content, arm in ((a, then), (b, orelse)):
                self.heap.restore(arm.heap)
                made.append(lists.in_arm(self, content, arm.body, loc))
            return made[0], made[1]

        phis = Phis(loc, self.heap, before, then.heap, orelse.heap, as_lists)
        for target, a, b in zip(targets, then.values, orelse.values, strict=True):
            if not (is_undefined(a) or is_undefined(b)):
                a, b = self._operands_if_different(a, b, loc)
            if lists.differ(a, b):
                a = lists.in_arm(self, a, then.body, loc)
                b = lists.in_arm(self, b, orelse.body, loc)
            with lists.located(loc):
                frame.values[target] = phis.merge(a, b, target.name)
        with lists.located(loc):
            phis.merge_heap()
        blocks = (
            Block((), tuple(then.body), tuple(phis.then)),
            Block((), tuple(orelse.body), tuple(phis.orelse)),
        )
        branch = If(tuple(phis.targets), cond, *blocks, loc)
        if caught is not None:
            branch = Try(branch.targets, cond, *blocks, loc, caught)
        self.builder.emit(branch)

    def _arm(self, block: Block, frame: Frame, loc: Loc) -> tuple[Value, ...] | None:
        """The results of an arm, None if they rest on a recursion of which nothing is known."""
        try:
            return self.run(block, frame, loc)
        except Unsettled:
            return None

    def _operands_if_different(self, a: Value, b: Value, loc: Loc) -> tuple[Value, Value]:
        """Containers from outside are taken apart where the arms disagree about them."""
        if same(a, b):
            return a, a
        return self.whole(a, loc), self.whole(b, loc)

    def whole(self, value: Value, loc: Loc) -> Value:
        """A container from outside as it is now; what is none stays as it is."""
        return handed.whole(self, value, loc) if isinstance(value, Held) else value

    def _guard(self, stmt: If, cond: Operand, frame: Frame, loc: Loc) -> None:
        """An ``if`` that raises in one arm: what the other arm does follows it, unnested."""
        arms: list[Block] = []
        before = self.heap.save()
        for block in (stmt.then, stmt.orelse):
            with self.builder.nested() as raising, self.cells.restored():
                if block.diverges:
                    self.run(block, frame)
                    self.heap.restore(before)
            arms.append(Block((), tuple(raising), ()))
        self.builder.emit(If((), cond, arms[0], arms[1], loc))
        if stmt.then.diverges and stmt.orelse.diverges:
            frame.values.update((target, Const(UNDEFINED)) for target in stmt.targets)
            return
        results = self.run(stmt.orelse if stmt.then.diverges else stmt.then, frame, loc)
        frame.values.update(zip(stmt.targets, results, strict=True))

    # --- loops ----------------------------------------------------------------------------------

    def _for_each(self, stmt: ForEach, frame: Frame) -> None:
        loc = self.place_of(stmt)
        iterable = iterate.listed(self, self.value(stmt.iterable, frame, loc), loc)
        init = [self.passed(value, frame, loc) for value in stmt.init]
        if not isinstance(iterable, RangeOf):
            rows = iterate.producers(self, iterable, loc)
            if rows is not None:
                self._unroll(stmt, rows, init, frame, loc)
                return
        mark, before = len(self.builder.body), self.heap.save()
        sealed = set(self.heap.sealed)
        index = Var(_index_name(stmt, iterable), PY_INT)
        try:
            self._loop(stmt, iterable, index, init, frame, loc)
            return
        except NeedsValue as need:
            need.loc = need.loc or loc
            if not self._depends_on(need.var, index):
                raise
            # Something in the body depends on the value of the index: `params[i]`, `axis=i`.
            self.heap.roll_back(before, sealed)
            rows = iterate.producers(self, iterable, loc)
            if rows is None:
                raise _needs_length(iterable, need) from need
        except StructureError:
            # The body makes a container longer: `items.append(x)`.
            self.heap.roll_back(before, sealed)
            rows = iterate.producers(self, iterable, loc)
            if rows is None:
                self._ask_bounds(iterable, loc)
                raise
        del self.builder.body[mark:]
        self._unroll(stmt, rows, init, frame, loc)

    def _is_unrollable(self, iterable: Value, loc: Loc) -> bool:
        """Whether the number of trips is known, or would be if integer inputs were."""
        if not isinstance(iterable, ITERABLES) or not self._has_bounds(iterable):
            return False
        bounds = iterate.unknown_bounds(self, iterable, loc)
        definitions = self.builder.definitions
        return all(self.inputs.integers_behind(bound, definitions, {}) for bound in bounds)

    def _has_bounds(self, value: Value) -> bool:
        """Whether an iterable is made of ranges and known containers."""
        match value:
            case RangeOf():
                return True
            case ZipOf(parts=parts) | MapOf(parts=parts) | ProductOf(parts=parts):
                return all(map(self._has_bounds, parts))
            case EnumerateOf(part=part) | ReversedOf(part=part):
                return self._has_bounds(part)
        return not isinstance(self.heap.view(value), Var)

    def _ask_bounds(self, iterable: Value, loc: Loc) -> None:
        """Asks for the bounds of a range that are inputs, to unroll a loop over it."""
        for bound in iterate.unknown_bounds(self, iterable, loc):
            if self.inputs.integers_behind(bound, self.builder.definitions, {}):
                need = NeedsValue(bound, "the number of trips")
                need.loc = loc
                raise need

    def _depends_on(self, var: Var, index: Var) -> bool:
        """Whether the value of ``var`` is computed from that of ``index``."""
        definition = self.builder.definitions.get(var)
        if var is index or definition is None:
            return var is index
        found = (v for arg in definition.args for v in variables(arg))
        return any(self._depends_on(v, index) for v in found)

    def _unroll(
        self,
        stmt: ForEach,
        rows: tuple[iterate.Producer, ...],
        carried: list[Value],
        frame: Frame,
        loc: Loc,
    ) -> None:
        if len(rows) > _MAX_UNROLL:
            message = f"a loop over a container of {len(rows)} elements of different kinds"
            raise UnknownTypeError(message, loc, "stack them in one array and loop over that")
        for position, produce in enumerate(rows):
            frame.values.update(zip(stmt.body.params, (produce(), *carried), strict=True))
            carried = list(self.run(stmt.body, frame, loc))
            rest = rows[position + 1 :]
            over = conditions.truth(self, carried[0], loc) if stmt.exits and rest else False
            if over is True:
                break
            if isinstance(over, Var):  # the other trips are made if this one does not exit
                if len(rows) > _MAX_NESTED:
                    message = f"a loop with an exit over a container of {len(rows)} elements"
                    raise UnknownTypeError(message, loc, "stack them in one array, loop over that")
                over = condition_of(over, self.builder.body)
                before = self.heap.save()
                stopped = Arm([], (Const(True), *carried[1:]), before)
                with self.builder.nested() as going, self.cells.restored() as changed:
                    self._unroll(stmt, rest, [Const(False), *carried[1:]], frame, loc)
                    after = [frame.values[target] for target in stmt.targets]
                lose(changed, loc)
                arms = stopped, Arm(going, after, self.heap.save())
                self.branch(stmt.targets, over, arms, before, frame, loc)
                return
        frame.values.update(zip(stmt.targets, carried, strict=True))

    def _loop(
        self,
        stmt: ForEach,
        iterable: Value,
        index: Var,
        init: list[Value],
        frame: Frame,
        loc: Loc,
    ) -> None:
        span = iterate.span(self, iterable, loc)
        iterate.exhaust(self, iterable, loc)
        names = [var.name for var in stmt.targets]
        init = [handed.carried(self, value, loc) for value in init]
        shapes = [shape_of(v, name) for v, name in zip(init, names, strict=True)]

        def trip(values: list[Value]) -> list[Value]:
            item = iterate.at(self, iterable, index, loc)
            frame.values[stmt.body.params[0]] = _named(item, stmt.body.params[0].name)
            frame.values.update(zip(stmt.body.params[1:], values, strict=True))
            return list(self.run(stmt.body, frame, loc))

        made = _not_yet(trip) if stmt.exits else trip
        unrollable = self._is_unrollable(iterable, loc)
        settled = self._fixpoint(shapes, names, made, loc, unrollable)
        iterate.check_writes(iterable, settled.body, loc)
        undisturbed.check_list(self, iterable, settled, loc)
        block = Block((index, *settled.params), tuple(settled.body), tuple(settled.results))
        targets, finals = self._finals(settled)
        inits = tuple(settled.inits)
        loop = For(tuple(targets), *span, False, inits, (), block, loc, stmt.exits)
        lists.count(self, loop)
        self._finish(stmt, loop, finals, frame)

    def _finish(
        self, stmt: ForEach | While, loop: For | While, finals: list[Value], frame: Frame
    ) -> None:
        if loop.exits and never_exits(loop):
            loop, finals = without_flag(loop), [Const(False), *finals[1:]]
        self.builder.emit(loop)
        frame.values.update(zip(stmt.targets, finals, strict=True))

    def _while(self, stmt: While, frame: Frame) -> None:
        loc = self.place_of(stmt)
        init = [handed.carried(self, self.passed(v, frame, loc), loc) for v in stmt.init]
        names = [var.name for var in stmt.targets]
        shapes = [shape_of(v, name) for v, name in zip(init, names, strict=True)]

        def trip(values: list[Value]) -> list[Value]:
            frame.values.update(zip(stmt.body.params, values, strict=True))
            return list(self.run(stmt.body, frame, loc))

        made = _not_yet(trip) if stmt.exits else trip
        settled = self._fixpoint(shapes, names, made, loc)
        cond_params: list[Var] = []
        values = self._enter(settled, cond_params, [])
        before = self.heap.save()
        with self.builder.nested() as test_body, self.cells.restored() as changed:
            frame.values.update(zip(stmt.cond.params, values, strict=True))
            (test,) = self.run(stmt.cond, frame, loc)
            truth = conditions.truth(self, test, loc)
            decided: Operand = Const(truth) if isinstance(truth, bool) else truth
        lose(changed, loc)
        undisturbed.check_condition(test_body, loc)
        if any(self.heap.contents[ref] is not content for ref, content in before.items()):
            message = "the condition of this loop changes a container"
            raise UnsupportedSyntaxError(message, loc, "change it in the body of the loop")
        targets, finals = self._finals(settled)
        cond = Block(tuple(cond_params), tuple(test_body), (decided,))
        block = Block(tuple(settled.params), tuple(settled.body), tuple(settled.results))
        loop = While(tuple(targets), tuple(settled.inits), cond, block, loc, stmt.exits)
        self._finish(stmt, loop, finals, frame)

    def _fixpoint(
        self,
        shapes: list[Shape],
        names: list[str],
        trip: Callable[[list[Value]], list[Value]],
        loc: Loc,
        unrollable: bool = False,
    ) -> Settled:
        """Emits the body of a loop under types of the carried values that hold in every trip."""
        settled = Settled(shapes, {}, self.heap.save())
        entry = Entry(self.heap, settled.before, unrollable)
        failure: NeedsValue | UnsupportedSyntaxError | None = None
        for _ in range(_MAX_ROUNDS):
            settled.params, settled.inits = [], []
            values = self._enter(settled, settled.params, settled.inits)
            sealed = entry.sealed()
            try:
                with self.builder.nested() as body, self.cells.restored() as changed:
                    after = self._trip(settled, trip, values, loc)
            except (NeedsValue, UnsupportedSyntaxError) as error:
                # A list may have one length in the first trip, and is read as longer in others.
                if failure is not None or not self._open(settled, names, error, loc):
                    raise failure or error from None
                failure = error
                continue
            wider = [
                self._widened(shape, value, name, loc, entry)
                for shape, value, name in zip(settled.shapes, after, names, strict=True)
            ]
            objects = self._widen_objects(settled, entry, loc)
            if (wider, objects, sealed) == (settled.shapes, settled.objects, entry.sealed()):
                settled.body, settled.results = body, []
                for shape, value in zip(wider, after, strict=True):
                    results_of(shape, value, settled.results, self.heap)
                if isinstance(failure, NeedsValue) and self._only_read(settled, failure.read):
                    raise failure
                for ref, shape in objects.items():
                    results_of(shape, self.heap.contents[ref], settled.results, self.heap)
                lose(changed, loc)
                return settled
            settled.shapes, settled.objects = wider, objects
        raise UnknownTypeError("the types of the values that this loop carries do not settle", loc)

    def _open(self, settled: Settled, names: list[str], error: Exception, loc: Loc) -> bool:
        """Makes lists of unknown length of displays that a loop changes; whether there are any."""
        self.heap.restore(settled.before)
        opened = lists.opened(self, settled.shapes, names, loc, settled.before)
        if opened is not None:
            settled.shapes = opened
            return True
        ref = error.read if isinstance(error, NeedsValue) else None
        if not isinstance(ref, Ref) or ref not in settled.before:
            return False
        first = settled.objects.get(ref) or shape_of(settled.before[ref], "")
        shape = lists.open_shape(self, first, "", loc, settled.before)
        if shape is not None:
            settled.objects = {**settled.objects, ref: shape}
        return shape is not None

    def _only_read(self, settled: Settled, ref: Value | None) -> bool:
        """Whether a list that was made one of unknown length is not changed by the loop."""
        content = self.heap.contents[ref] if isinstance(ref, Ref) and ref in settled.objects else 0
        return any(content is param for param in settled.params)

    def _trip(
        self,
        settled: Settled,
        trip: Callable[[list[Value]], list[Value]],
        values: list[Value],
        loc: Loc,
    ) -> list[Value]:
        """Emits one trip, and what makes lists of unknown length of what it carries on."""
        try:
            with self.tripping():
                made = trip(values)
        except Unsettled:
            made = values  # what is known rests on the loop making no trip
        rows = [
            (shape, v)
            if isinstance(shape, Fixed) and same(shape.value, v)
            else (shape, self.whole(v, loc))
            for shape, v in zip(settled.shapes, made, strict=True)
        ]
        after = [lists.fitted(self, shape, value, loc) for shape, value in rows]
        for ref, shape in settled.objects.items():
            content = lists.fitted(self, shape, self.heap.contents[ref], loc)
            self.heap.contents[ref] = content  # type: ignore[assignment]
        return after

    def _widened(self, shape: Shape, value: Value, name: str, loc: Loc, entry: Entry) -> Shape:
        """``shape`` made to hold also for ``value``; what cannot be carried is an error if used."""
        if isinstance(shape, Fixed) and isinstance(shape.value, Conflicting):
            return shape
        try:
            return lists.widened(self, shape, value, name, loc, entry)
        except SrcgradError as error:
            if isinstance(error, StructureError) and entry.unrollable:
                raise
            return Fixed(Conflicting(placed(error, loc)))

    def _enter(self, settled: Settled, params: list[Var], inits: list[Operand]) -> list[Value]:
        """New variables for what a loop carries; the objects that it changes get them too."""
        self.heap.restore(settled.before)
        values = [params_of(shape, params, inits, self.heap) for shape in settled.shapes]
        for ref, shape in settled.objects.items():
            self.heap.contents[ref] = params_of(shape, params, inits, self.heap)  # type: ignore[assignment]
        return values

    def _widen_objects(self, settled: Settled, entry: Entry, loc: Loc) -> dict[Ref, Shape]:
        """How the contents are carried of the objects that the body changes."""
        objects = dict(settled.objects)
        for ref, old in settled.before.items():
            content = self.heap.contents[ref]
            name = self.heap.names.get(ref, f"a {ref.kind.__name__}")
            if ref in objects:
                objects[ref] = lists.widened(self, objects[ref], content, name, loc, entry)
            elif content is not old and not same(content, old):
                shape = shape_of(old, "")
                objects[ref] = lists.widened(self, shape, content, name, loc, entry)
        return objects

    def _finals(self, settled: Settled) -> tuple[list[Var], list[Value]]:
        self.heap.restore(settled.before)
        targets: list[Var] = []
        finals = [params_of(s, targets, [], self.heap, after=True) for s in settled.shapes]
        for ref, shape in settled.objects.items():
            content = params_of(shape, targets, [], self.heap, after=True)
            self.heap.contents[ref] = content  # type: ignore[assignment]
        return targets, finals

    # --- functions ------------------------------------------------------------------------------

    def inline(self, closure: Closure, bound: Mapping[str, Value], loc: Loc) -> Value:
        """Emits the body of a function for the given arguments and gives what it returns."""
        frame = Frame(closure.scope, closure.captures)
        for param in closure.function.params:
            assert isinstance(param.value, Var)
            frame.values[param.value] = bound[param.name]
        outer, self.errstate = self.errstate, loc.errstate
        (result,) = self.run(closure.function.body, frame)
        self.errstate = outer
        return result

    @contextmanager
    def entered(self, code: types.CodeType) -> Iterator[None]:
        """Marks a function as being inlined."""
        self.stack.append(code)
        try:
            yield
        finally:
            self.stack.pop()

    @contextmanager
    def tripping(self) -> Iterator[None]:
        """Within, a trip of a loop is run."""
        outer, self.trip = self.trip, object()
        try:
            yield
        finally:
            self.trip = outer

    @contextmanager
    def located(self, loc: Loc) -> Iterator[None]:
        """Within, everything that is emitted carries ``loc``."""
        outer, self.loc = self.loc, loc
        try:
            yield
        finally:
            self.loc = outer

    def constant(self, value: Value, what: str) -> Any:
        """The value of something that must be known at compile time."""
        value = self.heap.frozen(value)
        if isinstance(value, Var | Pack):
            known = constant_of(value)
            if known is not None:
                return known.value
            raise NeedsValue(_unknown_in(value), what)
        if isinstance(value, Const):
            return value.value
        raise UnknownTypeError(f"{what} must be known at compile time", self.loc)


def _is_note(callee: Value) -> bool:
    """Whether a call only notes a value, which nobody may use."""
    return isinstance(callee, Const) and callee.value is intrinsics.set_cell


def _or_nothing(
    results: tuple[Value, ...] | None, others: tuple[Value, ...] | None
) -> tuple[Value, ...]:
    """The results of an arm; where they are not known, nothing, and the containers of the other."""
    if results is not None:
        return results
    return tuple(v if isinstance(v, Pack | Held) else Const(UNDEFINED) for v in others or ())


def _not_yet(trip: Callable[[list[Value]], list[Value]]) -> Callable[[list[Value]], list[Value]]:
    """The trip of a loop that exits, which is made only while it has not: the flag is False."""
    return lambda values: trip([Const(False), *values[1:]])


def _unknown_in(value: Operand) -> Var:
    if isinstance(value, Pack):
        return next(_unknown_in(item) for item in value.items if constant_of(item) is None)
    assert isinstance(value, Var)
    return value


def _needs_length(iterable: Value, need: NeedsValue) -> NeedsValue:
    """What has to be known for a loop to be unrolled, whose index has to be known: its range."""
    if isinstance(iterable, RangeOf):
        for part in (iterable.start, iterable.stop, iterable.step):
            if isinstance(part, Var):
                length = NeedsValue(part, need.why)
                length.loc = need.loc
                return length
    return need


def _named(value: Value, name: str) -> Value:
    """Gives a temporary the name that the program binds it to."""
    if isinstance(value, Var) and not value.name and not isinstance(value.type, PackType):
        value.name = name if name.strip("_") else ""
    return value


def _index_name(stmt: ForEach, iterable: Value) -> str:
    if isinstance(iterable, RangeOf):
        return stmt.body.params[0].name
    return "i"


_NOWHERE = Loc("", 0, 0, 0, 0, (), "")
