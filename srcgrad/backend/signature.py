"""The parameters of a generated function, and how it reads the parts of its arguments.

An argument that is a container is taken apart once, ``(W0, b0), (W1, b1) = params``, or read where
it is needed, ``params["W"]``.  What the function reads from outside by a dotted name, such as
``helpers.SCALE``, is treated alike.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from srcgrad.backend.expressions import Expressions
from srcgrad.backend.plan import Let, Line, Pair, Step
from srcgrad.instances import is_of_library
from srcgrad.ir import intrinsics
from srcgrad.ir.keeping import KEEPING
from srcgrad.ir.naming import identifier
from srcgrad.ir.nodes import (
    Apply,
    Block,
    Const,
    Define,
    For,
    Function,
    Operand,
    Pack,
    Param,
    Var,
    While,
)
from srcgrad.ir.types import Object
from srcgrad.ir.walk import blocks, statements, used, variables

ANY = object()
"""Stands for the names of all attributes."""
Reader: TypeAlias = Callable[[], ast.expr]


def parameters(
    function: Function, expressions: Expressions
) -> tuple[ast.arguments, dict[Var, str], list[Step]]:
    """The parameter list, the variables in it with their names, and the first statements."""
    named: dict[Var, str] = {}
    steps: list[Step] = []
    arguments = ast.arguments([], [], None, [], [], None, [])
    repeated = used_repeatedly(function.body)
    written = written_attributes(function.body)
    for param in function.params:
        root = param.value if isinstance(param.value, Var) else Var(param.name)
        named[root] = param.name
        if isinstance(param.value, Pack):
            steps.extend(_opened(root, param.value, expressions, repeated, written))
        _declare(param, arguments, expressions, root)
    return arguments, named, steps


def _declare(param: Param, into: ast.arguments, expressions: Expressions, root: Var) -> None:
    arg = ast.arg(param.name)
    expressions.parameter_slots.append((arg, root))
    match param.kind:
        case inspect.Parameter.POSITIONAL_ONLY:
            into.posonlyargs.append(arg)
        case inspect.Parameter.VAR_POSITIONAL:
            into.vararg = arg
        case inspect.Parameter.KEYWORD_ONLY:
            into.kwonlyargs.append(arg)
            into.kw_defaults.append(None)
        case inspect.Parameter.VAR_KEYWORD:
            into.kwarg = arg
        case _:
            into.args.append(arg)


def used_repeatedly(block: Block, inside: bool = False) -> set[Var]:
    """The variables that are read in a loop or in a nested function."""
    found: set[Var] = set()
    for stmt in block.body:
        if inside:
            found.update(used(stmt))
        within = inside or isinstance(stmt, For | While | Define)
        for inner in blocks(stmt):
            found |= used_repeatedly(inner, within)
    if inside:
        found.update(var for result in block.results for var in variables(result))
    return found


def written_attributes(block: Block) -> set[object]:
    """The names of the attributes of objects that a function assigns to, or ``ANY``.

    What is in a list or a dict, to which it adds, may be found through any.
    """
    effects = [s for s in statements(block.body) if isinstance(s, Apply) and s.op in KEEPING]
    if hands_over_objects(block) or any(stmt.op is not setattr for stmt in effects):
        return {ANY}
    return {stmt.args[1].value for stmt in effects if isinstance(stmt.args[1], Const)}


def hands_over_objects(block: Block) -> bool:
    """Whether a user's function is called as it is with an object, which it may change."""
    calls = [s for s in statements(block.body) if isinstance(s, Apply)]
    return any(
        isinstance(arg, Var)
        and isinstance(arg.type, Object)
        and not is_of_library(getattr(stmt.op, "__module__", None) or "builtins")
        and stmt.op is not intrinsics.instance
        for stmt in calls
        for arg in (*stmt.args, *(value for _, value in stmt.kwargs))
    )


def _opened(
    root: Var,
    pack: Pack,
    expressions: Expressions,
    repeated: set[Var],
    written: set[object],
) -> Iterator[Step]:
    """The statements that take an argument apart."""
    counts = expressions.nesting.counts
    leaves = list(_leaves(pack, lambda: expressions.name(root), root.name, expressions))
    needed = [leaf for leaf, _, _ in leaves if counts[leaf]]
    early = set(variables_below(pack, written, ANY in written))
    if len(needed) > 1 and 2 * len(needed) >= len(leaves) and _is_sequence(pack):
        target = _pattern(pack, expressions)
        value, reads = expressions.read(root)
        yield Line(ast.Assign([target], value), reads, tuple(needed), None)
        return
    for leaf, reader, hint in leaves:
        if counts[leaf] > 1 or (counts[leaf] and (leaf in repeated or leaf in early)):
            expressions.hints.setdefault(leaf, leaf.name or identifier(hint))
            yield assigned(leaf, reader, expressions)
        elif counts[leaf]:
            expressions.inline[leaf] = reader


def variables_below(pack: Pack, written: set[object], below: bool = False) -> Iterator[Var]:
    """The variables that are read through an attribute that is ``written``, and so early."""
    keys = pack.keys if pack.keys and pack.kind is not dict else (None,) * len(pack.items)
    for key, item in zip(keys, pack.items, strict=True):
        through = below or (key is not None and key in written)
        if isinstance(item, Pack):
            yield from variables_below(item, written, through)
        elif isinstance(item, Var) and through:
            yield item


def assigned(var: Var, reader: Reader, expressions: Expressions) -> Step:
    """``var`` read from its place once."""
    value, reads = expressions.tracked(reader)
    return Let([Pair(var, value, reads, None, None)])


def _leaves(
    pack: Pack, reader: Reader, hint: str, expressions: Expressions
) -> Iterator[tuple[Var, Reader, str]]:
    """The variables in ``pack``, each with the expression that reads it and a name."""
    for position, item in enumerate(pack.items):
        key = pack.keys[position] if pack.keys else position
        key_of = None if pack.keys and pack.kind is not dict else expressions.constant
        read = _part(reader, key, key_of)
        name = str(key) if isinstance(key, str) and key.isidentifier() else f"{hint}_{key}"
        if isinstance(item, Var):
            yield item, read, name
        elif isinstance(item, Pack):
            yield from _leaves(item, read, name, expressions)


def _part(reader: Reader, key: object, spelled: Callable[[object], ast.expr] | None) -> Reader:
    """How an attribute is read, or what is at a key that is ``spelled``."""

    def read() -> ast.expr:
        if spelled is None:
            return ast.Attribute(reader(), str(key), ast.Load())
        return ast.Subscript(reader(), spelled(key), ast.Load())

    return read


def _is_sequence(operand: Operand) -> bool:
    if isinstance(operand, Pack):
        sequence = operand.kind is list or issubclass(operand.kind, tuple)
        return sequence and all(_is_sequence(item) for item in operand.items)
    return True


def _pattern(operand: Operand, expressions: Expressions) -> ast.expr:
    """The target that takes a sequence apart, with ``_`` for parts that are not needed."""
    if isinstance(operand, Pack) and any(map(expressions.nesting.counts.get, variables(operand))):
        items = [_pattern(item, expressions) for item in operand.items]
        return ast.Tuple(items, ast.Store())
    if isinstance(operand, Var) and expressions.nesting.counts[operand]:
        return expressions.name(operand, store=True)
    return ast.Name("_", ast.Store())


def open_places(
    places: Mapping[Var, str], body: Block, expressions: Expressions
) -> tuple[dict[Var, str], list[Step]]:
    """The variables that stand for a name outside, and the statements that read the others."""
    fixed: dict[Var, str] = {}
    steps: list[Step] = []
    repeated = used_repeatedly(body)
    # What is written later must be read before, whatever the order of its uses.
    written = bool(written_attributes(body))
    for var, text in places.items():
        if text.isidentifier():
            fixed[var] = text
        elif expressions.nesting.counts[var] and (
            expressions.nesting.counts[var] > 1 or var in repeated or written
        ):
            expressions.hints.setdefault(var, var.name or identifier(text.rpartition(".")[2]))
            steps.append(assigned(var, _reader(text), expressions))
        elif expressions.nesting.counts[var]:
            expressions.inline[var] = _reader(text)
    return fixed, steps


def _reader(text: str) -> Reader:
    return lambda: ast.parse(text, mode="eval").body
