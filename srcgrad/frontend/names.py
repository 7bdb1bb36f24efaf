"""Which names each statement of a function reads and assigns, and which are needed after it.

One pass from the leaves up collects what every statement reads and assigns; one pass backwards
gives the names that are live after each compound statement.  Both visit each node once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import gast


@dataclass(slots=True)
class Names:
    """The names of one statement, or of a list of statements.

    Attributes
    ----------
    assigned : dict
        Those that it may assign, in order.
    uses : set
        Those that it may read as they were before it.
    kills : set
        Those that it certainly assigns, if it falls through.
    exposed : set
        Of a loop: those that an iteration may read as the previous one left them.
    functions : list
        The functions that it defines, without those that they define in turn.
    returns : bool
        Whether it may return.
    exits : bool
        Whether it never falls through: it returns or raises.
    """

    assigned: dict[str, None] = field(default_factory=dict)
    uses: set[str] = field(default_factory=set)
    kills: set[str] = field(default_factory=set)
    exposed: set[str] = field(default_factory=set)
    functions: list[FunctionNames] = field(default_factory=list)
    returns: bool = False
    exits: bool = False

    def read(self, names: Iterable[str]) -> None:
        self.uses.update(name for name in names if name not in self.kills)

    def assign(self, name: str, certain: bool) -> None:
        self.assigned[name] = None
        if certain:
            self.kills.add(name)

    def then(self, other: Names) -> None:
        """Adds what ``other`` does when it runs after this."""
        self.uses |= other.uses - self.kills
        self.kills |= other.kills
        self.assigned.update(other.assigned)
        self.returns |= other.returns
        self.exits |= other.exits

    def perhaps(self, other: Names) -> None:
        """Adds what ``other`` does if it runs after this, which it may not."""
        self.uses |= other.uses - self.kills
        self.assigned.update(other.assigned)
        self.returns |= other.returns


@dataclass(slots=True)
class FunctionNames:
    """The names of a function.

    Attributes
    ----------
    node : gast.FunctionDef or gast.Lambda
        The function.
    local : frozenset
        Its parameters and whatever it assigns.
    free : dict
        What it, or a function in it, reads and it does not define; in order.
    statements : dict
        The names of each statement.
    live : dict
        The names that a compound statement may assign and that may be read after it.
    nested : dict
        The functions that it defines.
    cells : frozenset
        Its local names that a nested function captures and may see change: the program assigns them
        again after the definition, or in a loop around it.
    reassigned : tuple
        Of a nested function: free names that are assigned again after its definition.
    looped : frozenset
        Of a nested function: the names that loops around its definition assign.
    """

    node: Any
    local: frozenset[str] = frozenset()
    free: dict[str, None] = field(default_factory=dict)
    statements: dict[gast.AST, Names] = field(default_factory=dict)
    live: dict[gast.AST, frozenset[str]] = field(default_factory=dict)
    nested: dict[gast.AST, FunctionNames] = field(default_factory=dict)
    cells: frozenset[str] = frozenset()
    reassigned: tuple[str, ...] = ()
    looped: frozenset[str] = frozenset()


def analyse(function: gast.FunctionDef | gast.Lambda) -> FunctionNames:
    """The names of ``function`` and of all functions in it."""
    result = FunctionNames(function)
    scanner = _Scanner(result)
    if isinstance(function, gast.Lambda):
        body = Names()
        scanner.expression(function.body, body)
        statements: list[Any] = []
    else:
        statements = function.body
        body = scanner.block(statements)
    params = [node.id for node in parameters(function.args)]
    result.local = frozenset((*params, *body.assigned, *scanner.declared))
    result.free = {name: None for name in scanner.reads if name not in result.local}
    for nested in body.functions:  # those in the body of a lambda
        nested.reassigned = tuple(name for name in nested.free if name in body.assigned)
    _Flow(result).block(statements, set(), set(), frozenset())
    _keep_cells(result)
    return result


def _keep_cells(function: FunctionNames) -> None:
    """Finds the names that need cells: any call may read them, so that they are live anywhere."""
    changing: set[str] = set()
    for nested in function.nested.values():
        changing.update(nested.reassigned)
        changing.update(name for name in nested.free if name in nested.looped)
    function.cells = function.local & changing
    for node in function.live if function.cells else ():
        assigned = function.statements[node].assigned
        function.live[node] |= function.cells.intersection(assigned)


def parameters(args: Any) -> list[Any]:
    """The nodes of all parameters, in the order of a signature."""
    positional = [*args.posonlyargs, *args.args]
    starred = [args.vararg] if args.vararg else []
    return [*positional, *starred, *args.kwonlyargs, *([args.kwarg] if args.kwarg else [])]


class _Scanner:
    """Collects the names of statements, from the leaves up."""

    def __init__(self, function: FunctionNames) -> None:
        self.function = function
        self.reads: dict[str, None] = {}
        self.declared: list[str] = []

    # --- statements

    def block(self, statements: list[Any]) -> Names:
        result = Names()
        for node in statements:
            result.then(self.statement(node))
        return result

    def statement(self, node: Any) -> Names:
        names = Names()
        self.function.statements[node] = names
        match node:
            case gast.If():
                self._if(node, names)
            case gast.While():
                self._while(node, names)
            case gast.For():
                self._for(node, names)
            case gast.FunctionDef():
                self._def(node, names)
            case gast.AugAssign():
                self._read(node.target.id, names)
                self.expression(node.value, names)
                names.assign(node.target.id, True)
            case gast.AnnAssign(value=None):
                self.declared += [node.target.id] if isinstance(node.target, gast.Name) else []
            case gast.Assign() | gast.AnnAssign():
                self.expression(node.value, names)
                targets = node.targets if isinstance(node, gast.Assign) else [node.target]
                for target in targets:
                    self.expression(target, names)
            case gast.Assert():
                self.expression(node.test, names)
                if node.msg is not None:
                    self.expression(node.msg, names, certain=False)
            case _:
                self._children(node, names, True)
                names.returns = isinstance(node, gast.Return)
                names.exits = isinstance(node, gast.Return | gast.Raise)
        return names

    def _if(self, node: Any, names: Names) -> None:
        self.expression(node.test, names)
        then, orelse = self.block(node.body), self.block(node.orelse)
        kills = then.kills & orelse.kills
        if then.exits or orelse.exits:  # an arm that exits says nothing about what comes after
            kills = orelse.kills if then.exits else then.kills
        names.perhaps(then)
        names.perhaps(orelse)
        names.kills |= kills
        names.exits = then.exits and orelse.exits

    def _while(self, node: Any, names: Names) -> None:
        test = Names()
        self.expression(node.test, test)
        body = self.block(node.body)
        names.then(test)
        names.functions = test.functions
        names.perhaps(body)
        # A test that assigns is evaluated before the loop and at the end of its body, so the body
        # reads what it assigns as if from the iteration before.
        names.exposed = test.uses | (body.uses if test.assigned else body.uses - test.kills)
        names.then(self.block(node.orelse))

    def _for(self, node: Any, names: Names) -> None:
        self.expression(node.iter, names)
        trip = Names()
        self.expression(node.target, trip)
        trip.then(self.block(node.body))
        names.perhaps(trip)
        names.exposed = trip.uses
        names.then(self.block(node.orelse))

    def _def(self, node: Any, names: Names) -> None:
        for decorator in node.decorator_list:
            self.expression(decorator, names)
        self._nested(node, names)
        names.assign(node.name, True)

    # --- expressions

    def expression(self, node: Any, names: Names, certain: bool = True) -> None:
        """Adds the names of an expression, or of a target, in the order of evaluation."""
        match node:
            case gast.Name():
                if isinstance(node.ctx, gast.Load):
                    self._read(node.id, names)
                else:
                    names.assign(node.id, certain)
            case gast.Constant():
                pass
            case gast.NamedExpr():
                self.expression(node.value, names, certain)
                names.assign(node.target.id, certain)
            case gast.Lambda():
                self._nested(node, names)
            case gast.BoolOp():
                self.expression(node.values[0], names, certain)
                self._each(node.values[1:], names, False)
            case gast.Compare():
                self._each([node.left, node.comparators[0]], names, certain)
                self._each(node.comparators[1:], names, False)
            case gast.IfExp():
                self.expression(node.test, names, certain)
                self._each([node.body, node.orelse], names, False)
            case gast.Dict():
                for key, value in zip(node.keys, node.values, strict=True):
                    self._each([value] if key is None else [key, value], names, certain)
            case _:
                self._children(node, names, certain)

    def _each(self, nodes: Iterable[Any], names: Names, certain: bool) -> None:
        for node in nodes:
            self.expression(node, names, certain)

    def _children(self, node: Any, names: Names, certain: bool) -> None:
        for name in node._fields:
            value = getattr(node, name)
            if isinstance(value, list):
                for child in value:
                    if isinstance(child, gast.AST):
                        self.expression(child, names, certain)
            elif isinstance(value, gast.AST):
                self.expression(value, names, certain)

    def _read(self, name: str, names: Names) -> None:
        self.reads[name] = None
        if name not in names.kills:
            names.uses.add(name)

    def _nested(self, node: Any, names: Names) -> None:
        """A function definition reads here what the function reads when it is called."""
        defaults = (*node.args.defaults, *node.args.kw_defaults)
        self._each((default for default in defaults if default is not None), names, True)
        function = analyse(node)
        self.function.nested[node] = function
        names.functions.append(function)
        self.reads.update(function.free)
        names.read(function.free)


class _Flow:
    """Goes backwards through a function, carrying what is read and what is assigned later."""

    def __init__(self, function: FunctionNames) -> None:
        self.function = function

    def block(
        self, statements: list[Any], live: set[str], later: set[str], looped: frozenset[str]
    ) -> None:
        """``live`` and ``later`` are those after the statements, and become those before them.

        ``looped`` are the names that loops around them assign.
        """
        for node in reversed(statements):
            names = self.function.statements[node]
            for function in names.functions:
                again = [n for n in function.free if n in later or n in names.assigned]
                function.reassigned = tuple(n for n in again if n in self.function.local)
                function.looped = looped
            if isinstance(node, gast.If):
                self._live_after(node, names, live)
                for arm in (node.body, node.orelse):
                    self.block(arm, set(live), set(later), looped)
            elif isinstance(node, gast.For | gast.While):
                self._loop(node, names, live, later, looped)
            live -= names.kills
            live |= names.uses
            later.update(names.assigned)

    def _loop(
        self, node: Any, names: Names, live: set[str], later: set[str], looped: frozenset[str]
    ) -> None:
        after, reassigned = set(live), set(later)
        self.block(node.orelse, after, reassigned, looped)
        self._live_after(node, names, after)
        self.block(node.body, after | names.exposed, reassigned, looped.union(names.assigned))

    def _live_after(self, node: Any, names: Names, live: set[str]) -> None:
        self.function.live[node] = frozenset(name for name in names.assigned if name in live)
