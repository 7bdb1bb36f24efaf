"""A check of the names in generated code that shares nothing with how they are chosen.

A walk in the direction in which the program runs follows what each name holds.  Names are given by
live ranges, which are found by a walk against it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from srcgrad.backend.plan import Branch, Let, Line, Loop, Nested, Scope, Step
from srcgrad.ir.nodes import Var

State: TypeAlias = dict[str, frozenset[Var]]
"""The variables whose value a name holds on every way to a place."""


class WrongName(AssertionError):
    """A name holds something else than the variable that is read by it."""


def check_names(scope: Scope, names: Mapping[Var, str]) -> None:
    """Raises ``WrongName`` if a variable of ``scope`` is read after its name was taken."""
    start = {names[var]: frozenset([var]) for var in scope.params}
    _Walk(names, scope.outside).steps(scope.body, start)
    for nested in _nested(scope.body):
        check_names(nested.scope, names)


def _nested(steps: Iterable[Step]) -> Iterable[Nested]:
    for step in steps:
        match step:
            case Nested():
                yield step
            case Branch():
                yield from _nested([*step.then, *step.orelse])
            case Loop():
                yield from _nested([*step.cond, *step.body])
            case _:
                pass


class _Walk:
    """What the names hold after each step; None where no way leads."""

    def __init__(self, names: Mapping[Var, str], outside: frozenset[Var]) -> None:
        self.names = names
        self.outside = outside
        self.breaks: list[list[State]] = []
        self.own: set[Var] = set()
        self.is_final = True

    def steps(self, steps: list[Step], state: State | None) -> State | None:
        for step in steps:
            if state is None:
                return None
            state = self.step(step, state)
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
            case Loop():
                return self.loop(step, state)
            case Nested():
                state = dict(state)
                self.write(step.target, state)
                return state

    def loop(self, step: Loop, state: State) -> State | None:
        checks, self.is_final = self.is_final, False
        head = state
        while (merged := _meet(head, self.trip(step, head)[0])) != head:
            assert merged is not None
            head = merged
        self.is_final = checks
        _, after = self.trip(step, head)
        if isinstance(step.header, ast.While) and _is_true(step.header.test):
            return after
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
        for each in self.breaks.pop():
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
            if var in self.outside or var not in self.names:
                continue
            held = self.held(var, state)
            if var not in held:
                raise WrongName(f"{self.names[var]!r} holds {held or 'nothing'}, not {var}")


def _is_true(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and test.value is True


def _meet(a: State | None, b: State | None) -> State | None:
    if a is None or b is None:
        return b if a is None else a
    # A name that is not assigned on one way cannot be read there without an error: a loop of no
    # trips leaves its index like this.
    both = {name: a[name] & b[name] for name in a if name in b}
    return {**a, **b, **both}
