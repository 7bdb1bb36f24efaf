"""Augmented assignments to arrays: rebindings, or writes.

``x += e`` writes into the array behind ``x``.  Where nobody else can see that array (it was made
here, and no other name, view or container leads to it) the statement means ``x = x + e``, and that
is what it becomes.  Elsewhere, and where the array is written otherwise too, it becomes a store.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Container
from dataclasses import replace
from typing import Any, TypeGuard

import numpy as np

from srcgrad.analysis.makers import explained, fault_of_index, maker_of
from srcgrad.analysis.memory import MemoryClasses, memory_of
from srcgrad.analysis.sites import END, OUTSIDE, Sites, Where
from srcgrad.errors import AliasingError, UnknownTypeError, UnsupportedSyntaxError
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import (
    Apply,
    Block,
    Const,
    Function,
    If,
    Loc,
    Operand,
    Stmt,
    Store,
    Var,
)
from srcgrad.ir.ops import Memory
from srcgrad.ir.recursion import Recursive, stored_by
from srcgrad.ir.started import as_array, is_either
from srcgrad.ir.types import (
    UNKNOWN,
    Array,
    Dim,
    Scalar,
    Type,
    Unknown,
    dims_of,
    dtype_of,
    is_not_one,
    is_some_number,
    number_of,
    same_dtype,
)
from srcgrad.ir.walk import alike, statements, variables
from srcgrad.specialise.augmented import IN_PLACE
from srcgrad.specialise.builder import type_of
from srcgrad.transform.rewrite import Rewriting, rewrite


def settle_writes(function: Function, outside: set[Var]) -> Function:
    """``function`` with augmented assignments made rebindings, or stores."""
    every = tuple(statements(function.body.body))
    if not any(isinstance(s, Store) or _is_augmented(s) for s in every):
        return function
    facts = Sites(function, outside)
    memory = MemoryClasses(function.body)
    locked = {s.target for s in every if isinstance(s, Apply) and memory_of(s) is Memory.LOCKED}
    private = {
        s
        for s in every
        if _is_augmented(s) and not memory.is_written(s.target) and _is_private(facts, s, locked)
    }

    places = {id(stmt): place for place, stmt in enumerate(every)}
    writing = [place for place, stmt in enumerate(every) if not _leaves_arrays_alone(stmt)]

    def is_steady(read: Apply, store: Store) -> bool:
        """Whether nothing is written between the two."""
        first, last = places.get(id(read)), places.get(id(store))
        if first is None or last is None:
            return False
        return not any(first < place < last for place in writing)

    def step(program: Rewriting, stmt: Stmt) -> None:
        if isinstance(stmt, Store):
            _settle_store(program, stmt, is_steady)
        elif not _is_augmented(stmt):
            program.keep(stmt)
        elif not stmt.loc.raises_late and any(stmt.target is o.target for o in private):
            _rebind(program, stmt)
        else:
            _write(program, stmt)

    return rewrite(function, step)


def _is_augmented(stmt: Stmt) -> TypeGuard[Apply]:
    return isinstance(stmt, Apply) and stmt.op in IN_PLACE


def _write(program: Rewriting, stmt: Apply) -> None:
    """``x += e`` as a store into ``x``, which keeps its name; of ``x[i]``, one into ``x``."""
    target = stmt.args[0]
    assert isinstance(target, Var)
    if isinstance(target.type, Unknown):
        _write_or_rebind(program, stmt, target)
    else:
        _store(program, stmt, target)
        program.rename(stmt.target, target)


def _store(program: Rewriting, stmt: Apply, target: Var) -> None:
    operand = stmt.args[1]
    _check_known(program, target.type, operand, stmt)
    if stmt.op is operator.imatmul:
        _check_product(type_of(operand), target.type, stmt)
    else:
        _check_shape(program, operand, target.type, stmt)
    value = program.builder.apply(IN_PLACE[stmt.op], (target, operand), (), stmt.loc)
    wanted = dtype_of(target.type)
    if wanted is not None and not same_dtype(dtype_of(type_of(value)), wanted):
        _check_cast(dtype_of(type_of(value)), wanted, stmt)
    term = _term(program, stmt.op, operand, stmt.loc)
    buffer, index = _place(program, target)
    if term is None:
        late = stmt.loc.raises_late
        program.keep(Store(buffer, index, value, False, stmt.loc, piecewise=late))
    else:
        program.keep(Store(buffer, index, term, True, stmt.loc))


def _write_or_rebind(program: Rewriting, stmt: Apply, target: Var) -> None:
    """``x += e`` of what is an array, into which it writes, or a number, which it does not change:
    other names of that keep theirs."""
    apply, loc, name = program.builder.apply, stmt.loc, stmt.target.name
    is_array = apply(isinstance, (target, Const(np.ndarray)), (), loc)
    with program.builder.nested() as writing:
        array = target
        if is_either(target.type):
            array = Var(target.name, as_array(target.type))
            program.keep(Apply(array, intrinsics.tested, (target,), (), loc))
        _store(program, stmt, array)
    with program.builder.nested() as rebinding:
        value = apply(IN_PLACE[stmt.op], stmt.args, (), loc, name)
    then = Block((), tuple(writing), (array,))
    orelse = Block((), tuple(rebinding), (value,))
    program.keep(If((stmt.target,), is_array, then, orelse, loc))


def _term(program: Rewriting, op: object, operand: Operand, loc: Loc) -> Operand | None:
    """What ``x += e`` or ``x -= e`` adds to ``x``; None for other operators."""
    if op is operator.iadd or op is operator.add:
        return operand
    dtype = dtype_of(type_of(operand))
    if op not in (operator.isub, operator.sub) or dtype is None or dtype.kind in "ub":
        return None
    return program.builder.apply(operator.neg, (operand,), (), loc)


def _place(program: Rewriting, target: Var) -> tuple[Var, Operand | None]:
    """The array and the index behind a view that has no name of its own."""
    view = program.definition(target, operator.getitem)
    if target.name or view is None or memory_of(view) is not Memory.VIEW:
        return target, None
    base, index = view.args
    assert isinstance(base, Var)
    return base, index


def _leaves_arrays_alone(stmt: Stmt) -> bool:
    """Whether a statement writes into no array; those inside it are looked at by themselves.

    Of a function that calls itself it is not known yet what it writes.
    """
    if isinstance(stmt, Apply):
        if isinstance(stmt.op, Recursive):
            return False
        return not _is_augmented(stmt) or _is_number(stmt.target)
    return not isinstance(stmt, Store) and not any(stored_by(stmt))


def _settle_store(
    program: Rewriting, stmt: Store, is_steady: Callable[[Apply, Store], bool]
) -> None:
    """``x[i] = x[i] + e`` is a sum in place; what ``x[i] += e`` writes into ``x[i]`` is there."""
    value = program.definition(stmt.value)
    if value is None or stmt.index is None:
        program.keep(stmt)
        return
    if _is_read_of(value, stmt):
        # A number is what it was when it was read, a view is what is there now.
        shape = dims_of(value.target.type)
        if memory_of(value) is not Memory.VIEW or not shape:
            program.keep(stmt)
        return
    first = program.definition(value.args[0]) if len(value.args) == 2 else None
    once = program.uses[value.target] == 1 and first is not None and not value.target.name
    is_sum = first is not None and once and _is_read_of(first, stmt) and is_steady(first, stmt)
    if first is None or not is_sum or not _is_number(first.target):
        program.keep(stmt)
        return
    term = _term(program, value.op, value.args[1], stmt.loc)
    same_line = value.loc.line == stmt.loc.line and first.loc.line == stmt.loc.line
    if term is None or not same_line:
        program.keep(stmt)
    else:
        program.keep(replace(stmt, value=term, accumulate=True))


def _is_number(var: Var) -> bool:
    return isinstance(number_of(var.type), Scalar)


def _is_read_of(stmt: Apply, store: Store) -> bool:
    """Whether ``stmt`` reads the place that ``store`` writes."""
    if stmt.op is not operator.getitem or store.index is None:
        return False
    return stmt.args[0] is store.buffer and alike(stmt.args[1], store.index)


def _is_private(facts: Sites, stmt: Apply, locked: Container[Var]) -> bool:
    """Whether nobody but the target sees the array that ``stmt`` writes.

    What may be a number too must be of one dtype whether it is written or not: an array keeps its.
    """
    if is_either(type_of(stmt.args[0])) and stmt.target.type == UNKNOWN:
        return False
    sites = facts.sites[next(iter(variables(stmt.args[0])))]
    if OUTSIDE in sites:
        return False
    want = dims_of(_as_sum(type_of(stmt.args[0])))
    if stmt.op is not operator.imatmul and not _surely_keeps_shape(type_of(stmt.args[1]), want):
        return False  # NumPy decides
    here = facts.defined[stmt.target][:-1]
    if _is_kept(facts, sites, here):
        return False
    for var in dict.fromkeys(var for site in sites for var in facts.showing[site]):
        if var is stmt.target:
            continue
        if var in locked:
            return False  # NumPy raises
        if any(_shows(facts, var, read, here) for read in facts.reads.get(var, ())):
            return False
    return True


def _is_kept(facts: Sites, sites: set[Var], here: Where) -> bool:
    """Whether an object from outside may have one of the arrays by the time of a write."""
    for var, place in facts.kept:
        common = sites & facts.sites.get(var, set())
        if common and place < here and not _exclusive(place, here, facts.loops):
            return True
        around = (p for p in facts.loops if place[: len(p)] == p and here[: len(p)] == p)
        if any(_is_older(facts, sites, site, loop) for loop in around for site in common):
            return True
    return False


def _is_older(facts: Sites, sites: set[Var], site: Var, loop: Where) -> bool:
    """Whether what comes from ``sites`` may show an array of ``site`` from an earlier trip."""
    made = facts.defined.get(site, ())
    inside = made[: len(loop)] == loop and made[len(loop)] != END
    carried = (var for var in facts.loops[loop] if var in sites)
    return not inside or any(site in facts.sites.get(var, ()) for var in carried)


def _shows(facts: Sites, var: Var, read: Where, here: Where) -> bool:
    """Whether ``var``, read at ``read``, may show what is written at ``here``.

    What is defined after the write shows it rightly: it comes from the result.
    """
    defined = facts.defined.get(var, ())
    if read > here and not (defined > here) and not _exclusive(read, here, facts.loops):
        return True
    # Any other read shows the write only in a later trip of a loop around both, if the value is
    # not made anew in each trip.  So may the write itself: `y = base; y += 1`.
    return any(
        len(read) > len(loop)
        and read[: len(loop)] == loop
        and here[: len(loop)] == loop
        and (defined[: len(loop)] != loop or defined[len(loop)] == END)
        for loop in facts.loops
    )


def _exclusive(a: Where, b: Where, loops: Container[Where]) -> bool:
    """Whether two places are in different arms of one branch, outside of loops around it."""
    common = 0
    while common < min(len(a), len(b)) and a[common] == b[common]:
        common += 1
    return common % 2 == 1 and a[:common] not in loops


def _rebind(program: Rewriting, stmt: Apply) -> None:
    """``x = x + e`` in the dtype of ``x``, whose shape it has."""
    target, operand = stmt.args
    name = stmt.target.name
    known = _as_sum(type_of(target))
    _check_known(program, known, operand, stmt)
    value = program.builder.apply(IN_PLACE[stmt.op], stmt.args, (), stmt.loc, name)
    have, want = dims_of(type_of(value)), dims_of(known)
    keeps = _keeps_shape(type_of(operand), want)
    if stmt.op is operator.imatmul:
        keeps = have is not None and want is not None and len(have) == len(want)
    if not keeps:
        raise AliasingError(
            "this augmented assignment might change the shape of the array",
            stmt.loc,
            f"write `{name} = {name} ...`",
        )
    wanted = dtype_of(type_of(target))  # a number takes that of what is added
    if wanted is not None and not same_dtype(dtype_of(type_of(value)), wanted):
        _check_cast(dtype_of(type_of(value)), wanted, stmt)
        dtype = Const(wanted.type)
        value = program.builder.apply(np.ndarray.astype, (value, dtype), (), stmt.loc, name)
    if want == () and isinstance(type_of(value), Scalar):
        value = program.builder.apply(np.asarray, (value,), (), stmt.loc, name)
    program.rename(stmt.target, value)


def _as_sum(type_: Type) -> Type:
    """``type_``; of a sum that starts as a number the type of the array that it is later.

    What is added to the number makes an array of that type, as adding to the array does.
    """
    array = as_array(type_)
    return array if isinstance(array, Array) and array.ndim else type_


def _check_known(program: Rewriting, target: Type, operand: Operand, stmt: Apply) -> None:
    """A value that may be an array or a number keeps its dtype or not, as it happens."""
    number = number_of(type_of(operand))
    if not isinstance(target, Unknown) or (isinstance(number, Scalar) and number.python):
        return
    fault = fault_of_index(program.builder.definitions, operand)
    if fault is not None:
        raise UnknownTypeError(fault[0], stmt.loc, fault[1])
    name = stmt.target.name or "x"
    message = f"whether {name} is an array or a number is not known here, and `+=` depends on it"
    hint = f"write `{name} = {name} ...`, or start with an array, as in np.zeros_like"
    raise UnknownTypeError(message, stmt.loc, hint)


def _check_cast(have: np.dtype[Any] | None, wanted: np.dtype[Any], stmt: Apply) -> None:
    """NumPy does not write floats into an array of integers."""
    if have is not None and np.can_cast(have, wanted, "same_kind"):
        return
    if have is None and wanted.kind in "fc" and is_some_number(number_of(type_of(stmt.args[1]))):
        return  # a number of some dtype, which is real where the program runs
    kind = "a value of unknown dtype" if have is None else str(have)
    message = f"this augmented assignment writes {kind} into an array of {wanted}"
    name = stmt.target.name or "x"
    raise UnknownTypeError(message, stmt.loc, f"write `{name} = {name} ...`, or cast with astype")


def _check_product(operand: Type, target: Type, stmt: Apply) -> None:
    """``A @= B`` raises where the product of a vector has another rank."""
    left, right = dims_of(target), dims_of(operand)
    if (left is not None and not left) or (right is not None and len(right) < 2):
        message = (
            "inplace matrix multiplication requires the first operand to have at least one "
            "and the second at least two dimensions"
        )
        raise UnsupportedSyntaxError(message, stmt.loc)


def _check_shape(program: Rewriting, operand: Operand, target: Type, stmt: Apply) -> None:
    """An array does not grow to the shape of what is added to it in place."""
    dims, given = dims_of(target), type_of(operand)
    if dims is not None and not _keeps_shape(given, dims):
        name = _named(program, stmt)
        if isinstance(number_of(given), Unknown):
            definitions = program.builder.definitions
            message, hint = explained(definitions, operand, "what is written into the array here")
            known = fault_of_index(definitions, operand) or maker_of(definitions, operand)
            if known is None:
                hint = f"write `{name} = {name} ...`"
            raise UnknownTypeError(message, stmt.loc, hint)
        message = "this augmented assignment would change the shape of the array"
        raise AliasingError(message, stmt.loc, f"write `{name} = {name} ...`")


def _named(program: Rewriting, stmt: Apply) -> str:
    """What an augmented assignment writes: an array, or a part of one."""
    target = stmt.args[0]
    assert isinstance(target, Var)
    buffer, index = _place(program, target)
    if index is not None and buffer.name:
        return f"{buffer.name}[...]"
    return stmt.target.name or target.name or "x"


def _keeps_shape(operand: Type, dims: tuple[Dim, ...] | None) -> bool:
    """Whether adding something of this type to an array of ``dims`` does not broadcast the array.

    That is so wherever NumPy performs the statement; only what can never be is refused.
    """
    return _fits(operand, dims, lambda a, b: a == 1 or b != 1 or not is_not_one(a))


def _surely_keeps_shape(operand: Type, dims: tuple[Dim, ...] | None) -> bool:
    """Whether ``x + e``, where it raises nothing, has the shape of ``x``, as ``x += e`` demands."""
    return _fits(operand, dims, lambda a, b: a == 1 or is_not_one(b) or (a is not None and a == b))


def _fits(operand: Type, dims: tuple[Dim, ...] | None, fits: Callable[[Dim, Dim], bool]) -> bool:
    """Whether the dimensions of something fit the last ones of ``dims``, each the one it meets."""
    number = as_array(number_of(operand))
    if isinstance(number, Scalar) or is_some_number(number):
        return True
    if dims is None or not isinstance(number, Array) or number.ndim > len(dims):
        return False
    pairs = zip(reversed(number.dims), reversed(dims), strict=False)
    return all(fits(a, b) for a, b in pairs)
