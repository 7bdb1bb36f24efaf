"""``nonlocal total`` with an assignment: variables that a function shares with functions in it.

::

    total = 0.0                          shared = Shared()
                                         shared.total = 0.0
    def add(v):
        nonlocal total                   def add(v):
        total = total + v                    shared.total = shared.total + v

A variable that a nested function assigns becomes an attribute of an object, which the function
makes when it begins and all of them read.  So what is said of objects, in branches and loops, holds
for these variables, and the object leaves no trace in the typed program.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gast

from srcgrad.frontend.names import parameters
from srcgrad.frontend.trees import children, walk
from srcgrad.ir.shared import shared_by


def share_names(root: Any) -> None:
    """Makes attributes of the variables in ``root`` that functions in it assign for another."""
    nodes = walk(root)
    if not any(isinstance(node, gast.Nonlocal) for node in nodes):
        return
    functions = [node for node in nodes if isinstance(node, gast.FunctionDef)]
    for number, node in enumerate(functions):
        names = _shared(node)
        if names:
            _share(node, names, f"<variables {number}>")


def _shared(function: Any) -> frozenset[str]:
    """The variables of a function that functions in it assign, and that can be attributes."""
    own = _own(function)
    found = {name for nested in _nested(function) for name in _assigned_from(nested, own)}
    if not found:
        return frozenset()
    scopes = [function, *(n for n in walk(function) if isinstance(n, gast.FunctionDef))]
    return frozenset(found.difference(*map(_bound_otherwise, scopes)))


def _assigned_from(function: Any, names: frozenset[str]) -> Iterator[str]:
    """Those of ``names``, of a function around this one, that this or one in it assigns."""
    declared = _declared(function, gast.Nonlocal)
    bound = {name for name, _ in _bindings(function)}
    yield from names & declared & bound
    visible = names - _own(function)
    for nested in _nested(function) if visible else ():
        yield from _assigned_from(nested, visible)


def _own(function: Any) -> frozenset[str]:
    """The local names of a function."""
    params = (node.id for node in parameters(function.args))
    bound = (name for name, _ in _bindings(function))
    outer = _declared(function, gast.Nonlocal) | _declared(function, gast.Global)
    return frozenset((*params, *bound)) - outer


def _in_scope(function: Any) -> Iterator[Any]:
    """The nodes in the body of a function, and the definitions in it without their bodies."""
    body = function.body if isinstance(function.body, list) else [function.body]
    waiting = list(reversed(body))
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, gast.FunctionDef | gast.Lambda):
            waiting.extend(_evaluated_outside(node))
        else:
            waiting.extend(children(node))


def _evaluated_outside(definition: Any) -> Iterator[Any]:
    """What of a definition is evaluated where it stands."""
    yield from getattr(definition, "decorator_list", ())
    yield from definition.args.defaults
    yield from (default for default in definition.args.kw_defaults if default is not None)


def _nested(function: Any) -> Iterator[Any]:
    """The functions that stand in a function, without those in them."""
    return (n for n in _in_scope(function) if isinstance(n, gast.FunctionDef | gast.Lambda))


def _declared(function: Any, kind: Any) -> set[str]:
    return {name for node in _in_scope(function) if isinstance(node, kind) for name in node.names}


def _bindings(function: Any) -> Iterator[tuple[str, Any]]:
    """The names that a function binds, each with the node that does."""
    for node in _in_scope(function):
        if isinstance(node, gast.FunctionDef):
            yield node.name, node
        elif isinstance(node, gast.Name) and not isinstance(node.ctx, gast.Load):
            yield node.id, node


def _bound_otherwise(function: Any) -> set[str]:
    """The names that a function binds by something that takes no attribute."""
    found = {name for name, node in _bindings(function) if _is_no_target(node)}
    for node in _in_scope(function):
        if isinstance(node, gast.NamedExpr):
            found.add(node.target.id)
        elif isinstance(node, gast.ExceptHandler) and node.name is not None:
            found.add(getattr(node.name, "id", node.name))
    return found


def _is_no_target(node: Any) -> bool:
    return isinstance(node, gast.FunctionDef) or isinstance(node.ctx, gast.Del)


# --- rewriting ----------------------------------------------------------------------------------


def _share(function: Any, names: frozenset[str], holder: str) -> None:
    """Makes attributes of ``names`` in the body of a function, whose object has a name."""
    params = [node for node in parameters(function.args) if node.id in names]
    first = function.body[0]
    attributes = _Attributes(names, holder)
    function.body = [attributes.visit(node) for node in function.body]
    made = gast.Call(gast.Constant(shared_by(function.name), None), [], [])
    new = [_assignment(_name(holder, gast.Store()), made)]
    for node in params:
        target = _attribute(holder, node.id, gast.Store())
        new.append(_assignment(target, _name(node.id, gast.Load())))
    for node in new:
        gast.copy_location(node, first)
        for child in walk(node):
            gast.copy_location(child, first)
    has_text = isinstance(first, gast.Expr) and isinstance(first.value, gast.Constant)
    at = 1 if has_text else 0
    function.body[at:at] = new


def _assignment(target: Any, value: Any) -> Any:
    return gast.Assign([target], value, None)


def _name(name: str, ctx: Any) -> Any:
    return gast.Name(name, ctx, None, None)


def _attribute(holder: str, name: str, ctx: Any) -> Any:
    return gast.Attribute(_name(holder, gast.Load()), name, ctx)


class _Attributes(gast.NodeTransformer):  # type: ignore[misc]
    """Makes attributes of the names of a function, there and in the functions in it."""

    def __init__(self, names: frozenset[str], holder: str) -> None:
        self.names, self.holder = names, holder

    def visit_Name(self, node: Any) -> Any:
        if node.id not in self.names or isinstance(node.ctx, gast.Param):
            return node
        found = _attribute(self.holder, node.id, node.ctx)
        gast.copy_location(found.value, node)
        return gast.copy_location(found, node)

    def visit_Nonlocal(self, node: Any) -> Any:
        node.names = [name for name in node.names if name not in self.names]
        return node if node.names else gast.copy_location(gast.Pass(), node)

    def visit_FunctionDef(self, node: Any) -> Any:
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        return self._definition(node)

    def visit_Lambda(self, node: Any) -> Any:
        return self._definition(node)

    def _definition(self, node: Any) -> Any:
        args = node.args
        args.defaults = [self.visit(each) for each in args.defaults]
        args.kw_defaults = [each and self.visit(each) for each in args.kw_defaults]
        inner = _Attributes(self.names - _own(node), self.holder)
        if inner.names:
            is_lambda = isinstance(node, gast.Lambda)
            node.body = inner.visit(node.body) if is_lambda else [*map(inner.visit, node.body)]
        return node
