"""Checks that a program is what :mod:`srcgrad.ir.nodes` says a program is.

Every pass may rely on a program that verifies, and none needs to check again: each variable is
defined once and before it is used, in a block that encloses the use; blocks give as many values as
their owner takes; types agree; and only the nodes of the dialect occur.  The check is linear in
the size of the program.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterable, Sequence
from typing import Literal, TypeAlias

from srcgrad.errors import Loc, SrcgradError
from srcgrad.ir import intrinsics, walk
from srcgrad.ir.agreement import (
    agrees,
    cotangent_of,
    is_bool,
    is_integer,
    shapeless,
    type_of,
    uncounted,
    unnamed,
)
from srcgrad.ir.nodes import (
    UNDEFINED,
    Apply,
    Block,
    Const,
    Define,
    For,
    ForEach,
    Free,
    Function,
    If,
    Invoke,
    Operand,
    Pack,
    Raise,
    Star,
    Stmt,
    Store,
    Var,
    While,
)
from srcgrad.ir.packs import pack_fault
from srcgrad.ir.printer import statement_text, variable_text
from srcgrad.ir.spelling import spell_type
from srcgrad.ir.types import UNKNOWN, Array, KeysOf, ListOf, StackOf, Type, Unknown

Dialect: TypeAlias = Literal["lowered", "typed"]

_STATEMENTS: dict[Dialect, tuple[type, ...]] = {
    "lowered": (Invoke, If, ForEach, While, Raise, Define),
    "typed": (Apply, If, For, While, Store, Raise, Define),
}
_OPERANDS: dict[Dialect, tuple[type, ...]] = {
    "lowered": (Var, Const, Free, Pack, Star),
    "typed": (Var, Const, Pack),
}


_HINT = "this is a fault of srcgrad, not of the program: please report it"


class InvalidIR(SrcgradError):
    """A pass of the compiler made a program that is none.  Never the user's fault."""


def verify(function: Function, dialect: Dialect, outside: Collection[Var] = ()) -> None:
    """Checks a whole function.

    Parameters
    ----------
    function : Function
        The program.
    dialect : {"lowered", "typed"}
        Which nodes may occur; see :mod:`srcgrad.ir.nodes`.
    outside : collection of Var, optional
        Variables that the function may read without defining them: globals and closure cells.

    Raises
    ------
    InvalidIR
        At the first fault; the message quotes the statement as the printer prints it.
    """
    _Verifier(function, dialect, outside).function(function)


class _Verifier:
    """The state of one check: what is defined, what is visible, and where we are."""

    def __init__(self, function: Function, dialect: Dialect, outside: Collection[Var]) -> None:
        self.root = function
        self.dialect = dialect
        self.defined = set(outside)
        self.visible = set(outside)
        self.stmt: Stmt | None = None

    # --- faults -----------------------------------------------------------------------------

    def fail(self, message: str) -> None:
        """Raises the error, for the statement at hand or the function itself."""
        loc = self.root.loc if self.stmt is None else self.stmt.loc
        where = f"function '{self.root.name}'"
        if self.stmt is not None:
            where = f"`{statement_text(self.root, self.stmt)}`"
        raise InvalidIR(f"{where}: {message}", loc if isinstance(loc, Loc) else None, _HINT)

    def expect(self, condition: bool, message: str) -> None:
        if not condition:
            self.fail(message)

    def count(self, what: str, values: Sequence[object], expected: int) -> None:
        if len(values) != expected:
            self.fail(f"{what}: {len(values)} instead of {expected}")

    def name(self, var: Var) -> str:
        return variable_text(self.root, var)

    # --- definitions and uses ---------------------------------------------------------------

    def define(self, variables: Iterable[Var]) -> list[Var]:
        """Makes variables visible from here on; the caller hides them where the block ends."""
        new = list(variables)
        for var in new:
            if var in self.defined:
                self.fail(f"'{self.name(var)}' is defined twice")
            self.defined.add(var)
            self.visible.add(var)
        return new

    def are_variables(self, values: Iterable[object]) -> None:
        for value in values:
            if not isinstance(value, Var):
                self.fail(f"defines a {type(value).__name__} instead of a variable")

    def use(self, var: Var) -> None:
        if var in self.visible:
            return
        name = self.name(var)
        if var in self.defined:
            self.fail(f"'{name}' is used outside the block that defines it")
        everything = set(walk.params_of(self.root))
        for stmt in walk.statements(self.root.body.body):
            everything.update(walk.targets(stmt), walk.inner_params(stmt))
        known = var in everything
        self.fail(f"'{name}' is used before it is defined" if known else f"'{name}' is not defined")

    def operand(self, operand: Operand, star: bool = False, undefined: bool = False) -> None:
        """Checks one operand; ``star`` and ``undefined`` tell whether it may be such."""
        kind = type(operand)
        if kind not in _OPERANDS[self.dialect]:
            self.fail(f"{kind.__name__} is not an operand of the {self.dialect} dialect")
        if isinstance(operand, Var):
            self.use(operand)
        elif isinstance(operand, Const):
            if operand.value is UNDEFINED and not undefined:
                self.fail("UNDEFINED may only be the result of a block or the start of a loop")
        elif isinstance(operand, Pack):
            fault = pack_fault(operand)
            if fault is not None:
                self.fail(fault)
            for item in operand.items:
                self.operand(item)
        elif isinstance(operand, Star):
            self.expect(star, "a Star may only stand among the arguments of an Invoke")
            self.operand(operand.operand)

    def operands(self, values: Iterable[Operand], undefined: bool = False) -> None:
        for value in values:
            self.operand(value, undefined=undefined)

    def reads(self, values: Iterable[Operand]) -> None:
        """Operands that are read as such: no stack is among them."""
        for value in values:
            if type(value) is not Var or value not in self.visible:
                self.operand(value)
            if isinstance(value, Var) and isinstance(value.type, StackOf):
                self.fail(f"'{self.name(value)}' is a stack: only a loop can consume it")

    def unique(self, names: Iterable[object], what: str) -> None:
        seen: set[str] = set()
        for name in names:
            if name is None:
                self.expect(self.dialect == "lowered" and what == "keyword", f"a {what} is None")
            elif not isinstance(name, str):
                self.fail(f"a {what} is not a string but a {type(name).__name__}")
            elif name in seen:
                self.fail(f"the {what} '{name}' is given twice")
            else:
                seen.add(name)

    # --- functions and blocks ---------------------------------------------------------------

    def function(self, function: Function) -> None:
        self.expect(isinstance(function.loc, Loc), f"'{function.name}' has no location")
        self.unique((param.name for param in function.params), "parameter")
        for param in function.params:
            self.pattern(param.value)
        params = self.define(walk.params_of(function))
        self.expect(not function.body.params, "the body of a function has no parameters")
        self.count("results of a function", function.body.results, 1)
        result = function.body.results[0]
        undefined = isinstance(result, Const) and result.value is UNDEFINED
        if undefined and not function.body.diverges:
            self.fail(f"'{function.name}' returns UNDEFINED, and does not end in Raise")
        self.block(function.body)
        self.visible.difference_update(params)

    def pattern(self, value: Operand) -> None:
        """What a parameter is: a variable, or in the typed dialect a tree of them."""
        allowed = (Var,) if self.dialect == "lowered" else (Var, Const, Pack)
        if not isinstance(value, allowed):
            self.fail(f"a parameter is a {type(value).__name__} in the {self.dialect} dialect")
        if isinstance(value, Pack):
            fault = pack_fault(value, is_pattern=True)
            if fault is not None:
                self.fail(fault)
            for item in value.items:
                self.pattern(item)

    def block(self, block: Block) -> None:
        """Checks a block; what it defines is not visible afterwards."""
        owner = self.stmt
        new = self.define(block.params)
        for stmt in block.body:
            if not isinstance(stmt, _STATEMENTS[self.dialect]):
                kind = type(stmt).__name__
                self.stmt = stmt if hasattr(stmt, "loc") else owner
                self.fail(f"{kind} is not a statement of the {self.dialect} dialect")
            self.stmt = stmt
            self.expect(isinstance(stmt.loc, Loc), "the statement has no location")
            self.are_variables(walk.targets(stmt))
            if type(stmt) in walk.OWNERS:
                self.are_variables(walk.inner_params(stmt))
            self.statement(stmt)
            self.stmt = stmt
            new += self.define(walk.targets(stmt))
        self.stmt = owner
        self.operands(block.results, undefined=True)
        self.visible.difference_update(new)

    # --- statements -------------------------------------------------------------------------

    def statement(self, stmt: Stmt) -> None:
        """Checks a statement with its blocks, but does not define its targets."""
        match stmt:
            case Apply():
                self.apply(stmt)
            case Invoke():
                self.operand(stmt.callee)
                for arg in stmt.args:
                    self.operand(arg, star=True)
                self.operands(value for _, value in stmt.kwargs)
                self.unique((name for name, _ in stmt.kwargs), "keyword")
            case If():
                self.branch(stmt)
            case ForEach():
                self.for_each(stmt)
            case For():
                self.loop(stmt)
            case While():
                self.while_loop(stmt)
            case Store():
                self.store(stmt)
            case Raise():
                self.reads(walk.operands(stmt))
            case Define():
                self.reads(walk.operands(stmt))
                self.unique((name for name, _ in stmt.defaults), "default")
                self.unique((name for name, _ in stmt.captures), "capture")
                self.function(stmt.function)

    def apply(self, stmt: Apply) -> None:
        op: object = stmt.op  # which may be anything in a broken program
        fits = callable(op) or inspect.isgetsetdescriptor(op) or inspect.ismemberdescriptor(op)
        if not fits or type(op).__hash__ is None:
            self.fail(f"a {type(op).__name__} is not an operation")
        if stmt.op is intrinsics.collect:
            self.operands(stmt.args)
        else:
            self.reads(stmt.args)
        self.reads(value for _, value in stmt.kwargs)
        self.unique((name for name, _ in stmt.kwargs), "keyword")
        if isinstance(stmt.target.type, StackOf):
            self.fail(f"'{self.name(stmt.target)}' is a stack, and not the output of a loop")

    def branch(self, stmt: If) -> None:
        self.reads(walk.operands(stmt))
        for arm, block in (("then", stmt.then), ("else", stmt.orelse)):
            self.count(f"parameters of the {arm} block", block.params, 0)
            self.count(f"results of the {arm} block", block.results, len(stmt.targets))
            self.block(block)
            self.agree(block.results, stmt.targets, f"result of the {arm} block")

    def for_each(self, stmt: ForEach) -> None:
        self.reads((stmt.iterable,))
        self.count("parameters of the body", stmt.body.params, 1 + len(stmt.init))
        self.count("targets", stmt.targets, len(stmt.init))
        self.count("results of the body", stmt.body.results, len(stmt.init))
        self.operands(stmt.init, undefined=True)
        self.exit(stmt, (stmt.body.params[1:],))
        self.block(stmt.body)

    def exit(self, stmt: ForEach | For | While, params: Iterable[Sequence[Var]]) -> None:
        """The flag that ends a loop: a bool that starts as False."""
        if not stmt.exits:
            whole = isinstance(stmt, For | While) and stmt.whole
            self.expect(not whole, "a loop without exits tells trips that end early")
            return
        self.expect(bool(stmt.init), "a loop that exits carries no flag")
        first, last = stmt.init[0], stmt.body.results[0]
        starts = isinstance(first, Const) and first.value is False
        self.expect(starts, "the flag of a loop that exits does not start as False")
        if isinstance(last, Const):
            known = isinstance(last.value, bool) or last.value is UNDEFINED
            self.expect(known, f"a loop exits by {last.value!r}, which is not a bool")
        elif self.dialect == "typed":
            for type_ in (type_of(last) or UNKNOWN, *(each[0].type for each in params)):
                self.expect(is_bool(type_), f"a loop exits by a value of type {spell_type(type_)}")

    def loop(self, stmt: For) -> None:
        bounds = (stmt.start, stmt.stop, stmt.step)
        self.reads(bounds)
        for operand in bounds:
            type_ = type_of(operand) or UNKNOWN
            if not is_integer(type_):
                self.fail(f"a bound of type {spell_type(type_)}")
        is_zero = isinstance(stmt.step, Const) and stmt.step.value == 0
        self.expect(not is_zero, "the step is zero")
        params = 1 + len(stmt.init) + len(stmt.stacks)
        self.count("parameters of the body", stmt.body.params, params)
        index = stmt.body.params[0].type
        if not is_integer(index):
            self.fail(f"an index of type {spell_type(index)}")
        self.operands(stmt.stacks)
        for stack, element in zip(stmt.stacks, stmt.body.params[1 + len(stmt.init) :], strict=True):
            self.consumed(stack, element)
        self.carried(stmt, (stmt.carried,), stmt.body)

    def consumed(self, stack: Operand, element: Var) -> None:
        """A stack that a loop reads, and the parameter that is its element."""
        type_ = type_of(stack) or UNKNOWN
        if not isinstance(type_, StackOf):
            self.fail(f"consumes a value of type {spell_type(type_)}, which is not a stack")
        else:
            self.flows(type_.item, element, element.type, "element of the stack")

    def while_loop(self, stmt: While) -> None:
        for what, block in (("condition", stmt.cond), ("body", stmt.body)):
            self.count(f"parameters of the {what}", block.params, len(stmt.init))
        self.count("results of the condition", stmt.cond.results, 1)
        test = stmt.cond.results[0]
        if isinstance(test, Const) and test.value is UNDEFINED and not stmt.cond.diverges:
            self.fail("the condition is UNDEFINED")
        self.block(stmt.cond)
        self.carried(stmt, (stmt.cond.params, stmt.body.params), stmt.body)

    def carried(self, stmt: For | While, params: Iterable[Sequence[Var]], body: Block) -> None:
        """What ``For`` and ``While`` share: carried values, stacked outputs, the body itself."""
        number = len(stmt.init)
        if len(body.results) < number:
            self.count("results of the body", body.results, number)
        if self.dialect == "lowered":
            self.count("results of the body", body.results, number)
        self.count("targets", stmt.targets, len(body.results))
        self.operands(stmt.init, undefined=True)
        self.block(body)
        carried = stmt.targets[:number]
        params = tuple(params)
        self.exit(stmt, (*params, carried))
        for variables in (*params, carried):
            for var in variables:
                if isinstance(var.type, StackOf):
                    self.fail(f"'{self.name(var)}' is a stack, and carried by the loop")
            for values, what in ((stmt.init, "first value"), (body.results, "next value")):
                for value, var in zip(values, variables, strict=False):
                    self.flows(type_of(value), var, uncounted(var.type), what, next_trip=True)
        for result, target in zip(body.results[number:], stmt.targets[number:], strict=True):
            if not isinstance(target.type, StackOf):
                self.fail(f"'{self.name(target)}' is an output of the loop, and not a stack")
            else:
                self.flows(type_of(result), target, target.type.item, "output")

    def store(self, stmt: Store) -> None:
        buffer: object = stmt.buffer
        if not isinstance(buffer, Var):
            self.fail("the buffer is not a variable")
        elif not isinstance(buffer.type, Array | ListOf | KeysOf | Unknown):
            self.fail(f"the buffer is a {spell_type(buffer.type)}, not an array")
        self.reads(walk.operands(stmt))

    # --- types ------------------------------------------------------------------------------

    def agree(self, values: Iterable[Operand], targets: Iterable[Var], what: str) -> None:
        """Each variable can take the value that comes to it."""
        for value, target in zip(values, targets, strict=True):
            self.flows(type_of(value), target, target.type, what)

    def flows(
        self, source: Type | None, target: Var, wanted: Type, what: str, next_trip: bool = False
    ) -> None:
        """A value becomes a variable, which may be in the next trip of a loop."""
        if self.dialect == "lowered" or source is None:
            return
        if agrees(source, wanted if next_trip else unnamed(wanted)):
            return
        if target.primal is not None and agrees(shapeless(source), shapeless(cotangent_of(wanted))):
            return  # a cotangent has the shape of its value, whatever else is known of it
        types = f"{spell_type(source)}, and '{self.name(target)}' takes {spell_type(wanted)}"
        self.fail(f"the {what} has type {types}")
