"""Which names each statement of a function reads and assigns, and which are needed after it.

One pass from the leaves up collects what every statement reads and assigns; one pass backwards
gives the names that are live after each compound statement (:mod:`.flow`).  Both visit each node
once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import gast

from srcgrad.frontend.attempts import only_raises_again
from srcgrad.frontend.flow import Around, Flow
from srcgrad.frontend.lazy import is_own, read_in, used_at_once
from srcgrad.frontend.trees import children


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
    breaks, continues : bool
        Whether it may leave the loop around it, or the trip.
    stops : bool
        Of a loop: whether its body may end it, by a ``break`` or a ``return``.
    endless : bool
        Of a loop: whether only a ``return`` or an error ends it.
    exits : bool
        Whether it never falls through: it returns, raises, or leaves a loop or a trip.
    """

    assigned: dict[str, None] = field(default_factory=dict)
    uses: set[str] = field(default_factory=set)
    kills: set[str] = field(default_factory=set)
    exposed: set[str] = field(default_factory=set)
    functions: list[FunctionNames] = field(default_factory=list)
    returns: bool = False
    breaks: bool = False
    continues: bool = False
    stops: bool = False
    endless: bool = False
    exits: bool = False

    @property
    def leaves(self) -> bool:
        """Whether it may do anything but fall through or raise."""
        return self.returns or self.breaks or self.continues

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
        self._perhaps(other)
        self.exits |= other.exits

    def perhaps(self, other: Names) -> None:
        """Adds what ``other`` does if it runs after this, which it may not."""
        self.uses |= other.uses - self.kills
        self._perhaps(other)

    def _perhaps(self, other: Names) -> None:
        self.assigned.update(other.assigned)
        self.returns |= other.returns
        self.breaks |= other.breaks
        self.continues |= other.continues


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
        The names that a compound statement may assign and that may be read after it; after its
        trips, if it is a loop.
    after : dict
        The names that may be read after a loop and its ``else``.
    nested : dict
        The functions that it defines, and the generator expressions that are used later.
    cells : frozenset
        Its local names that a nested function captures and may see change: the program assigns them
        again after the definition, or in a loop around it.
    reassigned : tuple
        Of a nested function: free names that are assigned again after its definition.
    looped : frozenset
        Of a nested function: the names that loops around its definition assign.
    single : frozenset
        The functions that it defines in one place, and whose names it binds nowhere else.
    once : frozenset
        Those among them that are defined once and for all: others may call them before that.
    late : frozenset
        Of a nested function: itself and those that are defined after it, if it calls them.
    """

    node: Any
    local: frozenset[str] = frozenset()
    free: dict[str, None] = field(default_factory=dict)
    statements: dict[gast.AST, Names] = field(default_factory=dict)
    live: dict[gast.AST, frozenset[str]] = field(default_factory=dict)
    after: dict[gast.AST, frozenset[str]] = field(default_factory=dict)
    nested: dict[gast.AST, FunctionNames] = field(default_factory=dict)
    cells: frozenset[str] = frozenset()
    reassigned: tuple[str, ...] = ()
    looped: frozenset[str] = frozenset()
    single: frozenset[str] = frozenset()
    once: frozenset[str] = frozenset()
    late: frozenset[str] = frozenset()


def analyse(function: gast.FunctionDef | gast.Lambda) -> FunctionNames:
    """The names of ``function`` and of all functions in it."""
    result = FunctionNames(function)
    scanner = _Scanner(result, used_at_once(function))
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
    result.single = frozenset(_defined_once(function, statements))
    top = {node.name for node in statements if isinstance(node, gast.FunctionDef)}
    result.once = result.single & top
    for nested in body.functions:  # those in the body of a lambda
        nested.reassigned = tuple(name for name in nested.free if name in body.assigned)
        nested.looped = frozenset(filter(is_own, nested.free))
    Flow(result).block(statements, set(), set(), Around())
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
    for node in function.after if function.cells else ():
        assigned = function.statements[node].assigned
        function.after[node] |= function.cells.intersection(assigned)


def _defined_once(function: Any, statements: list[Any]) -> Iterator[str]:
    """The functions that are defined in one place and never rebound."""
    bound = Counter(node.id for node in parameters(function.args))
    functions = []
    for statement in statements:
        for name, node in _bindings(statement):
            bound[name] += 1
            if isinstance(node, gast.FunctionDef):
                functions.append(name)
    return (name for name in functions if bound[name] == 1)


def _bindings(node: Any) -> Iterator[tuple[str, Any]]:
    """The names that a statement binds, each with the node that does, in any order."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, gast.FunctionDef):
            yield each.name, each
        elif isinstance(each, gast.Name):
            if not isinstance(each.ctx, gast.Load):
                yield each.id, each
        elif not isinstance(each, gast.Lambda):
            waiting.extend(children(each))


def parameters(args: Any) -> list[Any]:
    """The nodes of all parameters, in the order of a signature."""
    positional = [*args.posonlyargs, *args.args]
    starred = [args.vararg] if args.vararg else []
    return [*positional, *starred, *args.kwonlyargs, *([args.kwarg] if args.kwarg else [])]


class _Scanner:
    """Collects the names of statements, from the leaves up."""

    def __init__(self, function: FunctionNames, at_once: set[Any]) -> None:
        self.function = function
        self.at_once = at_once
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
            case gast.Try():
                self._try(node, names)
            case gast.With():
                for item in node.items:
                    self.expression(item.context_expr, names)
                names.then(self.block(node.body))
            case gast.AugAssign():
                self._augmented(node, names)
            case gast.AnnAssign(value=None):
                self.declared += [node.target.id] if isinstance(node.target, gast.Name) else []
            case gast.Assign() | gast.AnnAssign():
                self.expression(node.value, names)
                targets = node.targets if isinstance(node, gast.Assign) else [node.target]
                for target in targets:
                    self.expression(target, names)
            case gast.Delete():
                self.expression(node, names)
                names.uses.update(names.assigned)
            case gast.Assert():
                self.expression(node.test, names)
                if node.msg is not None:
                    self.expression(node.msg, names, certain=False)
            case _:
                self._children(node, names, True)
                names.returns = isinstance(node, gast.Return)
                names.breaks = isinstance(node, gast.Break)
                names.continues = isinstance(node, gast.Continue)
                names.exits = names.leaves or isinstance(node, gast.Raise)
        return names

    def _augmented(self, node: Any, names: Names) -> None:
        is_name = isinstance(node.target, gast.Name)
        if is_name:
            self._read(node.target.id, names)
        else:
            self.expression(node.target, names)
        self.expression(node.value, names)
        if is_name:
            names.assign(node.target.id, True)

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

    def _try(self, node: Any, names: Names) -> None:
        if only_raises_again(node):
            names.then(self.block([*node.body, *node.orelse]))
            return
        body = self.block(node.body)
        body.then(self.block(node.orelse))
        ways = [body]
        for handler in node.handlers:
            way = Names()
            for part in (handler.type, handler.name):
                if part is not None:
                    self.expression(part, way)
            way.then(self.block(handler.body))
            ways.append(way)
        for way in ways:
            names.perhaps(way)
            names.functions += way.functions
        open_ways = [way.kills for way in ways if not way.exits]
        names.exits = not open_ways
        names.kills |= set.intersection(*open_ways) if open_ways else set()
        names.then(self.block(node.finalbody))

    def _while(self, node: Any, names: Names) -> None:
        test = Names()
        self.expression(node.test, test)
        body = self.block(node.body)
        names.then(test)
        names.functions = test.functions
        names.endless = _is_true(node.test) and body.returns and not body.breaks
        self._trips(names, body)
        # A test that assigns is evaluated before the loop and at the end of its body, so the body
        # reads what it assigns as if from the iteration before.
        names.exposed = test.uses | (body.uses if test.assigned else body.uses - test.kills)
        self._loop_else(node, names)

    def _for(self, node: Any, names: Names) -> None:
        self.expression(node.iter, names)
        trip = Names()
        self.expression(node.target, trip)
        trip.then(self.block(node.body))
        self._trips(names, trip)
        names.exposed = trip.uses
        self._loop_else(node, names)

    def _trips(self, names: Names, trip: Names) -> None:
        """Adds what the trips of a loop do; its ``break`` and ``continue`` stay inside."""
        names.perhaps(trip)
        names.stops = trip.breaks or trip.returns
        names.breaks = names.continues = False

    def _loop_else(self, node: Any, names: Names) -> None:
        orelse = self.block(node.orelse)
        if names.stops:
            names.perhaps(orelse)
        else:
            names.then(orelse)
        names.exits = names.endless

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
            case gast.ListComp() | gast.GeneratorExp():
                self._comprehension(node, names, certain)
            case gast.Dict():
                for key, value in zip(node.keys, node.values, strict=True):
                    self._each([value] if key is None else [key, value], names, certain)
            case _:
                self._children(node, names, certain)

    def _comprehension(self, node: Any, names: Names, certain: bool) -> None:
        """The variables of a comprehension are local names that nobody else reads or assigns."""
        self.expression(node.generators[0].iter, names, certain)
        inner = Names()
        for position, generator in enumerate(node.generators):
            if position:
                self.expression(generator.iter, inner)
            self.expression(generator.target, inner)
            self._each(generator.ifs, inner, False)
        self.expression(node.elt, inner, False)
        self.declared += inner.assigned
        names.uses |= inner.uses - names.kills
        names.functions += inner.functions
        if isinstance(node, gast.GeneratorExp) and node not in self.at_once:
            own = set(inner.assigned)
            found = FunctionNames(node, free={n: None for n in read_in(node) if n not in own})
            self.function.nested[node] = found
            names.functions.append(found)

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
        # Its own name is bound by the definition before anything can read it.
        names.read(name for name in function.free if name != getattr(node, "name", ""))


def _is_true(test: Any) -> bool:
    return isinstance(test, gast.Constant) and bool(test.value)
