"""Going through the body of a function that is only called, for what it changes outside.

It is gone through twice, since what a loop binds at its end is read at its beginning.
"""

from __future__ import annotations

import ast
import builtins
import dis
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from srcgrad.analysis.unseen_names import Names, declared, keys_of, literal
from srcgrad.analysis.unseen_values import (
    ALL,
    Given,
    Made,
    Super,
    Values,
    class_of,
    contents,
    elements,
    inner,
    is_array,
    methods,
    own_attributes,
    rank_of,
    union,
)
from srcgrad.frontend.source import definition
from srcgrad.instances import is_instance, is_own

if TYPE_CHECKING:
    from srcgrad.analysis.unseen import Unseen

_GIVING = ("__iter__", "__next__", "__getitem__", "__missing__", "__reversed__")
"""The special methods that give what is in an object."""
Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def results(unseen: Unseen, function: types.FunctionType, given: Given) -> Values:
    """What a call of a user's function may give; what it changes is noted."""
    found = definition(function)
    if found is None:
        _without_source(unseen, function, given)
        return inner(given.everything())
    return _Body(unseen, function, found.node, found.owner).results(given)


class Nested:
    """A function that is defined in one that is gone through."""

    def __init__(self, body: _Body, node: Definition) -> None:
        self.node = node
        self._around = body

    def surroundings(self, key_of: Callable[[Values], Any]) -> Any:
        """What the names around it stand for now, for comparison."""
        found: list[Any] = []
        body: _Body | None = self._around
        while body is not None:
            names = tuple(body._names.items())
            found.append(frozenset((name, key_of(values)) for name, values in names))
            body = body._around
        return tuple(found)

    def results(self, given: Given) -> Values:
        """What a call of it may give."""
        return _Body.inside(self._around, self.node).results(given)


class _Body:
    """One function while it is gone through: what its names may stand for."""

    def __init__(
        self, unseen: Unseen, function: types.FunctionType, node: Definition, owner: str
    ) -> None:
        self._unseen = unseen
        self._function = function
        self._node = node
        self._owner = owner
        self._around: _Body | None = None
        self._names = Names(node)
        self._returned: list[Values] = []
        free = function.__code__.co_freevars
        self._cells = dict(zip(free, function.__closure__ or (), strict=True))
        self._global = declared(node, ast.Global)
        self._nonlocal = declared(node, ast.Nonlocal)

    @classmethod
    def inside(cls, around: _Body, node: Definition) -> _Body:
        made = cls(around._unseen, around._function, node, around._owner)
        made._around = around
        return made

    def results(self, given: Given) -> Values:
        self._bind(given)
        for _ in range(2):
            if isinstance(self._node, ast.Lambda):
                self._returned.append(self._value(self._node.body))
            else:
                self._statements(self._node.body)
            self._names.again()
        return union(self._returned)

    def _bind(self, given: Given) -> None:
        spec = self._node.args
        params = [param.arg for param in (*spec.posonlyargs, *spec.args)]
        named = [*params, *(param.arg for param in spec.kwonlyargs)]
        for name in named:
            self._add(name, (*given.kwargs.get(name, ()), *given.rest))
        for name, value in zip(params, given.args, strict=False):
            self._add(name, value)
        if self._around is None:
            defaults = self._function.__defaults__ or ()
            for name, default in zip(params[len(params) - len(defaults) :], defaults, strict=True):
                self._add(name, (default,))
            for name, default in (self._function.__kwdefaults__ or {}).items():
                self._add(name, (default,))
        if spec.vararg is not None:
            others = union((*given.args[len(params) :], given.rest))
            self._add(spec.vararg.arg, (Made(list(others)),))
        if spec.kwarg is not None:
            spread = {key: value for key, value in given.kwargs.items() if key not in named}
            more = union((tuple(spread), *spread.values(), given.rest))
            self._add(spec.kwarg.arg, (Made(list(more)),))

    # --- names ----------------------------------------------------------------------------------

    def _add(self, name: str, values: Values) -> None:
        self._names.add(name, values)

    def _mangled(self, name: str) -> str:
        owner = self._owner.lstrip("_")
        private = owner and name.startswith("__") and not name.endswith("__")
        return f"_{owner}{name}" if private else name

    def _read(self, name: str) -> Values:
        body: _Body | None = self
        while body is not None:
            if name in body._names:
                return body._names[name]
            body = body._around
        if name in self._cells:
            try:
                return (self._cells[name].cell_contents,)
            except ValueError:
                return ()  # it is empty
        found = self._function.__globals__.get(name, getattr(builtins, name, None))
        return () if found is None else (found,)

    def _assign(self, name: str, values: Values) -> None:
        """``name = value``."""
        if name in self._global:
            self._unseen.change(self._function.__globals__, name)
        elif name in self._nonlocal:
            body: _Body | None = self._around
            while body is not None and name not in body._names:
                body = body._around
            if body is not None:
                body._add(name, values)
            elif name in self._cells:
                self._unseen.change(self._cells[name], name)
        else:
            self._names.bind(name, values)

    # --- statements -----------------------------------------------------------------------------

    def _statements(self, body: Iterable[ast.AST]) -> None:
        for stmt in body:
            self._statement(stmt)

    def _block(self, body: Iterable[ast.AST]) -> None:
        """Statements that may be left in the middle, or not be run."""
        with self._names.block():
            self._statements(body)

    def _statement(self, stmt: ast.AST) -> None:
        match stmt:
            case ast.Assign():
                values = self._value(stmt.value)
                for target in stmt.targets:
                    self._store(target, values)
            case ast.AnnAssign(value=ast.expr() as value):
                self._store(stmt.target, self._value(value))
            case ast.AugAssign():
                self._augmented(stmt)
            case ast.Delete():
                for target in stmt.targets:
                    self._store(target, ())
            case ast.Return(value=ast.expr() as value):
                self._returned.append(self._value(value))
            case ast.Raise(exc=ast.expr() as exc):
                for each in self._value(exc):
                    if isinstance(each, type):
                        self._unseen.call(each, Given())
            case ast.For() | ast.AsyncFor():
                items = self._items(stmt.iter)
                with self._names.block(stmt):
                    self._store(stmt.target, items)
                    self._statements(stmt.body)
                self._block(stmt.orelse)
            case ast.While():
                with self._names.block(stmt):
                    self._others(stmt)
            case ast.With() | ast.AsyncWith():
                for item in stmt.items:
                    self._entered(item)
                self._block(stmt.body)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self._defined(stmt)
            case ast.Import() | ast.ImportFrom():
                self._imported(stmt)
            case ast.Match():
                self._matched(stmt)
            case _:
                self._others(stmt)

    def _others(self, node: ast.AST) -> None:
        """The expressions and statements that any other statement holds."""
        for _, found in ast.iter_fields(node):
            children = found if isinstance(found, list) else [found]
            if children and isinstance(children[0], ast.stmt):
                self._block(children)
                continue
            for child in children:
                if isinstance(child, ast.expr):
                    self._tested(child)
                elif isinstance(child, ast.AST):
                    if isinstance(child, ast.ExceptHandler) and child.name:
                        self._names.setdefault(child.name, (Made(),))
                    self._others(child)

    def _augmented(self, stmt: ast.AugAssign) -> None:
        values = self._value(stmt.value)
        before = self._value(stmt.target)
        made = self._made_of((*before, *values))
        for old in before:
            self._unseen.in_place(old, values)
            if isinstance(old, Made) and not is_array(old):
                old.add(tuple(made[0].parts))
        self._store(stmt.target, (*before, *made))

    def _entered(self, item: ast.withitem) -> None:
        for each in (values := self._value(item.context_expr)):
            self._unseen.ask(each)
            found = self._unseen.attribute(each, "__enter__")
            given = [self._unseen.call(enter, Given()) for enter in found]
            values = union((values, *given))
        if item.optional_vars is not None:
            self._store(item.optional_vars, values)

    def _defined(self, stmt: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        """A function or a class that is defined here; somebody will call it."""
        made: Values = (Made(),)
        if not isinstance(stmt, ast.ClassDef):
            made = (Nested(self, stmt),)
            self._assign(stmt.name, made)
            self._unseen.call(made[0], Given())
        self._block(stmt.body if isinstance(stmt, ast.ClassDef) else ())
        for decorator in stmt.decorator_list:
            for each in self._value(decorator):
                made = union((made, self._unseen.call(each, Given((made,)))))
        self._assign(stmt.name, made)

    def _imported(self, stmt: ast.Import | ast.ImportFrom) -> None:
        for alias in stmt.names:
            if isinstance(stmt, ast.Import):
                name = alias.name if alias.asname else alias.name.partition(".")[0]
                found = sys.modules.get(name)
            else:
                package = self._function.__globals__.get("__package__") or ""
                around = package.split(".")[: -stmt.level + 1 or None] if stmt.level else []
                module = sys.modules.get(".".join((*around, *filter(None, (stmt.module,)))))
                found = getattr(module, alias.name, None)
            if found is not None:
                self._assign(alias.asname or alias.name.partition(".")[0], (found,))

    def _matched(self, stmt: ast.Match) -> None:
        subject = self._value(stmt.subject)
        parts = union((inner(subject), *(tuple(_parts(each)) for each in subject)))
        for case in stmt.cases:
            with self._names.block():
                for node in ast.walk(case.pattern):
                    name = getattr(node, "name", None) or getattr(node, "rest", None)
                    if isinstance(name, str):
                        self._assign(name, parts)
                if case.guard is not None:
                    self._tested(case.guard)
                self._statements(case.body)

    def _store(self, target: ast.expr, values: Values) -> None:
        match target:
            case ast.Name():
                self._assign(target.id, values)
            case ast.Tuple() | ast.List():
                for item in target.elts:
                    self._store(item, union(map(elements, values)))
            case ast.Starred():
                self._store(target.value, (Made(list(values)),))
            case ast.Attribute():
                for owner in self._value(target.value):
                    self._unseen.set_attribute(owner, self._mangled(target.attr), values)
            case ast.Subscript():
                keys = literal(target.slice) or self._value(target.slice)
                for owner in self._value(target.value):
                    self._unseen.set_item(owner, keys, values)

    # --- expressions ----------------------------------------------------------------------------

    def _value(self, node: ast.expr) -> Values:
        """What an expression may be; what evaluating it changes is noted."""
        match node:
            case ast.Constant():
                return (node.value,)
            case ast.Name():
                return self._read(node.id)
            case ast.Attribute():
                name = self._mangled(node.attr)
                owners = self._value(node.value)
                return union(self._unseen.attribute(owner, name) for owner in owners)
            case ast.Subscript():
                return self._item(node)
            case ast.Call():
                return self._call(node)
            case ast.Lambda():
                made = Nested(self, node)
                self._unseen.call(made, Given())
                return (made,)
            case ast.NamedExpr():
                values = self._value(node.value)
                with self._names.block():  # it may not be evaluated
                    self._assign(node.target.id, values)
                return values
            case ast.IfExp():
                self._tested(node.test)
                return union((self._value(node.body), self._value(node.orelse)))
            case ast.BoolOp():
                return union([self._tested(value) for value in node.values])
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                with self._names.block():
                    return self._comprehension(node)
            case ast.Await() | ast.Yield() | ast.YieldFrom():
                values = () if node.value is None else self._value(node.value)
                self._returned.append((Made(list(values)),))
                return values
            case _:
                return self._display(node)

    def _tested(self, node: ast.expr) -> Values:
        """What an expression may be whose truth is asked for."""
        for each in (values := self._value(node)):
            self._unseen.ask(each)
        return values

    def _display(self, node: ast.expr) -> Values:
        """A display, or what operators make: something new, with what is in it."""
        children = (each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr))
        values = [self._value(child) for child in children]
        parts = union(values)
        if isinstance(node, ast.Starred):
            return union(map(elements, parts))
        if isinstance(node, ast.Dict):
            spread = [v for k, v in zip(node.keys, node.values, strict=True) if k is None]
            held = (contents(each) for value in spread for each in self._value(value))
            return (Made(list(union((parts, *held))), keys=keys_of(node)),)
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            return (Made(list(parts)),)
        return self._made_of(parts)

    def _made_of(self, parts: Values) -> tuple[Made]:
        """What operators make of operands."""
        for each in parts:
            self._unseen.ask(each)
        arrays = any(isinstance(each, np.ndarray) for each in parts)
        return (Made([] if arrays else list(union(map(elements, parts)))),)

    def _item(self, node: ast.Subscript) -> Values:
        keys = self._tested(node.slice)  # by __index__ or __hash__
        found: list[Values] = []
        for owner in self._value(node.value):
            given = self._unseen.ask(owner, *_GIVING)
            found.extend((given, *map(elements, given)))
            known = isinstance(owner, dict) and keys and all(isinstance(k, str | int) for k in keys)
            if known:
                there = (key for key in keys if dict.__contains__(owner, key))
                found.extend((dict.__getitem__(owner, key),) for key in there)
            elif is_array(owner) and _takes_a_part(node.slice, keys):
                found.append((owner,))
            elif is_array(owner) and _takes_one(node.slice, owner):
                found.append(())
            else:
                found.append(elements(owner))
        return union(found)

    def _items(self, node: ast.expr) -> Values:
        """What a loop over an expression takes from it."""
        values = self._value(node)
        given = union([self._unseen.ask(each, *_GIVING) for each in values])
        more = union([self._unseen.ask(each, *_GIVING) for each in given])  # by an iterator
        return union((*map(contents, (*values, *given, *more)), given, more))

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> Values:
        for loop in node.generators:
            self._store(loop.target, self._items(loop.iter))
            for test in loop.ifs:
                self._tested(test)
        if isinstance(node, ast.DictComp):
            return (Made([*self._value(node.key), *self._value(node.value)]),)
        return (Made(list(self._value(node.elt))),)

    def _call(self, node: ast.Call) -> Values:
        if isinstance(node.func, ast.Name) and node.func.id in ("super", "globals"):
            return self._own(node.func.id)
        callees = self._value(node.func)
        starred: list[Values] = []
        args: list[Values] = []
        for arg in node.args:
            if isinstance(arg, ast.Starred) or starred:
                starred.append(self._value(arg))
            else:
                args.append(self._value(arg))
        named = {word.arg: self._value(word.value) for word in node.keywords if word.arg}
        spread = [self._value(word.value) for word in node.keywords if word.arg is None]
        rest = union((*starred, *(contents(each) for value in spread for each in value)))
        given = Given(tuple(args), named, rest)
        return union([self._unseen.call(callee, given) for callee in callees])

    def _own(self, name: str) -> Values:
        """``super()`` and ``globals()``."""
        if name == "globals":
            return (self._function.__globals__,)
        cell = self._cells.get("__class__")
        params = [*self._node.args.posonlyargs, *self._node.args.args]
        if cell is None or not params:
            return ()
        return tuple(Super(cell.cell_contents, each) for each in self._read(params[0].arg))


def _takes_a_part(key: ast.expr, keys: Values) -> bool:
    """Whether an index may be a slice, which shows a part of an array."""
    if any(isinstance(node, ast.Slice) for node in ast.walk(key)):
        return True
    parts = inner(keys)
    return any(each is ... or each is None or class_of(each) is slice for each in parts)


def _takes_one(key: ast.expr, array: Any) -> bool:
    """Whether an index that has no slices is one for each dimension of an array."""
    return isinstance(key, ast.Tuple) and len(key.elts) == rank_of(array)


# --- without a source -----------------------------------------------------------------------------


def _without_source(unseen: Unseen, function: types.FunctionType, given: Given) -> None:
    """What a function of which there is no source may change: all that its code may be about."""
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    codes = tuple(_codes(function.__code__))
    names = {name for code in codes for name in code.co_names}
    named = [function.__globals__[name] for name in names if name in function.__globals__]
    named.extend(cell.cell_contents for cell in cells.values() if cell != types.CellType())
    at_hand = inner((*named, *given.everything(), *(function.__defaults__ or ())))
    at_hand = inner((*at_hand, *(part for each in at_hand for part in _parts(each))))
    for instruction in (each for code in codes for each in dis.get_instructions(code)):
        name = instruction.argval
        match instruction.opname:
            case "STORE_GLOBAL" | "DELETE_GLOBAL":
                unseen.change(function.__globals__, name)
            case "STORE_DEREF" | "DELETE_DEREF" if name in cells:
                unseen.change(cells[name], name)
            case "STORE_ATTR" | "DELETE_ATTR":
                for each in at_hand:
                    unseen.set_attribute(each, name, ())
            case "STORE_SUBSCR" | "DELETE_SUBSCR" | "BINARY_OP" if _writes(instruction):
                for each in at_hand:
                    if isinstance(each, np.ndarray | list | dict):
                        unseen.change(each, ALL)
    for each in at_hand:
        if isinstance(each, types.FunctionType) and is_own(each.__module__):
            unseen.call(each, Given(rest=at_hand))
        for name, method in () if isinstance(each, type) else methods(type(each)):
            if name in names:
                unseen.call(method, Given(((each,),)))


def _writes(instruction: dis.Instruction) -> bool:
    return instruction.opname != "BINARY_OP" or instruction.argrepr.endswith("=")


def _parts(value: Any) -> Iterator[Any]:
    """What the attributes of an instance are."""
    if is_instance(value):
        yield from own_attributes(value).values()


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """The code of a function, and that of the functions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)
