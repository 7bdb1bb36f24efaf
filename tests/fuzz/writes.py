"""Draws statements that write into arrays, each with the constructs that it is an example of."""

from __future__ import annotations

from contextlib import AbstractContextManager

from tests.fuzz.grammar import CONSTANTS, Grammar, Scope

WRITE = "write"
OVERLAP = "overlapping views"
ALIAS = "aliased names"
OWN_MASK = "mask of its own array"
REPEATED = "repeated indices"
HELPER = "helper that writes"
LISTS = "list of buffers"
SAVED = "reference saved and written"
OUT = "functions that write"
GATHERED = "copy by an index array"
MASKED = "compound update by a mask"
REDUCED = "reduction along an axis"
TURNED = "transposed or reversed view"
EXCHANGED = "swap of elements"
CHANGED = "mask or indices that change"


class Writes(Grammar):
    """Draws writes; ``emit`` takes a line and its constructs."""

    def emit(self, line: str, *tags: str) -> None:
        raise NotImplementedError

    def fresh(self, kind: str) -> str:
        raise NotImplementedError

    def indented(self) -> AbstractContextManager[None]:
        raise NotImplementedError

    def writable(self, scope: Scope, least: int = 1) -> list[str]:
        """Vectors of at least this length that may be written to."""
        raise NotImplementedError

    def target(self, scope: Scope, least: int = 1) -> tuple[str, int]:
        name = self.one(self.writable(scope, least))
        return name, scope.vectors[name]

    # --- plain writes

    def write(self, scope: Scope) -> None:
        if scope.matrices and self.chance(0.25):
            self.write_matrix(scope)
        else:
            self.write_vector(scope, *self.target(scope))

    def write_vector(self, scope: Scope, name: str, length: int) -> None:
        kind = self.rng.randrange(9)
        at = f"{name}[{self.index(scope, length)}]"
        part = self.rng.randint(1, length)
        piece = f"{name}[{self.span(length, part)}]"
        if kind == 0:
            self.emit(f"{at} = {self.scalar(scope)}", WRITE)
        elif kind == 1:
            self.emit(f"{at} += 0.4 * {self.scalar(scope, 1)}", WRITE)
        elif kind == 2:
            self.emit(f"{at} *= np.sin({self.scalar(scope, 1)})", WRITE)
        elif kind == 3:
            self.emit(f"{piece} = {self.vector(scope, part)}", WRITE)
        elif kind == 4:
            self.emit(f"{piece} -= 0.4 * {self.vector(scope, part, 1)}", WRITE)
        elif kind == 5:
            self.emit(f"{piece} *= np.cos({self.vector(scope, part, 1)})", WRITE)
        elif kind == 6:
            self.emit(f"{name}[:] = {self.vector(scope, length)}", WRITE)
        elif kind == 7:
            self.emit(f"{piece} = {self.one([*CONSTANTS, self.scalar(scope, 1)])}", WRITE)
        else:
            by = self.vector(scope, length, 1)
            operation = self.one(
                ["+= 0.3 * ({})", "*= np.sin({})", "/= 1.0 + ({}) ** 2", "-= np.tanh({})", "**= 2"]
            )
            self.emit(f"{name} {operation.format(by)}", WRITE)

    def write_matrix(self, scope: Scope) -> None:
        name = self.one(scope.matrices)
        i, j = self.index(scope, self.rows), self.index(scope, self.n)
        s = self.scalar(scope, 1)
        row, column = self.vector(scope, self.n, 1), self.vector(scope, self.rows, 1)
        forms = [
            f"{name}[{i}, {j}] = {self.scalar(scope, 1)}",
            f"{name}[{i}, {j}] *= np.sin({self.scalar(scope, 0)})",
            f"{name}[{i}] = {row}",
            f"{name}[{i}] *= np.cos({row})",
            f"{name}[:, {j}] = {column}",
            f"{name}[:, {j}] += 0.3 * {column}",
            f"{name}.T[{j}] = {column}",
            f"{name} *= np.sin({row})",
            f"{name}[1:] += 0.3 * {name}[:-1]",
            f"{name}.reshape(-1)[{self.rng.randrange(self.rows * self.n)}] = {s}",
            f"{name}[:, 1:] = np.sin({name}[:, :-1])",
        ]
        line = self.one(forms)
        self.emit(line, WRITE, *([OVERLAP] if ":-1]" in line and line.count(name) > 1 else []))

    def reduced(self, scope: Scope) -> None:
        """A write into a matrix of what comes of a reduction of it along an axis."""
        if not scope.matrices:
            name = self.fresh("M")
            rows, columns = self.vector(scope, self.rows, 0), self.vector(scope, self.n, 0)
            self.emit(f"{name} = np.outer({rows}, {columns}) * 0.4")
            scope.matrices.append(name)
        name, c = self.one(scope.matrices), self.one(CONSTANTS)
        forms = [
            f"{name} -= {c} * {name}.mean(axis=0)",
            f"{name}[:] = {name} / (1.0 + np.sum({name} ** 2, axis=1, keepdims=True))",
            f"{name}[{self.rng.randrange(self.rows)}] = np.sin(np.sum({name}, axis=0))",
            f"{name}[:, 0] += {c} * np.mean({name} * {name}, axis=-1)",
            f"{name}.T[:] -= {c} * {name}.sum(axis=1)",
        ]
        self.emit(self.one(forms), REDUCED, WRITE)

    # --- memory that overlaps

    def overlap(self, scope: Scope) -> None:
        name, n = self.target(scope, 2)
        s = self.scalar(scope, 0)
        k = self.rng.randint(1, n - 1)
        forms = [
            f"{name}[1:] += {name}[:-1] * np.sin({s})",
            f"{name}[:-1] = np.tanh({name}[1:] + {s})",
            f"{name}[:] = {name}[::-1] * np.cos({s})",
            f"{name}[:{k}] += 0.5 * np.flip({name}[:{k}])",
            f"{name}[{n - k}:] *= np.sin({name}[:{k}])",
            f"{name}[::-1] -= 0.5 * {name}",
        ]
        if n > 2:
            forms += [
                f"{name}[1:-1] = 0.33 * ({name}[:-2] + {name}[1:-1] + {name}[2:])",
                f"{name}[1:-1] += 0.5 * {name}[:-2] * np.sin({name}[2:])",
            ]
        self.emit(self.one(forms), OVERLAP, WRITE)

    def alias(self, scope: Scope) -> None:
        """A second name for an array or for a part of it, and a write through either."""
        name, n = self.target(scope, 2)
        other = self.fresh("b")
        part = self.rng.randint(2, n)
        equal = [v for v in self.writable(scope) if scope.vectors[v] == n and v != name]
        if equal and self.chance(0.3):
            self.emit(f"{other} = {name} if {self.test(scope)} else {self.one(equal)}", ALIAS)
            part = n
        elif scope.matrices and self.chance(0.2):
            row = f"{self.one(scope.matrices)}[{self.index(scope, self.rows)}]"
            self.emit(f"{other} = {row}", ALIAS)
            part = self.n
        elif self.chance(0.4):
            self.emit(f"{other} = {name}", ALIAS)
            part = n
        else:
            self.emit(f"{other} = {name}[{self.span(n, part)}]", ALIAS, OVERLAP)
        scope.vectors[other] = part
        first, second = (name, other) if self.chance(0.5) else (other, name)
        self.write_vector(scope, first, scope.vectors[first])
        if self.chance(0.5):
            self.write_vector(scope, second, scope.vectors[second])

    def turned(self, scope: Scope) -> None:
        """A view of what is turned round or over, and a write through it."""
        name, n = self.target(scope, 2)
        other = self.fresh("b")
        if scope.matrices and self.chance(0.5):
            m = self.one(scope.matrices)
            i, j = self.index(scope, self.rows), self.index(scope, self.n)
            view, part = self.one(
                [
                    (f"{m}.T[{j}]", self.rows),
                    (f"{m}[::-1, {j}]", self.rows),
                    (f"{m}.T[::-1, {i}]", self.n),
                    (f"{m}[::-1][{i}]", self.n),
                    (f"np.flip({m}.T, 0)[{j}]", self.rows),
                ]
            )
        else:
            view, part = self.one(
                [
                    (f"{name}[::-1]", n),
                    (f"{name}[:0:-1]", n - 1),
                    (f"{name}[{n - 2}::-1]", n - 1),
                    (f"np.flip({name})", n),
                ]
            )
        self.emit(f"{other} = {view}", TURNED, ALIAS)
        scope.vectors[other] = part
        self.write_vector(scope, other, part)
        if self.chance(0.4):
            self.write_vector(scope, name, n)

    def exchange(self, scope: Scope) -> None:
        """Elements, rows or parts of one array that are swapped."""
        name, n = self.target(scope, 2)
        if scope.matrices and self.chance(0.4):
            m = self.one(scope.matrices)
            i, j = self.index(scope, self.rows), self.rng.randrange(self.rows)
            k = self.index(scope, self.n)
            a, b = self.one(
                [
                    (f"{m}[{i}, {k}]", f"{m}[{j}, {self.index(scope, self.n)}]"),
                    (f"{m}[{i}]", f"{m}[{j}].copy()"),
                    (f"{m}[{i}]", f"{m}[{j}]"),
                ]
            )
            form = f"{a}, {b.removesuffix('.copy()')} = {b}, {a}"
            if b.endswith(".copy()"):
                form += ".copy()"
        elif self.chance(0.3):
            i, j = self.rng.sample(range(n), 2)
            form = f"{name}[[{i}, {j}]] = {name}[[{j}, {i}]]"
        else:
            i, j = self.index(scope, n), self.index(scope, n)
            form = f"{name}[{i}], {name}[{j}] = {name}[{j}], {name}[{i}]"
            if self.chance(0.3):
                form += f" * {self.one(CONSTANTS)}"
        self.emit(form, EXCHANGED, WRITE)

    # --- masks and indices

    def own_mask(self, scope: Scope) -> None:
        name, n = self.target(scope)
        test = f"{name} {self.one('<>')} {self.one([*CONSTANTS, self.scalar(scope, 0)])}"
        if self.chance(0.5):
            form = self.one(
                [
                    f"{name}[{test}] = {self.scalar(scope, 1)}",
                    f"{name}[{test}] *= np.sin({self.scalar(scope, 0)})",
                    f"{name}[{test}] += 0.5 * {self.scalar(scope, 0)}",
                    f"{name}[{test}] = np.sin({name}[{test}])",
                ]
            )
            self.emit(form, OWN_MASK, WRITE)
            return
        mask = self.fresh("m")
        self.emit(f"{mask} = {test}", OWN_MASK)
        if self.chance(0.65):
            other = self.vector(scope, n, 0)
            form = self.one(
                [
                    f"{name}[{mask}] += 0.5 * np.sin({name}[{mask}]) * {other}[{mask}]",
                    f"{name}[{mask}] -= 0.3 * {name}[{mask}] * {other}[{mask}]",
                    f"{name}[{mask}] /= 1.0 + {other}[{mask}] ** 2",
                    f"{name}[{mask} & ({other} < 0.5)] *= {self.one(CONSTANTS)}",
                ]
            )
            self.emit(form, MASKED, WRITE)
        else:
            self.emit(f"{name}[{mask}] = {self.scalar(scope, 1)}", WRITE)
        if self.chance(0.5):
            change = [
                "{m}[{i}] = True",
                "{m}[:] = ~{m}",
                "{m} |= {v} > 0.3",
                "{m}[{i}] = {v}[0] > 0",
                "{m}[{m}] = {v}[{m}] > 0.3",
                "{m}[{m}] ^= {v}[{m}] < 0.5",
            ]
            v = self.vector(scope, n, 0)
            line = self.one(change).format(m=mask, i=self.index(scope, n), v=v)
            self.emit(line, CHANGED)
            if self.chance(0.5):
                value = self.one([*CONSTANTS, self.scalar(scope, 1)])
                self.emit(f"{name}[{mask}] = {value}", WRITE)
                return
        self.emit(
            self.one(
                [
                    f"{name}[{mask}] *= np.cos({self.vector(scope, n, 0)}[{mask}])",
                    f"{name}[~{mask}] += 0.4 * {self.scalar(scope, 0)}",
                    f"{name} *= np.where({mask}, {self.vector(scope, n, 0)}, 0.5)",
                ]
            ),
            WRITE,
        )

    def repeated_indices(self, scope: Scope) -> None:
        name, n = self.target(scope, 3)
        count = self.rng.randint(2, 4)
        index = self.repeated(n, count)
        if self.chance(0.4):
            index, count = "k", 3
        v = self.vector(scope, count, 1)
        form = self.one(
            [
                f"{name}[{index}] = {v}",
                f"{name}[{index}] += 0.5 * {v}",
                f"{name}[{index}] *= np.sin({v})",
                f"np.add.at({name}, {index}, 0.5 * {v})",
                f"{name}[{index}] = np.sin({name}[{index}])",
            ]
        )
        self.emit(form, REPEATED, WRITE)

    def gathered(self, scope: Scope) -> None:
        """A copy of some elements, which are then written."""
        name, n = self.target(scope, 3)
        count = self.rng.randint(2, 4)
        index, count = (self.repeated(n, count), count) if self.chance(0.5) else ("k", 3)
        copied = self.fresh("g")
        if self.chance(0.4):
            numbers, count = self.fresh("n"), 3
            self.emit(f"{numbers} = {self.one(['k.copy()', 'np.array([0, 2, 0])'])}")
            self.emit(f"{name}[{numbers}] = {self.vector(scope, count, 0)}", REPEATED, WRITE)
            forms = ["{0}[0] = 1", "{0} += 1", "{0}[:] = [2, 1, 0]", "{0} %= 2"]
            forms += ["{0}[{0}] = {0}[::-1].copy()", "{0}[{0}[1:]] = 1"]
            self.emit(self.one(forms).format(numbers), CHANGED)
            index = numbers if n > 3 else f"{numbers} % {n}"
        self.emit(f"{copied} = {name}[{index}]", GATHERED)
        scope.vectors[copied] = count
        form = self.one(
            [
                f"{name}[{index}] = {self.vector(scope, count, 1)}",
                f"{name}[{index}] += 0.5 * {copied}",
                f"{name}[{index}] = np.sin({copied})",
                f"{copied} *= np.cos({name}[{index}])",
                f"{name}[{index}] *= {copied}",
            ]
        )
        self.emit(form, REPEATED, WRITE)

    # --- calls that write

    def functions(self, scope: Scope) -> None:
        name, n = self.target(scope, 2)
        v = self.vector(scope, n, 1)
        forms = [
            f"np.copyto({name}, {v})",
            f"{name}.fill({self.scalar(scope, 1)})",
            f"np.sin({name}, out={name})",
            f"np.multiply({name}, np.cos({v}), out={name})",
            f"np.tanh({v}, out={name})",
            f"np.add({name}, 0.5 * {v}, out={name}, where={name} > {self.one(CONSTANTS)})",
            f"np.sin({name}[1:], out={name}[:-1])",
            f"np.put({name}, [{self.rng.randrange(n)}], {self.scalar(scope, 1)})",
        ]
        forms += [f"np.fill_diagonal({m}, {self.scalar(scope, 1)})" for m in scope.matrices[:1]]
        self.emit(self.one(forms), OUT, WRITE)

    def helper(self, scope: Scope) -> None:
        name, n = self.target(scope, 2)
        given = self.one([name, name, f"{name}[{self.span(n, self.rng.randint(2, n))}]"])
        if scope.matrices and self.chance(0.2):
            given = f"{self.one(scope.matrices)}[{self.index(scope, self.rows)}]"
        which = self.rng.randrange(3)
        if which == 0:
            self.emit(f"change({given}, {self.scalar(scope, 1)})", HELPER, WRITE)
        elif which == 1:
            self.emit(f"mix({given}, {self.one(self.writable(scope, 2))})", HELPER, WRITE)
        else:
            other = self.fresh("b")
            self.emit(f"{other} = changed({name}, {self.scalar(scope, 1)})", HELPER, ALIAS, WRITE)
            scope.vectors[other] = n

    # --- references

    def saved(self, scope: Scope) -> None:
        """A reference in a name, a tuple or a list; a write; the reference is read."""
        name, n = self.target(scope, 2)
        keep, s = self.fresh("r"), self.fresh("s")
        view = f"{name}[{self.span(n, self.rng.randint(1, n))}]"
        if self.chance(0.5):
            part = self.one([name, name, view])
            y = self.fresh("y")
            self.emit(f"{keep} = {part}", SAVED)
            self.emit(f"{y} = np.sin({name}) * {self.scalar(scope, 0)}")
            self.write_vector(scope, name, n)
            self.emit(f"{s} = np.sum({keep} * np.cos({keep})) * 0.3 + np.sum({y})")
        else:
            self.emit(f"{keep} = []")
            self.emit(f"for {self.fresh('t')} in range({self.one(['T', '2', '3'])}):")
            inner = scope.copy()
            with self.indented():
                self.write_vector(inner, name, n)
                part = self.one([name, name, view, f"{name}.copy()"])
                self.emit(f"{keep}.append({part})", SAVED)
                if self.chance(0.5):
                    self.write_vector(inner, name, n)
            self.write_vector(scope, name, n)
            self.emit(f"{s} = 0.2")
            self.emit(f"for h in {keep}:")
            with self.indented():
                self.emit(f"{s} = {s} + 0.3 * np.sum(h * np.sin(h))")
        scope.scalars.append(s)

    def buffers(self, scope: Scope) -> None:
        name, n = self.target(scope, 2)
        same = [v for v in self.writable(scope) if scope.vectors[v] == n]
        parts = [name, self.one([f"{self.one(same)}.copy()", self.one(same)]), f"np.zeros({n})"]
        self.rng.shuffle(parts)
        items = self.fresh("L")
        if self.chance(0.2):
            self.emit(f"{items} = [{parts[0]}] * 3", LISTS)
        else:
            self.emit(f"{items} = [{', '.join(parts)}]", LISTS)
        scope.lists[items] = (3, n)
        for _ in range(self.rng.randint(1, 2)):
            self.write_list(scope, items)

    def write_list(self, scope: Scope, items: str) -> None:
        count, n = scope.lists[items]
        i, j = self.index(scope, count), self.rng.randrange(count)
        kind = self.rng.randrange(6)
        if kind == 0:
            self.emit(
                f"{items}[{i}][{self.index(scope, n)}] = {self.scalar(scope, 1)}", LISTS, WRITE
            )
        elif kind == 1:
            self.emit(f"{items}[{i}][:] = {self.vector(scope, n, 1)}", LISTS, WRITE)
        elif kind == 2:
            self.emit(f"{items}[{i}] *= np.sin({items}[{j}])", LISTS, WRITE)
        elif kind == 3:
            a, b = self.rng.sample(range(count), 2)
            self.emit(f"{items}[{a}], {items}[{b}] = {items}[{b}], {items}[{a}]", LISTS, "swap")
            self.emit(f"{items}[{a}][0] = {self.scalar(scope, 1)}", LISTS, WRITE)
        elif kind == 4:
            counter = self.fresh("q")
            self.emit(f"for {counter} in range({count}):")
            inner = scope.copy()
            inner.counters[counter] = count
            with self.indented():
                self.emit(f"{items}[{counter}][{self.index(inner, n)}] *= 0.5", LISTS, WRITE)
        else:
            self.emit(f"for h in {items}:")
            with self.indented():
                self.emit(
                    f"h[{self.index(scope, n)}] += 0.4 * {self.scalar(scope, 1)}", LISTS, WRITE
                )
