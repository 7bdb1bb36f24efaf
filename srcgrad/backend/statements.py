"""Statements of the IR as Python statements, with variables still to be named."""

from __future__ import annotations

import ast
import operator
from collections.abc import Iterable

import numpy as np

from srcgrad.analysis.attempts import PROPHECIES
from srcgrad.analysis.repeats import may_repeat
from srcgrad.backend.endings import last_trip, there_after_an_exit
from srcgrad.backend.expressions import BINARY, Expressions, negated
from srcgrad.backend.loops import for_header, row_loop
from srcgrad.backend.plan import Attempt, Branch, Let, Line, Loop, Nested, Pair, Scope, Step
from srcgrad.backend.signature import parameters
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import (
    UNDEFINED,
    Apply,
    Block,
    Const,
    Define,
    For,
    Function,
    If,
    Loc,
    Operand,
    Pack,
    Raise,
    Stmt,
    Store,
    Try,
    Var,
    While,
)
from srcgrad.ir.recursion import Pulled
from srcgrad.ir.types import Array, ListOf, PackType, Scalar, dtype_of, number_of
from srcgrad.ir.walk import alike, blocks, params_of, targets, used, variables


class Statements:
    """Builds the plan of one function; ``local`` are the variables that it assigns itself."""

    def __init__(self, expressions: Expressions, outside: Iterable[Var] = ()) -> None:
        self.expressions = expressions
        self.nesting = expressions.nesting
        self.outside = frozenset(outside)
        self._unpacked: set[Stmt] = set()

    def block(self, block: Block) -> list[Step]:
        """The statements of a block, without its results."""
        steps: list[Step] = []
        for position, stmt in enumerate(block.body):
            if stmt not in self.nesting.dead and stmt not in self._unpacked:
                steps.extend(self.statement(stmt, block, position))
        return steps

    def statement(self, stmt: Stmt, block: Block, position: int) -> list[Step]:
        match stmt:
            case Apply() | If() if any(var in self.nesting.inner for var in targets(stmt)):
                return []
            case Apply() if stmt.op in PROPHECIES:
                return []
            case Apply():
                return self.apply(stmt, block, position)
            case Try():
                return [self.attempt(stmt)]
            case If() if stmt in self.nesting.choices:
                value, reads = self.expressions.tracked(lambda: self.expressions.value(stmt))
                return [Let([Pair(stmt.targets[0], value, reads, None, stmt.loc)])]
            case If():
                return self.branch(stmt)
            case For():
                return self.counted(stmt)
            case While():
                return self.conditional_loop(stmt)
            case Store():
                return [self.store(stmt)]
            case Raise():
                return [self.raising(stmt)]
            case Define():
                return [self.define(stmt)]
            case _:
                raise AssertionError(f"{type(stmt).__name__} does not belong to the typed dialect")

    # --- simple statements ----------------------------------------------------------------------

    def pair(self, target: Var, operand: Operand, loc: Loc | None) -> Pair | None:
        """``target = operand``; None where there is nothing to assign."""
        if isinstance(operand, Const) and operand.value is UNDEFINED:
            return None
        value, reads = self.expressions.read(operand)
        inner = self.nesting.inner.get(operand) if isinstance(operand, Var) else None
        plain = isinstance(value, ast.Name) and isinstance(operand, Var) and inner is None
        source = operand if plain and isinstance(operand, Var) else None
        return Pair(target, value, reads, source, loc if inner is None else inner.loc)

    def copies(
        self, into: Iterable[Var], operands: Iterable[Operand], loc: Loc | None
    ) -> list[Step]:
        """Assigns operands to variables, at once; variables that nobody reads are left out.

        Values that come from no operation are shown to come from ``loc``.
        """
        unread = self.nesting.unread
        pairs = [
            self.pair(target, operand, loc)
            for target, operand in zip(into, operands, strict=True)
            if target not in unread
        ]
        present = [pair for pair in pairs if pair is not None]
        return [Let(present)] if present else []

    def apply(self, stmt: Apply, block: Block, position: int) -> list[Step]:
        if stmt.op is intrinsics.taken:
            return self.copies((stmt.target,), stmt.args, stmt.loc)
        if stmt.op is operator.setitem:
            return [self.set_item(stmt)]
        if stmt.op is operator.delitem:
            return [self.delete_item(stmt)]
        parts = self._parts(stmt, block, position)
        value, reads = self.expressions.tracked(lambda: self.expressions.value(stmt))
        if parts is not None:
            names: list[ast.expr] = [
                self.expressions.name(var, store=True) if var else ast.Name("_", ast.Store())
                for var in parts
            ]
            node: ast.stmt = ast.Assign([ast.Tuple(names, ast.Store())], value)
            return [Line(node, reads, tuple(var for var in parts if var), stmt.loc)]
        if not self.nesting.counts[stmt.target]:
            return [Line(_statement(stmt, value), reads, (), stmt.loc)]
        return [Let([Pair(stmt.target, value, reads, None, stmt.loc)])]

    def set_item(self, stmt: Apply) -> Step:
        """``d[k] = v`` of a container from outside."""
        container, key, kept = stmt.args
        value, value_reads = self.expressions.read(kept)
        target, reads = self.expressions.tracked(
            lambda: ast.Subscript(
                self.expressions.operand(container), self.expressions.index(key), ast.Store()
            )
        )
        return Line(ast.Assign([target], value), (*value_reads, *reads), (), stmt.loc)

    def delete_item(self, stmt: Apply) -> Step:
        """``del d[k]`` of a container from outside."""
        container, key = stmt.args
        target, reads = self.expressions.tracked(
            lambda: ast.Subscript(
                self.expressions.operand(container), self.expressions.index(key), ast.Del()
            )
        )
        return Line(ast.Delete([target]), reads, (), stmt.loc)

    def _parts(self, stmt: Apply, block: Block, position: int) -> list[Var | None] | None:
        """The variables that take the result apart at once: ``q, r = np.linalg.qr(a)``."""
        type_ = stmt.target.type
        if stmt.target.name or not isinstance(type_, PackType) or type_.kind is dict:
            return None
        parts: list[Var | None] = [None] * len(type_.items)
        users: list[Stmt] = []
        is_pair = isinstance(stmt.op, Pulled)
        for user in block.body[position + 1 :]:
            if is_pair and isinstance(user, Apply) and user.op is list.append:
                continue  # one part is saved before the other is taken
            if not isinstance(user, Apply) or user.op is not operator.getitem:
                break
            key = user.args[1].value if isinstance(user.args[1], Const) else None
            if user.args[0] is not stmt.target or type(key) is not int or not user.target.name:
                break
            if not -len(parts) <= key < len(parts) or parts[key] is not None:
                break
            parts[key] = user.target
            users.append(user)
        least = 1 if is_pair else 2
        if len(users) < max(least, self.nesting.counts[stmt.target]):
            return None
        self._unpacked.update(users)
        return parts

    def store(self, stmt: Store) -> Step:
        """``x_bar[i] += v`` and its kin."""
        expressions = self.expressions
        augmented = self._augmented(stmt)
        if augmented is not None:
            return self._operate(stmt, *augmented)
        value, value_reads = expressions.read(stmt.value)
        if stmt.accumulate and stmt.index is not None and may_repeat(stmt.index, {}):
            node, reads = expressions.tracked(lambda: self._scatter(stmt, value))
            return Line(ast.Expr(node), (*value_reads, *reads), (), stmt.loc)
        given = self._output(stmt)
        if given is not None and isinstance(value, ast.Call):
            node, reads = expressions.tracked(lambda: expressions.operand(given))
            value.keywords.append(ast.keyword("out", node))
            return Line(ast.Expr(value), (*value_reads, *reads), (), stmt.loc)
        target, reads = expressions.tracked(lambda: self._destination(stmt))
        reads = (*value_reads, *reads)
        assert isinstance(target, ast.Name | ast.Subscript)
        target.ctx = ast.Store()
        if stmt.accumulate:
            negative = _negative_of(value)
            if negative is not None:
                return Line(ast.AugAssign(target, ast.Sub(), negative), reads, (), stmt.loc)
            return Line(ast.AugAssign(target, ast.Add(), value), reads, (), stmt.loc)
        return Line(ast.Assign([target], value), reads, (), stmt.loc)

    def _output(self, stmt: Store) -> Operand | None:
        """The array to which a function can write what is assigned to it: ``np.exp(x, out=y)``."""
        made = self.nesting.inner.get(stmt.value) if isinstance(stmt.value, Var) else None
        if stmt.accumulate or stmt.index is not None or not isinstance(made, Apply):
            return None
        if not isinstance(made.op, np.ufunc) or made.kwargs:
            return None
        if made.op.nout != 1 or made.op.signature is not None:
            return None
        have, wanted = made.target.type, stmt.buffer.type
        if not isinstance(have, Array) or not isinstance(wanted, Array):
            return None
        fits = have.dtype == wanted.dtype and have.ndim <= wanted.ndim
        return stmt.buffer if fits and not _holds_arrays(stmt.buffer) else None

    def _augmented(self, stmt: Store) -> tuple[type[ast.operator], Operand] | None:
        """The operator and the operand where ``x[i] = x[i] * v`` is as good as ``x[i] *= v``."""
        value = self.nesting.inner.get(stmt.value) if isinstance(stmt.value, Var) else None
        if stmt.accumulate or not isinstance(value, Apply) or value.op not in BINARY:
            return None
        if _holds_arrays(stmt.buffer):
            return None
        if dtype_of(value.target.type) != dtype_of(stmt.buffer.type):
            return None
        left, right = value.args
        if stmt.loc.adjoint and value.op is operator.mul and right is stmt.buffer:
            left, right = right, left  # a number times what is there
        if stmt.index is not None:
            view = self.nesting.inner.get(left) if isinstance(left, Var) else None
            if not isinstance(view, Apply) or view.op is not operator.getitem:
                return None
            if not alike(view.args[1], stmt.index):
                return None
            left = view.args[0]
        same = left is stmt.buffer or self._is_one_row(left, stmt.buffer)
        return (BINARY[value.op], right) if same else None

    def _is_one_row(self, a: Operand, b: Operand) -> bool:
        """Whether both are printed as the same element of a list of lists: ``xs[i]``."""
        rows = [self.nesting.inner.get(each) if isinstance(each, Var) else None for each in (a, b)]
        first, second = rows
        if not isinstance(first, Apply) or not isinstance(second, Apply):
            return False
        if first.op is not operator.getitem or second.op is not operator.getitem:
            return False
        whole = first.args[0]
        is_list = isinstance(whole, Var) and isinstance(whole.type, ListOf)
        return is_list and whole is second.args[0] and alike(first.args[1], second.args[1])

    def _operate(self, stmt: Store, op: type[ast.operator], operand: Operand) -> Step:
        """``x[i] *= v``."""
        value, value_reads = self.expressions.read(operand)
        target, reads = self.expressions.tracked(lambda: self._destination(stmt, True))
        assert isinstance(target, ast.Name | ast.Subscript)
        target.ctx = ast.Store()
        return Line(ast.AugAssign(target, op(), value), (*value_reads, *reads), (), stmt.loc)

    def _scatter(self, stmt: Store, value: ast.expr) -> ast.expr:
        assert stmt.index is not None
        buffer, index = self.expressions.operand(stmt.buffer), self.expressions.operand(stmt.index)
        return ast.Call(self.expressions.spelling.object(np.add.at), [buffer, index, value], [])

    def _destination(self, stmt: Store, augmented: bool = False) -> ast.expr:
        buffer = self.expressions.operand(stmt.buffer)
        if stmt.index is not None:
            return ast.Subscript(buffer, self.expressions.index(stmt.index), ast.Store())
        # ``x += v`` makes x a local variable, so that it must be one, and assigns ``x[i] += v``.
        own = isinstance(buffer, ast.Name) and stmt.buffer not in self.outside
        item = isinstance(buffer, ast.Subscript) and not self._is_in_tuple(stmt.buffer)
        if (stmt.accumulate or augmented) and (own or item):
            return buffer
        return ast.Subscript(buffer, ast.Constant(...), ast.Store())

    def _is_in_tuple(self, var: Var) -> bool:
        """Whether a variable is printed as an element of a tuple, to which nothing is assigned."""
        made = self.nesting.inner.get(var)
        whole = made.args[0] if isinstance(made, Apply) and made.args else None
        type_ = whole.type if isinstance(whole, Var) else None
        return isinstance(type_, PackType) and issubclass(type_.kind, tuple)

    def raising(self, stmt: Raise) -> Step:
        exception, reads = self.expressions.read(stmt.exception)
        if stmt.cause is None:
            return Line(ast.Raise(exception, None), reads, (), stmt.loc)
        cause, more = self.expressions.read(stmt.cause)
        return Line(ast.Raise(exception, cause), (*reads, *more), (), stmt.loc)

    # --- branches -------------------------------------------------------------------------------

    def attempt(self, stmt: Try) -> Step:
        """``try`` and its handlers; either way ends by telling which, if somebody asks."""
        counts = self.nesting.counts
        body, handler = self.arm(stmt, stmt.then), self.arm(stmt, stmt.orelse)
        if isinstance(stmt.cond, Var) and counts[stmt.cond] > 1:
            for steps, arm, truth in ((body, stmt.then, True), (handler, stmt.orelse, False)):
                if not arm.diverges:
                    value = ast.Constant(truth)
                    steps.append(Let([Pair(stmt.cond, value, (), None, None)]))
        first = stmt.orelse.body[0]
        assert isinstance(first, Apply)
        assert first.op is intrinsics.caught
        error = first.target if counts[first.target] else None
        assert isinstance(stmt.caught, Pack)
        classes = stmt.caught
        caught = self.expressions.operand(classes.items[0] if len(classes.items) == 1 else classes)
        return Attempt(body, caught, error, handler, stmt.loc)

    def branch(self, stmt: If) -> list[Step]:
        test, reads = self.expressions.read(stmt.cond)
        then, orelse = self.arm(stmt, stmt.then), self.arm(stmt, stmt.orelse)
        for arm, other, fails in ((stmt.orelse, then, True), (stmt.then, orelse, False)):
            if not arm.diverges:
                continue
            raising = orelse if fails else then
            check = self._assertion(stmt, arm, raising, test if fails else negated(test))
            if check is not None:
                check.reads = (*reads, *check.reads)
                return [check, *other]
            # What follows a guard needs no ``else``.
            guard = Branch(negated(test) if fails else test, reads, raising, [], stmt.loc)
            return [guard, *other]
        decides = stmt in self.nesting.deciding
        return [Branch(test, reads, then, orelse, stmt.loc, decides)]

    def arm(self, stmt: If, arm: Block) -> list[Step]:
        steps = self.block(arm)
        if not arm.diverges:
            steps.extend(self.copies(stmt.targets, arm.results, None))
        return steps

    def _assertion(self, stmt: If, arm: Block, steps: list[Step], test: ast.expr) -> Line | None:
        """``assert test, message`` where the arm does nothing but raise AssertionError."""
        last = arm.body[-1]
        text = stmt.loc.text
        if text and not text[0].lstrip().startswith("assert"):
            return None
        if len(steps) != 1 or not isinstance(last, Raise) or not isinstance(steps[0], Line):
            return None
        node = steps[0].node
        assert isinstance(node, ast.Raise)
        call = node.exc
        function = call.func if isinstance(call, ast.Call) else call
        if not isinstance(function, ast.Name) or function.id != "AssertionError" or node.cause:
            return None
        if isinstance(call, ast.Call) and (len(call.args) > 1 or call.keywords):
            return None
        message = call.args[0] if isinstance(call, ast.Call) and call.args else None
        return Line(ast.Assert(test, message), steps[0].reads, (), stmt.loc)

    # --- loops ----------------------------------------------------------------------------------

    def counted(self, stmt: For) -> list[Step]:
        """A ``for`` loop and the first values of what it carries."""
        steps = self.copies(stmt.carried, stmt.init, stmt.loc)
        row = row_loop(stmt, self.nesting)
        index = stmt.body.params[0] if row is None else row.target
        if row is not None:
            self._unpacked.add(row)
        used = self.nesting.counts[index] > 0
        target = self.expressions.name(index, store=True) if used else ast.Name("_", ast.Store())
        iterable, reads = self.expressions.tracked(
            lambda: for_header(stmt, self.expressions, row, used)
        )
        body = self.trip(stmt)
        header = ast.For(target, iterable, [], [])
        written = (index,) if used else ()
        carried, at_exit = self._live(stmt)
        decides = stmt in self.nesting.deciding
        steps.append(Loop(header, reads, written, carried, [], body, stmt.loc, decides, at_exit))
        return steps

    def conditional_loop(self, stmt: While) -> list[Step]:
        steps = self.copies(stmt.body.params, stmt.init, stmt.loc)
        cond = self.block(stmt.cond)
        test, reads = self.expressions.read(stmt.cond.results[0])
        if cond:
            leave = Line(ast.Break(), (), (), stmt.loc)
            cond.append(Branch(negated(test), reads, [leave], [], stmt.loc))
            test, reads = ast.Constant(True), ()
        body = self.trip(stmt)
        header = ast.While(test, [], [])
        carried, at_exit = self._live(stmt)
        steps.append(Loop(header, reads, (), carried, cond, body, stmt.loc, at_exit=at_exit))
        return steps

    def trip(self, stmt: For | While) -> list[Step]:
        """The body of a loop, with what it carries on."""
        if stmt.exits:
            return last_trip(self, stmt)
        return [*self.block(stmt.body), *self.copies(stmt.carried, stmt.body.results, None)]

    def _live(self, stmt: For | While) -> tuple[tuple[Var, ...], frozenset[Var]]:
        """What is needed in all of a loop, and what is there only after an exit."""
        later = there_after_an_exit(stmt)
        unread = self.nesting.unread
        return tuple(v for v in stmt.carried if v not in unread and v not in later), later

    # --- functions ------------------------------------------------------------------------------

    def define(self, stmt: Define) -> Step:
        inline = self.expressions.inline
        captured = captures(stmt.function)
        outer = tuple(var for var in captured if var not in inline)
        builder = Statements(self.expressions, (*self.outside, *captured))
        scope = builder.function(stmt.function)
        scope.outside = frozenset(outer)
        for name, default in stmt.defaults:
            scope.node.args.defaults.append(self.expressions.read(default)[0])
            assert any(param.name == name for param in stmt.function.params)
        return Nested(stmt.target, scope, outer, stmt.loc)

    def function(self, function: Function) -> Scope:
        """The plan of a function."""
        arguments, params, opening = parameters(function, self.expressions)
        body: list[Step] = [*opening, *self.block(function.body)]
        result = function.body.results[0]
        is_nothing = isinstance(result, Const) and result.value is None and body
        if not function.body.diverges and not is_nothing:
            value, reads = self.expressions.read(result)
            body.append(Line(ast.Return(value), reads, (), self._result_loc(result)))
        node = ast.FunctionDef(function.name, arguments, [], [], None)
        return Scope(node, params, body, function.doc)

    def _result_loc(self, result: Operand) -> Loc | None:
        """The line of the user's that a returned expression comes from."""
        if isinstance(result, Var):
            inner = self.nesting.inner.get(result)
            return inner.loc if inner is not None else None
        if isinstance(result, Pack):
            for item in result.items:
                if (loc := self._result_loc(item)) is not None:
                    return loc
        return None


def _negative_of(value: ast.expr) -> ast.expr | None:
    """``v`` where ``value`` is ``-v``, ``4 * v`` where it is ``-4 * v``."""
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub):
        return value.operand
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult):
        left = value.left
        number = left.value if isinstance(left, ast.Constant) else None
        if isinstance(number, int | float) and number < 0:
            return ast.BinOp(ast.Constant(-number), ast.Mult(), value.right)
        if isinstance(left, ast.UnaryOp) and isinstance(left.op, ast.USub):
            return ast.BinOp(left.operand, ast.Mult(), value.right)
    return None


def captures(function: Function) -> tuple[Var, ...]:
    """The variables that a function reads from outside.

    Its loops are unified already, so that a loop's parameters are read after it.
    """
    read: dict[Var, None] = {}
    defined = set(params_of(function))

    def visit(block: Block) -> None:
        defined.update(block.params)
        for stmt in block.body:
            read.update(dict.fromkeys(used(stmt)))
            defined.update(targets(stmt))
            if isinstance(stmt, Define):
                defined.update(params_of(stmt.function))
            for inner in blocks(stmt):
                visit(inner)
        for result in block.results:
            read.update(dict.fromkeys(variables(result)))

    visit(function.body)
    return tuple(var for var in read if var not in defined)


def _statement(stmt: Apply, value: ast.expr) -> ast.stmt:
    """An operation whose result nobody reads; ``setattr(x, "name", v)`` as ``x.name = v``."""
    if stmt.op is setattr and isinstance(value, ast.Call):
        name = stmt.args[1]
        if isinstance(name, Const) and str(name.value).isidentifier():
            target = ast.Attribute(value.args[0], name.value, ast.Store())
            return ast.Assign([target], value.args[2])
    return ast.Expr(value)


def _holds_arrays(buffer: Var) -> bool:
    """Whether ``buffer`` is a list whose elements ``xs[i] += v`` would write into.

    They may be anybody's: rows of an argument, or one array many times.
    """
    if not isinstance(buffer.type, ListOf):
        return False
    return not isinstance(number_of(buffer.type.item), Scalar)
