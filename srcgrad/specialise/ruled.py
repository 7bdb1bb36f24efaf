"""Calls of functions that have a rule of their own, in which nobody looks for another derivative.

Their source is looked at all the same, for the type of what they give, for whether that shares
memory with what they are given, and for what they write.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.analysis.memory import MemoryClasses, has_memory, passing
from srcgrad.errors import Loc, MutationError, UnsupportedSyntaxError
from srcgrad.instances import is_of_library
from srcgrad.ir.alternatives import has_other
from srcgrad.ir.nodes import Apply, Block, Const, Operand, Pack, Stmt, Var
from srcgrad.ir.ops import AUGMENTED, OPS
from srcgrad.ir.recursion import altered_by
from srcgrad.ir.types import UNKNOWN, Array, Known, PackType, Scalar, Type, Unknown, number_of
from srcgrad.ir.walk import free_in_block, statements, variables
from srcgrad.rules.ufuncs import ufunc_type
from srcgrad.specialise import calls, containers, inlining
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.contents import Content
from srcgrad.specialise.identity import from_outside
from srcgrad.specialise.values import Args, Kwargs, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


@dataclass(frozen=True)
class Found:
    """What the source of a function tells of its result.

    Attributes
    ----------
    type : Type
        Its type.
    is_own : bool
        Whether it surely shares memory with nothing that was there before the call.
    is_kept : bool
        Whether it may be, or show, what is neither made in the call nor an argument.
    is_container : bool
        Whether it is a tuple, a list or a dict.
    repeats : bool
        Whether another call with the same arguments surely gives the same, and does nothing else.
    """

    type: Type = UNKNOWN
    is_own: bool = False
    is_kept: bool = False
    is_container: bool = False
    repeats: bool = False


def call(sp: Specialiser, function: Any, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value:
    """Calls what has a derivative of its own."""
    value = calls.apply(sp, function, args, kwargs, loc, name)
    if not isinstance(value, Var):
        return value
    found = Found()
    if isinstance(function, np.ufunc):
        found = _of_ufunc(sp, function, args, kwargs, loc)
    elif isinstance(function, types.FunctionType):
        found = _found(sp, function, args, kwargs, loc)
    value.type = found.type
    sp.ruled[value] = found
    if isinstance(value.type, PackType):
        return containers.adopt(sp, sp.builder.elements(value, value.type, loc))
    return value


def _of_ufunc(sp: Specialiser, ufunc: np.ufunc, args: Args, kwargs: Kwargs, loc: Loc) -> Found:
    """What is known of the result of a function that NumPy calls for each element."""
    if kwargs or len(args) != ufunc.nin:
        return Found()
    if _is_of_python(ufunc):
        return Found(is_own=True)
    type_: Type = PackType(tuple, (UNKNOWN,) * ufunc.nout)
    given = [type_of(sp.operand(arg, loc)) for arg in args]
    if ufunc.nout == 1:
        is_plain = ufunc.signature is None and not any(map(has_other, given))
        type_ = ufunc_type(ufunc, *given) if is_plain else UNKNOWN
    return Found(type_, is_own=True, is_container=ufunc.nout > 1, repeats=True)


def _is_of_python(ufunc: np.ufunc) -> bool:
    """Whether a function of arrays calls one in Python for each element, as of ``frompyfunc``."""
    return all("O" in signature for signature in ufunc.types)


def _found(
    sp: Specialiser, function: types.FunctionType, args: Args, kwargs: Kwargs, loc: Loc
) -> Found:
    """What the source of a function tells, if it has one that can be looked into."""
    if not inlining.is_inlinable(function) or function.__code__ in sp.stack:
        return Found()
    before, noted = sp.heap.save(), sp.inputs.log.save()
    with sp.builder.nested() as emitted:  # what is emitted there is not kept
        value = inlining.inline_body(sp, function, args, kwargs, loc, "")
    sp.inputs.log.restore(noted)
    if any(sp.heap.contents.get(ref) is not before.get(ref) for ref in from_outside(sp)):
        message = f"'{function.__name__}' has a derivative of its own, and writes an attribute"
        raise UnsupportedSyntaxError(message, loc, "write it in the function that calls this")
    if any(sp.heap.contents.get(ref) is not content for ref, content in before.items()):
        message = f"'{function.__name__}' has a derivative of its own, and changes a container"
        raise UnsupportedSyntaxError(message, loc, "change it in the function that calls this")
    is_new = _is_new(sp, value, before)
    value = sp.heap.frozen(value)
    sp.heap.restore(before)
    body = tuple(emitted)
    _refuse_writing(function, body, loc)
    frozen = (sp.heap.frozen(arg) for arg in (*args, *kwargs.values()))
    given = {var for arg in frozen if isinstance(arg, Var | Pack) for var in variables(arg)}
    repeats = _reads_no_state(function, set()) and _repeats(body, given)
    if not isinstance(value, Var | Const | Pack):
        return Found(repeats=repeats)
    shown, is_pack = _shown(value, body), isinstance(value, Pack)
    type_ = _type_of_result(value, is_new)
    return Found(type_, not shown, not shown <= given, is_pack, repeats)


def _is_new(sp: Specialiser, value: Value, before: Mapping[Ref, Content]) -> bool:
    """Whether each list and dict in a result is one that the call has made, and there once."""
    found = list(_objects(sp, value))
    return before.keys().isdisjoint(found) and len(set(found)) == len(found)


def _objects(sp: Specialiser, value: Value | Content) -> Iterator[Ref]:
    """The objects that are in a value, each as often as it is there."""
    if isinstance(value, Ref):
        yield value
        yield from _objects(sp, sp.heap.contents[value])
    elif isinstance(value, Pack):
        for item in value.items:
            yield from _objects(sp, item)


def _type_of_result(value: Operand, is_new: bool = False) -> Type:
    """The type of what a function gives: of a tuple of arrays and numbers that of each.

    So it is of lists and dicts that the function has made.  Nothing is told of any other, which
    somebody else may change.
    """
    if not isinstance(value, Pack):
        return number_of(type_of(value))
    items = tuple(_type_of_result(item, is_new) for item in value.items)
    is_plain = all(map(_is_plain, items))
    is_known = issubclass(value.kind, tuple) or (is_new and value.kind in (list, dict))
    if not is_known or not items or not is_plain:
        return UNKNOWN
    return PackType(value.kind, items, value.keys)


def _is_plain(type_: Type) -> bool:
    """Whether a part of a tuple is known well enough to be looked at by itself."""
    return isinstance(type_, Array | Scalar | Unknown | PackType) or type_ == Known(None)


def _repeats(body: tuple[Stmt, ...], given: set[Var]) -> bool:
    """Whether statements do nothing but compute with arrays and numbers that are ``given``."""
    for stmt in statements(body):
        if isinstance(stmt, Apply) and (stmt.op not in OPS or not OPS[stmt.op].pure):
            return False
    are_plain = all(isinstance(number_of(var.type), Array | Scalar) for var in given)
    return are_plain and given.issuperset(free_in_block(Block((), body, ())))


def _reads_no_state(function: types.FunctionType, seen: set[types.FunctionType]) -> bool:
    """Whether a function, with those that it calls, reads nothing from outside that may change."""
    seen.add(function)
    defaults = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
    if function.__closure__ or not all(isinstance(value, _PLAIN) for value in defaults):
        return False
    names = {name for code in _codes(function.__code__) for name in code.co_names}
    for value in (function.__globals__[name] for name in names if name in function.__globals__):
        if isinstance(value, types.ModuleType):
            is_fixed = is_of_library(value.__name__)
        elif isinstance(value, types.FunctionType) and inlining.is_inlinable(value):
            is_fixed = value in seen or _reads_no_state(value, seen)
        else:
            is_fixed = callable(value) and is_of_library(getattr(value, "__module__", "numpy"))
            is_fixed = is_fixed and not isinstance(value, functools.partial)
        if not is_fixed:
            return False
    return True


_PLAIN = int | float | str | None


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """The code of a function and of what it defines."""
    yield code
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _codes(inner)


def _refuse_writing(function: types.FunctionType, body: tuple[Stmt, ...], loc: Loc) -> None:
    """Refuses a function that writes into what it is given, of which its rule says nothing."""
    written = {var for stmt in statements(body) for var in altered_by(stmt) if has_memory(var)}
    if not written:
        return
    memory = _known_classes(body)
    given = {memory.root(var) for var in free_in_block(Block((), body, ())) if has_memory(var)}
    if any(memory.root(var) in given for var in written):
        name = function.__name__
        message = f"'{name}' has a derivative of its own, and writes into what it has not made"
        raise MutationError(message, loc, f"write into a copy in '{name}', made with copy()")


def _known_classes(body: Iterable[Stmt]) -> MemoryClasses:
    """What surely or perhaps shares memory by operations that are known.

    Of what a function gives that is only called, it is taken that it is new: to write into it is
    ordinary, and to be given what is not is rare.
    """
    memory = MemoryClasses(())
    for stmt in statements(body):
        if not isinstance(stmt, Apply) or stmt.op in OPS or stmt.op in AUGMENTED:
            for a, b in passing(stmt):
                memory.join(a, b)
    return memory


def _shown(value: Operand, body: tuple[Stmt, ...]) -> set[Var]:
    """What was there before a call whose result, by what the call does, may share its memory."""
    memory = MemoryClasses(body)
    roots = {memory.root(var) for var in variables(value) if has_memory(var)}
    before = free_in_block(Block((), body, (value,)))
    return {var for var in before if has_memory(var) and memory.root(var) in roots}
