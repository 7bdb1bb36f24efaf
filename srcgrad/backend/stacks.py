"""Saved values become lists: ``h_before.append(h)`` going forward, ``h = h_before.pop()`` back.

In the IR a loop has stacked outputs and stacked inputs, as a scan.  Here each stacked output turns
into a list that the loop appends to, and each stacked input into a ``pop`` (where the list is
consumed once, in the opposite direction, and not in a function that may be called again) or into
an element access.  The result is IR again, whose loops have no stacks.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from srcgrad.backend.describe import describe_temporaries
from srcgrad.ir.exits import deciding, is_true
from srcgrad.ir.nodes import (
    Apply,
    Block,
    Const,
    Define,
    For,
    Function,
    If,
    Loc,
    Operand,
    Stmt,
    Try,
    Var,
    While,
)
from srcgrad.ir.types import PY_INT, StackOf
from srcgrad.ir.walk import (
    blocks,
    free_in_stmt,
    map_operand,
    statements,
    substitute,
    targets,
    used,
    variables,
)

_Context: TypeAlias = tuple[Stmt, ...]


@dataclass(frozen=True)
class _Origin:
    """Where a list comes from.

    ``context`` are the loops and functions around the place that makes it, ``element`` is what
    was appended, and ``sources`` are other variables for the same list.
    """

    backward: bool
    context: _Context
    element: Operand | None
    sources: tuple[Var, ...] = ()


def lists_for_stacks(function: Function) -> Function:
    """``function`` with every stack replaced by a list."""
    if not any(_has_stacks(stmt) for stmt in statements(function.body.body)):
        return function
    plan = Survey(function)
    rewrite = _Rewrite(plan, describe_temporaries(function))
    body = substitute(rewrite.block(function.body), rewrite.named)
    return replace(function, body=body)


def _has_stacks(stmt: Stmt) -> bool:
    if isinstance(stmt, For) and stmt.stacks:
        return True
    return isinstance(stmt, For | While) and len(stmt.targets) > len(stmt.init)


def _outputs(stmt: For | While) -> list[tuple[Var, Operand]]:
    """The stacked outputs of a loop, each with the element that a trip adds to it."""
    first = len(stmt.init)
    return list(zip(stmt.targets[first:], stmt.body.results[first:], strict=True))


class Survey:
    """Finds the lists that may be consumed by ``pop``, and those built in reverse order."""

    def __init__(self, function: Function) -> None:
        self.origins: dict[Var, _Origin] = {}
        self.popped: set[Var] = set()
        self.counts: Counter[Var] = Counter()
        self._count(function.body)
        self._visit(function.body, ())

    def _count(self, block: Block) -> None:
        for stmt in block.body:
            self.counts.update(used(stmt))
            for inner in blocks(stmt):
                self._count(inner)
        for result in block.results:
            self.counts.update(variables(result))

    def _visit(self, block: Block, context: _Context) -> None:
        for stmt in block.body:
            inside = (*context, stmt) if isinstance(stmt, For | While | Define) else context
            if isinstance(stmt, For):
                self._consume(stmt, context)
            for inner in blocks(stmt):
                self._visit(inner, inside)
            if isinstance(stmt, For | While):
                backward = isinstance(stmt, For) and stmt.backward
                for target, element in _outputs(stmt):
                    self.origins[target] = _Origin(backward, context, element)
            elif isinstance(stmt, If):
                self._join(stmt, context)

    def _consume(self, stmt: For, context: _Context) -> None:
        first = 1 + len(stmt.init)
        for stack, param in zip(stmt.stacks, stmt.body.params[first:], strict=True):
            origin = self.origins.get(stack) if isinstance(stack, Var) else None
            if origin is None or not isinstance(stack, Var):
                continue
            element = origin.element
            inner = self.origins.get(element) if isinstance(element, Var) else None
            once = self.counts[stack] == 1 and origin.context == context
            if once and origin.backward != stmt.backward:
                self._mark(stack)
                if inner is not None and isinstance(element, Var) and self.counts[element] == 1:
                    same = replace(inner, context=(*context, stmt), sources=(element,))
                    self.origins[param] = same

    def _mark(self, stack: Var) -> None:
        self.popped.add(stack)
        origin = self.origins.get(stack)
        for source in origin.sources if origin else ():
            self._mark(source)

    def _join(self, stmt: If, context: _Context) -> None:
        for target, *results in zip(
            stmt.targets, stmt.then.results, stmt.orelse.results, strict=True
        ):
            sources = tuple(r for r in results if isinstance(r, Var))
            origins = [self.origins[s] for s in sources if s in self.origins]
            once = all(self.counts[source] == 1 for source in sources)
            if not origins or len(origins) < len(sources) or not once:
                continue
            if all(o.backward == origins[0].backward for o in origins):
                element = origins[0].element if len(origins) == 1 else None
                self.origins[target] = _Origin(origins[0].backward, context, element, sources)


class _Rewrite:
    """Builds the statements that make and read the lists.

    ``words`` are names for what the user did not name.
    """

    def __init__(self, survey: Survey, words: Mapping[Var, str]) -> None:
        self.survey = survey
        self.words = words
        self.named: dict[Var, Operand] = {}

    def block(self, block: Block) -> Block:
        body = tuple(new for stmt in block.body for new in self.stmt(stmt))
        return replace(block, body=body)

    def stmt(self, stmt: Stmt) -> Iterator[Stmt]:
        match stmt:
            case If():
                yield replace(stmt, then=self.block(stmt.then), orelse=self.block(stmt.orelse))
            case Define():
                function = replace(stmt.function, body=self.block(stmt.function.body))
                yield replace(stmt, function=function)
            case For():
                yield from self.loop(stmt)
            case While():
                yield from self.filled(replace(stmt, cond=self.block(stmt.cond)))
            case _:
                yield stmt

    def loop(self, stmt: For) -> Iterator[Stmt]:
        """A loop whose elements come from lists."""
        first = 1 + len(stmt.init)
        pairs = list(zip(stmt.stacks, stmt.body.params[first:], strict=True))
        pairs = [pair for pair in pairs if self.survey.counts[pair[1]]]
        by_index = any(stack not in self.survey.popped for stack, _ in pairs)
        index: Operand = stmt.body.params[0]
        plain = _is_int(stmt.start, 0) and _is_int(stmt.step, 1)
        if by_index and not plain:
            before, stmt, index = _count_trips(stmt, pairs[0][0])
            yield from before
        reads = []
        for stack, param in pairs:
            popped = stack in self.survey.popped
            if not param.name:
                param.hint = param.hint or self.word(stack)
            args = (stack,) if popped else (stack, index)
            op = list.pop if popped else operator.getitem
            reads.append(Apply(param, op, args, (), stmt.loc))
        body = replace(with_reads(stmt.body, reads), params=stmt.body.params[:first])
        yield from self.filled(replace(stmt, stacks=(), body=body))

    def filled(self, stmt: For | While) -> Iterator[Stmt]:
        """A loop that appends its stacked outputs to lists."""
        outputs = [(s, e) for s, e in _outputs(stmt) if self.survey.counts[s]]
        kept = len(stmt.init)
        after: list[Stmt] = []
        for stack, element in outputs:
            made = Var(stack.name or self.list_name(element, stmt), stack.type)
            self.named[stack] = made
            yield Apply(made, list, (), (), stmt.loc)
            if isinstance(stmt, For) and stmt.backward and stack not in self.survey.popped:
                after.append(Apply(Var(), list.reverse, (stack,), (), stmt.loc))
        flag = stmt.body.results[0] if stmt.exits else None
        appending = _with_appends_at_end if stmt.whole else with_appends
        body = self.block(appending(stmt.body, outputs, stmt.loc, flag))
        body = replace(body, results=body.results[:kept])
        yield replace(stmt, targets=stmt.targets[:kept], body=body)
        yield from after

    def word(self, stack: Operand) -> str:
        """What the elements of a stack are called where they are made."""
        origin = self.survey.origins.get(stack) if isinstance(stack, Var) else None
        element = origin.element if origin else None
        return self.words.get(element, "") if isinstance(element, Var) else ""

    def list_name(self, element: Operand, stmt: For | While) -> str:
        name = (element.name or self.words.get(element)) if isinstance(element, Var) else ""
        if not name:
            return "saved"
        return f"{name}_{'before' if element in stmt.body.params else 'saved'}"


def _is_int(operand: Operand, value: int) -> bool:
    return isinstance(operand, Const) and type(operand.value) is int and operand.value == value


def _count_trips(stmt: For, stack: Operand) -> tuple[list[Stmt], For, Var]:
    """``for t in range(a, b, c)`` as a loop over the positions in a list, from which t follows."""
    trips, k, offset = Var("", PY_INT), Var("k", PY_INT), Var("", PY_INT)
    loc = stmt.loc
    index = stmt.body.params[0]
    steps: tuple[Stmt, ...] = (
        Apply(offset, operator.mul, (k, stmt.step), (), loc),
        Apply(index, operator.add, (stmt.start, offset), (), loc),
    )
    if _is_int(stmt.start, 0):
        steps = (Apply(index, operator.mul, (k, stmt.step), (), loc),)
    elif _is_int(stmt.step, 1):
        steps = (Apply(index, operator.add, (stmt.start, k), (), loc),)
    body = replace(stmt.body, params=(k, *stmt.body.params[1:]), body=(*steps, *stmt.body.body))
    loop = replace(stmt, start=Const(0), stop=trips, step=Const(1), body=body)
    return [Apply(trips, len, (stack,), (), loc)], loop, k


def with_reads(body: Block, reads: list[Apply]) -> Block:
    """``body`` with each read put right before the first statement that needs its value."""
    if not reads:
        return body
    places: dict[Var, tuple[int, Loc]] = {}
    wanted = {read.target for read in reads}
    for position, stmt in enumerate(body.body):
        for var in free_in_stmt(stmt):
            if var in wanted and var not in places:
                places[var] = (position, stmt.loc)
    at: dict[int, list[Stmt]] = {}
    for read in reads:
        position, loc = places.get(read.target, (len(body.body), _last_loc(body, read.loc)))
        at.setdefault(position, []).append(replace(read, loc=loc))
    return replace(body, body=_inserted(body.body, at))


def _last_loc(body: Block, loc: Loc) -> Loc:
    return body.body[-1].loc if body.body else loc


def with_appends(
    body: Block, outputs: list[tuple[Var, Operand]], loc: Loc, flag: Operand | None = None
) -> Block:
    """``body`` with each element appended as soon as it exists, before its name is taken over.

    ``flag`` is the result that says whether a loop exits: nothing comes after the branch that
    decides about it, so that each of its arms appends what it gives.
    """
    if not outputs:
        return body
    defined = {var: i + 1 for i, stmt in enumerate(body.body) for var in targets(stmt)}
    # Whether a body has run to its end is known after it.
    ways = ((s.cond, i + 1) for i, s in enumerate(body.body) if isinstance(s, Try))
    defined.update((cond, place) for cond, place in ways if isinstance(cond, Var))
    statements_ = list(body.body)
    last = None if flag is None else deciding(body, flag)
    if last is not None:
        assert flag is not None
        outputs, statements_[-1] = _append_in_arms(last, outputs, flag)
        # So does the branch before, where that finds whether the loop exits.
        before = deciding(Block((), body.body[:-1], ()), last.cond)
        if before is not None:
            outputs, statements_[-2] = _append_in_arms(before, outputs, last.cond)
    at: dict[int, list[Stmt]] = {}
    for stack, element in outputs:
        position = max((defined.get(var, 0) for var in variables(element)), default=0)
        where = body.body[position - 1].loc if position else loc
        append = Apply(Var(), list.append, (stack, element), (), where)
        at.setdefault(position, []).append(append)
    return replace(body, body=_inserted(tuple(statements_), at))


def _with_appends_at_end(
    body: Block, outputs: list[tuple[Var, Operand]], loc: Loc, flag: Operand | None
) -> Block:
    """``body`` with the elements appended only where the trip does not leave the loop."""
    last = None if flag is None else deciding(body, flag)
    if flag is None or is_true(flag):
        return body
    if last is None:
        return with_appends(body, outputs, loc)
    arms = []
    for arm in (last.then, last.orelse):
        known = dict(zip(last.targets, arm.results, strict=True))
        given = [(stack, _replaced(element, known)) for stack, element in outputs]
        if not arm.diverges:
            arm = _with_appends_at_end(arm, given, last.loc, _replaced(flag, known))
        arms.append(arm)
    return replace(body, body=(*body.body[:-1], replace(last, then=arms[0], orelse=arms[1])))


def _append_in_arms(
    stmt: If, outputs: list[tuple[Var, Operand]], flag: Operand
) -> tuple[list[tuple[Var, Operand]], If]:
    """The outputs that ``stmt`` does not give, and ``stmt`` whose arms append those it does."""
    inside = [pair for pair in outputs if any(v in stmt.targets for v in variables(pair[1]))]
    others = [pair for pair in outputs if pair not in inside]
    arms = []
    for arm in (stmt.then, stmt.orelse):
        known = dict(zip(stmt.targets, arm.results, strict=True))
        given = [(stack, _replaced(element, known)) for stack, element in inside]
        if not arm.diverges:
            arm = with_appends(arm, given, stmt.loc, _replaced(flag, known))
        arms.append(arm)
    return others, replace(stmt, then=arms[0], orelse=arms[1])


def _replaced(operand: Operand, known: Mapping[Var, Operand]) -> Operand:
    return map_operand(operand, lambda var: known.get(var, var))


def _inserted(body: tuple[Stmt, ...], at: dict[int, list[Stmt]]) -> tuple[Stmt, ...]:
    result: list[Stmt] = []
    for position in range(len(body) + 1):
        result.extend(at.get(position, ()))
        result.extend(body[position : position + 1])
    return tuple(result)


def is_list(var: Operand) -> bool:
    """Whether ``var`` is one of the lists made here."""
    return isinstance(var, Var) and isinstance(var.type, StackOf)
