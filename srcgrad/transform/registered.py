"""Rules that users have registered: inlined where they only compute, and called elsewhere.

A rule computes cotangents, and may do so in place.  What it writes and has made itself is its own;
what it was given, the cotangent, the result and the arguments, is read again by others::

    def relu_vjp(y_bar, y, x):            y_bar = np.copy(y_bar)
        y_bar[x <= 0] = 0         ->      y_bar[x <= 0] = 0
        return y_bar                      x_bar = y_bar

A rule that does more, which writes into what lies outside of it, calls what nobody knows or cannot
be compiled, is called with copies of all that it is given.  What a rule gives is its own from then
on: arrays of the program that are played back later are copied there, and so is what may be an
array that outlives the call.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterable
from dataclasses import dataclass, replace
from inspect import BoundArguments
from typing import Any

import numpy as np

from srcgrad.analysis.memory import MemoryClasses, has_memory
from srcgrad.analysis.opaque import is_harmless, is_unknown_call
from srcgrad.analysis.rebinding import settle_writes
from srcgrad.errors import CertainError, Loc, RuleError, SrcgradError
from srcgrad.frontend.returns import parts_of
from srcgrad.ir import intrinsics
from srcgrad.ir.keeping import KEEPING
from srcgrad.ir.naming import describe
from srcgrad.ir.nodes import Apply, Block, Const, Function, Operand, Pack, Param, Stmt, Var
from srcgrad.ir.ops import AUGMENTED, OPS, Called, Ruled
from srcgrad.ir.types import UNKNOWN, Array, ListOf, PackType, Unknown, number_of
from srcgrad.ir.walk import free_in_block, map_operand, statements, substitute, used, variables
from srcgrad.specialise import calls, inlining
from srcgrad.specialise.advanced import NeedsPosition
from srcgrad.specialise.engine import Specialiser
from srcgrad.specialise.identity import from_outside
from srcgrad.specialise.object_keys import NeedsObjectKeys
from srcgrad.specialise.program import more_values
from srcgrad.specialise.scopes import defaults_of
from srcgrad.specialise.values import NeedsEntry, NeedsFlag, NeedsValue
from srcgrad.transform.arguments import by_parameter, is_open


@dataclass(frozen=True)
class Computed:
    """What a rule computes: statements, and what they give.

    Attributes
    ----------
    given : set of Var
        What the rule was given and reads.
    written : variables
        What it writes of that.
    """

    body: tuple[Stmt, ...]
    result: Operand
    given: frozenset[Var] = frozenset()
    written: tuple[Var, ...] = ()


@dataclass(frozen=True)
class Looked:
    """What the source of a rule tells.

    Attributes
    ----------
    computed : Computed, optional
        What the rule computes, if it does nothing else.
    parts : tuple, optional
        What stands in the tuple that it gives, None for each None there.
    """

    computed: Computed | None = None
    parts: tuple[object, ...] | None = None


def pulled(
    sp: Specialiser,
    stmt: Apply,
    rule: Any,
    bars: tuple[Operand, Operand],
    arguments: BoundArguments,
    memory: MemoryClasses,
    loc: Loc,
) -> Operand:
    """What a rule of the user's gives for ``stmt``: in memory that nobody writes any more.

    Parameters
    ----------
    bars : operands
        The cotangent of what ``stmt`` gives, and that itself.
    arguments : BoundArguments
        The arguments of ``stmt`` as the rule takes them.
    memory : MemoryClasses
        What the program writes.
    """
    args: tuple[Any, ...] = (*bars, *arguments.args)
    found = _looked_into(sp, rule, args, arguments.kwargs, loc)
    computed = found.computed
    if computed is not None and _names_twice((*args, *arguments.kwargs.values()), computed.written):
        args = tuple(_copied(sp, arg, loc) for arg in args)
        named = {name: _copied(sp, arg, loc) for name, arg in arguments.kwargs.items()}
        computed = _looked_into(sp, rule, args, named, loc).computed
        computed = None if computed is None else replace(computed, written=())
    if computed is None:
        return _called(sp, stmt, rule, found.parts or parts_of(rule), args, arguments, loc)
    result = _emitted(sp, computed, memory, loc)
    made = sp.builder.definitions.get(result) if isinstance(result, Var) else None
    if len(arguments.signature.parameters) > 1 and is_unknown_call(made):
        raise _not_known(stmt, loc)
    return result


def completed(sp: Specialiser, stmt: Apply, rule: Any, loc: Loc) -> Apply:
    """The call of a function with those of its defaults that a rule of the user's asks for."""
    function = stmt.op.function if isinstance(stmt.op, Ruled) else stmt.op
    if not isinstance(function, types.FunctionType):
        return stmt
    try:
        given = inspect.signature(function).bind(*stmt.args, **dict(stmt.kwargs))
    except TypeError:
        return stmt  # which the rule refuses
    asked = [name for name in inspect.signature(rule).parameters if name not in given.arguments]
    if len(asked) <= 2:  # the cotangent and the result
        return stmt
    defaults = defaults_of(sp, function, is_trusted=False)
    found = {name: sp.operand(defaults[name], loc) for name in asked[2:] if name in defaults}
    every = {**found, **given.arguments}
    given.arguments = {name: every[name] for name in given.signature.parameters if name in every}
    return replace(stmt, args=given.args, kwargs=tuple(given.kwargs.items()))


def _not_known(stmt: Apply, loc: Loc) -> RuleError:
    # One cotangent or a tuple of several: a wrong guess would be a wrong gradient.
    message = f"what the rule for '{describe(stmt, {})}' gives is not known before it runs"
    return RuleError(message, loc, "return a tuple that stands in the rule: x_bar, y_bar")


# --- inlining -------------------------------------------------------------------------------------


def _looked_into(
    sp: Specialiser, rule: Any, args: tuple[Any, ...], kwargs: dict[str, Any], loc: Loc
) -> Looked:
    """What the source of a rule tells, if it can be compiled."""
    if not isinstance(rule, types.FunctionType) or not inlining.is_inlinable(rule):
        return Looked()
    heap, outside, found = sp.heap.save(), dict(sp.outside), Looked()
    given = {var for arg in (*args, *kwargs.values()) for var in _variables(arg)}
    try:
        with sp.builder.nested() as emitted:
            result = sp.heap.frozen(inlining.looked_into(sp, rule, args, kwargs, loc, ""))
        if isinstance(result, Var | Const | Pack):
            found = Looked(None, _parts(result))
            whole = Computed(tuple(emitted), result)
            _refuse_stale(sp, whole, given, loc)
            if all(sp.heap.contents.get(ref) is heap.get(ref) for ref in from_outside(sp)):
                found = Looked(_settled(sp, whole, given, loc), found.parts)
    except (CertainError, RuleError):
        raise
    except NeedsValue as need:
        if _can_be_known(sp, need):
            raise
    except (SrcgradError, NeedsEntry, NeedsFlag, NeedsObjectKeys, NeedsPosition):
        pass  # the rule is called
    if found.computed is None:
        sp.heap.restore(heap)
        sp.outside.clear()
        sp.outside.update(outside)
    return found


def _parts(result: Operand) -> tuple[object, ...] | None:
    """What stands in a tuple that a rule gives; None if it gives anything else."""
    if not isinstance(result, Pack) or not issubclass(result.kind, tuple):
        return None
    return tuple(None if _is_none(item) else item for item in result.items)


def _is_none(item: Operand) -> bool:
    return isinstance(item, Const) and item.value is None


def _refuse_stale(sp: Specialiser, found: Computed, given: set[Var], loc: Loc) -> None:
    """Refuses a rule that reads from outside what the function writes, on a copy of it."""
    outside = set(free_in_block(Block((), found.body, (found.result,)))) - given
    if not sp.inputs.written.isdisjoint(outside):
        message = "a rule reads an array from outside that the function writes"
        raise RuleError(message, loc, "pass it as an argument")


def _variables(arg: object) -> Iterable[Var]:
    items = arg if isinstance(arg, tuple) else (arg,)  # of a rule that takes ``*args``
    return [v for x in items if isinstance(x, Var | Pack) for v in variables(x)]


def _can_be_known(sp: Specialiser, need: NeedsValue) -> bool:
    """Whether a number, the value of which a rule needs, is computed from arguments."""
    try:
        return bool(more_values(sp, need))
    except SrcgradError:
        return False


def _settled(sp: Specialiser, found: Computed, given: set[Var], loc: Loc) -> Computed | None:
    """The same, with what is written written by stores; None if a rule does more than compute."""
    if not all(_only_computes(sp, stmt) for stmt in statements(found.body)):
        return None
    params = tuple(Param(f"given_{i}", var) for i, var in enumerate(given))
    function = Function("rule", params, Block((), found.body, (found.result,)), loc)
    outside = {var for var in free_in_block(function.body) if var not in given}
    block = settle_writes(function, outside).body
    (result,) = block.results
    memory = MemoryClasses(block)
    read = frozenset(free_in_block(block))
    written = tuple(var for var in read if has_memory(var) and memory.is_written(var))
    if not given.issuperset(written):
        return None
    return Computed(block.body, result, read & given, written)


def _only_computes(sp: Specialiser, stmt: Stmt) -> bool:
    """Whether a statement of a rule does nothing of which nobody else knows, and can be said
    without knowing whether a value is an array."""
    if not isinstance(stmt, Apply):
        return True
    if stmt.op in AUGMENTED:
        return not isinstance(number_of(stmt.target.type), Unknown)
    if stmt.op in KEEPING:
        return False
    return is_harmless(stmt, sp.builder.definitions) or not any(map(has_memory, used(stmt)))


def _names_twice(args: Iterable[object], written: Iterable[Var]) -> bool:
    """Whether something that is written was given in two places: each is one of its own."""
    every = [var for arg in args for var in _variables(arg)]
    return any(every.count(var) > 1 for var in written)


def _emitted(sp: Specialiser, found: Computed, memory: MemoryClasses, loc: Loc) -> Operand:
    """Emits what a rule computes, on copies of what it writes, and gives what it gives."""
    copies = {var: _copy(var, loc) for var in found.written}
    renamed: dict[Var, Operand] = {var: copy.target for var, copy in copies.items()}
    block = Block((), found.body, (found.result,))
    block = substitute(block, renamed) if renamed else block
    block = replace(block, body=(*copies.values(), *block.body))
    for stmt in statements(block.body):
        if isinstance(stmt, Apply):
            sp.builder.definitions[stmt.target] = stmt
    for stmt in block.body:
        sp.builder.emit(stmt)
    return _own_result(sp, block, found.given, memory, loc)


def _own_result(
    sp: Specialiser, block: Block, given: frozenset[Var], memory: MemoryClasses, loc: Loc
) -> Operand:
    """What a block gives, with copies of what others may write: an array of the program that it
    writes, one from outside, or one that a function has given of which nothing is known."""
    own = MemoryClasses(block)
    read = free_in_block(block)
    called = [s for s in statements(block.body) if isinstance(s, Apply) and s.op not in OPS]
    unseen = {var for var in read if var not in given} | {stmt.target for stmt in called}
    played_back = {var for var in read if var in given and memory.is_written(var)}

    def shows(var: Var, others: Iterable[Var]) -> bool:
        return any(has_memory(other) and own.may_share(var, other) for other in others)

    def owned(var: Var) -> Operand:
        if has_memory(var) and shows(var, unseen):
            made = sp.builder.apply(intrinsics.copied, (var,), (), loc)
            assert isinstance(made, Var)
            return made
        return _own(sp, var, loc) if has_memory(var) and shows(var, played_back) else var

    return map_operand(block.results[0], owned)


# --- calling --------------------------------------------------------------------------------------


def _called(
    sp: Specialiser,
    stmt: Apply,
    rule: Any,
    parts: tuple[object, ...] | None,
    args: tuple[Any, ...],
    arguments: BoundArguments,
    loc: Loc,
) -> Operand:
    """Emits the call of a rule that is not inlined."""
    given = tuple(_copied(sp, arg, loc) for arg in args)
    named = {name: _copied(sp, arg, loc) for name, arg in arguments.kwargs.items()}
    result = calls.apply(sp, Called(rule), given, named, loc)
    assert isinstance(result, Var)
    wanted = _wanted(arguments, parts)
    if len(wanted) == 1 and (parts is None or isinstance(wanted[0], Pack)):
        return _own_part(sp, result, wanted[0], loc)
    if parts is None:
        raise _not_known(stmt, loc)
    pack = sp.builder.elements(result, PackType(tuple, (UNKNOWN,) * len(parts)), loc)
    wanted.extend([None] * len(parts))
    rows = zip(parts, pack.items, wanted, strict=False)
    items = (Const(None) if p is None else _own_part(sp, v, x, loc) for p, v, x in rows)
    return Pack(tuple, tuple(items))


def _wanted(arguments: BoundArguments, parts: tuple[object, ...] | None) -> list[Operand | None]:
    """What a rule gives cotangents for: the arguments of ``*args`` one by one, if it gives as many,
    and together otherwise."""
    wanted = by_parameter(arguments)
    last = wanted[-1] if wanted and is_open(arguments) else None
    if isinstance(last, Pack) and parts is not None:
        each = [*wanted[:-1], *last.items]
        return each if len(each) == len(parts) else wanted
    return wanted


def _own_part(sp: Specialiser, bar: Operand, x: Operand | None, loc: Loc) -> Operand:
    """A cotangent that a call has given, as the caller's own: that of an array is an array, and
    that of a container has its keys."""
    if isinstance(x, Pack):
        return _own_parts(sp, bar, x, loc)
    type_ = number_of(x.type) if isinstance(x, Var) else UNKNOWN
    if isinstance(x, Var) and isinstance(type_, Array) and type_.dtype.kind == "f":
        return sp.builder.apply(intrinsics.own_cotangent, (bar, x), (), loc)
    return sp.builder.apply(intrinsics.copied, (bar,), (), loc)


def _own_parts(sp: Specialiser, bar: Operand, x: Pack, loc: Loc) -> Operand:
    """The same for a container, of which the parts that are differentiated must be there."""
    active = [any(map(sp.is_active, variables(item))) for item in x.items]
    if not any(active):
        return Const(None)
    keys = x.keys or tuple(range(len(x.items)))
    needed = tuple(key for key, is_active in zip(keys, active, strict=True) if is_active)
    packs = (Pack(tuple, tuple(map(Const, each))) for each in (keys, needed))
    parts = sp.builder.apply(intrinsics.own_parts, (bar, *packs), (), loc)
    assert isinstance(parts, Pack)
    rows = zip(parts.items, x.items, active, strict=True)
    items = (_own_part(sp, v, item, loc) if there else Const(None) for v, item, there in rows)
    return Pack(x.kind, tuple(items), x.keys)


# --- copies ---------------------------------------------------------------------------------------


def _copied(sp: Specialiser, arg: Any, loc: Loc) -> Any:
    """An argument with copies of its arrays."""
    if isinstance(arg, tuple):
        return tuple(_copied(sp, x, loc) for x in arg)
    if not isinstance(arg, Var | Pack):
        return arg
    return map_operand(arg, lambda v: _own(sp, v, loc) if _holds_arrays(v) else v)


def _holds_arrays(var: Var) -> bool:
    return isinstance(number_of(var.type), Array | ListOf | PackType | Unknown) and has_memory(var)


def _own(sp: Specialiser, var: Var, loc: Loc) -> Var:
    copy = _copy(var, loc)
    sp.builder.definitions[copy.target] = copy
    sp.builder.emit(copy)
    return copy.target


def _copy(var: Var, loc: Loc) -> Apply:
    op = np.copy if isinstance(var.type, Array) else intrinsics.copied
    return Apply(Var(var.name, var.type), op, (var,), (), loc)
