"""Runs functions on dual numbers by walking Python's ``ast``."""

from __future__ import annotations

import ast
import copy
import dataclasses
import functools
import operator
import types
from collections.abc import Iterator
from itertools import accumulate, chain, pairwise, product
from typing import Any

import numpy as np

from tests.fuzz.dual import (
    Dual,
    Unknown,
    Watch,
    apply,
    item,
    lift,
    store,
    tangent,
    value,
)
from tests.fuzz.expressions import BINARY, Expressions
from tests.fuzz.frames import Closure, Left, Scope, definition, is_library
from tests.fuzz.instances import ALONE, IN_PLACE, written

TAKING = (
    *(sum, min, max, list, tuple, enumerate, zip, reversed, sorted, map, iter),
    *(chain, pairwise, product, accumulate, functools.reduce),
)
"""What takes the elements of its arguments."""
WHOLE = (copy.copy, copy.deepcopy, functools.partial, functools.wraps, object.__setattr__)
"""What takes dual numbers as they are."""


class Run(Expressions):
    """One evaluation of a function.

    Attributes
    ----------
    lines : set of int
        The lines of the statements that were executed, of all functions.
    """

    def __init__(self, most: int = 20_000) -> None:
        self.watch = Watch()
        self.lines: set[int] = set()
        self.left = most
        self._lifted: dict[int, tuple[Any, Any]] = {}

    def outside(self, thing: Any) -> Any:
        """A global; arrays are copied, so that a run leaves no trace."""
        if not isinstance(thing, np.ndarray):
            return thing
        if id(thing) not in self._lifted:
            self._lifted[id(thing)] = (thing, lift(np.copy(thing, order="K")))
        return self._lifted[id(thing)][1]

    # --- calls

    def call(self, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        own = written(type(function), "__call__")
        if own is not None:
            return self.call(own, [function, *args], kwargs)
        if isinstance(function, Closure):
            scope = Scope(function.scope, function.scope.globals, self)
            scope.bind(function.node.args, function.defaults, function.keywords, args, kwargs)
            return self.body(function.node, scope)
        if isinstance(function, types.MethodType):
            if _takes_tuples(function):
                return function(*args, **kwargs)
            return self.call(function.__func__, [function.__self__, *args], kwargs)
        if isinstance(function, type) and isinstance(function.__init__, types.FunctionType):
            return self.made(function, args, kwargs)
        if isinstance(function, types.FunctionType) and not is_library(function):
            return self.called(function, args, kwargs)
        if function in WHOLE or _takes_tuples(function):
            return function(*args, **kwargs)
        if isinstance(function, functools.partial):
            return self.call(
                function.func, [*function.args, *args], {**function.keywords, **kwargs}
            )
        return self.builtin(function, args, kwargs)

    def called(self, function: types.FunctionType, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A call of a function of the module, or of one that its decorators made."""
        scope = Scope(None, function.__globals__, self)
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        scope.update({name: self.outside(cell.cell_contents) for name, cell in cells})
        node = definition(function)
        defaults = tuple(self.outside(d) for d in function.__defaults__ or ())
        scope.bind(node.args, defaults, function.__kwdefaults__ or {}, args, kwargs)
        return self.body(node, scope)

    def builtin(self, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if function in TAKING:
            args = [self.items(a) for a in args]
        if function in ALONE:
            found = self.special(args[0], ALONE[function])
            if found is not NotImplemented:
                return found
        if function is sum:
            total = args[1] if len(args) > 1 else 0
            for each in args[0]:
                total = self.binary(operator.add, total, each)
            return total
        if function is functools.update_wrapper:
            return args[0]
        if function is getattr:
            return self.read(*args)
        if function is setattr:
            return self.write(*args)
        if function is dataclasses.replace:
            return self.replaced(args[0], kwargs)
        if function in (min, max):
            return self.extreme(function, list(args[0]) if len(args) == 1 else args)
        if function is map:
            return (self.call(args[0], list(each), {}) for each in zip(*args[1:], strict=False))
        if function == chain.from_iterable:
            return (each for part in args[0] for each in self.items(part))
        if function in (functools.reduce, accumulate):
            by = args.pop(0) if function is functools.reduce else operator.add
            together = accumulate(*args, lambda a, b: self.call(by, [a, b], {}))
            return list(together)[-1] if function is functools.reduce else together
        if function is len and isinstance(args[0], Dual):
            return len(args[0].v)
        if function in TAKING or function in (range, slice, next):
            return function(*args, **kwargs)
        owner = getattr(function, "__self__", None)
        if isinstance(owner, list | dict | set):
            return function(*args, **kwargs)
        return apply(function, args, kwargs, self.watch)

    def extreme(self, function: Any, items: list[Any]) -> Any:
        best = items[0]
        for each in items[1:]:
            self.watch.kink(each, best)
            if (function is max) == bool(value(each) > value(best)) and value(each) != value(best):
                best = each
        return best

    def body(self, node: ast.FunctionDef | ast.Lambda, scope: Scope) -> Any:
        if isinstance(node, ast.Lambda):
            return self.expression(node.body, scope)
        try:
            self.block(node.body, scope)
        except Left as left:
            return left.result
        return None

    # --- statements

    def block(self, statements: list[ast.stmt], scope: Scope) -> str:
        """Runs statements; gives "break" or "continue" if the loop around has to."""
        for node in statements:
            self.lines.add(node.lineno)
            self.left -= 1
            if self.left < 0:
                raise Unknown("endless")
            signal = getattr(self, f"run_{type(node).__name__}")(node, scope)
            if signal:
                return signal
        return ""

    def run_Pass(self, node: Any, scope: Scope) -> None:
        pass

    def run_Break(self, node: Any, scope: Scope) -> str:
        return "break"

    def run_Continue(self, node: Any, scope: Scope) -> str:
        return "continue"

    def run_Return(self, node: Any, scope: Scope) -> None:
        raise Left(None if node.value is None else self.expression(node.value, scope))

    def run_Expr(self, node: Any, scope: Scope) -> None:
        self.expression(node.value, scope)

    def run_Raise(self, node: Any, scope: Scope) -> None:
        raise self.expression(node.exc, scope)

    def run_Try(self, node: Any, scope: Scope) -> str:
        try:
            try:
                signal = self.block(node.body, scope)
            except (Left, Unknown):
                raise
            except Exception as error:
                return self.handle(node, error, scope)
            return signal or self.block(node.orelse, scope)
        finally:
            self.block(node.finalbody, scope)

    def handle(self, node: Any, error: Exception, scope: Scope) -> str:
        for handler in node.handlers:
            if isinstance(error, self.expression(handler.type, scope)):
                if handler.name:
                    scope[handler.name] = error
                return self.block(handler.body, scope)
        raise error

    def run_Assert(self, node: Any, scope: Scope) -> None:
        assert self.truth(node.test, scope)

    def run_FunctionDef(self, node: Any, scope: Scope) -> None:
        by = [self.expression(each, scope) for each in node.decorator_list]
        made: Any = Closure(node, scope)
        for decorator in reversed(by):
            made = self.call(decorator, [made], {})
        scope[node.name] = made

    def run_Assign(self, node: Any, scope: Scope) -> None:
        new = self.expression(node.value, scope)
        for target in node.targets:
            self.assign(target, new, scope)

    def run_AnnAssign(self, node: Any, scope: Scope) -> None:
        if node.value is not None:
            self.assign(node.target, self.expression(node.value, scope), scope)

    def run_Delete(self, node: Any, scope: Scope) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                del scope[target.id]
            else:
                del self.expression(target.value, scope)[self.expression(target.slice, scope)]

    def run_AugAssign(self, node: Any, scope: Scope) -> None:
        op = BINARY[type(node.op)]
        target = node.target
        if isinstance(target, ast.Name):
            old = scope.look(target.id)
            scope[target.id] = self.augment(op, old, self.expression(node.value, scope))
            return
        owner = self.expression(target.value, scope)
        if isinstance(target, ast.Attribute):
            old = self.read(owner, target.attr)
            by = self.expression(node.value, scope)
            self.write(owner, target.attr, self.augment(op, old, by))
            return
        index = self.expression(target.slice, scope)
        old = self.get_item(owner, index)
        by = self.expression(node.value, scope)
        self.put_item(owner, index, self.augment(op, old, by))

    def augment(self, op: Any, old: Any, by: Any) -> Any:
        if isinstance(old, list) and op is operator.add:
            old += self.items(by)
            return old
        changed = self.special(old, IN_PLACE.get(op, ""), by)
        if changed is not NotImplemented:
            return changed
        new = self.binary(op, old, by)
        if not isinstance(value(old), np.ndarray):
            return new
        store(old, new)
        return old

    def run_If(self, node: Any, scope: Scope) -> str:
        return self.block(node.body if self.truth(node.test, scope) else node.orelse, scope)

    def run_For(self, node: Any, scope: Scope) -> str:
        for each in self.items(self.expression(node.iter, scope)):
            self.assign(node.target, each, scope)
            if self.block(node.body, scope) == "break":
                return ""
        return self.block(node.orelse, scope)

    def run_While(self, node: Any, scope: Scope) -> str:
        while self.truth(node.test, scope):
            if self.block(node.body, scope) == "break":
                return ""
        return self.block(node.orelse, scope)

    def run_With(self, node: Any, scope: Scope) -> str:
        return self.block(node.body, scope)

    def assign(self, target: Any, new: Any, scope: Scope) -> None:
        if isinstance(target, ast.Name):
            scope[target.id] = new
        elif isinstance(target, ast.Subscript):
            owner = self.expression(target.value, scope)
            self.put_item(owner, self.expression(target.slice, scope), new)
        elif isinstance(target, ast.Attribute):
            self.write(self.expression(target.value, scope), target.attr, new)
        elif isinstance(target, ast.Tuple | ast.List):
            parts = list(self.items(new))
            if any(isinstance(t, ast.Starred) for t in target.elts):
                raise Unknown("a starred target")
            if len(parts) != len(target.elts):
                raise ValueError("wrong number of values to unpack")
            for each, part in zip(target.elts, parts, strict=True):
                self.assign(each, part, scope)
        else:
            raise Unknown(type(target).__name__)

    def items(self, thing: Any) -> Any:
        if isinstance(thing, Dual):
            return _Items(thing) if np.ndim(thing.v) else thing
        found = self.special(thing, "__iter__")
        return thing if found is NotImplemented else found


class _Items:
    """Iterates over the first axis of an array: views, or numbers."""

    def __init__(self, array: Dual) -> None:
        self.array = array

    def __len__(self) -> int:
        return len(self.array.v)

    def __iter__(self) -> Iterator[Any]:
        return (item(self.array, i) for i in range(len(self)))

    def __reversed__(self) -> Iterator[Any]:
        return (item(self.array, i) for i in reversed(range(len(self))))


def _takes_tuples(function: Any) -> bool:
    """Whether this makes a named tuple, which takes dual numbers as they are."""
    if isinstance(function, types.MethodType):
        return hasattr(function.__self__, "_fields") and is_library(function.__func__)
    return isinstance(function, type) and hasattr(function, "_fields")


def jvp(function: Any, args: tuple[Any, ...], tangents: dict[int, Any]) -> tuple[Any, Any, Run]:
    """The value and the tangent of ``function`` along ``tangents``, by position of the argument.

    Arguments are copied; one array in two places stays one.  Returns also what was found out.
    """
    run = Run()
    memo: dict[int, Any] = {}
    given = [_given(arg, tangents.get(i), memo) for i, arg in enumerate(args)]
    result = run.call(function, given, {})
    return value(result), tangent(result), run


def _given(arg: Any, along: Any, memo: dict[int, Any]) -> Any:
    if isinstance(arg, dict):
        along = along or {}
        return {key: _given(part, along.get(key), memo) for key, part in arg.items()}
    if isinstance(arg, list | tuple):
        parts = along if along is not None else [None] * len(arg)
        return type(arg)(_given(a, p, memo) for a, p in zip(arg, parts, strict=True))
    if isinstance(arg, np.ndarray):
        if id(arg) in memo and along is None:
            return memo[id(arg)]
        memo[id(arg)] = lift(np.copy(arg, order="K"), 0.0 if along is None else along)
        return memo[id(arg)]
    return lift(arg, 0.0 if along is None else along)
