"""Comprehensions and generator expressions: loops that append to a list, or fill a dict or set.

``[f(v) for v in x if v > 0]`` is lowered as the loop that it stands for.  Its variables are its
own: they are given names that no other variable can have (``v.1``) before names are analysed.  A
generator expression is a function that makes the list of what it generates, and what its first loop
runs over: the specialiser calls it when somebody asks for all of that, or puts what somebody does
with each element in the place of the ``append``.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import gast

from srcgrad.errors import UnsupportedSyntaxError
from srcgrad.frontend.builder import Builder
from srcgrad.frontend.expressions import condition, expression, iterable, lowers
from srcgrad.frontend.lazy import OWN, inside, read_in
from srcgrad.frontend.locations import Locations
from srcgrad.frontend.own_names import own_names
from srcgrad.frontend.targets import assign, hint
from srcgrad.frontend.trees import children, walk
from srcgrad.ir import intrinsics
from srcgrad.ir.lists import list_append
from srcgrad.ir.nodes import (
    Const,
    Define,
    ForEach,
    Free,
    Function,
    Invoke,
    Operand,
    Pack,
    Param,
    Var,
)

COMPREHENSIONS = (gast.ListComp, gast.GeneratorExp, gast.DictComp, gast.SetComp)
GENERATED = "iterable"
"""The parameter of the function of a generator expression: what its first loop runs over."""

# --- names --------------------------------------------------------------------------------------


def separate(function: gast.FunctionDef | gast.Lambda, locations: Locations) -> None:
    """Renames the variables of the comprehensions in ``function``, inner ones first."""
    found = [node for node in walk(function) if isinstance(node, COMPREHENSIONS)]
    for number, node in enumerate(reversed(found), start=1):
        _refuse_asynchronous(node, locations)
        assigned = list(own_names(function, node, locations))
        targets = [name.id for generator in node.generators for name in _names(generator.target)]
        names = {name: f"{name}{OWN}{number}" for name in (*targets, *assigned) if OWN not in name}
        for child in inside(node):
            _rename(child, names)


def _names(target: Any) -> Iterator[Any]:
    for node in walk(target):
        if isinstance(node, gast.Name) and isinstance(node.ctx, gast.Store):
            yield node


def _rename(node: Any, names: dict[str, str]) -> None:
    if isinstance(node, gast.Name):
        node.id = names.get(node.id, node.id)
    elif isinstance(node, gast.Lambda):
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                _rename(default, names)
        own = {name.id for name in walk(node.args) if isinstance(name, gast.Name)}
        _rename(node.body, {name: new for name, new in names.items() if name not in own})
    else:
        for child in children(node):
            _rename(child, names)


def _refuse_asynchronous(node: Any, locations: Locations) -> None:
    if any(generator.is_async for generator in node.generators):
        raise UnsupportedSyntaxError(
            "an asynchronous comprehension cannot be differentiated", locations.statement(node)
        )


# --- lowering -----------------------------------------------------------------------------------


@lowers(*COMPREHENSIONS)
def _comprehension(b: Builder, node: Any, name: str) -> Operand:
    if isinstance(node, gast.DictComp | gast.SetComp):
        kind = Const(dict if isinstance(node, gast.DictComp) else set)
        filled = b.apply(intrinsics.pack, kind, Const(()), node=node, name=name)
        return _generator(b, node, 0, filled, name)
    if isinstance(node, gast.GeneratorExp):
        first = iterable(b, node.generators[0].iter)
        return b.apply(intrinsics.generated, _define(b, node, name), first, node=node, name=name)
    items = _generator(b, node, 0, Pack(list, ()), name)
    return b.apply(list, items, node=node, name=name)


def _define(b: Builder, node: Any, name: str) -> Var:
    """The function of a generator expression, which makes the list of what it gives."""
    over, target = Var(), Var(name)
    read = set(read_in(node))
    captured = [n for n in b.frame.env if n in read and isinstance(b.frame.env[n], Var | Pack)]
    captures = [(n, b.frame.env[n]) for n in captured]
    outer_cells, outer_late = b.cells, b.late
    unsure = [n for n in captured if b.is_unsure(n)]
    seen = {**b.cells, **{n: b.filled(n, node) for n in unsure if n not in b.cells}}
    cells = {n: Free(f"{n}{OWN}cell") for n in seen if n in read}
    captures += [(cell.name, seen[n]) for n, cell in cells.items()]
    with b.block() as frame:
        frame.env.update((n, Free(n)) for n in captured)
        b.cells = {**outer_cells, **cells}
        b.late |= frozenset(cells if node in b.names.nested else unsure)
        items = _generator(b, node, 0, Pack(list, ()), name, over)
        made = b.apply(list, items, node=node, name=name)
        body = frame.block((), (made,))
    b.cells, b.late = outer_cells, outer_late
    loc = b.at(node)
    function = Function(b.locations.function, (Param(GENERATED, over),), body, loc)
    b.emit(Define(target, function, (), tuple(captures), loc))
    return target


def _generator(
    b: Builder, node: Any, position: int, items: Operand, name: str, first: Operand | None = None
) -> Operand:
    """``items`` with what the generators from ``position`` on add; the outermost of them runs over
    ``first``, where that is given."""
    if position == len(node.generators):
        if isinstance(node, gast.DictComp):
            key = expression(b, node.key)
            b.apply(operator.setitem, items, key, expression(b, node.value), node=node.key)
            return items
        if isinstance(node, gast.SetComp):
            add = b.apply(getattr, items, Const("add"), node=node)
            b.emit(Invoke(Var(""), add, (expression(b, node.elt),), (), b.at(node.elt)))
            return items
        return b.apply(list_append, items, expression(b, node.elt), node=node.elt, name=name)
    generator = node.generators[position]
    elements = iterable(b, generator.iter) if first is None else first
    item, carried, after = Var(hint(generator.target)), Var(name), Var(name)
    with b.block() as frame, b.comprehension():
        assign(b, generator.target, item)
        grown = _filtered(b, node, position, 0, carried, name)
        block = frame.block((item, carried), (grown,))
    b.emit(ForEach((after,), elements, (items,), block, b.at(node)))
    return after


def _filtered(
    b: Builder, node: Any, position: int, first: int, items: Operand, name: str
) -> Operand:
    """``items`` with what a trip adds, if the conditions from ``first`` on hold."""
    conditions = node.generators[position].ifs
    if first == len(conditions):
        return _generator(b, node, position + 1, items, name)
    test = condition(b, conditions[first])
    with b.block() as then:
        grown = _filtered(b, node, position, first + 1, items, name)
    with b.block() as orelse:
        pass
    (result,) = b.join(test, then, orelse, [(name, grown, items)], (), b.at(node))
    return result
