"""Work counted in calls of functions, which no other process disturbs."""

from __future__ import annotations

import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any


def calls_of(call: Callable[[], object]) -> int:
    """How many functions a call calls, those written in C too."""
    events: Counter[str] = Counter()
    before = sys.getprofile()
    sys.setprofile(lambda frame, event, arg: events.update([event]))
    try:
        call()
    finally:
        sys.setprofile(before)
    return events["call"] + events["c_call"]


def bytes_made(function: Callable[..., object], *args: object) -> int:
    """How many bytes a call takes in all, those that it gives back meanwhile too: line by line, by
    how much what is in use grows."""
    total = used = 0

    def at_line(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal total, used
        now, peak = tracemalloc.get_traced_memory()
        total += max(peak - used, 0)
        used = now
        tracemalloc.reset_peak()
        return at_line

    before = sys.gettrace()
    tracemalloc.start()
    sys.settrace(at_line)
    try:
        function(*args)
    finally:
        sys.settrace(before)
        tracemalloc.stop()
    return total
