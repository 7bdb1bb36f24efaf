"""Draws programs in which statements raise, and handlers that go on: ``trying(seed)``.

They are drawn apart from the others, whose texts stay what they are.
"""

from __future__ import annotations

import random

from tests.fuzz.generate import BREAK, CONTINUE, RETURN, Program, Programs, assembled
from tests.fuzz.grammar import Scope
from tests.fuzz.writes import WRITE

TRY, HANDLED = "try", "a handler that ran"

HELPERS = """\
class Limit(ArithmeticError):
    pass


def demand(c, most):
    if c > most:
        raise Limit("too large")
    if c < -0.95:
        raise ValueError("too small")
    return np.sin(c) * 0.9


def demanded(a, most):
    b = a * 1.0
    for i in range(len(b)):
        b[i] = demand(b[i], most) + 0.1 * b[i - 1]
    return b"""


class Trying(Programs):
    """Draws statements, ``try`` among them."""

    def statement(self, scope: Scope) -> None:
        if self.depth < 4 and self.chance(0.35):
            self.budget -= 1
            self.attempt(scope)
        else:
            super().statement(scope)

    def attempt(self, scope: Scope) -> None:
        """A ``try`` with its handlers, ``else`` and ``finally``."""
        inner, otherwise = scope.copy(), ""
        self.emit("try:", TRY)
        with self.indented():
            if self.chance(0.4):
                own, n = self.fresh("q"), self.target(scope)[1]
                self.emit(f"{own} = {self.own(scope, n)}")
                inner.vectors[own] = n
                self.write_vector(inner, own, n)
            if self.chance(0.3):  # nobody needs it
                self.emit(self.demand(inner))
            otherwise = self.last(scope, inner)
        if self.chance(0.2):
            self.emit("except KeyError:")
            self.handler(scope, otherwise)
        if self.chance(0.4):
            self.emit("except Limit as error:")
            self.handler(scope, otherwise)
            self.emit("except ValueError:")
        else:
            self.emit("except (ValueError, Limit) as e:")
        self.handler(scope, otherwise)
        self.emit("except IndexError:")
        self.handler(scope, otherwise)
        if self.chance(0.2):
            self.emit("else:")
            self.block(scope, 2)
        if self.chance(0.15):
            self.emit("finally:")
            with self.indented():
                self.emit(f"s_last = s * {self.one(['0.5', '1.5'])}")

    def demand(self, scope: Scope) -> str:
        if self.chance(0.3):  # an index that is too large, for some arguments
            return f"{self.any_vector(scope)}[k[0] + {self.one(['T', '2'])}]"
        most = self.one(["0.2", "0.5", "0.8", "-0.1", self.element(scope)])
        return f"demand({self.scalar(scope)}, {most})"

    def last(self, scope: Scope, inner: Scope) -> str:
        """The last statement of a body; gives what a handler has to do in its place."""
        kind = self.rng.randrange(6)
        name, n = self.target(scope)
        if kind == 0:
            self.emit(f"{self.one(scope.scalars)} = {self.demand(inner)} * {self.scalar(scope, 1)}")
            return ""
        if kind == 1:
            new = self.fresh("s")
            self.emit(f"{new} = {self.demand(inner)} + {self.scalar(inner, 1)}")
            instead = f"{new} = {self.scalar(scope)}"
            scope.scalars.append(new)
            return instead
        if kind == 2:
            self.emit(f"{name}[{self.index(scope, n)}] = {self.demand(inner)}", WRITE)
            return ""
        if kind == 3:
            new = self.fresh("v")
            self.emit(f"{new} = demanded({self.vector(inner, n)}, 0.7)")
            instead = f"{new} = {self.own(scope, n)}"
            scope.vectors[new] = n
            return instead
        if kind == 4:
            self.emit(f"{name} = demanded({self.vector(inner, n)}, 0.7)")
            return ""
        target, part = self.one(scope.scalars), self.fresh("p")
        self.emit(f"{part} = {self.scalar(inner, 1)}")
        self.emit(f"for {self.fresh('j')} in range({self.one(['2', '3', 'T'])}):")
        with self.indented():
            self.emit(f"{part} = demand({part} + {self.scalar(inner, 0)}, 0.6) * 1.2")
        self.emit(f"{target} = {part}")
        return ""

    def handler(self, scope: Scope, otherwise: str) -> None:
        known = scope.copy()
        if otherwise:  # the new name is not there yet
            new = otherwise.partition(" ")[0]
            known.vectors.pop(new, None)
            known.scalars = [name for name in known.scalars if name != new]
        with self.indented():
            kind = self.rng.randrange(4)
            self.emit(otherwise or "pass", HANDLED)
            if kind == 1 and self.loops:
                leave = self.one([BREAK, CONTINUE])
                self.emit(leave, leave)
                return
            if kind == 2 and self.chance(0.3):
                self.emit(self.result(known, 2), RETURN)
                return
        if kind == 3:
            self.block(known, 2)


def trying(seed: int) -> Program:
    """The program of this number."""
    rng = random.Random(f"try {seed}")
    drawing = Trying(rng)
    return assembled(seed, drawing, drawing.function(), rng, helpers=HELPERS)
