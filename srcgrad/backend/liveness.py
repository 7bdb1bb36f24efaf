"""Where each variable of a plan holds a value that is still needed.

Positions count program order; a range ``(start, end)`` is closed at both sides.  Each step reads at
one position and writes at the next, so that a variable read for the last time and one written by
the same step do not overlap and may share a name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TypeAlias

from srcgrad.backend.plan import Attempt, Branch, Let, Line, Loop, Nested, Scope, Step
from srcgrad.ir.nodes import Var

Range: TypeAlias = tuple[int, int]


def live_ranges(scope: Scope) -> dict[Var, list[Range]]:
    """The ranges of the variables of one function, sorted and disjoint."""
    walk = _Liveness()
    live: dict[Var, int] = {}
    walk.steps(scope.body, live)
    walk.write(scope.params, live)
    for var, end in live.items():
        walk.add(var, walk.now, end)
    return {var: _merged(ranges) for var, ranges in walk.ranges.items()}


def _merged(ranges: list[Range]) -> list[Range]:
    ranges.sort()
    result = ranges[:1]
    for start, end in ranges[1:]:
        last_start, last_end = result[-1]
        if start <= last_end + 1:
            result[-1] = (last_start, max(last_end, end))
        else:
            result.append((start, end))
    return result


class _Liveness:
    """A walk from the last step to the first; ``live`` maps variables to where they end.

    Positions are negative, as the length of the function is not known at its end.
    """

    END = 0

    def __init__(self) -> None:
        self.now = self.END
        self.after: list[dict[Var, int]] = []  # what is live after the loops around
        self.ranges: dict[Var, list[Range]] = {}

    def add(self, var: Var, start: int, end: int) -> None:
        self.ranges.setdefault(var, []).append((start, end))

    def write(self, variables: Iterable[Var], live: dict[Var, int]) -> None:
        for var in variables:
            self.add(var, self.now, live.pop(var, self.now))
        self.now -= 1

    def read(self, variables: Iterable[Var], live: dict[Var, int]) -> None:
        for var in variables:
            live.setdefault(var, self.now)
        self.now -= 1

    def steps(self, steps: list[Step], live: dict[Var, int]) -> None:
        for step in reversed(steps):
            match step:
                case Let():
                    self.write([pair.target for pair in step.pairs], live)
                    self.read([var for pair in step.pairs for var in pair.reads], live)
                case Line(node=ast.Break()):
                    # What is needed after the loop stays in its place up to where it is needed,
                    # also where no condition stands before the break.
                    self.close(live)
                    live.clear()
                    live.update(dict.fromkeys(self.after[-1], self.now))
                    self.now -= 1
                case Line():
                    self.write(step.writes, live)
                    self.read(step.reads, live)
                case Branch():
                    self.branch(step, live)
                case Attempt():
                    self.attempt(step, live)
                case Loop():
                    self.loop(step, live)
                case Nested():
                    self.write([step.target], live)
                    for var in step.reads:
                        # A nested function reads the variable, not its present value.
                        self.add(var, self.now, self.END)
                    self.read(step.reads, live)

    def branch(self, step: Branch, live: dict[Var, int]) -> None:
        for var, end in live.items():
            self.add(var, self.now, end)
        orelse = dict.fromkeys(live, self.now)
        self.steps(step.orelse, orelse)
        self.close(orelse)
        then = dict.fromkeys(live, self.now)
        self.steps(step.then, then)
        live.clear()
        live.update(dict.fromkeys(orelse, self.now))
        live.update(then)
        self.read(step.reads, live)

    def attempt(self, step: Attempt, live: dict[Var, int]) -> None:
        """A handler may follow any step of the body: what it reads is needed throughout.

        Only the assignments at the end, of what has been computed, cannot raise any more.
        """
        for var, end in live.items():
            self.add(var, self.now, end)
        handler = dict.fromkeys(live, self.now)
        if step.error is not None:
            handler[step.error] = self.now  # Python unbinds the name at the end of the handler
        self.steps(step.handler, handler)
        if step.error is not None:
            self.write([step.error], handler)
        self.close(handler)
        body = dict.fromkeys(live, self.now)
        steps = list(step.body)
        while steps and _is_plain(steps[-1]):
            self.steps([steps.pop()], body)
        last = steps.pop() if steps and _is_single(steps[-1]) else None
        if isinstance(last, Let):
            self.write([pair.target for pair in last.pairs], body)
        for var in handler:
            body.setdefault(var, self.now)
        if isinstance(last, Let):
            self.read([var for pair in last.pairs for var in pair.reads], body)
        self.steps(steps, body)
        live.clear()
        live.update(body)

    def close(self, live: dict[Var, int]) -> None:
        for var, end in live.items():
            self.add(var, self.now, end)
        self.now -= 1

    def loop(self, step: Loop, live: dict[Var, int]) -> None:
        around = (*free_in_steps(step.body), *free_in_steps(step.cond), *step.reads)
        self.after.append(dict(live))
        for var in step.at_exit:  # nobody reads it where the loop has ended otherwise
            if var in live:
                self.add(var, self.now, live.pop(var))
        self.extend((var for var in (*around, *step.carried) if var not in step.index), live)
        self.steps(step.body, live)
        self.extend(step.carried, live)
        self.steps(step.cond, live)
        self.after.pop()
        self.extend(step.carried, live)
        self.now -= 1
        self.write(step.index, live)
        self.read(step.reads, live)

    def extend(self, variables: Iterable[Var], live: dict[Var, int]) -> None:
        for var in variables:
            live.setdefault(var, self.now)


def _is_plain(step: Step) -> bool:
    """Whether a step copies variables and constants."""
    return isinstance(step, Let) and all(
        isinstance(pair.value, ast.Name | ast.Constant) for pair in step.pairs
    )


def _is_single(step: Step) -> bool:
    return isinstance(step, Let) and len(step.pairs) == 1


def free_in_steps(steps: list[Step]) -> dict[Var, None]:
    """The variables that steps read and that are written nowhere in them."""
    read: dict[Var, None] = {}
    written: set[Var] = set()
    _collect(steps, read, written)
    return {var: None for var in read if var not in written}


def _collect(steps: list[Step], read: dict[Var, None], written: set[Var]) -> None:
    for step in steps:
        match step:
            case Let():
                read.update((var, None) for pair in step.pairs for var in pair.reads)
                written.update(pair.target for pair in step.pairs)
            case Line():
                read.update(dict.fromkeys(step.reads))
                written.update(step.writes)
            case Branch():
                read.update(dict.fromkeys(step.reads))
                _collect(step.then, read, written)
                _collect(step.orelse, read, written)
            case Attempt():
                written.update(() if step.error is None else (step.error,))
                _collect(step.body, read, written)
                _collect(step.handler, read, written)
            case Loop():
                read.update(dict.fromkeys(step.reads))
                written.update(step.index)
                _collect(step.cond, read, written)
                _collect(step.body, read, written)
            case Nested():
                read.update(dict.fromkeys(step.reads))
                written.add(step.target)
