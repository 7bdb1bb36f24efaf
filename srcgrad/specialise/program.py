"""A user's function, specialised for given arguments: the typed program and what it rests on."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

from srcgrad.analysis import opaque
from srcgrad.arguments import Originals
from srcgrad.errors import CertainError, Loc, SrcgradError, UnsupportedSyntaxError
from srcgrad.ir.keeping import KEEPING
from srcgrad.ir.nodes import (
    UNDEFINED,
    Apply,
    Block,
    Const,
    Function,
    Operand,
    Pack,
    Param,
    Var,
    always_raises,
)
from srcgrad.ir.ops import DERIVATIVES
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import Object
from srcgrad.ir.walk import variables
from srcgrad.specialise import (
    allocations,
    cached_results,
    calls,
    early,
    followed,
    given_away,
    items,
    long_lists,
    outside,
    own_containers,
    pools,
    presence,
    records,
    recursion,
    repeated,
    scopes,
)
from srcgrad.specialise.advanced import NeedsPosition
from srcgrad.specialise.differentiated import Arguments, pattern
from srcgrad.specialise.engine import Specialiser
from srcgrad.specialise.heap import NoIdentity, OneOfTwo
from srcgrad.specialise.inputs import ANYTHING, Inputs, name_of
from srcgrad.specialise.object_keys import NeedsObjectKeys, Site
from srcgrad.specialise.places import Global, Guard, Parameter, Place, Test, module_of
from srcgrad.specialise.values import (
    FOLLOWED,
    GROWS,
    Closure,
    Held,
    NeedsEntry,
    NeedsFlag,
    NeedsOwn,
    NeedsValue,
    OfItem,
    Ref,
    Value,
)


@dataclass(frozen=True)
class Program:
    """A specialised function.

    Attributes
    ----------
    function : Function
        In the typed dialect.
    wrt : dict
        For each differentiated parameter, the variables of its leaves, in their structure.
    places : dict of Var to str
        The expressions that read what the function takes from outside.
    modules : dict of str to str
        The modules, other than its own, that those expressions name.
    guards : tuple of Guard
        What must hold for the program to be the right one.
    module : str
        The name of the function's own module.
    functions : dict of Recursive to Function
        The functions of the program that call themselves.
    """

    function: Function
    wrt: Mapping[str, Operand]
    places: Mapping[Var, str]
    modules: Mapping[str, str]
    guards: tuple[Guard, ...]
    specialiser: Specialiser
    module: str
    functions: Mapping[Recursive, Function]

    @property
    def leaves(self) -> list[Var]:
        """The differentiated variables; one that occurs twice in an argument is one."""
        every = (var for operand in self.wrt.values() for var in variables(operand))
        return list(dict.fromkeys(every))

    def with_rules(self) -> Program:
        """The program, knowing also what the rules read that were inlined since it was made."""
        bound = {var for param in self.function.params for var in variables(param.value)}
        places, modules = _outside(self.specialiser, self.module, bound)
        guards = tuple(self.specialiser.inputs.guards.values())
        return replace(self, places=places, modules=modules, guards=guards)


Start: TypeAlias = Callable[[Specialiser], None]
"""What says what identity there is in lists of unknown length."""


@dataclass(frozen=True)
class Given:
    """What a program is specialised for.

    Attributes
    ----------
    function : function
        What is specialised.
    arguments : dict
        The arguments, by the names of its parameters.
    wrt : tuple of str
        Those that are differentiated.
    originals : Originals
        What was given where those are copies.
    """

    function: types.FunctionType
    arguments: Mapping[str, Any]
    wrt: tuple[str, ...]
    originals: Originals


def specialised_as(
    given: Given, by_value: frozenset[Place], opaque: frozenset[Place], start: Start
) -> Program:
    """The typed program of the function that is given, for its arguments.

    The values of numbers at the places ``by_value`` become part of it; what is in containers at the
    places ``opaque`` is not followed.  ``start`` says what identity there is in lists of unknown
    length.

    Raises
    ------
    SrcgradError
        If the function cannot be compiled so.
    """
    begun = partial(_begun_again, given, by_value, start)
    written: dict[tuple[Place, str | OfItem], Held] = {}
    try:
        return begun(written, opaque)
    except SrcgradError as error:
        growing = frozenset(place for place, name in written if name in (GROWS, FOLLOWED))
        if not growing:
            raise
        first = error
    try:  # with the lengths of lists that get longer in the signature, as those of others are
        return begun({}, growing | opaque)
    except SrcgradError:
        raise first from None


def _begun_again(
    given: Given,
    by_value: frozenset[Place],
    start: Start,
    written: dict[tuple[Place, str | OfItem], Held],
    counted: frozenset[Place],
) -> Program:
    """The program, begun again as long as something comes up that should have been known, such as
    what is ``written``; of lists that are ``counted`` the length may be part of the signature."""
    owning, refused, object_keyed, advanced = False, None, frozenset[Site](), frozenset[Site]()
    flagged = frozenset[Loc]()
    while True:
        sp = Specialiser(Inputs(by_value, given.originals))
        sp.written, sp.owning, sp.object_keyed = written, owning, object_keyed
        sp.advanced, sp.flagged = advanced, flagged
        sp.generic = any(example is ANYTHING for example in given.arguments.values())
        sp.inputs.lists.growing = frozenset(place for place, name in written if name is GROWS)
        sp.inputs.lists.counted = counted
        followed.prepare(sp)
        start(sp)
        try:
            return _specialise(sp, given.function, given.arguments, given.wrt)
        except NeedsValue as need:
            by_value = more_values(sp, need)
        except NeedsEntry as need:
            written[need.held.place, need.name] = need.held
        except NeedsOwn:
            owning = True
        except NeedsObjectKeys as need:
            object_keyed |= {need.site}
        except NeedsPosition as need:
            advanced |= {need.site}
        except NeedsFlag as need:
            flagged |= {need.loc}
        except SrcgradError as error:
            if isinstance(error, NoIdentity | OneOfTwo) and own_containers.may_help(sp):
                owning, refused = True, error
                continue
            if isinstance(error, CertainError) and _is_of_what_calls_change(sp, error):
                raise _perhaps(error) from None
            raise refused or error from None


def _perhaps(error: CertainError) -> UnsupportedSyntaxError:
    """The error about an element that is missed, where a call may have put it there."""
    message = f"{error.message}, unless a call before puts it there"
    hint = "let the function return what it puts there"
    return UnsupportedSyntaxError(message, error.loc, hint)


def _is_of_what_calls_change(sp: Specialiser, error: CertainError) -> bool:
    """Whether an element is missed, and something is called that may change what was there when
    the function began: it may have put it there."""
    called = [event for event in sp.inputs.log.events if isinstance(event, Apply)]
    changed = (s.args[0] for s in called if s.op in KEEPING)
    if isinstance(error.original, LookupError) and not all(
        isinstance(each, Var) and sp.inputs.lists.is_at(sp.inputs.place_of(each))
        for each in changed
    ):
        return True
    is_there_to_read = isinstance(error, items.NotThereError)
    harmless = (opaque.is_harmless(stmt, sp.builder.definitions) for stmt in called)
    return is_there_to_read and not all(harmless)


def more_values(sp: Specialiser, need: NeedsValue) -> frozenset[Place]:
    """The places whose values have to be known, now that ``need`` has come up.

    Raises
    ------
    UnsupportedSyntaxError
        If what is needed is no input, nor computed from integers that are.
    """
    definitions, origins = sp.builder.definitions, sp.recursion.origins
    behind = sp.inputs.integers_behind(need.var, definitions, origins, lengths=True)
    found = behind - sp.inputs.by_value
    if not found:
        raise _error_at(need) from None
    return sp.inputs.by_value | found


def _error_at(need: NeedsValue) -> SrcgradError:
    """The error for a value that has to be known and cannot be."""
    message = f"the value of {need.why} must be known at compile time here"
    hint = need.hint or "pass it as an argument of its own, or write it as a literal"
    return UnsupportedSyntaxError(message, need.loc, hint)


def _guard_call(
    sp: Specialiser,
    function: types.FunctionType,
    arguments: Mapping[str, Any],
    wrt: tuple[str, ...],
) -> None:
    """Guards that an object which is called, the first argument, calls ``function``."""
    name = next(iter(arguments), "")
    cls = type(arguments.get(name))
    if name not in wrt and inspect.getattr_static(cls, "__call__", None) is function:
        place = Place(Parameter(name)).attribute("__class__").attribute("__call__")
        sp.inputs.guard(place, Test.IDENTITY, function)


def _specialise(
    sp: Specialiser,
    function: types.FunctionType,
    arguments: Mapping[str, Any],
    wrt: tuple[str, ...],
) -> Program:
    lowered = presence.lowered(sp, function)
    if inspect.isgeneratorfunction(function):
        message = "a generator function, which has 'yield' in it, cannot be differentiated"
        raise UnsupportedSyntaxError(message, lowered.loc, "return a list or an array instead")
    sp.root = function.__code__
    values: dict[str, Value] = {}
    leaves: dict[str, Operand] = {}
    sp.inputs.identities.differentiated = frozenset(map(Parameter, wrt))
    opened = Arguments(
        sp.inputs, partial(own_containers.make, sp), partial(long_lists.differentiated, sp)
    )
    for name, example in arguments.items():
        place = Place(Parameter(name))
        if name in wrt:
            part = opened.part(place, example)
            values[name], leaves[name] = part.value, part.leaves
        else:
            values[name] = sp.inputs.read(place, example)
    _guard_call(sp, function, arguments, wrt)
    sp.inputs.constants.closed = True
    outside.start(sp, lowered.loc)
    closure = Closure(lowered, scopes.scope_of(sp, function), {}, {})
    with sp.entered(function.__code__), sp.builder.nested() as body:
        sp.builder.masks.outermost = body
        followed.start(sp, lowered.loc)
        pools.make(sp, lowered.loc)
        pools.enter_given(sp, lowered.loc)
        if function in DERIVATIVES:
            result = _with_own_rule(sp, function, lowered, values)
        else:
            given = _with_own_dict(sp, lowered, values)
            value = recursion.call(sp, function.__code__, closure, given, lowered.loc)
            raises = bool(body) and always_raises(body[-1])
            given_away.refuse_given(sp, value, lowered.loc)
            cached_results.refuse_two(sp, value, lowered.loc)
            result = Const(UNDEFINED) if raises else sp.operand(value, lowered.loc)
            records.refuse(result, lowered.loc)
    sp.complete = sp.heap.complete = True
    allocations.refuse_written(sp, body)
    own_containers.settle(sp, lowered.loc)
    sp.inputs.identities.settle(sp.inputs.guard_identity, sp.outside, lowered.loc)
    params = tuple(
        Param(
            param.name,
            pattern(leaves[param.name])
            if param.name in wrt
            else _pattern(sp, param.name, values[param.name]),
            param.kind,
            param.has_default,
        )
        for param in lowered.params
    )
    block = Block((), tuple(body), (result,))
    typed = Function(lowered.name, params, block, lowered.loc, lowered.doc)
    typed = repeated.without_taken(sp, typed)
    early.refuse_changed(sp, typed.body.body)
    bound = {var for param in params for var in variables(param.value)}
    places, modules = _outside(sp, module_of(function), bound)
    typed, functions = cached_results.settled(sp, typed, sp.recursion.functions)
    return Program(
        typed,
        {name: leaves[name] for name in wrt},
        places,
        modules,
        tuple(sp.inputs.guards.values()),
        sp,
        module_of(function),
        functions,
    )


def _with_own_dict(
    sp: Specialiser, lowered: Function, values: Mapping[str, Value]
) -> dict[str, Value]:
    """The arguments, the dict of ``**options`` made anew as in each call: the function may change
    it."""
    given = dict(values)
    for param in lowered.params:
        if param.kind is inspect.Parameter.VAR_KEYWORD:
            given[param.name] = calls.invoke(sp, Const(dict), (given[param.name],), {}, lowered.loc)
    return given


def _with_own_rule(
    sp: Specialiser, function: types.FunctionType, lowered: Function, values: Mapping[str, Value]
) -> Operand:
    """The call of a function that has a derivative rule itself."""
    args, kwargs = [], {}
    for param in lowered.params:
        if param.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
            message = f"'{function.__name__}' has a rule, and takes any number of arguments"
            raise UnsupportedSyntaxError(message, lowered.loc, "differentiate a function around it")
        if param.kind is inspect.Parameter.KEYWORD_ONLY:
            kwargs[param.name] = values[param.name]
        else:
            args.append(values[param.name])
    return calls.apply(sp, function, tuple(args), kwargs, lowered.loc)


def _pattern(sp: Specialiser, name: str, value: Value) -> Operand:
    """How a parameter is taken apart into the variables that stand for its parts."""
    if isinstance(value, Var | Const | Pack):
        return value
    if isinstance(value, Ref):  # which stands for a list that is followed
        return _part(sp, Place(Parameter(name)), followed.example_of(sp, value))
    assert isinstance(value, Held)
    example = value.example
    if value.place != Place(Parameter(name)) and not value.place.path:
        return Var(name, Object(type(example)))  # an object that another parameter has too
    is_added_to = value.place in sp.inputs.leaves  # what is in it is read from it by index then
    if type(example) in (list, tuple) and _is_read(sp, value.place) and not is_added_to:
        count = sp.inputs.length(value)
        items = [_part(sp, value.place.item(i), example[i]) for i in range(count)]
        return Pack(type(example), tuple(items))
    return _part(sp, value.place, example)


def _part(sp: Specialiser, place: Place, example: Any) -> Operand:
    leaf = sp.inputs.leaves.get(place)
    if leaf is not None:
        return leaf
    if type(example) in (list, tuple) and _is_read(sp, place):
        return _pattern(sp, place.root.name, Held(place, example))
    return Var(name_of(place), Object(type(example)))


def _is_read(sp: Specialiser, place: Place) -> bool:
    """Whether the program reads something below ``place``."""
    depth = len(place.path)
    return any(
        leaf.root == place.root and leaf.path[:depth] == place.path for leaf in sp.inputs.leaves
    )


def _outside(
    sp: Specialiser, module: str, bound: set[Var]
) -> tuple[dict[Var, str], dict[str, str]]:
    """The expressions for inputs that no parameter binds, and the modules that they name."""
    places: dict[Var, str] = {}
    modules: dict[str, str] = {}
    for place, var in sp.inputs.leaves.items():
        if var in bound:
            continue
        for member in place.members():
            kind = type(member).__name__
            if sp.inputs.classes.get(type(member)) != Place(Global(module, kind)):
                message = f"'{place}' is read by a member of an enumeration"
                hint = f"import '{kind}' under this name, or use the names of its members as keys"
                raise UnsupportedSyntaxError(message, None, hint)
        text = str(place)
        if isinstance(place.root, Global) and place.root.module != module:
            alias = place.root.module.replace(".", "_")
            modules[alias] = place.root.module
            text = f"{alias}.{text}"
        places[var] = text
    return places, modules


__all__ = ["Program", "Start", "more_values", "specialised_as"]
