"""Checks many programs, and counts what came out."""

from __future__ import annotations

import gc
import multiprocessing
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.fuzz.check import CRASHED, OK, REFUSED, REJECTED, WRONG, Verdict, check
from tests.fuzz.generate import REQUIRED
from tests.fuzz.kinds import KINDS as DRAWN

KINDS = (OK, REFUSED, WRONG, CRASHED)
CHUNK = 50


@dataclass
class Counts:
    """How often each verdict and construct occurred; ``failures`` are the wrong and crashed."""

    kinds: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    tags: Counter[str] = field(default_factory=Counter)
    failures: list[Verdict] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        self.kinds[verdict.kind] += 1
        if verdict.kind in (REFUSED, REJECTED):
            self.reasons[f"{verdict.kind}: {verdict.reason}"] += 1
        if verdict.kind != REJECTED:
            self.tags.update(verdict.tags)
        if verdict.kind in (WRONG, CRASHED):
            self.failures.append(verdict)

    def merge(self, other: Counts) -> None:
        self.kinds.update(other.kinds)
        self.reasons.update(other.reasons)
        self.tags.update(other.tags)
        self.failures.extend(other.failures)

    @property
    def accepted(self) -> int:
        return sum(self.kinds[kind] for kind in KINDS)

    def share(self, number: int) -> float:
        return number / max(self.accepted, 1)

    def rare(self, constructs: Sequence[str] = REQUIRED, least: float = 0.05) -> list[str]:
        """The constructs that have to occur more often."""
        return [tag for tag in constructs if self.share(self.tags[tag]) < least]

    def table(self, constructs: Sequence[str] = REQUIRED) -> str:
        """Everything that was counted, as tables in Markdown."""
        lines = ["| programs | number | share |", "| --- | ---: | ---: |"]
        lines.append(f"| accepted | {self.accepted} | |")
        lines += [self._row(kind, self.kinds[kind]) for kind in KINDS]
        lines += [f"| rejected (not counted above) | {self.kinds[REJECTED]} | |", ""]
        lines += ["| construct | programs that ran through it | share |", "| --- | ---: | ---: |"]
        lines += [self._row(tag, self.tags[tag]) for tag in constructs]
        if self.reasons:
            lines += ["", "| refused or rejected because | number |", "| --- | ---: |"]
            lines += [f"| {why} | {count} |" for why, count in self.reasons.most_common(30)]
        return "\n".join(lines)

    def _row(self, name: str, number: int) -> str:
        return f"| {name} | {number} | {100 * self.share(number):.1f} % |"


def counted(seeds: Iterable[int], kind: str = "all") -> Counts:
    """Checks the programs of these numbers."""
    counts = Counts()
    for seed in seeds:
        counts.add(check(DRAWN[kind].draw(seed)))
    return counts


def _counted(task: tuple[range, str]) -> Counts:
    return counted(*task)


def _collect_rarely() -> None:
    """Compiling makes many objects that live on, which the garbage collector looks at in vain."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


def run(seeds: range, jobs: int, kind: str = "all") -> Iterator[Counts]:
    """The counts of one chunk of seeds after the other, each as soon as it is there."""
    starts = range(seeds.start, seeds.stop, CHUNK)
    tasks = [(range(at, min(at + CHUNK, seeds.stop)), kind) for at in starts]
    if jobs == 1:
        yield from map(_counted, tasks)
        return
    # Processes are replaced now and then, for the compiler keeps what it has compiled.
    context = multiprocessing.get_context("spawn")
    with context.Pool(jobs, _collect_rarely, maxtasksperchild=10) as pool:
        yield from pool.imap_unordered(_counted, tasks)
