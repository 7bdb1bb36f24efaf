"""Draws whole programs: ``program(seed)`` is always the same text.

Each line that is an example of a construct says so in a comment, so that which constructs a run
went through is known from the lines that it executed.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tests.fuzz.grammar import CONSTANTS, Scope
from tests.fuzz.stacking import STACKED, Stacking
from tests.fuzz.writes import (
    ALIAS,
    CHANGED,
    EXCHANGED,
    GATHERED,
    HELPER,
    LISTS,
    MASKED,
    OUT,
    OVERLAP,
    OWN_MASK,
    REDUCED,
    REPEATED,
    SAVED,
    TURNED,
    WRITE,
)

MARK = "  # : "
NESTED, BRANCH, BREAK, CONTINUE = "nested loops", "branches", "break", "continue"
RETURN, SWAP, CONDITION = "return in the middle", "swap", "condition on a buffer"
WHILE, FILLED, ARGUMENT, AUX = "while", "array filled in a loop", "argument written", "aux"
SEARCH = "else of a loop that jumps"
# What has to occur in one program of twenty at least.
REQUIRED = (
    NESTED, BRANCH, BREAK, CONTINUE, RETURN, WRITE, OVERLAP, ALIAS, SWAP, OWN_MASK, REPEATED, SAVED,
    LISTS, HELPER, CONDITION, WHILE, OUT, FILLED, ARGUMENT, AUX, GATHERED, MASKED, REDUCED, TURNED,
    EXCHANGED, STACKED, CHANGED, SEARCH,
)  # fmt: skip


# The function of what is differentiated alone; ``kept_k`` and ``kept_T`` are set from outside.
ALONE = """\
def g(x, y, A, s):
    return f(x, y, A, s, kept_k, kept_T)"""


@dataclass(frozen=True)
class Program:
    """The text of a module with the functions ``f(x, y, A, s, k, T)`` and ``g(x, y, A, s)``.

    Of a ``whole`` one everything is read in the end, so that nothing that raises is left out.
    """

    seed: int
    text: str
    n: int
    rows: int
    aux: bool
    whole: bool = False

    def arguments(self, attempt: int = 0) -> tuple[object, ...]:
        """Other numbers in each attempt; some programs are given arrays in another order, or with
        gaps between the elements."""
        rng = np.random.default_rng((self.seed, attempt))
        x, y = rng.uniform(-1.5, 1.5, self.n), rng.uniform(-1.5, 1.5, self.n)
        matrix = rng.uniform(-1.2, 1.2, (self.rows, self.n))
        if self.seed % 3 == 1:
            matrix = np.asfortranarray(matrix)
        if self.seed % 4 == 2:
            y = np.repeat(y, 2)[::2]
        first = rng.integers(0, 3)
        k = np.array([first, rng.integers(0, 3), first])
        return x, y, matrix, float(rng.uniform(-1, 1)), k, int(rng.integers(0, 4))

    def tags(self, lines: set[int]) -> frozenset[str]:
        """The constructs on these lines."""
        found = set()
        for number, line in enumerate(self.text.splitlines(), 1):
            if number in lines and MARK in line:
                found.update(line.partition(MARK)[2].split(", "))
        return frozenset(found)


class Programs(Stacking):
    """Draws statements and collects their text."""

    def __init__(self, rng: random.Random, plain: bool = False) -> None:
        super().__init__(rng)
        self.plain = plain
        self.lines: list[str] = []
        self.depth = 1
        self.loops = 0
        self.counts: dict[str, int] = {}
        self.frozen: frozenset[str] = frozenset()
        self.budget = rng.choice([2, 3, 3, 4, 4, 5, 6, 9])
        self.aux = rng.random() < 0.25

    def emit(self, line: str, *tags: str) -> None:
        mark = MARK + ", ".join(dict.fromkeys(tags)) if tags else ""
        self.lines.append("    " * self.depth + line + mark)

    def fresh(self, kind: str) -> str:
        number = self.counts.get(kind, 0)
        self.counts[kind] = number + 1
        return f"{kind}{number}"

    def writable(self, scope: Scope, least: int = 1) -> list[str]:
        names = [v for v, n in scope.vectors.items() if n >= least and v not in self.frozen]
        return names

    @contextlib.contextmanager
    def indented(self) -> Iterator[None]:
        self.depth += 1
        yield
        self.depth -= 1

    # --- statements

    def statement(self, scope: Scope) -> None:
        self.budget -= 1
        kinds = {
            self.write: 4,
            self.overlap: 3,
            self.alias: 3,
            self.own_mask: 5 if self.loops else 3,
            self.repeated_indices: 2,
            self.functions: 2,
            self.helper: 2,
            self.saved: 2,
            self.buffers: 2,
            self.gathered: 2,
            self.turned: 2,
            self.exchange: 2,
            self.reduced: 2,
            self.assign: 3,
        }
        if self.depth < 4:
            kinds |= {self.condition: 3}
        if self.plain:
            kinds = {self.assign: 4}
            if self.depth < 4:
                kinds |= {self.condition: 2}
                kinds |= {} if self.loops > 1 else {self.loop: 2, self.stacked: 1}
        elif self.loops < 2 and self.depth < 4:
            kinds |= {self.loop: 5, self.while_loop: 2, self.swap: 2, self.fill: 2, self.stacked: 2}
            kinds |= {self.search: 2}
        if self.loops and not self.plain:
            kinds |= {self.leave: 9}
        (draw,) = self.rng.choices(list(kinds), list(kinds.values()))
        draw(scope)

    def block(self, scope: Scope, most: int = 3) -> None:
        inner = scope.copy()
        with self.indented():
            for _ in range(self.rng.randint(1, most)):
                self.statement(inner)

    def assign(self, scope: Scope) -> None:
        kind = self.rng.randrange(4)
        if kind == 0:
            name = self.fresh("s") if self.chance(0.5) else self.one(scope.scalars)
            self.emit(f"{name} = {self.scalar(scope)}")
            if name not in scope.scalars:
                scope.scalars.append(name)
        elif kind == 1:
            self.emit(f"{self.one(scope.scalars)} += 0.4 * {self.scalar(scope, 1)}")
        elif kind == 2 and scope.matrices:
            name = self.one(scope.matrices)
            self.emit(f"{name} = {self.matrix(scope)}")
        else:
            name, n = self.target(scope)
            name = self.fresh("v") if self.chance(0.4) else name
            self.emit(f"{name} = {self.own(scope, n)}")
            scope.vectors[name] = n

    def own(self, scope: Scope, n: int) -> str:
        """A vector that is certainly a new array."""
        return self.one(["np.sin({})", "1.0 * {}", "np.tanh({})", "{}.copy()"]).format(
            f"({self.vector(scope, n)})"
        )

    def condition(self, scope: Scope) -> None:
        name, n = self.target(scope)
        if self.chance(0.7) and not self.plain:
            test = f"{name}[{self.index(scope, n)}] {self.one('<>')} {self.scalar(scope, 0)}"
            self.emit(f"if {test}:", BRANCH, CONDITION)
            with self.indented():
                self.write_vector(scope, name, n)
        else:
            self.emit(f"if {self.test(scope)}:", BRANCH)
            with self.indented():
                self.emit(f"{self.one(scope.scalars)} = {self.scalar(scope)}")
        self.block(scope, 2)
        if self.chance(0.4):
            self.emit("else:")
            self.block(scope, 2)

    def loop(self, scope: Scope) -> None:
        counter = self.fresh("i")
        count = self.one(["T", "2", "3", str(self.n), "len(x)"])
        least = {"T": 3, "len(x)": self.n}.get(count) or int(count)
        inner = scope.copy()
        line = f"for {counter} in range({count}):"
        if self.chance(0.15):
            line = f"for {counter} in range({count} - 1, -1, -1):"
        elif scope.matrices and not self.plain and self.chance(0.15):
            self.loop_over_rows(scope)
            return
        self.emit(line, *([NESTED] if self.loops else []))
        inner.counters[counter] = least
        self.loops += 1
        self.block(inner)
        if self.loops == 1 and self.depth < 3 and self.chance(0.5):
            with self.indented():
                self.loop(inner)
        self.loops -= 1
        if self.chance(0.1):
            self.emit("else:")
            self.block(scope, 1)

    def loop_over_rows(self, scope: Scope) -> None:
        row = self.fresh("row")
        self.emit(f"for {row} in {self.one(scope.matrices)}:", ALIAS)
        inner = scope.copy()
        inner.vectors[row] = self.n
        self.loops += 1
        with self.indented():
            self.write_vector(inner, row, self.n)
        self.block(inner, 1)
        self.loops -= 1

    def while_loop(self, scope: Scope) -> None:
        name, n = self.target(scope)
        count = self.fresh("c")
        at = f"{name}[{self.index(scope, n)}]"
        self.emit(f"{count} = 0")
        test = self.one([f"{at} > -0.2", f"np.sum({name}) < 1.0", f"abs({at}) > 0.3"])
        self.emit(f"while {test} and {count} < {self.rng.randint(2, 4)}:", WHILE, CONDITION)
        inner = scope.copy()
        with self.indented():
            self.emit(f"{count} += 1")
            self.write_vector(inner, name, n)
        self.loops += 1
        self.block(inner, 2)
        self.loops -= 1

    def leave(self, scope: Scope) -> None:
        """A break, a continue or a return, and something after it."""
        self.emit(f"if {self.test(scope)}:", BRANCH)
        with self.indented():
            if self.chance(0.4):
                self.write(scope)
            kind = self.one([BREAK] * 5 + [CONTINUE] * 5 + [RETURN] * 2)
            self.emit(self.result(scope, 2) if kind == RETURN else kind, kind)
        self.write(scope)

    def search(self, scope: Scope) -> None:
        """A loop that is left where something is found, else the trip of the one around it is."""
        if not self.loops:
            counter = self.fresh("i")
            self.emit(f"for {counter} in range({self.one(['T', '2', '3'])}):")
            self.loops += 1
            with self.indented():
                self.search(scope.copy())
            self.loops -= 1
            return
        counter = self.fresh("i")
        count = self.one(["T", "1", "2", "3"])
        inner = scope.copy()
        if self.chance(0.7):
            self.emit(f"for {counter} in range({count}):", NESTED)
        else:
            self.emit(f"{counter} = 0")
            self.emit(f"while {counter} < {count}:", NESTED, WHILE)
            with self.indented():
                self.emit(f"{counter} += 1")
        self.loops += 1
        with self.indented():
            if self.chance(0.4):
                self.write(inner)
            self.emit(f"if {self.test(inner)}:", BRANCH)
            with self.indented():
                if self.chance(0.4):
                    self.assign(inner.copy())
                self.emit("break", BREAK)
            self.assign(inner)
        self.loops -= 1
        self.otherwise(scope)

    def otherwise(self, scope: Scope) -> None:
        """The ``else`` of a loop that leaves the one around it, and what is done if it does not."""
        self.emit("else:")
        with self.indented():
            if self.chance(0.5):
                self.write(scope)
            name = self.one(scope.scalars)
            self.emit(f"{name} = {self.scalar(scope, 1)}")
            kind = self.one([CONTINUE] * 4 + [BREAK] * 2 + [RETURN])
            self.emit(self.result(scope, 2) if kind == RETURN else kind, SEARCH, kind)
        self.emit(f"{self.one(scope.scalars)} += 0.4 * {self.scalar(scope, 1)}")
        if self.chance(0.6):
            self.emit(self.one([BREAK, BREAK, CONTINUE]))
        else:
            self.leave(scope)

    def swap(self, scope: Scope) -> None:
        name, n = self.target(scope, 3)
        u, v = self.fresh("u"), self.fresh("w")
        self.emit(f"{u} = {self.one([name, f'{name}.copy()'])}")
        self.emit(f"{v} = {self.one([u, f'np.zeros({n})', f'{u} * 0.5', self.own(scope, n)])}")
        scope.vectors |= {u: n, v: n}
        counter = self.fresh("t")
        self.emit(f"for {counter} in range({self.one(['T', 'T', '1', '2', '3'])}):")
        inner = scope.copy()
        inner.counters[counter] = 3
        self.loops += 1
        with self.indented():
            step = self.one(
                [
                    f"{v}[1:-1] = np.sin({u}[:-2] * {u}[2:])",
                    f"{v}[1:-1] = 2 * {u}[1:-1] - {v}[1:-1] + 0.2 * ({u}[:-2] + {u}[2:])",
                    f"{v}[:] = np.tanh({u} + {self.scalar(scope, 0)})",
                    f"{v}[1:] += 0.5 * {u}[:-1] * np.cos({u}[1:])",
                ]
            )
            self.emit(step, WRITE)
            if self.chance(0.4):
                self.statement(inner)
            self.emit(f"{u}, {v} = {v}, {u}", SWAP)
            if self.chance(0.2):
                self.write_vector(inner, u, n)
        self.loops -= 1

    def fill(self, scope: Scope) -> None:
        out, counter = self.fresh("o"), self.fresh("i")
        n = self.n
        make = self.one(["np.empty({0})", "np.zeros({0})", "np.zeros_like(x)", "np.empty_like(x)"])
        self.emit(f"{out} = {make.format(n)}")
        self.emit(f"for {counter} in range({n}):", FILLED)
        inner = scope.copy()
        inner.counters[counter] = n
        self.loops += 1
        with self.indented():
            self.emit(f"{out}[{counter}] = {self.scalar(inner)}", WRITE)
            inner.vectors[out] = n
            if "zeros" in make and self.chance(0.4):
                self.statement(inner)
            if self.chance(0.3):
                self.emit(f"{out}[{counter}] *= {self.one(CONSTANTS)}", WRITE)
        self.loops -= 1
        scope.vectors[out] = n

    # --- what is returned

    def result(self, scope: Scope, most: int = 4) -> str:
        names = [*scope.vectors, *scope.matrices]
        chosen = self.rng.sample(names, min(most, len(names)))
        terms = [
            self.one(["np.sum({0} * {0})", "np.sum(np.sin({0}))", "np.sum({0} ** 2) * 0.5"]).format(
                v
            )
            for v in chosen
        ]
        same = [v for v in scope.vectors if scope.vectors[v] == self.n]
        terms.append(f"np.sum(W * {self.one(same)})")
        terms.append(self.one(scope.scalars))
        for name in scope.lists:
            terms.append(f"np.sum({name}[{self.rng.randrange(3)}] * {name}[-1])")
        terms.extend(f"np.sum({name}) * 0.3" for name in scope.stacked[-2:])
        return f"return {' + '.join(terms)}" + (f", ({self.base}, s0)" if self.aux else "")

    # --- the whole

    def function(self) -> str:
        scope = Scope()
        self.frozen = frozenset() if self.chance(0.3) and not self.plain else frozenset(["x", "y"])
        tags = [] if self.frozen else [ARGUMENT]
        scope.vectors |= {"x": self.n, "y": self.n}
        scope.scalars.append("s0")
        self.counts["s"] = 1
        self.emit(f"s0 = {self.one(['s', 's * 0.5', 'np.sin(s)'])}", *([AUX] if self.aux else []))
        self.base = self.fresh("v")
        self.emit(f"{self.base} = {self.one(['x.copy()', 'x * 1.0', 'np.sin(x) + y'])}", *tags)
        scope.vectors[self.base] = self.n
        if self.chance(0.5):
            other = self.fresh("v")
            self.emit(f"{other} = {self.one(['y.copy()', 'y * x', f'np.zeros({self.n})'])}")
            scope.vectors[other] = self.n
        if self.chance(0.5):
            matrix = self.fresh("M")
            self.emit(f"{matrix} = {self.one(['A.copy()', 'A * x', 'np.tanh(A)'])}")
            scope.matrices.append(matrix)
        if not self.frozen:
            self.emit(
                f"{self.one('xy')}[{self.rng.randrange(3)}] *= {self.one(CONSTANTS)}", ARGUMENT
            )
        while self.budget > 0:
            self.statement(scope)
            if not self.plain and self.chance(0.04):
                self.emit(f"if {self.test(scope)}:", BRANCH)
                with self.indented():
                    self.emit(self.result(scope, 2), RETURN)
        self.emit(self.result(scope, 5))
        return "\n".join(["def f(x, y, A, s, k, T):", *self.lines])


def _helpers(rng: random.Random) -> str:
    """Functions that write into their first argument: of any length from two on."""
    lines = [
        "a *= np.cos(c)",
        "a[0] = np.sin(a[1]) + 0.3 * c",
        "a[-1] += 0.4 * c * a[0]",
        "a[1:] += 0.5 * a[:-1]",
        "a[a > 0.4] = np.sin(c)",
        "for i in range(len(a)):\n        a[i] = np.tanh(a[i] + c * a[i - 1])",
        "if a[0] > c:\n        a[0] = -0.5 * a[0]\n        c = np.sin(c)",
        "if a[0] < -1.0:\n        return a\n    a -= 0.3 * np.sin(a)",
    ]
    mixing = ["a[0] = np.sin(b[-1])", "a *= 0.5\n    a[1] = b[0] * a[0]", "b[0] = a[-1] * 0.5"]
    first = [line.replace("return a", "return") for line in rng.sample(lines, rng.randint(1, 2))]
    return "\n    ".join(
        ["def change(a, c):", *first]
    ) + "\n\n\n" + "\n    ".join(
        ["def mix(a, b):", *rng.sample(mixing, rng.randint(1, 2))]
    ) + "\n\n\n" + "\n    ".join(
        ["def changed(a, c):", *rng.sample(lines, rng.randint(1, 2)), "return a"]
    )  # fmt: skip


def assembled(
    seed: int,
    drawing: Programs,
    function: str,
    rng: random.Random,
    imports: str = "import numpy as np",
    helpers: str = "",
    whole: bool = False,
) -> Program:
    """``function`` in the place of that of the program of this number, whose helpers it has too."""
    parts = program(seed).text.split("\n\n\n")
    at = next(i for i, part in enumerate(parts) if part.startswith("def f("))
    weights = ", ".join(f"{rng.uniform(-1, 1):.2f}" for _ in range(drawing.n))
    parts[:2] = imports, f"W = np.array([{weights}])"
    own = [helpers, function] if helpers else [function]
    text = "\n\n\n".join([*parts[:at], *own, *parts[at + 1 :]])
    return Program(seed, text, drawing.n, drawing.rows, drawing.aux, whole)


def program(seed: int, plain: bool = False) -> Program:
    """The program of this number; ``plain`` programs write into nothing and leave no loop."""
    rng = random.Random(seed)
    drawing = Programs(rng, plain)
    function = drawing.function()
    weights = ", ".join(f"{rng.uniform(-1, 1):.2f}" for _ in range(drawing.n))
    parts = ["import numpy as np", f"W = np.array([{weights}])", _helpers(rng), function, ALONE]
    text = "\n\n\n".join(parts) + "\n"
    return Program(seed, text, drawing.n, drawing.rows, drawing.aux)
