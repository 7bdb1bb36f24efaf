"""Fair comparison of short times on a noisy machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Call = Callable[[], Any]


def settle_allocator() -> None:
    """Free one block of just under 32 MB, so that the C library keeps freed memory from now on.

    glibc gives blocks of 128 kB and more back to the system at once, which makes each temporary
    array cost page faults, until a larger block has been freed: its thresholds then rise to that
    size, for blocks of up to 32 MB.  Without this a benchmark measures what ran before it.
    """
    block = np.ones(31 << 17)
    del block
    print("one block of 31 MB was allocated and freed first, to fix the allocator's thresholds")


def time_rounds(
    calls: Mapping[str, Call], rounds: int, slice_seconds: float
) -> dict[str, list[float]]:
    """Seconds for one call of each contestant, in each of several rounds.

    In a round all of them run, one after the other, each as often as fills ``slice_seconds``; each
    round begins with another one.  Times of one round are compared with each other only, so that
    what the machine does besides falls on all alike.
    """
    repeats = {name: _repeats(call, slice_seconds) for name, call in calls.items()}
    times: dict[str, list[float]] = {name: [] for name in calls}
    names = list(calls)
    for round_ in range(rounds):
        start = round_ % len(names)
        for name in names[start:] + names[:start]:
            times[name].append(_seconds(calls[name], repeats[name]))
    return times


def paired_ratio(times: list[float], others: list[float]) -> tuple[float, float, float]:
    """Lower quartile, median and upper quartile of the ratios of times of the same rounds."""
    ratios = [a / b for a, b in zip(times, others)]
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return low, middle, high


def _repeats(call: Call, slice_seconds: float) -> int:
    call()
    repeats = 1
    while (seconds := _seconds(call, repeats) * repeats) < slice_seconds / 4:
        repeats *= 4
    return max(round(repeats * slice_seconds / seconds), 1)


def _seconds(call: Call, repeats: int) -> float:
    loop = range(repeats)
    start = time.perf_counter()
    for _ in loop:
        call()
    return (time.perf_counter() - start) / repeats


def show_seconds(seconds: float) -> str:
    for unit, scale in (("s ", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
