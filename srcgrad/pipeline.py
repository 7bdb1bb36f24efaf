"""The way of a function through the compiler, stage after stage."""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import srcgrad.rules  # noqa: F401  (fills the table of operations)
from srcgrad.analysis.activity import active
from srcgrad.analysis.attempts import refuse_torn_writes
from srcgrad.analysis.escapes import Handing, kept_arguments
from srcgrad.analysis.handed_out import keep_away
from srcgrad.analysis.opaque import may_write
from srcgrad.analysis.overlap import refuse_unsafe_copies, refuse_written_rows
from srcgrad.analysis.rebinding import settle_writes
from srcgrad.analysis.rebound import refuse_rebound
from srcgrad.analysis.recursion import find_buffered, find_wanted, survey, varied_in
from srcgrad.analysis.settling import settle_types
from srcgrad.analysis.stored import refuse_written_elements
from srcgrad.arguments import Originals
from srcgrad.backend import refuse_copied_sets
from srcgrad.errors import Loc, SrcgradError, UnsupportedSyntaxError
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Block, Const, Define, Function, Operand, Pack, Param, Var
from srcgrad.ir.recursion import InPlace, Pulled, Recursive
from srcgrad.ir.types import UNKNOWN, ListOf, Object
from srcgrad.ir.walk import map_operand, variables
from srcgrad.request import Mode, Request
from srcgrad.specialise.engine import Specialiser
from srcgrad.specialise.places import Place
from srcgrad.specialise.program import Program, more_values
from srcgrad.specialise.values import NeedsValue
from srcgrad.specialise.ways import Ways, specialise
from srcgrad.transform import linear
from srcgrad.transform.arguments import no_derivative
from srcgrad.transform.by_reference import find_places, in_place, write_in_place
from srcgrad.transform.by_value import pass_by_value
from srcgrad.transform.conditions import read_conditions
from srcgrad.transform.cotangents import bar_name
from srcgrad.transform.entry import own_inputs
from srcgrad.transform.gradients import arranged
from srcgrad.transform.handing_on import hand_on_copies
from srcgrad.transform.held import hold_results
from srcgrad.transform.kept import keep_copies
from srcgrad.transform.leaving import leave_first
from srcgrad.transform.legalise import legalise
from srcgrad.transform.lent import hold_lent
from srcgrad.transform.lifting import lift
from srcgrad.transform.moving import can_move_again
from srcgrad.transform.own_results import own_results
from srcgrad.transform.playback import copy_written, separate_sweeps
from srcgrad.transform.protect import protect
from srcgrad.transform.recursion import called, with_pullback
from srcgrad.transform.reverse import Adjoint, reverse
from srcgrad.transform.scalars import check_scalar
from srcgrad.transform.simplify.arm_saves import save_in_arms
from srcgrad.transform.simplify.asked import keep_asked
from srcgrad.transform.simplify.blank import assign_elements
from srcgrad.transform.simplify.branches import merge_branches
from srcgrad.transform.simplify.broadcast import elide_expansion
from srcgrad.transform.simplify.common import share_common
from srcgrad.transform.simplify.contributions import add_in_arms
from srcgrad.transform.simplify.dead import remove_dead
from srcgrad.transform.simplify.dots import spell_products
from srcgrad.transform.simplify.gather import gather_outer_products
from srcgrad.transform.simplify.in_place import accumulate_in_place
from srcgrad.transform.simplify.invariant import drop_invariants
from srcgrad.transform.simplify.names_read import keep_reads
from srcgrad.transform.simplify.order import repeat_metadata, sink_results
from srcgrad.transform.simplify.products import arrange_products, double_terms
from srcgrad.transform.simplify.reshapes import spell_shapes
from srcgrad.transform.simplify.rows import index_rows
from srcgrad.transform.simplify.saved_shapes import save_shapes
from srcgrad.transform.simplify.shapes import ask_inputs
from srcgrad.transform.simplify.snapshots import take_snapshots
from srcgrad.transform.simplify.transposes import simplify_transposes
from srcgrad.transform.simplify.unassigned import drop_answered, raise_unassigned
from srcgrad.transform.simplify.undefined import settle_undefined
from srcgrad.transform.simplify.unused import remove_unused
from srcgrad.transform.simplify.updates import update_in_place
from srcgrad.transform.simplify.zeroing import fill_emptied, share_copies
from srcgrad.transform.started import start_with_zeros
from srcgrad.transform.torn import take_back_torn_writes
from srcgrad.transform.unread import note_unread
from srcgrad.transform.views import check_views


@dataclass(frozen=True)
class Derivative:
    """A function's derivative, at each stage of the compiler.

    Attributes
    ----------
    program : Program
        The typed program of the function itself.
    adjoint : Function
        Its derivative as it comes from reversing.
    lean : Function
        The same after the simplifier, ready to be emitted.
    functions : dict of operation to Function
        The functions that it calls, ready too.
    """

    program: Program
    adjoint: Function
    lean: Function
    functions: Mapping[Recursive | Pulled | InPlace, Function]


observer: Callable[[str, Function], None] | None = None
"""Called with the name of each pass and its output; the tests verify it."""


def differentiate(
    function: types.FunctionType,
    request: Request,
    arguments: Mapping[str, Any],
    wrt: tuple[str, ...],
    originals: Originals | None = None,
) -> Derivative:
    """The derivative of ``function`` for ``arguments``, ready to be emitted.

    ``originals`` says what was given where the arguments are copies.
    """
    by_value: Iterable[Place] = ()
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    ways = Ways()
    refused: SrcgradError | None = None
    while True:
        try:
            program = specialise(function, arguments, wrt, by_value, ways, originals)
        except SrcgradError as error:
            raise refused or error from None
        try:
            refuse_rebound(program, arguments, cells)
            return _differentiate(program, request)
        except NeedsValue as need:  # a rule depends on the value of an argument
            by_value = more_values(program.specialiser, need)
        except _CopiedSet as copied:
            if not program.specialiser.were_few or not ways.few:
                raise copied.error from None
            refused = copied.error
            ways = replace(ways, few=0)  # where data choose among few sets, one is copied
        except SrcgradError as error:
            followed = program.specialiser.inputs.lists.places(deque) - ways.opaque
            if program.specialiser.pools is not None:
                refused = error
                ways = replace(ways, pooling=False)  # what is in its lists may be followed then
            elif followed:  # what a call changes may be asked for when the program runs
                ways = replace(ways, opaque=ways.opaque | followed)
            elif program.specialiser.rolled:  # the same in straight-line code
                ways = replace(ways, rolling=False)
            else:
                raise refused or error from None


class _CopiedSet(Exception):
    """The text would have to copy a set that comes in its order: it is refused with ``error``."""

    def __init__(self, error: UnsupportedSyntaxError) -> None:
        self.error = error


def _differentiate(program: Program, request: Request) -> Derivative:
    _observe("specialise", program.function)
    if not program.specialiser.generic:  # which is to be read
        for function in (program.function, *program.functions.values()):
            note_unread(function, program.specialiser.invoked)
    program = _lifted(program)
    owned = own_results(program.function, program.specialiser.ruled)
    typed = _settled(owned, set(program.places))
    _observe("settle_writes", typed)
    handing: Handing = {}
    if program.functions:
        typed, by_value = pass_by_value(typed, program.functions)
        _observe("pass_by_value", typed)
        for function in by_value.values():
            refuse_torn_writes(function)
            refuse_written_rows(function)
            refuse_unsafe_copies(function)
        handing = kept_arguments(by_value)
        kept = {op: keep_copies(function, handing) for op, function in by_value.items()}
        program = replace(program, functions=kept)
    refuse_written_elements(typed)
    typed = take_back_torn_writes(typed)
    _observe("take_back_torn_writes", typed)
    refuse_torn_writes(typed)
    refuse_written_rows(typed)
    typed = hand_on_copies(typed)
    _observe("hand_on_copies", typed)
    refuse_unsafe_copies(typed)
    typed = keep_copies(typed, handing)
    _observe("keep_copies", typed)
    later = request.mode is Mode.VJP
    made = program.specialiser.builder.definitions
    typed, lent = hold_lent(typed, program.functions, later, made)
    _observe("hold_lent", typed)
    read = {op: check_views(read_conditions(function)) for op, function in lent.items()}
    program = replace(program, functions=read)
    typed = drop_invariants(
        own_inputs(typed, program.places, program.specialiser.inputs.keep_apart)
    )
    _observe("own_inputs", typed)
    keep_away((typed, *program.functions.values()), program.specialiser.inputs)
    typed = read_conditions(typed)
    _observe("read_conditions", typed)
    typed = check_views(typed)
    _observe("check_views", typed)
    program = replace(program, function=share_common(typed))
    _observe("share_common", program.function)
    program = _surveyed(program)
    held, within = hold_results(program.function, program.functions, program.leaves, later)
    _observe("hold_results", held)
    program = replace(program, function=held, functions=within)
    find_places(held, within)
    adjoint = write_in_place(_joint(program, request))
    functions = _functions(program, adjoint)
    program = program.with_rules()
    _observe("reverse", adjoint)
    lean = simplify(adjoint, program)
    if request.mode is Mode.VJP and not lean.body.diverges:
        lean = protect(lean, program.places)
        _observe("protect", lean)
    try:
        for each in (lean, *functions.values()):
            refuse_copied_sets(each)
    except UnsupportedSyntaxError as error:
        raise _CopiedSet(error) from None
    return Derivative(program, adjoint, lean, functions)


def _settled(function: Function, outside: set[Var]) -> Function:
    """``function`` with each augmented assignment a rebinding or a store, and one type for each
    variable, whose loops do nothing as they are left."""
    return leave_first(settle_types(settle_writes(start_with_zeros(function), outside)))


# --- functions that call themselves -------------------------------------------------------------


def _lifted(program: Program) -> Program:
    """The program with functions that call themselves as functions of their parameters alone."""
    if not program.functions:
        return program
    origins = program.specialiser.recursion.origins
    main, functions = lift(program.function, program.functions, origins)
    for op, function in functions.items():
        _observe("lift", function)
        owned = own_results(function, program.specialiser.ruled)
        functions[op] = _settled(owned, set())
    return replace(program, function=main, functions=functions)


def _surveyed(program: Program) -> Program:
    """The program with what it knows of functions that call themselves."""
    if not program.functions:
        return program
    functions = dict(program.functions)
    for op, function in functions.items():
        functions[op] = drop_invariants(function)
    survey(functions)
    for op, function in functions.items():
        functions[op] = share_common(function)
        _observe("share_common", functions[op])
    main = program.function
    leaves = program.leaves
    find_wanted(functions, main.body.body, leaves)
    find_buffered(functions)
    for op, function in functions.items():
        varied = varied_in(op, function)
        writing = may_write(function.body.body, varied, program.specialiser.builder.definitions)
        if writing is not None:
            raise no_derivative(program.specialiser, writing)
    return replace(program, functions=functions)


def _functions(program: Program, adjoint: Function) -> dict[Recursive | Pulled | InPlace, Function]:
    """The functions that the derivative calls, and those that they call in turn."""
    found: dict[Recursive | Pulled | InPlace, Function] = {}
    waiting = called(adjoint)
    while waiting:
        op = waiting.pop(0)
        if op in found:
            continue
        if isinstance(op, Pulled):
            function = with_pullback(program.specialiser, op.primal, program.functions[op.primal])
            _observe("reverse", function)
        elif isinstance(op, InPlace):
            function, _ = in_place(op.primal, program.functions[op.primal])
        else:
            assert isinstance(op, Recursive)
            function = program.functions[op]
        found[op] = simplify(write_in_place(function), replace(program, places={}))
        waiting.extend(called(found[op]))
    return found


def simplify(function: Function, program: Program) -> Function:
    """The lean program, in NumPy's operations."""
    inputs = (
        *(var for param in function.params for var in variables(param.value)),
        *program.places,
    )
    passes: tuple[Callable[[Function], Function], ...] = (
        keep_asked,
        keep_reads,
        spell_shapes,
        remove_dead,
        take_snapshots,
        drop_invariants,
        index_rows,
        assign_elements,
        elide_expansion,
        drop_invariants,
        remove_unused,
        simplify_transposes,
        arrange_products,
        share_common,
        double_terms,
        merge_branches,
        add_in_arms,
        lambda f: ask_inputs(f, inputs, program.specialiser.inputs.measures.known_lengths()),
        save_shapes,
        remove_unused,
        fill_emptied,
        share_copies,
        remove_dead,
        accumulate_in_place,
        gather_outer_products,
        legalise,
        save_in_arms,
        spell_products,
        remove_dead,
        update_in_place,
        repeat_metadata,
        sink_results,
        drop_answered,
        settle_undefined,
        raise_unassigned,
    )
    for step in passes:
        function = step(function)
        _observe(getattr(step, "__name__", "pass"), function)
    return function


def _observe(name: str, function: Function) -> None:
    if observer is not None:
        observer(name, function)


# --- the joint function -------------------------------------------------------------------------


def _joint(program: Program, request: Request) -> Function:
    """The function that computes the program and its adjoint."""
    function = program.function
    if function.body.diverges:  # so does its derivative
        return replace(function, name=_name(function, request))
    (result,) = function.body.results
    sp, leaves = program.specialiser, program.leaves
    value, aux = _split(sp, result, request)
    checks = (
        [] if request.mode is Mode.VJP else check_scalar(sp, function.body, value, function.loc)
    )
    if request.mode is Mode.VALUE_AND_GRAD and isinstance(value, Var):
        value.name = value.name or "value"
    alive = active(function.body.body, leaves, variables(value))
    loc = replace(function.loc, adjoint=True, text=())
    if request.mode is Mode.VJP:
        return _with_pullback(program, value, aux, leaves, alive, loc)
    seed = Const(1.0)
    adjoint = reverse(sp, function.body.body, value, seed, leaves, alive, function.loc)
    with sp.builder.nested() as finishing:
        gradient = _gradient(program, request, adjoint, leaves, loc)
    copies, (value, aux) = copy_written(function.body, (value, aux), loc)
    results: list[Operand] = []
    if request.mode is Mode.VALUE_AND_GRAD:
        results.append(Pack(tuple, (value, aux)) if aux is not None else value)
        results.append(gradient)
    else:
        results.append(gradient)
        if aux is not None:
            results.append(aux)
    returned = results[0] if len(results) == 1 else Pack(tuple, tuple(results))
    body = (*adjoint.forward, *checks, *copies, *adjoint.backward, *finishing)
    return replace(function, name=_name(function, request), body=Block((), body, (returned,)))


def _name(function: Function, request: Request) -> str:
    name = function.name if function.name.isidentifier() else "function"
    return f"{name}_{request.mode.value}"


def _split(sp: Specialiser, result: Operand, request: Request) -> tuple[Operand, Operand | None]:
    """What is differentiated, and the rest that is only passed on."""
    if not request.has_aux:
        return result, None
    if isinstance(result, Var) and result in sp.refused:
        raise sp.refused[result]
    if not isinstance(result, Pack) or len(result.items) != 2:
        raise TypeError("has_aux=True: the function must return a pair (value, aux)")
    return result.items[0], result.items[1]


def _gradient(
    program: Program, request: Request, adjoint: Adjoint, leaves: list[Var], loc: Loc
) -> Operand:
    """The gradient in the structure of the arguments, each leaf in memory of its own."""
    sp = program.specialiser
    gradients: dict[Var, Operand] = {}
    for var, cotangent in zip(leaves, adjoint.cotangents, strict=True):
        if isinstance(var.type, ListOf):
            gradients[var] = linear.own_list(sp, cotangent, var, loc)
            continue
        value = linear.zero(sp, var, loc) if cotangent is None else cotangent
        if isinstance(value, Var) and not value.name:
            value.hint = bar_name(var)  # should it need one
        own = sp.builder.apply(intrinsics.fresh, (value, var), (), loc)
        gradients[var] = own
    parts = arranged(sp.builder, tuple(program.wrt.values()), gradients, loc)
    return Pack(tuple, parts) if isinstance(request.argnums, tuple) else parts[0]


def _with_pullback(
    program: Program,
    value: Operand,
    aux: Operand | None,
    leaves: list[Var],
    alive: set[Var],
    loc: Loc,
) -> Function:
    """The function that gives the value and the pullback, a closure over what that reads."""
    sp = program.specialiser
    function = program.function
    # A variable that is returned twice has two cotangents.
    seed = map_operand(
        value, lambda var: Var(f"{var.name or 'y'}_bar", linear.cotangent_type(var.type))
    )
    body_, where = function.body.body, function.loc
    follows = can_move_again(body_)
    adjoint = reverse(sp, body_, value, seed, leaves, alive, where, later=True, follows=follows)
    with sp.builder.nested() as finishing:
        request = Request(Mode.VJP, tuple(range(len(program.wrt))))
        gradient = _gradient(program, request, adjoint, leaves, loc)
    repeatable = {var for var, found in sp.ruled.items() if found.repeats}
    backward = Block((), (*adjoint.backward, *finishing), (gradient,))
    sweeps = separate_sweeps(
        function.body,
        adjoint,
        backward,
        (value, aux),
        repeatable,
        program.functions.values(),
    )
    value, aux = sweeps.results
    params = (Param("y_bar", seed if isinstance(seed, Var | Pack) else Var("y_bar", UNKNOWN)),)
    pullback = Var("pullback", Object(types.FunctionType))
    define = Define(pullback, Function("pullback", params, sweeps.pullback, loc), (), (), loc)
    results: list[Operand] = [value, pullback]
    if aux is not None:
        results.append(aux)
    block = Block((), (*sweeps.called, define), (Pack(tuple, tuple(results)),))
    return replace(function, name=_name(function, request), body=block)
