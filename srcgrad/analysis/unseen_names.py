"""What the names of a function that is gone through stand for, at each of its statements."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator

from srcgrad.analysis.unseen_values import Values, union

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Names(dict[str, Values]):
    """What the names stand for now.

    A name stands for what it was last bound to, and after statements that may be left in the
    middle, or not be run at all, for what it was before too.  One that a function in the function
    reads stands for all that it was ever bound to, since nobody knows when that is called.
    """

    def __init__(self, function: ast.AST) -> None:
        super().__init__()
        self._shared = frozenset(_shared(function))
        self._bound: dict[str, Values] = {}
        self._ends: dict[ast.AST, dict[str, Values]] = {}

    def add(self, name: str, values: Values) -> None:
        """Lets a name stand for more."""
        self[name] = union((self.get(name, ()), values))
        self._bound[name] = union((self._bound.get(name, ()), values))

    def bind(self, name: str, values: Values) -> None:
        """Lets a name stand for something else."""
        if name not in self._shared:
            self.pop(name, None)
        self.add(name, values)

    def again(self) -> None:
        """Lets the names stand for all that they were bound to, before the next time through."""
        self.update(self._bound)

    @contextlib.contextmanager
    def block(self, loop: ast.AST | None = None) -> Iterator[None]:
        """Around statements that may be left in the middle, and run again if they are a loop's."""
        before, around = dict(self), self._bound
        self._bound = {}
        for name, values in self._ends.get(loop, {}).items() if loop is not None else ():
            self.add(name, values)
        yield
        bound, self._bound = self._bound, around
        if loop is not None:
            self._ends[loop] = bound
        for name, values in bound.items():
            self[name] = union((before.get(name, ()), values))
            around[name] = union((around.get(name, ()), values))


def declared(function: ast.AST, kind: type[ast.Global] | type[ast.Nonlocal]) -> set[str]:
    """The names that a function, and not one in it, declares."""
    found: set[str] = set()
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        if isinstance(node, kind):
            found.update(node.names)
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(node))
    return found


def _shared(function: ast.AST) -> Iterator[str]:
    """The names in the functions in a function, and in what is computed when it is asked for."""
    for node in ast.walk(function):
        if node is not function and isinstance(node, (*_FUNCTIONS, ast.GeneratorExp)):
            for each in ast.walk(node):
                if isinstance(each, ast.Name):
                    yield each.id
                elif isinstance(each, ast.Nonlocal):
                    yield from each.names


def literal(node: ast.expr) -> Values:
    """The tuple of constants that an expression is, if it is one."""
    if isinstance(node, ast.Tuple) and all(isinstance(each, ast.Constant) for each in node.elts):
        return (ast.literal_eval(node),)
    return ()


def keys_of(node: ast.expr) -> Values | None:
    """The keys of a dict that is written out with them."""
    if not isinstance(node, ast.Dict):
        return None
    keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
    return tuple(keys) if len(keys) == len(node.keys) else None
