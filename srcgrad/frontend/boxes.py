"""``nonlocal n`` with an assignment: what is assigned becomes the only element of a list.

::

    n = 0                       n = 0
                                n = [n]
    def count(v):               def count(v):
        nonlocal n
        n += 1                      n[0] += 1
        return v                    return v

    s = count(x) * n            s = count(x) * n[0]

A list that nested functions change is followed through branches, loops and calls like any other,
and one with a single element does not appear in the text.  This is done for a name that has a value
before any function could see it: a parameter, or what a statement of the body of its function
assigns before anything else names it.  Others are refused where they are declared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gast

from srcgrad.frontend.names import parameters


def box_names(root: Any) -> None:
    """Puts the names in ``root`` into lists that functions around which they are local assign."""
    for function in [node for node in gast.walk(root) if isinstance(node, gast.FunctionDef)]:
        for name in _assigned_inside(function):
            position = _first_value(function, name)
            if position is not None and not _is_bound_otherwise(function, name):
                _box(function, name, position)


def _box(function: Any, name: str, position: int) -> None:
    before, after = function.body[:position], function.body[position:]
    boxing = _Boxing(name)
    value = gast.List(elts=[_name(name, gast.Load())], ctx=gast.Load())
    made = gast.Assign(targets=[_name(name, gast.Store())], value=value, type_comment=None)
    origin = before[-1] if before else function
    for node in gast.walk(made):
        gast.copy_location(node, origin)
    function.body = [*before, made, *map(boxing.visit, after)]


def _name(name: str, ctx: Any) -> Any:
    return gast.Name(id=name, ctx=ctx, annotation=None, type_comment=None)


class _Boxing(gast.NodeTransformer):  # type: ignore[misc]
    """Replaces what reads and assigns a name by what reads and assigns an element of a list."""

    def __init__(self, name: str) -> None:
        self.name = name

    def visit_Name(self, node: Any) -> Any:
        if node.id != self.name or isinstance(node.ctx, gast.Param):
            return node
        first = gast.copy_location(gast.Constant(value=0, kind=None), node)
        box = gast.copy_location(_name(self.name, gast.Load()), node)
        return gast.copy_location(gast.Subscript(value=box, slice=first, ctx=node.ctx), node)

    def visit_Nonlocal(self, node: Any) -> Any:
        node.names = [name for name in node.names if name != self.name]
        return node if node.names else gast.copy_location(gast.Pass(), node)

    def visit_FunctionDef(self, node: Any) -> Any:
        self.generic_visit(node.args)
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        if not _hides(node, self.name):
            node.body = [self.visit(each) for each in node.body]
        return node

    def visit_Lambda(self, node: Any) -> Any:
        self.generic_visit(node.args)
        if not _hides(node, self.name):
            node.body = self.visit(node.body)
        return node


# --- which names ----------------------------------------------------------------------------------


def _assigned_inside(function: Any) -> list[str]:
    """The local names of a function that functions in it declare ``nonlocal`` and assign."""
    declared = {
        name
        for node in gast.walk(function)
        if isinstance(node, gast.Nonlocal)
        for name in node.names
    }
    inside = list(_functions(function)) if declared else []
    return [
        name
        for name in sorted(declared)
        if _is_own(function, name) and any(_assigns(each, name) for each in inside)
    ]


def _assigns(function: Any, name: str) -> bool:
    """Whether a function, or one in it, assigns a name of a function around it."""
    if _hides(function, name):
        return False
    return name in _stored(function) or any(_assigns(f, name) for f in _functions(function))


def _hides(function: Any, name: str) -> bool:
    """Whether ``name`` is another one in a function than around it."""
    return _is_own(function, name) or name in _declared(function, gast.Global)


def _is_own(function: Any, name: str) -> bool:
    if any(node.id == name for node in parameters(function.args)):
        return True
    declared = _declared(function, gast.Nonlocal | gast.Global)
    return name in _stored(function) and name not in declared


def _declared(function: Any, kind: Any) -> set[str]:
    return {n for node in _own_nodes(function) if isinstance(node, kind) for n in node.names}


def _stored(function: Any) -> set[str]:
    nodes = list(_own_nodes(function))
    names = {node.id for node in nodes if isinstance(node, gast.Name) and _is_stored(node)}
    return names | {node.name for node in nodes if isinstance(node, gast.FunctionDef)}


def _is_stored(node: Any) -> bool:
    return isinstance(node.ctx, gast.Store | gast.Del)


def _functions(function: Any) -> Iterator[Any]:
    return (node for node in _own_nodes(function) if isinstance(node, gast.FunctionDef))


def _own_nodes(function: Any) -> Iterator[Any]:
    """The nodes in the body of a function, but for those in the bodies of functions in it."""
    body = function.body if isinstance(function.body, list) else [function.body]
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, gast.FunctionDef | gast.Lambda):
            waiting.extend(gast.iter_child_nodes(node))


# --- whether they can be put into a list ----------------------------------------------------------


def _first_value(function: Any, name: str) -> int | None:
    """The number of the statement of ``function`` before which ``name`` has its first value.

    None if something else may ask for the name before it has one.
    """
    if any(node.id == name for node in parameters(function.args)):
        return _after_docstring(function)
    for position, stmt in enumerate(function.body):
        if name in _mentioned(stmt):
            return position + 1 if _gives_value(stmt, name) else None
    return None


def _after_docstring(function: Any) -> int:
    first = function.body[0]
    is_text = isinstance(first, gast.Expr) and isinstance(first.value, gast.Constant)
    return int(is_text and isinstance(first.value.value, str))


def _gives_value(stmt: Any, name: str) -> bool:
    """Whether a statement is an assignment to ``name`` that reads nothing of it."""
    if not isinstance(stmt, gast.Assign | gast.AnnAssign) or stmt.value is None:
        return False
    targets = stmt.targets if isinstance(stmt, gast.Assign) else [stmt.target]
    stored = [node for target in targets for node in gast.walk(target) if _is_name(node, name)]
    return name not in _mentioned(stmt.value) and all(map(_is_stored, stored))


def _mentioned(node: Any) -> set[str]:
    found = {part.id for part in gast.walk(node) if isinstance(part, gast.Name)}
    for part in gast.walk(node):
        if isinstance(part, gast.FunctionDef):
            found.add(part.name)
        elif isinstance(part, gast.Nonlocal | gast.Global):
            found.update(part.names)
    return found


def _is_name(node: Any, name: str) -> bool:
    return isinstance(node, gast.Name) and node.id == name


def _is_bound_otherwise(function: Any, name: str) -> bool:
    """Whether anything binds or deletes ``name`` that an element of a list cannot stand for."""
    for node in gast.walk(function):
        match node:
            case gast.FunctionDef(name=bound) if node is not function and bound == name:
                return True
            case gast.NamedExpr(target=target) | gast.ExceptHandler(name=target):
                if _is_name(target, name):
                    return True
            case gast.Name(id=bound, ctx=gast.Del()) if bound == name:
                return True
    return False
