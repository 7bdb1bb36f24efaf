"""Runs functions on dual numbers by walking Python's ``ast``."""

from __future__ import annotations

import ast
import builtins
import copy
import functools
import linecache
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
    attribute,
    item,
    lift,
    method,
    set_item,
    store,
    tangent,
    value,
)

TAKING = (
    *(sum, min, max, list, tuple, enumerate, zip, reversed, sorted, map, iter),
    *(chain, pairwise, product, accumulate, functools.reduce),
)
"""What takes the elements of its arguments."""
WHOLE = (copy.copy, copy.deepcopy)
"""What takes dual numbers as they are."""
BINARY = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Mod: operator.mod,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Pow: operator.pow,
    ast.MatMult: operator.matmul, ast.BitAnd: operator.and_, ast.BitOr: operator.or_,
    ast.BitXor: operator.xor, ast.LShift: operator.lshift, ast.RShift: operator.rshift,
}  # fmt: skip
UNARY = {
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert,
}  # fmt: skip
COMPARE = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip


class Scope(dict[str, Any]):
    """The variables of one call, in front of those around it and of the globals."""

    def __init__(self, outer: Scope | None, names: dict[str, Any], run: Run) -> None:
        super().__init__()
        self.outer, self.globals, self.run = outer, names, run

    def look(self, name: str) -> Any:
        scope: Scope | None = self
        while scope is not None:
            if name in scope:
                return scope[name]
            scope = scope.outer
        if name in self.globals:
            return self.run.outside(self.globals[name])
        return getattr(builtins, name)


class Closure:
    """A nested function or lambda."""

    def __init__(self, node: ast.FunctionDef | ast.Lambda, scope: Scope) -> None:
        self.node, self.scope = node, scope
        arguments = node.args
        self.defaults = tuple(scope.run.expression(e, scope) for e in arguments.defaults)
        named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        self.keywords = {a.arg: scope.run.expression(e, scope) for a, e in named if e is not None}


class Left(Exception):
    """A function returns."""

    def __init__(self, result: Any) -> None:
        self.result = result


class Run:
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
        if function in WHOLE:
            return function(*args, **kwargs)
        if isinstance(function, types.MethodType) and isinstance(
            function.__func__, types.FunctionType
        ):
            return self.call(function.__func__, [function.__self__, *args], kwargs)
        if isinstance(function, type) and isinstance(function.__init__, types.FunctionType):
            made = function.__new__(function)
            self.call(function.__init__, [made, *args], kwargs)
            return made
        if isinstance(function, Closure):
            scope = Scope(function.scope, function.scope.globals, self)
            _bind(function.node.args, function.defaults, function.keywords, args, kwargs, scope)
            return self.body(function.node, scope)
        if isinstance(function, types.FunctionType) and not _library(function):
            scope = Scope(None, function.__globals__, self)
            for name, cell in zip(
                function.__code__.co_freevars, function.__closure__ or (), strict=True
            ):
                scope[name] = self.outside(cell.cell_contents)
            node = definition(function)
            defaults = tuple(self.outside(d) for d in function.__defaults__ or ())
            _bind(node.args, defaults, function.__kwdefaults__ or {}, args, kwargs, scope)
            return self.body(node, scope)
        if isinstance(function, functools.partial):
            return self.call(
                function.func, [*function.args, *args], {**function.keywords, **kwargs}
            )
        return self.builtin(function, args, kwargs)

    def builtin(self, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if function in TAKING:
            args = [_Items(a) if isinstance(a, Dual) else a for a in args]
        if function is sum:
            total = args[1] if len(args) > 1 else 0
            for each in args[0]:
                total = apply(operator.add, (total, each), {}, self.watch)
            return total
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
        scope[node.name] = Closure(node, scope)

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
            setattr(owner, target.attr, self.augment(op, old, by))
            return
        index = self.expression(target.slice, scope)
        old = item(owner, index)
        set_item(owner, index, self.augment(op, old, self.expression(node.value, scope)))

    def augment(self, op: Any, old: Any, by: Any) -> Any:
        if isinstance(old, list) and op is operator.add:
            old += self.items(by)
            return old
        new = apply(op, (old, by), {}, self.watch)
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
            set_item(owner, self.expression(target.slice, scope), new)
        elif isinstance(target, ast.Attribute):
            setattr(self.expression(target.value, scope), target.attr, new)
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
        return _Items(thing) if isinstance(thing, Dual) else thing

    # --- expressions

    def truth(self, node: ast.expr, scope: Scope) -> bool:
        return self.true(self.expression(node, scope))

    def true(self, thing: Any) -> bool:
        if isinstance(thing, Dual):
            self.watch.kink(thing, 0.0)
            return bool(thing.v)
        return bool(thing)

    def expression(self, node: Any, scope: Scope) -> Any:
        return getattr(self, f"eval_{type(node).__name__}")(node, scope)

    def eval_Constant(self, node: Any, scope: Scope) -> Any:
        return node.value

    def eval_Name(self, node: Any, scope: Scope) -> Any:
        return scope.look(node.id)

    def eval_Lambda(self, node: Any, scope: Scope) -> Any:
        return Closure(node, scope)

    def eval_Tuple(self, node: Any, scope: Scope) -> Any:
        return tuple(self.elements(node.elts, scope))

    def eval_List(self, node: Any, scope: Scope) -> Any:
        return list(self.elements(node.elts, scope))

    def elements(self, nodes: list[Any], scope: Scope) -> Iterator[Any]:
        for each in nodes:
            if isinstance(each, ast.Starred):
                yield from self.items(self.expression(each.value, scope))
            else:
                yield self.expression(each, scope)

    def eval_Dict(self, node: Any, scope: Scope) -> Any:
        made: dict[Any, Any] = {}
        for key, each in zip(node.keys, node.values, strict=True):
            if key is None:
                made.update(self.expression(each, scope))
            else:
                name = self.expression(key, scope)
                made[name] = self.expression(each, scope)
        return made

    def eval_Slice(self, node: Any, scope: Scope) -> Any:
        parts = (node.lower, node.upper, node.step)
        return slice(*(None if p is None else self.expression(p, scope) for p in parts))

    def eval_Subscript(self, node: Any, scope: Scope) -> Any:
        owner = self.expression(node.value, scope)
        return item(owner, self.expression(node.slice, scope))

    def eval_Attribute(self, node: Any, scope: Scope) -> Any:
        return self.read(self.expression(node.value, scope), node.attr)

    def read(self, owner: Any, name: str) -> Any:
        if isinstance(owner, Dual):
            return attribute(owner, name)
        found = getattr(type(owner), name, None)
        if isinstance(found, property):
            return self.call(found.fget, [owner], {})
        return getattr(owner, name)

    def eval_BinOp(self, node: Any, scope: Scope) -> Any:
        left, right = self.expression(node.left, scope), self.expression(node.right, scope)
        op = BINARY[type(node.op)]
        if isinstance(left, list | tuple | str | dict) or isinstance(right, list | tuple | str):
            return op(left, right)
        return apply(op, (left, right), {}, self.watch)

    def eval_UnaryOp(self, node: Any, scope: Scope) -> Any:
        if isinstance(node.op, ast.Not):
            return not self.truth(node.operand, scope)
        return apply(UNARY[type(node.op)], (self.expression(node.operand, scope),), {}, self.watch)

    def eval_BoolOp(self, node: Any, scope: Scope) -> Any:
        stops = isinstance(node.op, ast.Or)
        for each in node.values:
            result = self.expression(each, scope)
            if self.true(result) == stops:
                break
        return result

    def eval_Compare(self, node: Any, scope: Scope) -> Any:
        left = self.expression(node.left, scope)
        result: Any = True
        for op, each in zip(node.ops, node.comparators, strict=True):
            right = self.expression(each, scope)
            result = self.compare(op, left, right)
            if len(node.ops) > 1 and not self.true(result):
                return result
            left = right
        return result

    def compare(self, op: Any, left: Any, right: Any) -> Any:
        if isinstance(op, ast.Is | ast.IsNot):
            return (left is right) == isinstance(op, ast.Is)
        if isinstance(op, ast.In | ast.NotIn):
            return (left in right) == isinstance(op, ast.In)
        if isinstance(left, list | tuple | str | dict | None) or right is None:
            return COMPARE[type(op)](left, right)
        return apply(COMPARE[type(op)], (left, right), {}, self.watch)

    def eval_IfExp(self, node: Any, scope: Scope) -> Any:
        return self.expression(node.body if self.truth(node.test, scope) else node.orelse, scope)

    def eval_NamedExpr(self, node: Any, scope: Scope) -> Any:
        scope[node.target.id] = self.expression(node.value, scope)
        return scope[node.target.id]

    def eval_ListComp(self, node: Any, scope: Scope) -> Any:
        inner = Scope(scope, scope.globals, self)
        return list(self.comprehend(node.elt, node.generators, inner))

    def eval_GeneratorExp(self, node: Any, scope: Scope) -> Any:
        return self.comprehend(node.elt, node.generators, Scope(scope, scope.globals, self))

    def comprehend(self, element: Any, generators: list[Any], scope: Scope) -> Iterator[Any]:
        """The elements, one after the other; what they are made of is evaluated at once."""
        first, rest = generators[0], generators[1:]
        over = iter(self.items(self.expression(first.iter, scope)))

        def found() -> Iterator[Any]:
            for each in over:
                self.assign(first.target, each, scope)
                if not all(self.truth(test, scope) for test in first.ifs):
                    continue
                if rest:
                    yield from self.comprehend(element, rest, scope)
                else:
                    yield self.expression(element, scope)

        return found()

    def eval_Call(self, node: Any, scope: Scope) -> Any:
        function = node.func
        owner = None
        if isinstance(function, ast.Attribute):
            owner = self.expression(function.value, scope)
            callee = None if isinstance(owner, Dual) else self.read(owner, function.attr)
        else:
            callee = self.expression(function, scope)
        args = list(self.elements(node.args, scope))
        kwargs: dict[str, Any] = {}
        for keyword in node.keywords:
            new = self.expression(keyword.value, scope)
            kwargs.update(new if keyword.arg is None else {keyword.arg: new})
        if isinstance(owner, Dual):
            return method(owner, function.attr, args, kwargs, self.watch)
        return self.call(callee, args, kwargs)


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


def _bind(
    node: ast.arguments,
    defaults: tuple[Any, ...],
    keywords: dict[str, Any],
    args: list[Any],
    kwargs: dict[str, Any],
    scope: Scope,
) -> None:
    names = [a.arg for a in (*node.posonlyargs, *node.args)]
    bound = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    bound.update(keywords)
    bound.update(zip(names, args, strict=False))
    if node.vararg is not None:
        bound[node.vararg.arg] = tuple(args[len(names) :])
    elif len(args) > len(names):
        raise TypeError("too many arguments")
    bound.update(kwargs)
    scope.update(bound)


def _library(function: types.FunctionType) -> bool:
    return function.__module__.partition(".")[0] == "numpy"


@functools.cache
def _definitions(text: str) -> dict[tuple[str, int], ast.FunctionDef | ast.Lambda]:
    found: dict[tuple[str, int], ast.FunctionDef | ast.Lambda] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
            found[node.name, first] = node
        elif isinstance(node, ast.Lambda):
            found["<lambda>", node.lineno] = node
    return found


def definition(function: types.FunctionType) -> ast.FunctionDef | ast.Lambda:
    """The syntax tree of a function that was made from a file or a text in ``linecache``."""
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    return _definitions("".join(lines))[code.co_name, code.co_firstlineno]


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
