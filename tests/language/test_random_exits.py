"""Programs made at random whose loops are left early: ``break``, ``continue``, ``return``."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from tests.language.generated import HELPERS, SIGNATURE, Programs, Scope, indented
from tests.language.test_random_programs import check_program
from tests.parts import batches

WRITTEN: Counter[str] = Counter()


class Exits(Programs):
    """Draws loops with exits, and ``else`` after them."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.budget += 4
        self.inside = 0

    def block(self, scope: Scope, depth: int, most: int = 4) -> list[str]:
        lines: list[str] = []
        for _ in range(self.rng.randint(1, most)):
            self.budget -= 1
            if self.budget < 0:
                break
            kinds = [self.assign, self.assign, self.swap, self.augment]
            if self.inside:
                kinds += [self.leave, self.leave, self.leave]
            if depth < 3:
                kinds += [self.branch, self.count_loop, self.while_loop, self.element_loop] * 2
            if depth == 0:
                kinds += [self.guard, self.container_loop]
            lines += self.one(kinds)(scope, depth)
        return lines or ["pass"]

    def leave(self, scope: Scope, depth: int) -> list[str]:
        how = self.one(["break", "break", "continue", f"return {self.scalar(scope)} + 0.0 * s0"])
        WRITTEN[how.partition(" ")[0]] += 1
        lines = [f"if {self.test(scope)}:", f"    {how}"]
        if self.rng.random() < 0.3:
            lines[1:1] = indented(self.assign(scope.copy(), depth))
        if self.rng.random() < 0.3:
            WRITTEN["nested"] += 1
            lines = [f"if {self.test(scope)}:", *indented(lines)]
        return lines

    def loop(self, make: Callable[[Scope, int], list[str]], scope: Scope, depth: int) -> list[str]:
        self.inside += 1
        lines = make(scope, depth)
        self.inside -= 1
        if self.rng.random() < 0.3:
            WRITTEN["else"] += 1
            lines += ["else:", *indented(self.block(scope.copy(), depth + 1, 2))]
        return lines

    def count_loop(self, scope: Scope, depth: int) -> list[str]:
        return self.loop(super().count_loop, scope, depth)

    def element_loop(self, scope: Scope, depth: int) -> list[str]:
        return self.loop(super().element_loop, scope, depth)

    def container_loop(self, scope: Scope, depth: int) -> list[str]:
        return self.loop(super().container_loop, scope, depth)

    def while_loop(self, scope: Scope, depth: int) -> list[str]:
        return self.loop(self.bounded, scope, depth)

    def bounded(self, scope: Scope, depth: int) -> list[str]:
        counter = f"t{depth}{self.budget}"
        body = self.block(scope.copy(), depth + 1, 3)
        most = self.rng.randint(0, 3)
        if self.flip():
            step = [f"    {counter} += 1"]
            return [f"{counter} = 0", f"while {counter} < {most}:", *step, *indented(body)]
        stop = ["    if " + counter + f" > {most}:", "        break", f"    {counter} += 1"]
        return [f"{counter} = 0", "while True:", *stop, *indented(body)]


def program(seed: int) -> str:
    drawing = Exits(random.Random(seed))
    scope = Scope(["s0", "s1"], ["a0", "a1"])
    body = drawing.block(scope, 0, 7)
    result = " + ".join(scope.scalars[-3:] + [f"np.sum({a})" for a in scope.arrays[-3:]])
    return HELPERS + "\n".join([SIGNATURE, *indented(body), f"    return {result}", ""])


def check_seeds(seeds: range) -> None:
    for seed in seeds:
        source = program(seed)
        try:
            check_program(source)
        except Exception as error:
            error.add_note(f"seed {seed}:{source.partition(SIGNATURE)[2]}")
            raise


@pytest.mark.parametrize("batch", batches(1, 10))
def test_random_programs_with_exits(batch):
    check_seeds(range(25 * batch, 25 * (batch + 1)))


def test_every_kind_of_exit_occurs():
    WRITTEN.clear()
    for seed in range(100):
        program(seed)
    assert min(WRITTEN[kind] for kind in ("break", "continue", "return", "nested", "else")) > 3


@pytest.mark.long
@pytest.mark.parametrize("batch", range(60))
def test_many_random_programs_with_exits(batch):
    check_seeds(range(1000 + 50 * batch, 1000 + 50 * (batch + 1)))
