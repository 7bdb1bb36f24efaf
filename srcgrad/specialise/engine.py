"""The walk over a lowered program that emits the typed one."""

from __future__ import annotations

import functools
import itertools
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from srcgrad.errors import Loc, SrcgradError, UnknownTypeError, placed
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import (
    LATE,
    UNDEFINED,
    Block,
    Const,
    Define,
    ForEach,
    Free,
    Function,
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
from srcgrad.ir.walk import variables
from srcgrad.specialise import (
    attempts,
    branches,
    calls,
    certain,
    containers,
    first_trip,
    generators,
    handed,
    inlining,
    iterate,
    lists,
    loops,
    optional,
    perhaps,
    pools,
    scopes,
    set_methods,
    spread,
    tested,
)
from srcgrad.specialise.allocations import Twins
from srcgrad.specialise.builder import Builder, constant_of
from srcgrad.specialise.cells import Cells, Entering, note_all
from srcgrad.specialise.contents import passed_on
from srcgrad.specialise.found_out import FoundOut
from srcgrad.specialise.heap import Heap
from srcgrad.specialise.inputs import Inputs
from srcgrad.specialise.object_keys import Site
from srcgrad.specialise.open_calls import Recursion
from srcgrad.specialise.places import Place
from srcgrad.specialise.provisional import Provisional
from srcgrad.specialise.reach import Running
from srcgrad.specialise.repeated import Numbered
from srcgrad.specialise.ruled import Found
from srcgrad.specialise.structure import STRUCTURAL
from srcgrad.specialise.tuple_class import LongTuple
from srcgrad.specialise.values import (
    ITERABLES,
    BoundOf,
    CachedOf,
    Closure,
    Conflicting,
    Held,
    Method,
    NeedsValue,
    OfItem,
    OneOf,
    Opened,
    PartialOf,
    PerhapsOf,
    Ref,
    RepeatedOf,
    Scope,
    Taken,
    Value,
    is_undefined,
    named,
)


@dataclass
class Frame:
    """One activation of a lowered function: the values of its variables."""

    scope: Scope
    captures: Mapping[str, Value]
    values: dict[Var, Value] = field(default_factory=dict)
    closures: list[dict[str, Value]] = field(default_factory=list)
    """What the functions have captured that are defined in it."""
    given: tuple[Value, ...] = ()
    """The arguments of the call."""


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
        self.builder = Builder(inputs.measures)
        self.builder.masks.is_input = inputs.is_input
        self.found_out = FoundOut(self.builder)
        self.heap = Heap()
        self.outside: dict[Place, Ref] = {}
        """What the program has written into attributes of objects from outside."""
        self.written: Mapping[tuple[Place, str | OfItem], Held] = {}
        """The attributes and items that are known beforehand to be written in branches or loops."""
        self.copied_of_classes: set[tuple[type, str]] = set()
        """Which attributes of their classes instances have got of their own, by class and name."""
        self.owning = False
        """Whether the function has its own lists and dicts in place of those in differentiated
        arguments, since it changes them (``own_containers.py``)."""
        self.object_keyed: frozenset[Site] = frozenset()
        """Where dicts and sets are made that get objects (``object_keys.py``)."""
        self.advanced: frozenset[Site] = frozenset()
        """Where iterators are made that several places ask for elements (``advanced.py``)."""
        self.flagged: frozenset[Loc] = frozenset()
        """Where it is noted that a name may have no value that exists at compile time only."""
        self.with_flags: dict[Function, Function] = {}
        """The lowered functions that have flags for that."""
        self.iterators: dict[Value, Site] = {}
        """Where each other one is made."""
        self.keys_before: dict[Value, list[tuple[Ref, Pack]]] = {}
        """What was in the dicts and sets that iterators go over when those were made."""
        self.gone_over: dict[Ref, list[Any]] = {}
        """What was in the lists that an iterator goes over that is asked in several places."""
        self.gone_on: list[tuple[Taken, Loc]] = []
        """What the elements of those come from that were computed when the iterator was made."""
        self.numbered: dict[Var, Numbered] = {}
        """What gives elements without end, each of which follows from its number."""
        self.invoked: set[Var] = set()
        """What the user's own operations and calls have given."""
        self.noted: set[Var] = set()
        """The assignments to items of dicts from outside that are noted: what they would give."""
        self.nested = False
        """Whether lists in lists are known beforehand to be changed: they need identity."""
        self.rolling = False
        """Whether loops of many trips stay loops that put an object into a list in each of them."""
        self.rolled = False
        """Whether there is one that does."""
        self.few = 0
        """So many trips are made one after the other."""
        self.were_few = False
        """Whether some are, of a loop that would stay one if it had more."""
        self.parts = False
        self.looked_into: Value | None = None
        """What the compiler itself is reading an element of: it knows that there is one."""
        """Whether lists in lists are parts of them, since they are changed (``lists_in_lists``)."""
        self.pools: dict[pools.Key, pools.Pool | None] | None = None
        """The lists of what is in all objects of a kind, whose places lists hold; None where there
        are none (``pools.py``)."""
        self.moving: list[int] = []
        """How many blocks were being run where it was said that what is taken out of lists of lists
        leads nowhere."""
        self.caches: list[CachedOf] = []
        """The functions of the program that keep their results."""
        self.twins: list[Twins] = []
        """What has been copied twice and may be one array."""
        self.disturbed: dict[int, Any] = {}
        """The objects that calls may have changed, by their identity."""
        self.default_kinds: dict[Any, type] = {}
        """The kinds of dicts that make values, by what they make them with."""
        self.both_ways: list[tuple[While, Frame]] = []
        """The loops that cannot stay loops if an index in them has to be known, and are unrolled,
        or cannot be that either: nothing in them gets known any more."""
        self.generic = False
        """Whether nothing is known of the arguments: the text is there to be read."""
        self.complete = False
        """Whether the program is, and what is made now is its derivative."""
        self.structural = STRUCTURAL
        self.is_active = is_active
        self.loc = loc
        self.cells = Cells()
        self.trip = object()
        """Stands for the trip of a loop that is being run."""
        self.provisional: Provisional | None = None
        self.decisions = first_trip.Decisions()
        self.recursion = Recursion()
        self.running: list[Running] = []
        """The blocks that are being run, the innermost last."""
        self.made_classes: dict[Any, type] = {}
        """The classes of named tuples that the program makes."""
        self.yielding: list[Function] = []
        """The generator functions at work."""
        self.indices: dict[Var, bool] = {}
        """The indices of the loops that have been emitted, and whether the loop may be unrolled
        where one has to be known: it may not if data give the number of its trips, or if there are
        too many."""
        self.spans: dict[Var, tuple[Operand, Operand, Operand]] = {}
        """Where these indices start, stop, and how far apart they are."""
        self.errstate: tuple[tuple[str, str], ...] = ()
        self.stack: list[types.CodeType] = []
        self.root: types.CodeType | None = None
        """The code of the function that is specialised: its cells are read by name."""
        self.asking = False
        """Whether it is asked if an attribute is there, which an error answers."""
        self.refused: dict[Var, SrcgradError] = {}
        """Why a call was left as it is, for the error if a derivative has to pass through it."""
        self.ruled: dict[Var, Found] = {}
        """What the source tells of the results of functions that have rules of their own."""

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
        if is_undefined(value) and isinstance(operand, Var):
            raise first_trip.not_assigned(operand.name, frame, loc)
        return value

    def _captured(self, operand: Operand, frame: Frame, loc: Loc) -> Value:
        """The value of an operand that a function captures, which may not be assigned yet."""
        value = self.passed(operand, frame, loc)
        return value if is_undefined(value) else self.value(operand, frame, loc)

    def passed(self, operand: Operand, frame: Frame, loc: Loc) -> Value:
        """The value of an operand that is only passed on."""
        if isinstance(operand, Var):
            return tested.settled(self, optional.settled(self, frame.values[operand], loc))
        if isinstance(operand, Const):
            return operand
        if isinstance(operand, Free):
            found = scopes.free(self, operand.name, frame, loc)
            return tested.settled(self, optional.settled(self, found, loc))
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
                raise first_trip.not_assigned("", None, loc)
            return value
        if isinstance(value, Pack):
            if value.kind is LongTuple:
                return calls.apply(self, tuple, value.items, {}, loc)
            value = containers.checked(value, loc)
            return replace(value, items=tuple(self.operand(item, loc) for item in value.items))
        if isinstance(value, Held):
            return handed.whole(self, value, loc)
        if isinstance(value, Conflicting):
            raise value.error
        if isinstance(value, Opened):
            raise passed_on(loc)
        if isinstance(value, PerhapsOf):
            raise perhaps.refused(value, loc)
        if isinstance(value, Ref):
            return containers.as_operand(self, value, loc)
        if isinstance(value, RepeatedOf):
            return self.builder.apply(itertools.repeat, (self.operand(value.each, loc),), (), loc)
        value = iterate.listed(self, value, loc)
        if isinstance(value, Ref):
            return containers.as_operand(self, value, loc)
        if isinstance(value, ITERABLES):
            elements = iterate.elements(self, value, loc)
            if elements is not None:
                return Pack(list, tuple(self.operand(item, loc) for item in elements))
        if isinstance(value, Method):
            receiver = self.operand(handed.receiver(self, value, loc), loc)
            return self.builder.apply(getattr, (receiver, Const(value.name)), (), loc)
        if isinstance(value, PartialOf):
            args = tuple(self.operand(part, loc) for part in (value.function, *value.args))
            keywords = tuple((key, self.operand(v, loc)) for key, v in value.keywords.items())
            made = types.MethodType if isinstance(value, BoundOf) else functools.partial
            return self.builder.apply(made, args, keywords, loc)
        what, hint = _named(value), "call it where it is defined"
        message = f"{what} cannot be passed to a function that is not differentiated itself"
        if isinstance(value, OneOf) and any(isinstance(v, Ref) for v in value.options.values()):
            message = "an object is of one class or another here, depending on data, and is passed "
            message += "to a function that is not differentiated itself, or is in a list whose "
            message += "length data tell"
            hint = "make objects of one class, with an attribute that tells what they do"
        raise UnknownTypeError(message, loc, hint)

    def whole(self, value: Value, loc: Loc) -> Value:
        """A container from outside as it is now; what is none stays as it is."""
        if isinstance(value, PerhapsOf):
            return replace(value, content=self.whole(value.content, loc))
        return handed.whole(self, value, loc) if isinstance(value, Held) else value

    # --- statements -----------------------------------------------------------------------------

    def run(self, block: Block, frame: Frame, near: Loc | None = None) -> tuple[Value, ...]:
        """Emits the statements of a block, which is ``near`` a place, and gives its results.

        What follows a call that always raises is never reached, and left out.
        """
        running = Running(block, frame)
        self.running.append(running)
        try:
            for running.at, stmt in enumerate(block.body):
                self.statement(stmt, frame)
                if self.builder.body and always_raises(self.builder.body[-1]):
                    return (Const(UNDEFINED),) * len(block.results)
        finally:
            self.running.pop()
        loc = block.body[-1].loc if block.body else near or _NOWHERE
        return tuple(self.passed(result, frame, self.loc or loc) for result in block.results)

    @contextmanager
    def at(self, block: Block, frame: Frame, position: int) -> Iterator[None]:
        """Within, the statement at a position of a block is being run."""
        self.running.append(Running(block, frame, position))
        try:
            yield
        finally:
            self.running.pop()

    def instead(self, stmt: Stmt, frame: Frame) -> None:
        """Emits a statement in place of the one at hand, which does the same."""
        running = self.running[-1]
        outer, running.instead = running.instead, stmt
        try:
            self.statement(stmt, frame)
        finally:
            running.instead = outer

    def statement(self, stmt: Stmt, frame: Frame) -> None:
        match stmt:
            case Invoke():
                self._invoke(stmt, frame)
            case Try():
                attempts.attempt(self, stmt, frame)
            case If():
                branches.branch(self, stmt, frame)
            case ForEach():
                loops.for_each(self, stmt, frame)
            case While():
                loops.while_loop(self, stmt, frame)
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
            case generators.Visit():
                generators.visit(self, stmt, frame)
            case Entering():
                note_all(self, stmt, frame)
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
        displayed = isinstance(callee, Const) and callee.value is intrinsics.pack
        if displayed:
            whole = lists.spread(self, stmt, frame, loc)
            if whole is not None:
                frame.values[stmt.target] = containers.new_list(self, whole)
                return
        read = self.passed if _is_note(callee) else self.value
        args: list[Value] = []
        for arg in stmt.args:
            if isinstance(arg, Star):
                starred = iterate.listed(self, self.value(arg.operand, frame, loc), loc)
                text = "Value after * must be an iterable, not {}"
                certain.check_iterable(self, starred, loc, text if displayed else "")
                args.extend(spread.taken_apart(self, starred, loc))
            else:
                args.append(read(arg, frame, loc))
        kwargs: dict[str, Value] = {}
        for name, operand in stmt.kwargs:
            value = self.value(operand, frame, loc)
            more = containers.mapping(self, value, loc) if name is None else {name: value}
            inlining.check_once(callee, kwargs, more, loc)
            kwargs.update(more)
        # What a rule calls its values is of no interest to the reader of the gradient.
        name = "" if frame.scope.trusted else stmt.target.name
        name = name if name.strip("_") else ""
        try:
            gathered = spread.gathered(self, tuple(args), loc)
            result = calls.invoke(self, callee, gathered, kwargs, loc, name)
        except NeedsValue as need:
            need.loc = need.loc or loc
            raise
        except SrcgradError as error:
            if error.loc is None:
                raise placed(error, loc) from None
            raise
        if isinstance(result, Var | Pack) and not (frame.scope.trusted or _is_own(callee)):
            self.invoked.update(variables(result))
        frame.values[stmt.target] = named(result, name)
        self.heap.name(result, name)

    def _define(self, stmt: Define, frame: Frame) -> None:
        loc = self.place_of(stmt)
        captures = dict(frame.captures)
        captures.update((name, self._captured(v, frame, loc)) for name, v in stmt.captures)
        defaults = {name: self.value(v, frame, loc) for name, v in stmt.defaults}
        closure = Closure(stmt.function, frame.scope, captures, defaults, self._is_run_once(frame))
        frame.values[stmt.target] = closure
        frame.closures.append(captures)
        self.fill_late(frame, stmt.target.name, closure)

    def _is_run_once(self, frame: Frame) -> bool:
        """Whether the statement at hand is run once in a call of the program, if at all."""
        in_loop = any(isinstance(each.now, ForEach | While) for each in self.running[:-1])
        return not in_loop and all(each.frame is frame for each in self.running)

    def fill_late(self, frame: Frame, name: str, value: Value) -> None:
        """Gives a name its value in the functions that have captured it before."""
        for captured in frame.closures:
            if captured.get(name) is LATE:
                captured[name] = value

    # --- functions ------------------------------------------------------------------------------

    def inline(self, closure: Closure, bound: Mapping[str, Value], loc: Loc) -> Value:
        """Emits the body of a function for the given arguments and gives what it returns."""
        frame = Frame(closure.scope, closure.captures, given=tuple(bound.values()))
        for param in closure.function.params:
            assert isinstance(param.value, Var)
            frame.values[param.value] = bound[param.name]
        outer, self.errstate = self.errstate, loc.errstate
        try:
            with self.located(self.loc or loc) if closure.scope.trusted else nullcontext():
                (result,) = self.run(closure.function.body, frame)
        finally:  # whoever tries another way after an error goes on with the settings around it
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
    def tripping(self, provisional: Provisional | None) -> Iterator[None]:
        """Within, a trip of a loop is run."""
        outer, self.trip = self.trip, object()
        try:
            with self.erring(provisional):
                yield
        finally:
            self.trip = outer

    @property
    def may_be_unrolled(self) -> bool:
        """Whether a ``while`` is being run that it has not been tried to unroll."""
        return self.is_untried(self.running[-1])

    def is_untried(self, running: Running) -> bool:
        """Whether a block runs a ``while``, and it has not been tried to unroll that; where a
        function calls itself, it may have been in another call."""
        now, frame = running.now, running.frame
        tried = any(loop is now and of is frame for loop, of in self.both_ways)
        return isinstance(now, While) and not tried

    @property
    def is_moving(self) -> bool:
        """Whether what the compiler takes out of lists of lists leads nowhere; what the user's
        functions take that it calls meanwhile may."""
        inner = self.running[self.moving[-1] :] if self.moving else ()
        return bool(self.moving) and all(each.frame.scope.trusted for each in inner)

    @contextmanager
    def tried(self, loop: While, frame: Frame) -> Iterator[None]:
        """Within, a loop is unrolled, or stays one, in which nothing gets known any more."""
        self.both_ways.append((loop, frame))
        try:
            yield
        finally:
            self.both_ways.pop()

    @contextmanager
    def erring(self, provisional: Provisional | None) -> Iterator[None]:
        """Within, errors in branches are put off, or are final where nothing notes them."""
        outer, self.provisional = self.provisional, provisional
        try:
            yield
        finally:
            self.provisional = outer

    @contextmanager
    def located(self, loc: Loc | None) -> Iterator[None]:
        """Within, everything that is emitted carries ``loc``; the place where it stands if None."""
        outer, self.loc = self.loc, loc
        try:
            yield
        finally:
            self.loc = outer

    def constant(self, value: Value, what: str, hint: str = "") -> Any:
        """The value of something that must be known at compile time; ``hint`` says what else the
        program can do where it cannot be."""
        value = self.heap.frozen(set_methods.as_constant(self, value))
        if isinstance(value, Var | Pack):
            known = constant_of(value)
            if known is not None:
                return known.value
            unknown = _unknown_in(value)
            if unknown is not None:
                raise NeedsValue(unknown, what, hint)
            message = f"{what} is an instance or a set, which is not known here"
            raise UnknownTypeError(message, self.loc, "use a number, a string or a tuple")
        if isinstance(value, Const):
            return value.value
        raise UnknownTypeError(f"{what} must be known at compile time", self.loc)


def _named(value: Value) -> str:
    if isinstance(value, OneOf):
        return "a function that data choose among others"
    return value.function.name if isinstance(value, Closure) else "an iterator"


def _is_own(callee: Value) -> bool:
    """Whether a function is the compiler's own: the user does not write its call."""
    return isinstance(callee, Const) and getattr(callee.value, "__module__", "") == _OWN


_OWN = intrinsics.__name__


def _is_note(callee: Value) -> bool:
    """Whether a call only notes a value, which nobody may use."""
    return isinstance(callee, Const) and callee.value in _NOTES


_NOTES = (intrinsics.set_cell, intrinsics.note_read, intrinsics.note_perhaps)


def _unknown_in(value: Operand) -> Var | None:
    """A variable in what has to be known; None if there is none."""
    if isinstance(value, Pack):
        found = (_unknown_in(item) for item in value.items if constant_of(item) is None)
        return next((var for var in found if var is not None), None)
    return value if isinstance(value, Var) else None


_NOWHERE = Loc("", 0, 0, 0, 0, (), "")
