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
from srcgrad.ir.exits import never_exits, without_flag
from srcgrad.ir.nodes import (
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
    Var,
    While,
    always_raises,
)
from srcgrad.ir.types import PY_INT, PackType
from srcgrad.specialise import calls, iterate, lists
from srcgrad.specialise.builder import Builder, constant_of
from srcgrad.specialise.cells import Cells, lose
from srcgrad.specialise.inputs import Inputs
from srcgrad.specialise.join import (
    Phis,
    Shape,
    is_undefined,
    params_of,
    results_of,
    shape_of,
)
from srcgrad.specialise.structure import STRUCTURAL
from srcgrad.specialise.values import (
    ITERABLES,
    Closure,
    Conflicting,
    Held,
    Method,
    NeedsValue,
    PartialOf,
    RangeOf,
    Scope,
    Value,
)

_MAX_UNROLL = 256
_MAX_ROUNDS = 8


@dataclass
class Frame:
    """One activation of a lowered function: the values of its variables."""

    scope: Scope
    captures: Mapping[str, Value]
    values: dict[Var, Value] = field(default_factory=dict)


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
        self.structural = STRUCTURAL
        self.is_active = is_active
        self.loc = loc
        self.cells = Cells()
        self.trip = object()
        """Stands for the trip of a loop that is being run."""
        self.stack: list[types.CodeType] = []
        self.active: list[Closure] = []
        """The nested functions that are being inlined."""
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
            return calls.free(self, operand.name, frame, loc)
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
            return replace(value, items=tuple(self.operand(item, loc) for item in value.items))
        if isinstance(value, Held):
            return self.inputs.whole(value)
        if isinstance(value, Conflicting):
            raise value.error
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

    def run(self, block: Block, frame: Frame) -> tuple[Value, ...]:
        """Emits the statements of a block and gives its results.

        What follows a call that always raises is never reached, and left out.
        """
        for stmt in block.body:
            self.statement(stmt, frame)
            if self.builder.body and always_raises(self.builder.body[-1]):
                return (Const(UNDEFINED),) * len(block.results)
        loc = block.body[-1].loc if block.body else _NOWHERE
        return tuple(self.passed(result, frame, self.loc or loc) for result in block.results)

    def statement(self, stmt: Stmt, frame: Frame) -> None:
        match stmt:
            case Invoke():
                self._invoke(stmt, frame)
            case If():
                self._if(stmt, frame)
            case ForEach():
                self._for_each(stmt, frame)
            case While():
                self._while(stmt, frame)
            case Define():
                self._define(stmt, frame)
            case Raise():
                loc = self.loc or stmt.loc
                parts = [
                    None if part is None else self.operand(self.value(part, frame, loc), loc)
                    for part in (stmt.exception, stmt.cause)
                ]
                assert parts[0] is not None
                self.builder.emit(Raise(parts[0], parts[1], loc))
            case _:
                raise AssertionError(f"{type(stmt).__name__} in a lowered program")

    def _invoke(self, stmt: Invoke, frame: Frame) -> None:
        loc = self.loc or stmt.loc
        callee = self.value(stmt.callee, frame, loc)
        if isinstance(callee, Const) and callee.value is intrinsics.pack:
            spread = lists.spread(self, stmt, frame, loc)
            if spread is not None:
                frame.values[stmt.target] = spread
                return
        read = self.passed if _is_note(callee) else self.value
        args: list[Value] = []
        for arg in stmt.args:
            if isinstance(arg, Star):
                args.extend(iterate.all_elements(self, self.value(arg.operand, frame, loc), loc))
            else:
                args.append(read(arg, frame, loc))
        kwargs: dict[str, Value] = {}
        for name, operand in stmt.kwargs:
            value = self.value(operand, frame, loc)
            kwargs.update(calls.mapping(self, value, loc) if name is None else {name: value})
        # What a rule calls its values is of no interest to the reader of the gradient.
        name = "" if frame.scope.trusted else stmt.target.name
        name = name if name.strip("_") else ""
        try:
            result = calls.invoke(self, callee, tuple(args), kwargs, loc, name)
        except NeedsValue as need:
            need.loc = need.loc or loc
            raise
        frame.values[stmt.target] = _named(result, name)

    def _define(self, stmt: Define, frame: Frame) -> None:
        loc = self.loc or stmt.loc
        captures = dict(frame.captures)
        captures.update((name, self.value(v, frame, loc)) for name, v in stmt.captures)
        defaults = {name: self.value(v, frame, loc) for name, v in stmt.defaults}
        frame.values[stmt.target] = Closure(stmt.function, frame.scope, captures, defaults)

    def _if(self, stmt: If, frame: Frame) -> None:
        loc = self.loc or stmt.loc
        cond = calls.truth(self, self.value(stmt.cond, frame, loc), loc)
        if isinstance(cond, bool):
            results = self.run(stmt.then if cond else stmt.orelse, frame)
            frame.values.update(zip(stmt.targets, results, strict=True))
            return
        if stmt.then.diverges or stmt.orelse.diverges:
            self._guard(stmt, cond, frame, loc)
            return
        with self.builder.nested() as then, self.cells.restored() as changed:
            yes = self.run(stmt.then, frame)
        with self.builder.nested() as orelse, self.cells.restored() as also_changed:
            no = self.run(stmt.orelse, frame)
        lose((*changed, *also_changed), loc)
        self.branch(stmt.targets, cond, (then, yes), (orelse, no), frame, loc)

    def branch(
        self,
        targets: tuple[Var, ...],
        cond: Operand,
        then: tuple[list[Stmt], Sequence[Value]],
        orelse: tuple[list[Stmt], Sequence[Value]],
        frame: Frame,
        loc: Loc,
    ) -> None:
        """Emits an ``If`` of two finished arms, each with the values that it gives."""
        phis = Phis(loc)
        for target, a, b in zip(targets, then[1], orelse[1], strict=True):
            if not (is_undefined(a) or is_undefined(b)):
                a, b = self._operands_if_different(a, b, loc)
            if lists.differ(a, b):
                a = lists.in_arm(self, a, then[0], loc)
                b = lists.in_arm(self, b, orelse[0], loc)
            with lists.located(loc):
                frame.values[target] = phis.merge(a, b, target.name)
        arms = (
            Block((), tuple(then[0]), tuple(phis.then)),
            Block((), tuple(orelse[0]), tuple(phis.orelse)),
        )
        self.builder.emit(If(tuple(phis.targets), cond, *arms, loc))

    def _operands_if_different(self, a: Value, b: Value, loc: Loc) -> tuple[Value, Value]:
        """Containers from outside are taken apart where the arms disagree about them."""
        if a is b:
            return a, b
        a = self.inputs.whole(a) if isinstance(a, Held) else a
        b = self.inputs.whole(b) if isinstance(b, Held) else b
        return a, b

    def _guard(self, stmt: If, cond: Operand, frame: Frame, loc: Loc) -> None:
        """An ``if`` that raises in one arm: what the other arm does follows it, unnested."""
        arms: list[Block] = []
        for block in (stmt.then, stmt.orelse):
            with self.builder.nested() as raising, self.cells.restored():
                if block.diverges:
                    self.run(block, frame)
            arms.append(Block((), tuple(raising), ()))
        self.builder.emit(If((), cond, arms[0], arms[1], loc))
        if stmt.then.diverges and stmt.orelse.diverges:
            frame.values.update((target, Const(UNDEFINED)) for target in stmt.targets)
            return
        results = self.run(stmt.orelse if stmt.then.diverges else stmt.then, frame)
        frame.values.update(zip(stmt.targets, results, strict=True))

    # --- loops ----------------------------------------------------------------------------------

    def _for_each(self, stmt: ForEach, frame: Frame) -> None:
        loc = self.loc or stmt.loc
        iterable = self.value(stmt.iterable, frame, loc)
        init = [self.passed(value, frame, loc) for value in stmt.init]
        if not isinstance(iterable, RangeOf):
            rows = iterate.producers(self, iterable, loc)
            if rows is not None:
                self._unroll(stmt, rows, init, frame, loc)
                return
        mark = len(self.builder.body)
        index = Var(_index_name(stmt, iterable), PY_INT)
        try:
            self._loop(stmt, iterable, index, init, frame, loc)
        except NeedsValue as need:
            need.loc = need.loc or loc
            if need.var is not index:
                raise
            # Something in the body depends on the value of the index: `params[i]`, `axis=i`.
            rows = iterate.producers(self, iterable, loc)
            if rows is None:
                raise _needs_length(iterable, need) from need
            del self.builder.body[mark:]
            self._unroll(stmt, rows, init, frame, loc)

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
            carried = list(self.run(stmt.body, frame))
            rest = rows[position + 1 :]
            over = calls.truth(self, carried[0], loc) if stmt.exits and rest else False
            if over is True:
                break
            if isinstance(over, Var):  # the other trips are made if this one does not exit
                stopped = (Const(True), *carried[1:])
                with self.builder.nested() as going, self.cells.restored() as changed:
                    self._unroll(stmt, rest, [Const(False), *carried[1:]], frame, loc)
                    after = [frame.values[target] for target in stmt.targets]
                lose(changed, loc)
                self.branch(stmt.targets, over, ([], stopped), (going, after), frame, loc)
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
        shapes = [shape_of(v, name) for v, name in zip(init, names, strict=True)]

        def trip(values: list[Value]) -> list[Value]:
            item = iterate.at(self, iterable, index, loc)
            frame.values[stmt.body.params[0]] = _named(item, stmt.body.params[0].name)
            frame.values.update(zip(stmt.body.params[1:], values, strict=True))
            return list(self.run(stmt.body, frame))

        made = _not_yet(trip) if stmt.exits else trip
        shapes, params, inits, body, results = self._fixpoint(shapes, names, made, loc)
        block = Block((index, *params), tuple(body), tuple(results))
        targets, finals = self._finals(shapes)
        loop = For(tuple(targets), *span, False, tuple(inits), (), block, loc, stmt.exits)
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
        loc = self.loc or stmt.loc
        init = [self.passed(value, frame, loc) for value in stmt.init]
        names = [var.name for var in stmt.targets]
        shapes = [shape_of(v, name) for v, name in zip(init, names, strict=True)]

        def trip(values: list[Value]) -> list[Value]:
            frame.values.update(zip(stmt.body.params, values, strict=True))
            return list(self.run(stmt.body, frame))

        made = _not_yet(trip) if stmt.exits else trip
        shapes, params, inits, body, results = self._fixpoint(shapes, names, made, loc)
        cond_params: list[Var] = []
        values = [params_of(shape, cond_params, []) for shape in shapes]
        with self.builder.nested() as test_body, self.cells.restored() as changed:
            frame.values.update(zip(stmt.cond.params, values, strict=True))
            (test,) = self.run(stmt.cond, frame)
            truth = calls.truth(self, test, loc)
            decided: Operand = Const(truth) if isinstance(truth, bool) else truth
        lose(changed, loc)
        targets, finals = self._finals(shapes)
        cond = Block(tuple(cond_params), tuple(test_body), (decided,))
        block = Block(tuple(params), tuple(body), tuple(results))
        loop = While(tuple(targets), tuple(inits), cond, block, loc, stmt.exits)
        self._finish(stmt, loop, finals, frame)

    def _fixpoint(
        self,
        shapes: list[Shape],
        names: list[str],
        trip: Callable[[list[Value]], list[Value]],
        loc: Loc,
    ) -> tuple[list[Shape], list[Var], list[Operand], list[Stmt], list[Operand]]:
        """Emits the body of a loop under types of the carried values that hold in every trip."""
        failure: NeedsValue | UnsupportedSyntaxError | None = None
        for _ in range(_MAX_ROUNDS):
            params: list[Var] = []
            inits: list[Operand] = []
            values = [params_of(shape, params, inits) for shape in shapes]
            try:
                with self.builder.nested() as body, self.cells.restored() as changed:
                    with self.tripping():
                        after = [_whole(self, v) for v in trip(values)]
                    pairs = list(zip(shapes, after, strict=True))
                    after = [lists.fitted(self, shape, value, loc) for shape, value in pairs]
            except (NeedsValue, UnsupportedSyntaxError) as error:
                # A list may have one length in the first trip, and is read as longer in others.
                opened = lists.opened(self, shapes, names, loc)
                if failure is not None or opened is None:
                    raise failure or error from None
                failure, shapes = error, opened
                continue
            wider = [
                lists.widened(self, shape, value, name, loc)
                for shape, value, name in zip(shapes, after, names, strict=True)
            ]
            if wider == shapes:
                results: list[Operand] = []
                for shape, value in zip(shapes, after, strict=True):
                    results_of(shape, value, results)
                lose(changed, loc)
                return shapes, params, inits, body, results
            shapes = wider
        raise UnknownTypeError("the types of the values that this loop carries do not settle", loc)

    def _finals(self, shapes: list[Shape]) -> tuple[list[Var], list[Value]]:
        targets: list[Var] = []
        return targets, [params_of(shape, targets, [], after=True) for shape in shapes]

    # --- functions ------------------------------------------------------------------------------

    def inline(self, closure: Closure, bound: Mapping[str, Value], loc: Loc) -> Value:
        """Emits the body of a function for the given arguments and gives what it returns."""
        frame = Frame(closure.scope, closure.captures)
        for param in closure.function.params:
            assert isinstance(param.value, Var)
            frame.values[param.value] = bound[param.name]
        (result,) = self.run(closure.function.body, frame)
        return result

    @contextmanager
    def entered(self, code: types.CodeType, name: str, loc: Loc) -> Iterator[None]:
        """Marks a function as being inlined, to notice recursion."""
        if code in self.stack:
            message = f"'{name}' calls itself, and recursion cannot be differentiated"
            raise UnsupportedSyntaxError(message, loc, "write it as a loop")
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
        if isinstance(value, Var | Pack):
            known = constant_of(value)
            if known is not None:
                return known.value
            raise NeedsValue(_unknown_in(value), what)
        if isinstance(value, Const):
            return value.value
        raise UnknownTypeError(f"{what} must be known at compile time", self.loc)


def _whole(sp: Specialiser, value: Value) -> Value:
    return sp.inputs.whole(value) if isinstance(value, Held) else value


def _is_note(callee: Value) -> bool:
    """Whether a call only notes a value, which nobody may use."""
    return isinstance(callee, Const) and callee.value is intrinsics.set_cell


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
