"""Draws lists that a loop builds from new arrays, and what makes one array of them."""

from __future__ import annotations

from tests.fuzz.grammar import CONSTANTS, Scope
from tests.fuzz.writes import Writes

STACKED = "list stacked and used"


class Stacking(Writes):
    """Draws lists of vectors whose arrays nobody writes; they end as a vector, matrix or number."""

    plain: bool

    def own(self, scope: Scope, n: int) -> str:
        """A vector that is certainly a new array."""
        raise NotImplementedError

    def stacked(self, scope: Scope) -> None:
        n = self.one([self.n, self.n, self.n, self.rows])
        items = self.fresh("H")
        count = self.rows if self.chance(0.8) else self.one([2, 4])
        builders = [self.appended, self.appended, self.added, self.inserted, self.assigned]
        self.one([*builders, self.until, self.comprehended])(scope, items, n, count)
        for _ in range(self.one([1, 1, 2])):
            self.use(scope, items, n, count)

    # --- building

    def step(self, scope: Scope, last: str, n: int) -> str:
        """The next element; a new array of values that stay small."""
        return self.one(
            [
                f"np.tanh({last} * {self.vector(scope, n, 0)})",
                f"np.sin({last} + {self.scalar(scope, 0)})",
                f"{last} * {self.one(CONSTANTS)} + np.sin({self.vector(scope, n, 0)})",
                f"np.sin({last}) * {self.vector(scope, n, 0)}",
            ]
        )

    def first(self, scope: Scope, items: str, n: int) -> None:
        self.emit(f"{items} = [{self.own(scope, n)}]")

    def looped(self, scope: Scope, count: int, line: str) -> None:
        """A loop of one line, which may write into something else besides."""
        counter = self.fresh("i")
        self.emit(f"for {counter} in range({count}):")
        with self.indented():
            if self.chance(0.2):
                self.emit(f"if {self.scalar(scope, 0)} > -9.0:")
                with self.indented():
                    self.emit(line)
            else:
                self.emit(line)
            if not self.plain and self.chance(0.3):
                inner = scope.copy()
                inner.counters[counter] = count
                self.write_vector(inner, *self.target(inner))

    def appended(self, scope: Scope, items: str, n: int, count: int) -> None:
        self.first(scope, items, n)
        line = f"{items}.append({self.step(scope, f'{items}[-1]', n)})"
        self.looped(scope, count - 1, line)

    def added(self, scope: Scope, items: str, n: int, count: int) -> None:
        self.first(scope, items, n)
        line = f"{items} = {items} + [{self.step(scope, f'{items}[-1]', n)}]"
        self.looped(scope, count - 1, line)

    def inserted(self, scope: Scope, items: str, n: int, count: int) -> None:
        self.first(scope, items, n)
        line = f"{items}.insert(0, {self.step(scope, f'{items}[0]', n)})"
        self.looped(scope, count - 1, line)

    def assigned(self, scope: Scope, items: str, n: int, count: int) -> None:
        self.emit(f"{items} = [{self.own(scope, n)} for _ in range({count})]")
        counter = self.fresh("i")
        self.emit(f"for {counter} in range(1, {count}):")
        with self.indented():
            step = self.step(scope, f"{items}[{counter} - 1]", n)
            old = self.one(["", f" + {items}[{counter}]"])
            self.emit(f"{items}[{counter}] = {step}{old}")

    def until(self, scope: Scope, items: str, n: int, count: int) -> None:
        self.first(scope, items, n)
        self.emit(f"while len({items}) < {count}:")
        with self.indented():
            self.emit(f"{items}.append({self.step(scope, f'{items}[-1]', n)})")

    def comprehended(self, scope: Scope, items: str, n: int, count: int) -> None:
        counter = self.fresh("i")
        inner = scope.copy()
        inner.counters[counter] = count
        new = f"np.sin({self.vector(inner, n, 1)} + 0.3 * {counter})"
        self.emit(f"{items} = [{new} for {counter} in range({count})]")

    # --- using

    def use(self, scope: Scope, items: str, n: int, count: int) -> None:
        kind = self.rng.randrange(3)
        if kind == 0:
            name = self.fresh("v")
            self.emit(f"{name} = {self.as_vector(scope, items, n)}", STACKED)
            scope.vectors[name] = n
        elif kind == 1 and count == self.rows and n == self.n:
            name = self.fresh("M")
            self.emit(f"{name} = {self.as_matrix(scope, items)}", STACKED)
            scope.matrices.append(name)
        else:
            name = self.fresh("s")
            self.emit(f"{name} = 0.3 * {self.as_number(scope, items, n, count)}", STACKED)
            scope.scalars.append(name)
        scope.stacked.append(name)

    def whole(self, items: str) -> str:
        """The list as one matrix."""
        return self.one([f"np.array({items})", f"np.stack({items})", f"np.vstack({items})"])

    def as_vector(self, scope: Scope, items: str, n: int) -> str:
        whole = self.whole(items)
        return self.one(
            [
                f"sum({items}) * 0.4",
                f"np.sin(sum({items}))",
                f"np.sum({items}, axis=0) * {self.vector(scope, n, 0)}",
                f"np.mean({items}, axis=0) * 1.0",
                f"np.mean({whole}, axis=0) + {self.vector(scope, n, 0)}",
                f"np.sin({whole}.sum(axis=0))",
                f"np.tanh(np.stack({items}, axis=1).sum(axis=1) + {items}[-1])",
                f"np.tanh({whole}[0] * {whole}[-1])",
            ]
        )

    def as_matrix(self, scope: Scope, items: str) -> str:
        matrix = self.one([*scope.matrices, "A", "A"])
        whole = self.whole(items)
        return self.one(
            [
                f"{whole} + {matrix}",
                f"{whole} * {matrix}",
                f"{matrix} - {whole}",
                f"np.sin({whole}) * {self.vector(scope, self.n, 0)}",
                f"{whole}[::-1] * 0.8",
                f"np.concatenate({items}).reshape({matrix}.shape) + {matrix}",
                f"np.hstack({items}).reshape({matrix}.shape) * {matrix}",
            ]
        )

    def as_number(self, scope: Scope, items: str, n: int, count: int) -> str:
        whole = self.whole(items)
        v = self.vector(scope, n, 0)
        choices = [
            f"np.sum({whole} * {v})",
            f"np.sum(({whole} + {v}) ** 2)",
            f"np.mean({items})",
            f"np.sum(sum({items}) ** 2)",
            f"np.sum(np.concatenate({items}) ** 2)",
            f"np.vdot({whole}, np.stack({items}))",
            f"np.sum({whole}[1:] * {whole}[:-1])",
            f"np.dot({items}[0], {items}[-1])",
        ]
        if count == self.rows and n == self.n and self.chance(0.6):
            matrix = self.one([*scope.matrices, "A", "A"])
            choices = [
                f"np.sum({whole} * {matrix})",
                f"np.einsum('ij,ij->', {whole}, {matrix})",
                f"np.vdot({whole}, {matrix})",
                f"np.mean(({whole} - {matrix}) ** 2)",
                f"np.sum(np.stack({items}, axis=1) * {matrix}.T)",
            ]
        return self.one(choices)
