"""Checks random programs from the command line; see ``--help``."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.fuzz.campaign import Counts, run
from tests.fuzz.check import CRASHED, REFUSED, WRONG, check
from tests.fuzz.kinds import KINDS, Kind
from tests.fuzz.shrink import like, shrink


def _seeds(text: str) -> range:
    first, _, last = text.partition(":")
    return range(int(first), int(last)) if last else range(int(first), int(first) + 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seeds", type=_seeds, help="check the programs A, A + 1, … B - 1: A:B")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes")
    parser.add_argument("--kind", choices=KINDS, default="all", help="which programs")
    parser.add_argument("--keep", type=Path, help="write the tables and the failures to this file")
    parser.add_argument("--show", type=int, metavar="SEED", help="print a program and its verdict")
    parser.add_argument(
        "--shrink", type=int, metavar="SEED", help="print the smallest program that fails like it"
    )
    return parser.parse_args()


def main() -> int:
    options = _arguments()
    if options.show is not None:
        return _show(options.show, KINDS[options.kind])
    if options.shrink is not None:
        return _shrink(options.shrink, KINDS[options.kind])
    if options.seeds is None:
        print("nothing to do: give --seeds, --show or --shrink", file=sys.stderr)
        return 2
    return _campaign(options)


def _show(seed: int, kind: Kind) -> int:
    drawn = kind.draw(seed)
    verdict = check(drawn)
    print(drawn.text)
    print(f"{verdict.kind} {verdict.reason}\n{', '.join(sorted(verdict.tags))}")
    return int(verdict.kind in (WRONG, CRASHED))


def _shrink(seed: int, kind: Kind) -> int:
    drawn = kind.draw(seed)
    verdict = check(drawn)
    if verdict.kind not in (WRONG, CRASHED, REFUSED):
        print(f"seed {seed}: {verdict.kind} {verdict.reason}")
        return 0
    smallest = shrink(drawn, like(verdict))
    print(smallest.text)
    print(f"{verdict.kind}: {check(smallest).reason}")
    return 1


def _campaign(options: argparse.Namespace) -> int:
    total, start = Counts(), time.perf_counter()
    for counts in run(options.seeds, options.jobs, options.kind):
        total.merge(counts)
        for verdict in counts.failures:
            print(f"seed {verdict.seed}: {verdict.kind}: {verdict.reason}", flush=True)
        if options.keep is not None:
            options.keep.write_text(_report(options, total))
        print(f"{sum(total.kinds.values())} programs", end="\r", file=sys.stderr, flush=True)
    print(_report(options, total))
    print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)
    return int(bool(total.failures))


def _report(options: argparse.Namespace, total: Counts) -> str:
    table = total.table(KINDS[options.kind].constructs)
    lines = [f"Seeds {options.seeds.start} to {options.seeds.stop - 1}.", "", table, ""]
    failures = sorted(total.failures, key=lambda verdict: verdict.seed)
    lines += [f"- seed {each.seed}: {each.kind}: {each.reason}" for each in failures]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
