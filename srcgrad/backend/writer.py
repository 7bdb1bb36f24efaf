"""A plan whose variables have names, as rows of text."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from srcgrad.backend.expressions import negated
from srcgrad.backend.plan import Attempt, Branch, Let, Line, Loop, Nested, Pair, Step
from srcgrad.backend.printing import print_header, print_statement
from srcgrad.ir.nodes import Loc, Var
from srcgrad.ir.types import Scalar, number_of


@dataclass
class Row:
    """One statement, or the header of one, as printed; no lines are a blank line."""

    depth: int
    lines: list[str]
    loc: Loc | None

    @property
    def text(self) -> list[str]:
        """The lines with their indentation."""
        return ["    " * self.depth + line if line else "" for line in self.lines]

    @property
    def width(self) -> int:
        return len(self.text[0]) if self.lines else 0


Settings: TypeAlias = tuple[tuple[str, str], ...]


class Writer:
    """Prints the steps of a plan; ``names`` has a name for every variable."""

    def __init__(self, names: Mapping[Var, str], errstate: ast.expr | None = None) -> None:
        self.names = names
        self.errstate = errstate
        self.settings: tuple[tuple[str, str], ...] = ()
        """Those of the ``with`` statements around the present step."""

    def steps(self, steps: list[Step], depth: int) -> list[Row]:
        rows: list[Row] = []
        for settings, group in self._groups(steps):
            if not settings or settings == self.settings:
                for step in group:
                    rows.extend(self.step(step, depth))
            else:
                rows.extend(self.within(settings, group, depth))
        return rows

    def within(self, settings: Settings, steps: list[Step], depth: int) -> Iterator[Row]:
        """Steps under ``with np.errstate(...)``."""
        outer, self.settings = self.settings, settings
        inner = self.steps(steps, depth + 1)
        self.settings = outer
        if not inner:
            return
        assert self.errstate is not None
        keywords = [ast.keyword(name, ast.Constant(value)) for name, value in settings]
        call = ast.Call(self.errstate, [], keywords)
        header = ast.With([ast.withitem(call)], [ast.Pass()])
        yield Row(depth, [print_header(header)], None)
        yield from inner

    def _groups(self, steps: list[Step]) -> Iterator[tuple[Settings, list[Step]]]:
        """The steps in runs that share a ``with``, in which a run neither begins nor ends with
        what comes from no line of the user's."""
        group: list[Step] = []
        neutral: list[Step] = []
        settings = self.settings
        for step in steps:
            loc = _loc_of(step)
            if loc is None and not isinstance(step, Nested):
                neutral.append(step)
                continue
            own = () if loc is None else loc.settings
            if own == settings or not self.errstate:
                group += [*neutral, step]
            else:
                yield settings, group
                if own == self.settings:
                    group = [*neutral, step]
                else:
                    yield self.settings, neutral
                    group = [step]
                settings = own
            neutral = []
        yield settings, group
        yield self.settings, neutral

    def step(self, step: Step, depth: int) -> Iterator[Row]:
        match step:
            case Let():
                yield from self.let(step, depth)
            case Line():
                yield self.line(step.node, step.loc, depth)
            case Branch():
                yield from self.branch(step, depth, "")
            case Attempt():
                yield from self.attempt(step, depth)
            case Loop():
                yield from self.loop(step, depth)
            case Nested():
                yield from self.nested(step, depth)

    def line(self, node: ast.stmt, loc: Loc | None, depth: int) -> Row:
        return Row(depth, print_statement(node, 4 * depth), loc)

    # --- assignments ----------------------------------------------------------------------------

    def let(self, step: Let, depth: int) -> Iterator[Row]:
        """Assignments at once, as single ones where an order exists that means the same."""
        waiting = [pair for pair in step.pairs if not self._is_nothing(pair)]
        while waiting:
            ready = next((pair for pair in waiting if self._may_go_first(pair, waiting)), None)
            if ready is None:
                names: list[ast.expr] = [self._target(pair) for pair in waiting]
                values = [pair.value for pair in waiting]
                target, value = ast.Tuple(names, ast.Store()), ast.Tuple(values, ast.Load())
                yield self.line(ast.Assign([target], value), waiting[0].loc, depth)
                return
            waiting.remove(ready)
            yield self.line(self._assignment(ready), ready.loc, depth)

    def _assignment(self, pair: Pair) -> ast.stmt:
        """``x = v``; or ``x += v`` for the cotangent of a number, where it adds to that."""
        target, value = self._target(pair), pair.value
        # An array of rank zero may be a view, and what the name stood for one.
        same = [var for var in pair.reads if self.names[var] == target.id]
        is_number = all(isinstance(number_of(v.type), Scalar) for v in (pair.target, *same))
        is_adjoint = pair.loc is not None and pair.loc.adjoint
        if (
            (
                is_number
                and is_adjoint
                and isinstance(value, ast.BinOp)
                and isinstance(value.op, ast.Add | ast.Sub)
            )
            and isinstance(value.left, ast.Name)
            and value.left.id == target.id
        ):
            return ast.AugAssign(target, value.op, value.right)
        return ast.Assign([target], value)

    def _is_nothing(self, pair: Pair) -> bool:
        return pair.source is not None and self.names[pair.source] == self.names[pair.target]

    def _may_go_first(self, pair: Pair, waiting: list[Pair]) -> bool:
        name = self.names[pair.target]
        others = (other for other in waiting if other is not pair)
        return all(name != self.names[var] for other in others for var in other.reads)

    def _target(self, pair: Pair) -> ast.Name:
        return ast.Name(self.names[pair.target], ast.Store())

    # --- blocks ---------------------------------------------------------------------------------

    def branch(self, step: Branch, depth: int, prefix: str) -> Iterator[Row]:
        if not self._has_arms(step):
            if _calls(step.test):
                yield self.line(ast.Expr(step.test), step.loc, depth)
            return
        if step.decides and not any(map(self._prints, (*step.then, *step.orelse))):
            yield Row(depth, [prefix + print_header(ast.If(step.test, [], []))], step.loc)
            yield Row(depth + 1, ["pass"], None)
            return
        if not any(map(self._prints, step.then)):
            step = Branch(negated(step.test), step.reads, step.orelse, [], step.loc)
        yield Row(depth, [prefix + print_header(ast.If(step.test, [], []))], step.loc)
        yield from self.steps(step.then, depth + 1)
        inner = self._only_branch(step.orelse)
        if inner is not None:
            yield from self.branch(inner, depth, "el")
        elif any(map(self._prints, step.orelse)):
            yield Row(depth, ["else:"], None)
            yield from self.steps(step.orelse, depth + 1)

    def attempt(self, step: Attempt, depth: int) -> Iterator[Row]:
        yield Row(depth, ["try:"], step.loc)
        yield from self.steps(step.body, depth + 1) or [Row(depth + 1, ["pass"], None)]
        caught = ast.unparse(step.caught)
        if step.error is not None:
            caught = f"{caught} as {self.names[step.error]}"
        yield Row(depth, [f"except {caught}:"], None)
        yield from self.steps(step.handler, depth + 1) or [Row(depth + 1, ["pass"], None)]

    def _only_branch(self, steps: list[Step]) -> Branch | None:
        """The branch that ``steps`` consist of, apart from what prints as nothing."""
        printed = [step for step in steps if self._prints(step)]
        only = printed[0] if len(printed) == 1 else None
        return only if isinstance(only, Branch) and self._has_arms(only) else None

    def _has_arms(self, step: Branch) -> bool:
        return step.decides or any(map(self._prints, (*step.then, *step.orelse)))

    def _prints(self, step: Step) -> bool:
        """Whether anything is printed for a step: found out without printing it, as branches may
        be nested deeply."""
        match step:
            case Let():
                return not all(map(self._is_nothing, step.pairs))
            case Branch():
                return self._has_arms(step) or _calls(step.test)
            case Loop(header=ast.For()):
                return step.decides or any(map(self._prints, (*step.cond, *step.body)))
            case _:
                return True

    def loop(self, step: Loop, depth: int) -> Iterator[Row]:
        body = [*self.steps(step.cond, depth + 1), *self.steps(step.body, depth + 1)]
        if not body and isinstance(step.header, ast.For) and not step.decides:
            return
        yield Row(depth, [print_header(step.header)], step.loc)
        yield from body or [Row(depth + 1, ["pass"], None)]

    def nested(self, step: Nested, depth: int) -> Iterator[Row]:
        yield Row(depth, [], None)
        step.scope.node.name = self.names[step.target]
        yield Row(depth, signature(step.scope.node, 4 * depth), None)
        if step.scope.doc:
            yield Row(depth + 1, docstring(step.scope.doc), None)
        for title, steps in sections(step.scope.body):
            if title == "Backward":
                yield Row(depth + 1, [], None)
            if title:
                yield Row(depth + 1, [f"# {title}"], None)
            outer, self.settings = self.settings, ()  # which holds when it is called
            yield from self.steps(steps, depth + 1)
            self.settings = outer
        yield Row(depth, [], None)


def _calls(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Call) for node in ast.walk(test))


def sections(steps: list[Step]) -> list[tuple[str, list[Step]]]:
    """The forward and the backward part; a single part without a title where one is missing."""
    backward = next((i for i, step in enumerate(steps) if _is_backward(step)), len(steps))
    has_forward = any(_loc_of(step) is not None for step in steps[:backward])
    if not has_forward or backward == len(steps) or _is_result(steps[backward]):
        return [("", steps)]
    return [("Forward", steps[:backward]), ("Backward", steps[backward:])]


def _is_backward(step: Step) -> bool:
    loc = _loc_of(step)
    return loc is not None and loc.adjoint


def _is_result(step: Step) -> bool:
    return isinstance(step, Line) and isinstance(step.node, ast.Return)


def _loc_of(step: Step) -> Loc | None:
    if isinstance(step, Let):
        return next((pair.loc for pair in step.pairs if pair.loc is not None), None)
    # A nested function has sections of its own.
    return None if isinstance(step, Nested) else step.loc


def signature(node: ast.FunctionDef, indent: int = 0) -> list[str]:
    """The ``def`` line; one parameter on each line where it would be too long."""
    text = print_header(node)
    if len(text) + indent <= 100:
        return [text]
    return [f"def {node.name}(", *_parameter_lines(node.args), "):"]


def _parameter_lines(arguments: ast.arguments) -> Iterator[str]:
    text = ast.unparse(arguments)
    depth, start = 0, 0
    for position, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            yield f"    {text[start:position].strip()},"
            start = position + 1
    yield f"    {text[start:].strip()},"


def docstring(doc: str) -> list[str]:
    """A docstring as it stands in source."""
    text = doc.strip().replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    lines = [line.rstrip() for line in text.split("\n")]
    if len(lines) == 1:
        return [f'"""{lines[0]}"""']
    return [f'"""{lines[0]}', *lines[1:], '"""']
