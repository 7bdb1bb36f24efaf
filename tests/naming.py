"""A check of the names in generated code that shares nothing with how they are chosen.

A walk in the direction in which the program runs follows what each name holds.  Names are given by
live ranges, which are found by a walk against it.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from srcgrad.backend.plan import Attempt, Branch, Let, Line, Loop, Nested, Scope, Step
from srcgrad.ir.nodes import Var

State: TypeAlias = dict[str, frozenset[Var]]
"""The variables whose value a name holds on every way to a place."""


class WrongName(AssertionError):
    """A name holds something else than the variable that is read by it."""


def check_names(scope: Scope, names: Mapping[Var, str]) -> None:
    """Raises ``WrongName`` if a variable of ``scope`` is read after its name was taken."""
    start = {names[var]: frozenset([var]) for var in scope.params}
    _Walk(names, Counter((*scope.params, *_assigned(scope.body)))).steps(scope.body, start)
    for nested in _nested(scope.body):
        check_names(nested.scope, names)


def _nested(steps: Iterable[Step]) -> Iterable[Nested]:
    for step in steps:
        match step:
            case Nested():
                yield step
            case Branch():
                yield from _nested([*step.then, *step.orelse])
            case Attempt():
                yield from _nested([*step.body, *step.handler])
            case Loop():
                yield from _nested([*step.cond, *step.body])
            case _:
                pass


def _assigned(steps: Iterable[Step]) -> Iterable[Var]:
    """The variables that steps assign.  Others are undefined: what they hold is of no interest."""
    for step in steps:
        match step:
            case Let():
                yield from (pair.target for pair in step.pairs)
            case Line():
                yield from step.writes
            case Branch():
                yield from _assigned([*step.then, *step.orelse])
            case Attempt():
                yield from () if step.error is None else (step.error,)
                yield from _assigned([*step.body, *step.handler])
            case Loop():
                yield from step.index
                yield from _assigned([*step.cond, *step.body])
            case Nested():
                yield step.target


class _Walk:
    """What the names hold after each step; None where no way leads.

    ``assigned`` says how often the function itself assigns each variable.
    """

    def __init__(self, names: Mapping[Var, str], assigned: Counter[Var]) -> None:
        self.names = names
        self.assigned = assigned
        self.breaks: list[list[State]] = []
        self.attempts: list[State] = []
        self.own: set[Var] = set()
        self.is_final = True

    def steps(self, steps: list[Step], state: State | None) -> State | None:
        for step in steps:
            if state is None:
                return None
            state = self.step(step, state)
            for i, before in enumerate(self.attempts):
                self.attempts[i] = _meet(before, state) or {}
        return state

    def step(self, step: Step, state: State) -> State | None:
        match step:
            case Let():
                self.read((var for pair in step.pairs for var in pair.reads), state)
                held = [
                    frozenset() if pair.source is None else self.held(pair.source, state)
                    for pair in step.pairs
                ]
                state = dict(state)
                for pair, same in zip(step.pairs, held, strict=True):
                    self.write(pair.target, state, same)
                return state
            case Line(node=ast.Break()):
                self.breaks[-1].append(state)
                return None
            case Line():
                self.read(step.reads, state)
                state = dict(state)
                for var in step.writes:
                    self.write(var, state)
                return None if isinstance(step.node, ast.Return | ast.Raise) else state
            case Branch():
                self.read(step.reads, state)
                return _meet(self.steps(step.then, state), self.steps(step.orelse, state))
            case Attempt():
                return self.attempt(step, state)
            case Loop():
                return self.loop(step, state)
            case Nested():
                state = dict(state)
                self.write(step.target, state)
                return state

    def attempt(self, step: Attempt, state: State) -> State | None:
        """The handler may follow any step of the body, those inside of others too.

        Only the assignments at its end, of what has been computed, do not raise any more.
        """
        body = list(step.body)
        last: list[Step] = []
        while body and _copies(body[-1]):
            last.insert(0, body.pop())
        if body and isinstance(body[-1], Let) and len(body[-1].pairs) == 1:
            last.insert(0, body.pop())
        self.attempts.append(dict(state))
        end = self.steps(body, state)
        handled = self.attempts.pop()
        end = self.steps(last, end) if end is not None else None
        if step.error is not None:
            self.write(step.error, handled)
        return _meet(end, self.steps(step.handler, handled))

    def loop(self, step: Loop, state: State) -> State | None:
        checks, self.is_final = self.is_final, False
        head = dict(state)
        inside = Counter(_assigned([*step.cond, *step.body]))
        for var in step.carried:
            if inside[var] == self.assigned[var]:  # it begins as nothing, which is not read
                self.write(var, head, self.held(var, head))
        while (merged := _meet(head, self.trip(step, head)[0])) != head:
            assert merged is not None
            head = merged
        self.is_final = checks
        _, after = self.trip(step, head)
        if isinstance(step.header, ast.While) and _is_true(step.header.test):
            return after
        for var in step.at_exit:  # where the loop has ended otherwise it is nothing, and not read
            self.write(var, head, self.held(var, head))
        return _meet(head, after)

    def trip(self, step: Loop, head: State) -> tuple[State | None, State | None]:
        """What holds at the end of a trip, and where it was left."""
        self.breaks.append([])
        self.read(step.reads, head)
        state = dict(head)
        for var in step.index:
            self.write(var, state)
        end = self.steps([*step.cond, *step.body], state)
        after: State | None = None
        ways = [dict(each) for each in self.breaks.pop()]
        for var in step.at_exit:
            if any(var in self.held(var, each) for each in ways):
                for each in ways:  # on others it is nothing, and not read
                    self.write(var, each, self.held(var, each))
        for each in ways:
            after = _meet(after, each)
        return end, after

    def held(self, var: Var, state: State) -> frozenset[Var]:
        return state.get(self.names[var], frozenset()) if var in self.names else frozenset()

    def write(self, var: Var, state: State, same: frozenset[Var] = frozenset()) -> None:
        state[self.names[var]] = same | {var}

    def read(self, variables: Iterable[Var], state: State) -> None:
        if not self.is_final:
            return
        for var in variables:
            if var not in self.assigned or var not in self.names:
                continue
            held = self.held(var, state)
            if var not in held:
                raise WrongName(f"{self.names[var]!r} holds {held or 'nothing'}, not {var}")


def _copies(step: Step) -> bool:
    """Whether a step copies variables and constants."""
    return isinstance(step, Let) and all(
        isinstance(pair.value, ast.Name | ast.Constant) for pair in step.pairs
    )


def _is_true(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and test.value is True


def _meet(a: State | None, b: State | None) -> State | None:
    if a is None or b is None:
        return b if a is None else a
    # A name that is not assigned on one way cannot be read there without an error: a loop of no
    # trips leaves its index like this.
    both = {name: a[name] & b[name] for name in a if name in b}
    return {**a, **b, **both}
