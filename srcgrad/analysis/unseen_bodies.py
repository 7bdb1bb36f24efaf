"""Going through the body of a function that is only called, for what it changes outside.

It is gone through twice, since what a loop binds at its end is read at its beginning.
"""

from __future__ import annotations

import ast
import builtins
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from srcgrad.analysis import unseen_code
from srcgrad.analysis.unseen_constants import bound_once
from srcgrad.analysis.unseen_expressions import Expressions
from srcgrad.analysis.unseen_names import Names, declared, literal
from srcgrad.analysis.unseen_values import (
    Given,
    Made,
    Super,
    Values,
    elements,
    holding,
    inner,
    is_array,
    plain,
    union,
)
from srcgrad.frontend.source import definition
from srcgrad.instances import is_own

if TYPE_CHECKING:
    from srcgrad.analysis.unseen import Unseen

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def results(unseen: Unseen, function: types.FunctionType, given: Given) -> Values:
    """What a call of a user's function may give; what it changes is noted."""
    found = definition(function)
    if found is None:
        return unseen_code.go_through(unseen, function, given)
    return Body(unseen, function, found.node, found.owner).results(given)


def is_read_through(function: Any) -> bool:
    """Whether something that is called is a function of the user's that has a source."""
    if not isinstance(function, types.FunctionType) or not is_own(function.__module__):
        return False
    return definition(function) is not None


class Nested:
    """A function that is defined in one that is gone through."""

    def __init__(self, body: Body, node: Definition) -> None:
        self.node = node
        self._around = body

    def surroundings(self, key_of: Callable[[Values], Any]) -> Any:
        """What the names around it stand for now, for comparison."""
        found: list[Any] = []
        body: Body | None = self._around
        while body is not None:
            names = tuple(body.names.items())
            found.append(frozenset((name, key_of(values)) for name, values in names))
            body = body.around
        return tuple(found)

    def results(self, unseen: Unseen, given: Given) -> Values:
        """What a call of it may give; what it changes is noted in ``unseen``."""
        return self._around.inside(unseen, self.node).results(given)


class Body(Expressions):
    """One function while it is gone through: what its names may stand for."""

    def __init__(
        self, unseen: Unseen, function: types.FunctionType, node: Definition, owner: str
    ) -> None:
        super().__init__(unseen)
        self.function = function
        self._node = node
        self._owner = owner
        self.around: Body | None = None
        self.names = Names(node)
        self._once = bound_once(node)
        free = function.__code__.co_freevars
        self._cells = dict(zip(free, function.__closure__ or (), strict=True))
        self._global = declared(node, ast.Global)
        self._nonlocal = declared(node, ast.Nonlocal)

    def inside(self, unseen: Unseen, node: Definition) -> Body:
        """A function that is defined in this one."""
        made = Body(unseen, self.function, node, self._owner)
        made.around = self
        return made

    def made_of(self, code: types.CodeType) -> types.FunctionType:
        """A function that runs a piece of code among the same globals."""
        closure = tuple(types.CellType() for _ in code.co_freevars)
        return types.FunctionType(code, self.function.__globals__, closure=closure)

    def results(self, given: Given) -> Values:
        """What a call may give; what it changes is noted."""
        before, self._unseen.body = self._unseen.body, self
        self._bind(given)
        for _ in range(2):
            if isinstance(self._node, ast.Lambda):
                self._returned.append(self._value(self._node.body))
            else:
                self._statements(self._node.body)
            self.names.again()
        self._unseen.body = before
        return union(self._returned)

    def _bind(self, given: Given) -> None:
        spec = self._node.args
        params = [param.arg for param in (*spec.posonlyargs, *spec.args)]
        named = [*params, *(param.arg for param in spec.kwonlyargs)]
        for name in named:
            self._add(name, (*given.kwargs.get(name, ()), *given.rest))
        for name, value in zip(params, given.args, strict=False):
            self._add(name, value)
        for name, default in self._defaults(spec, params):
            self._add(name, default)
        if spec.vararg is not None:
            others = union((*given.args[len(params) :], given.rest))
            self._add(spec.vararg.arg, (Made(list(others), tuple),))
        if spec.kwarg is not None:
            spread = {key: value for key, value in given.kwargs.items() if key not in named}
            more = union((tuple(spread), *spread.values(), given.rest))
            self._add(spec.kwarg.arg, (Made(list(more), dict),))

    def _defaults(self, spec: ast.arguments, params: list[str]) -> Iterator[tuple[str, Values]]:
        """The defaults of the parameters."""
        if self.around is None:
            defaults = self.function.__defaults__ or ()
            yield from zip(params[len(params) - len(defaults) :], zip(defaults), strict=True)
            yield from ((k, (v,)) for k, v in (self.function.__kwdefaults__ or {}).items())
            return
        found = zip(params[len(params) - len(spec.defaults) :], spec.defaults, strict=True)
        named = zip((param.arg for param in spec.kwonlyargs), spec.kw_defaults, strict=True)
        for name, default in (*found, *named):
            if default is not None:
                yield name, self.around._value(default)

    # --- names ----------------------------------------------------------------------------------

    def _add(self, name: str, values: Values) -> None:
        self.names.add(name, values)

    def _mangled(self, name: str) -> str:
        owner = self._owner.lstrip("_")
        private = owner and name.startswith("__") and not name.endswith("__")
        return f"_{owner}{name}" if private else name

    def _home(self, name: str) -> Body | None:
        """The function that a name belongs to, of this one and those around it."""
        body: Body | None = self
        while body is not None and name not in body.names:
            body = body.around
        return body

    def _read(self, name: str) -> Values:
        home = self._home(name)
        return self._outside(name) if home is None else home.names[name]

    def _outside(self, name: str) -> Values:
        """What a name stands for that is bound outside of all that is gone through."""
        if name in self._cells:
            cell = self._cells[name]
            held = () if cell == types.CellType() else (plain(cell.cell_contents),)
            return (*held, *self._unseen.assigned(cell, name))
        found = self.function.__globals__.get(name, getattr(builtins, name, None))
        assigned = self._unseen.assigned(self.function.__globals__, name)
        return assigned if found is None else (plain(found), *assigned)

    def _steady(self, name: str) -> Values | None:
        home = self._home(name)
        if home is None:
            return self._outside(name)
        return home.names[name] if name in home._once else None

    def _assign(self, name: str, values: Values) -> None:
        """``name = value``."""
        if name in self._global:
            self._unseen.change(self.function.__globals__, name, values)
        elif name in self._nonlocal:
            home = None if self.around is None else self.around._home(name)
            if home is not None:
                home._add(name, values)
            elif name in self._cells:
                self._unseen.change(self._cells[name], name, values)
        else:
            self.names.bind(name, values)

    # --- statements -----------------------------------------------------------------------------

    def _statements(self, body: Iterable[ast.AST]) -> None:
        for stmt in body:
            self._statement(stmt)

    def _block(self, body: Iterable[ast.AST]) -> None:
        """Statements that may be left in the middle, or not be run."""
        with self.names.block():
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
            case ast.Raise():
                self._raised(stmt)
            case ast.For() | ast.AsyncFor():
                items = self._items(stmt.iter)
                with self.names.block(stmt):
                    self._store(stmt.target, items)
                    self._statements(stmt.body)
                self._block(stmt.orelse)
            case ast.While():
                with self.names.block(stmt):
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
                        caught = self._unseen.raised
                        self.names.add(child.name, (*caught, holding(caught)))
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

    def _raised(self, stmt: ast.Raise) -> None:
        """An error, which somebody may catch."""
        if stmt.cause is not None:
            self._value(stmt.cause)
        found = () if stmt.exc is None else self._value(stmt.exc)
        made = (self._unseen.call(e, Given()) if isinstance(e, type) else (e,) for e in found)
        self._unseen.raised = union((self._unseen.raised, *made))

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
                package = self.function.__globals__.get("__package__") or ""
                around = package.split(".")[: -stmt.level + 1 or None] if stmt.level else []
                module = sys.modules.get(".".join((*around, *filter(None, (stmt.module,)))))
                found = getattr(module, alias.name, None)
            if found is not None:
                self._assign(alias.asname or alias.name.partition(".")[0], (found,))

    def _matched(self, stmt: ast.Match) -> None:
        subject = self._value(stmt.subject)
        parts = union((inner(subject), *(tuple(unseen_code.parts(each)) for each in subject)))
        for case in stmt.cases:
            with self.names.block():
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
                self._store(target.value, (Made(list(values), list),))
            case ast.Attribute():
                for owner in self._value(target.value):
                    self._unseen.set_attribute(owner, self._mangled(target.attr), values)
            case ast.Subscript():
                keys = literal(target.slice) or self._keys(target.slice)
                for owner in self._value(target.value):
                    self._unseen.set_item(owner, keys, values)

    # --- expressions that depend on the function ------------------------------------------------

    def _special(self, node: ast.expr) -> Values | None:
        match node:
            case ast.Lambda():
                made = Nested(self, node)
                self._unseen.call(made, Given())
                return (made,)
            case ast.NamedExpr():
                values = self._value(node.value)
                with self.names.block():  # it may not be evaluated
                    self._assign(node.target.id, values)
                return values
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                with self.names.block():
                    return self._comprehension(node)
            case ast.Call(func=ast.Name(id="super" | "globals" | "locals" as name)):
                return self._own(name)
            case ast.Call(func=ast.Name(id="vars"), args=[]):
                return self._own("locals")
        return None

    def _own(self, name: str) -> Values:
        """``super()``, ``globals()`` and ``locals()``."""
        if name == "globals":
            return (self.function.__globals__,)
        if name == "locals":
            return (holding(union(self.names.values()), dict),)
        cell = self._cells.get("__class__")
        params = [*self._node.args.posonlyargs, *self._node.args.args]
        if cell is None or not params:
            return ()
        return tuple(Super(cell.cell_contents, each) for each in self._read(params[0].arg))
