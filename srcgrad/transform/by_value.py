"""Functions that call themselves and write into what they are given.

Such a function works on copies of the arrays that it writes, and gives back what they hold at its
end; the caller puts that into its own arrays.  So writes stay inside of the functions that make
them, and a call is an operation like any other::

    def sweep(A):                           def sweep(A):
        if len(A) > 1:                          A = np.copy(A)
            A[1:] *= A[0]                       if len(A) > 1:
            sweep(A[1:])             ->             A[1:] *= A[0]
                                                    A[1:] = sweep(A[1:])
    ...                                         return A
    sweep(B)                                ...
                                            B[...] = sweep(B)

This is the same program as long as a call gets at the memory by one parameter only.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from srcgrad.analysis.memory import MemoryClasses, has_memory, memory_of
from srcgrad.errors import Loc, MutationError
from srcgrad.ir.nodes import Apply, Block, Const, Function, Operand, Pack, Stmt, Store, Var, While
from srcgrad.ir.ops import Memory
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import Array, PackType
from srcgrad.ir.walk import forget, map_block, params_of, statements, variables
from srcgrad.specialise.undisturbed import check_condition
from srcgrad.transform import returned
from srcgrad.transform.handed_back import kept_by_callers
from srcgrad.transform.rewrite import Rewriting, rewrite

Functions = dict[Recursive, Function]


def pass_by_value(
    main: Function, functions: Mapping[Recursive, Function]
) -> tuple[Function, Functions]:
    """The program with functions that write into nothing but what they have made themselves.

    Raises
    ------
    MutationError
        If a function gets at what it writes in two ways.
    UnsupportedSyntaxError
        If the condition of a loop calls one that writes into what was there before.
    """
    main, functions = kept_by_callers(main, functions, _find_written(functions))
    functions = _returning_copies(main, functions)
    forget(main)  # where the results of calls live was not known before
    written = _find_written(functions)
    for op, function in functions.items():
        others = (main, *(other for other in functions.values() if other is not function))
        _check_function(op, function, written[op], others)
    new = {op: _by_value(function, functions, written, op) for op, function in functions.items()}
    main = _by_value(main, functions, written)
    for function in (main, *new.values()):
        _check_results(function)
        _check_conditions(function)
    for op in functions:
        op.written = tuple(sorted(written[op]))
        op.plays_back = any(
            isinstance(stmt, Store) for f in new.values() for stmt in statements(f.body.body)
        )
    return main, new


def _returning_copies(
    main: Function, functions: Mapping[Recursive, Function]
) -> Mapping[Recursive, Function]:
    """The functions with copies of what they give back as it is, where they write into what else
    they give, and that is the same program."""
    _find_fresh(functions)
    lent = frozenset(op for op in functions if not op.fresh)
    program = (main, *functions.values())
    if not any(_gives_what_is_written(function, lent) for function in program):
        return functions
    copying = returned.with_copies(functions)
    _find_fresh(copying)
    forget(main)
    written = _find_written(copying)

    def writes(body: Iterable[Stmt]) -> Iterable[Var]:
        return (var for var, _ in _writes(body, written))

    own = frozenset(op for op in lent if op.fresh)
    if own and returned.are_kept_apart((main, *copying.values()), own, writes):
        return copying
    _find_fresh(functions)
    return functions


def _gives_what_is_written(function: Function, lent: frozenset[Recursive]) -> bool:
    """Whether calls of functions that may give what they are given, or what ``function`` gives
    itself if it calls them, show memory that it writes."""
    memory = MemoryClasses(function.body)
    calls = (stmt for stmt in statements(function.body.body) if isinstance(stmt, Apply))
    found = [stmt.target for stmt in calls if stmt.op in lent]
    results = (var for result in function.body.results for var in variables(result))
    shown = (*found, *results) if found else ()
    return any(has_memory(var) and memory.is_written(var) for var in shown)


def _find_fresh(functions: Mapping[Recursive, Function]) -> None:
    """Finds the functions whose results share memory with none of their arguments."""
    for op in functions:
        op.set_fresh(True)
    while True:
        for function in functions.values():
            forget(function)  # what was found with another belief
        sharing = [op for op, function in functions.items() if op.fresh and not _is_fresh(function)]
        if not sharing:
            return
        for op in sharing:
            op.set_fresh(False)


def _is_fresh(function: Function) -> bool:
    memory = MemoryClasses(function.body)
    given = {memory.root(var) for var in params_of(function) if has_memory(var)}
    results = [var for result in function.body.results for var in variables(result)]
    return not any(has_memory(var) and memory.root(var) in given for var in results)


def _find_written(functions: Mapping[Recursive, Function]) -> dict[Recursive, frozenset[int]]:
    """The parameters into which each function writes, or a function that it calls."""
    written: dict[Recursive, frozenset[int]] = dict.fromkeys(functions, frozenset())
    changed = True
    while changed:
        changed = False
        for op, function in functions.items():
            memory = MemoryClasses(function.body)
            roots = {memory.root(var) for var, _ in _writes(function.body.body, written)}
            params = enumerate(params_of(function))
            found = frozenset(i for i, p in params if has_memory(p) and memory.root(p) in roots)
            changed |= found != written[op]
            written[op] = found
    return written


def _writes(
    body: Iterable[Stmt], written: Mapping[Recursive, frozenset[int]]
) -> Iterable[tuple[Var, Loc]]:
    """The variables through which ``body`` writes."""
    for stmt in statements(body):
        if isinstance(stmt, Store):
            yield stmt.buffer, stmt.loc
        elif isinstance(stmt, Apply) and isinstance(stmt.op, Recursive):
            for i in written.get(stmt.op, ()):
                yield from ((var, stmt.loc) for var in variables(stmt.args[i]))


def _check_function(
    op: Recursive, function: Function, written: frozenset[int], callers: Iterable[Function]
) -> None:
    params = list(params_of(function))
    memory = MemoryClasses(function.body)
    roots = {memory.root(params[i]) for i in written}
    for result in function.body.results:
        for var in variables(result):
            if has_memory(var) and memory.root(var) in roots:
                _check_callers(op, callers)
                message = f"'{op.name}' calls itself, and gives back an array into which it writes"
                hint = "return nothing, or a copy, made with copy()"
                raise MutationError(message, function.loc, hint)
    for stmt in statements(function.body.body):
        may_copy = isinstance(stmt, Apply) and memory_of(stmt) is Memory.MAYBE_VIEW
        if may_copy and isinstance(stmt, Apply) and memory.root(stmt.target) in roots:
            message = f"'{op.name}' calls itself, and reshapes an array into which it writes"
            raise MutationError(message, stmt.loc, "pass it in the shape that is needed")


def _check_callers(op: Recursive, callers: Iterable[Function]) -> None:
    """Whether a function that gives back what it is given is one whose callers write into that."""
    for function in callers:
        memory = MemoryClasses(function.body)
        for stmt in statements(function.body.body):
            if not isinstance(stmt, Apply) or stmt.op is not op:
                continue
            if has_memory(stmt.target) and memory.is_written(stmt.target):
                message = f"what '{op.name}' gives is written, and may be what it was given"
                hint = f"take a copy first: {op.name}(...).copy()"
                raise MutationError(message, stmt.loc, hint)


def _check_results(function: Function) -> None:
    """Of what a call gives, only a single array may be written, not one of several."""
    memory = MemoryClasses(function.body)
    for stmt in statements(function.body.body):
        if not isinstance(stmt, Apply) or not isinstance(stmt.op, Recursive):
            continue
        if isinstance(stmt.target.type, PackType) and memory.is_written(stmt.target):
            message = f"an array is written that '{stmt.op.name}' gives, which calls itself"
            raise MutationError(message, stmt.loc, "write into a copy, made with copy()")


def _check_conditions(function: Function) -> None:
    """What a call writes is known, and written after it: the condition of a loop must not."""
    for stmt in statements(function.body.body):
        if isinstance(stmt, While):
            check_condition(stmt.cond.body, stmt.loc)


def _by_value(
    function: Function,
    functions: Mapping[Recursive, Function],
    written: Mapping[Recursive, frozenset[int]],
    op: Recursive | None = None,
) -> Function:
    """``function`` with calls that give back what the arrays hold that they are given."""
    memory = MemoryClasses(function.body)

    def step(program: Rewriting, stmt: Stmt) -> None:
        if not isinstance(stmt, Apply) or not isinstance(stmt.op, Recursive):
            program.keep(stmt)
            return
        places = written[stmt.op]
        if not places:
            program.keep(stmt)
            return
        _check_call(stmt, places, memory)
        _call(program, stmt, sorted(places), functions[stmt.op])

    function = rewrite(function, step)
    if op is None or not written[op]:
        return function
    params = list(params_of(function))
    own = {params[i]: Var(params[i].name, params[i].type) for i in sorted(written[op])}
    copies = [Apply(new, np.copy, (old,), (), function.loc) for old, new in own.items()]
    body = map_block(function.body, lambda var: own.get(var, var))
    results = (*_items(function.body.results[0], body.results[0]), *own.values())
    result = results[0] if len(results) == 1 else Pack(tuple, results)
    return replace(function, body=Block((), (*copies, *body.body), (result,)))


def _items(old: Operand, result: Operand) -> tuple[Operand, ...]:
    """What a function gives, one by one."""
    if isinstance(old, Const) and old.value is None:
        return ()
    return result.items if isinstance(result, Pack) else (result,)


def _check_call(stmt: Apply, places: frozenset[int], memory: MemoryClasses) -> None:
    """A call must get at what it writes by one argument only."""
    name = stmt.op.__name__
    for i in places:
        array = stmt.args[i]
        if not isinstance(array, Var) or not isinstance(array.type, Array):
            message = f"'{name}' calls itself, and writes into an array in a container"
            raise MutationError(message, stmt.loc, "pass the array itself")
        own = memory.root(array)
        for j, other in enumerate(stmt.args):
            roots = [memory.root(var) for var in variables(other) if has_memory(var)]
            if j != i and own in roots:
                message = f"'{name}' calls itself, and may be given an array twice that it writes"
                raise MutationError(message, stmt.loc, "pass a copy, made with copy()")


def _call(program: Rewriting, stmt: Apply, places: list[int], function: Function) -> None:
    """The call, and the writes of what it gives back."""
    arrays = [arg for arg in (stmt.args[i] for i in places) if isinstance(arg, Var)]
    result = function.body.results[0]
    count = len(_items(result, result))
    old = stmt.target.type
    types = old.items if isinstance(old, PackType) and count > 1 else (old,) * count
    every = (*types, *(array.type for array in arrays))
    if len(every) == 1:
        (array,) = arrays
        made = Var("", array.type, hint=f"{array.name or 'new'}_after")
        program.keep(replace(stmt, target=made))
        program.keep(Store(array, None, made, False, stmt.loc))
        return
    pair = Var("", PackType(tuple, every))
    program.keep(replace(stmt, target=pair))
    if count == 1:
        program.keep(Apply(stmt.target, operator.getitem, (pair, Const(0)), (), stmt.loc))
    elif count:
        program.rename(stmt.target, pair)
    for i, array in enumerate(arrays, count):
        part = Var("", array.type, hint=f"{array.name or 'new'}_after")
        program.keep(Apply(part, operator.getitem, (pair, Const(i)), (), stmt.loc))
        program.keep(Store(array, None, part, False, stmt.loc))
