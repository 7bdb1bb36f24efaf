"""Whether a function that is only called, and not looked into, writes into arrays of others.

A gradient reads an array after the call that the program read before it.  So a function that the
compiler calls as it is must write into nothing but what it has made itself::

    def one_hot(y):                      def touch(w):
        out = np.zeros((len(y), 3))          w[0] = 1.0      # not its own
        out[np.arange(len(y)), y] = 1.0
        return out                       # its own
"""

from __future__ import annotations

import types
from collections.abc import Iterator

import gast as ast

from srcgrad.frontend.source import find

WRITING_METHODS = frozenset(
    (
        *("sort", "fill", "partition", "put", "resize", "itemset", "setfield", "byteswap"),
        *("append", "extend"),
    )
)
WRITING_FUNCTIONS = frozenset(
    (
        *("copyto", "put", "place", "putmask", "fill_diagonal", "put_along_axis", "at"),
        *("shuffle",),
    )
)
MAKERS = frozenset(
    (
        *("zeros", "ones", "empty", "full", "arange", "linspace", "eye", "identity", "copy"),
        *("array", "zeros_like", "ones_like", "empty_like", "full_like"),
    )
)
_BINDING = (ast.For, ast.comprehension, ast.NamedExpr, ast.AnnAssign)
_DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)


def writes_into_others(function: types.FunctionType) -> bool:
    """Whether ``function`` may write into something that it has not made itself.

    Raises
    ------
    NoSourceError
        If it has no source to tell by.
    """
    node = find(function).node
    own = _own_names(node)
    return any(root is None or root not in own for root in _written(node))


def _own_names(node: ast.AST) -> set[str]:
    """The names that are only ever bound to new arrays and containers."""
    made: set[str] = set()
    other: set[str] = set()
    for child in ast.walk(node):
        if isinstance(child, ast.Assign):
            for target in child.targets:
                names = {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
                plain = isinstance(target, ast.Name) and _is_new(child.value)
                if isinstance(target, ast.Name | ast.Tuple | ast.List):
                    (made if plain else other).update(names)
        elif isinstance(child, ast.Name) and isinstance(child.ctx, ast.Param):
            other.add(child.id)
        elif isinstance(child, _BINDING):
            other.update(n.id for n in ast.walk(child.target) if isinstance(n, ast.Name))
    return made - other


def _is_new(value: ast.AST) -> bool:
    if isinstance(value, ast.Call):
        name = getattr(value.func, "attr", getattr(value.func, "id", ""))
        return name in MAKERS
    return isinstance(value, _DISPLAYS)


def _written(node: ast.AST) -> Iterator[str | None]:
    """The names at the root of all that is written into; None where there is none."""
    for child in ast.walk(node):
        is_target = isinstance(getattr(child, "ctx", None), ast.Store | ast.Del)
        if isinstance(child, ast.Subscript | ast.Attribute) and is_target:
            yield _root(child)
        elif isinstance(child, ast.AugAssign) and isinstance(child.target, ast.Name):
            if _may_be_array(child.target.id, node):
                yield child.target.id
        elif isinstance(child, ast.Call):
            yield from _written_by_call(child)


def _may_be_array(name: str, node: ast.AST) -> bool:
    """Whether ``name += ...`` may write into an array: not if the name starts as a number."""
    values = [
        child.value
        for child in ast.walk(node)
        if isinstance(child, ast.Assign)
        and any(isinstance(t, ast.Name) and t.id == name for t in child.targets)
    ]
    return not values or not all(isinstance(value, ast.Constant) for value in values)


def _written_by_call(call: ast.Call) -> Iterator[str | None]:
    attribute = getattr(call.func, "attr", "")
    if attribute in WRITING_METHODS and call.func.value is not None:
        yield _root(call.func.value)
    if attribute in WRITING_FUNCTIONS and call.args:
        yield _root(call.args[0])
    for keyword in call.keywords:
        if keyword.arg == "out":
            yield _root(keyword.value)


def _root(node: ast.AST) -> str | None:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None
