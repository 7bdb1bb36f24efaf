"""Compare generated gradients with hand-written ones, with autograd, and with the function itself.

    python benchmarks/run.py [--quick] [--only NAME] [--threads N]

Columns: the time of the function itself; the hand-written gradient's time over the function's; and
over the hand-written gradient's time that of srcgrad's gradient (median and quartiles) and of
autograd's.  All ratios are medians of ratios within one round of interleaved measurements.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from functools import partial
from statistics import median
from typing import Any


def main() -> int:
    options = _options()
    # The number of threads must be set before NumPy loads its BLAS.
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = str(options.threads)
    import numpy as np
    from problems import problems
    from timing import settle_allocator

    print(
        f"Python {platform.python_version()}, NumPy {np.__version__}, "
        f"{platform.system()} {platform.machine()}, BLAS threads: {options.threads}"
    )
    settle_allocator()
    chosen = [p for p in problems() if options.only is None or options.only in p.name]
    width = max((len(p.name) for p in chosen), default=0)
    print()
    print(f"{'':{width}}  {'function':>8}  {'hand /':>8}  {'srcgrad / hand':>20}  {'autograd':>8}")
    print(f"{'':{width}}  {'':>8}  {'function':>8}  {'':>20}  {'/ hand':>8}  aim")
    agree = True
    for problem in chosen:
        line, same = measure(problem, options.rounds, options.slice)
        print(f"{problem.name:{width}}  {line}", flush=True)
        agree = agree and same
    return 0 if agree else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare the speed of gradients.")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--only", metavar="NAME", help="problems with this in their name")
    parser.add_argument("--threads", type=int, default=1, help="of the BLAS (default: 1)")
    options = parser.parse_args()
    options.rounds, options.slice = (7, 0.003) if options.quick else (31, 0.01)
    return options


def measure(problem: Any, rounds: int, slice_seconds: float) -> tuple[str, bool]:
    """One line of the table, and whether all gradients agree."""
    from timing import paired_ratio, show_seconds, time_rounds

    gradients, refused = contestants(problem)
    expected = problem.hand(*problem.args)
    wrong = [
        name for name, gradient in gradients.items() if not same(gradient(*problem.args), expected)
    ]
    calls = {
        name: partial(call, *problem.args)
        for name, call in {"function": problem.function, **gradients}.items()
    }
    times = time_rounds(calls, rounds, slice_seconds)
    _, hand, _ = paired_ratio(times["hand"], times["function"])
    line = f"{show_seconds(median(times['function'])):>8}  {hand:8.2f}"
    if "srcgrad" in times:
        low, middle, high = paired_ratio(times["srcgrad"], times["hand"])
        line += f"  {f'{middle:.2f} ({low:.2f}-{high:.2f})':>20}"
    else:
        line += f"  {refused:>20}"
    if "autograd" in times:
        _, other, _ = paired_ratio(times["autograd"], times["hand"])
        line += f"  {other:8.2f}"
        if "srcgrad" in times:
            line += f"  {aim(problem, median(times['hand']), middle, other)}"
    if wrong:
        line += f"  DIFFERENT: {', '.join(wrong)}"
    return line, not wrong and not refused


def aim(problem: Any, hand: float, ratio: float, autograd: float) -> str:
    """What is aimed at for a problem, and whether ``ratio`` reaches it."""
    text, allowed = "autograd", autograd
    if problem.extra is not None:
        text = f"+{1e6 * problem.extra:.1f} us (is {1e6 * hand * (ratio - 1):+.2f})"
        allowed = min(allowed, 1 + problem.extra / hand)
    elif problem.ratio is not None:
        text = f"{problem.ratio:.2f}"
        allowed = min(allowed, problem.ratio)
    return f"{text} {'reached' if ratio <= allowed else 'MISSED'}"


def contestants(problem: Any) -> tuple[dict[str, Any], str]:
    """The gradients by name, ready to run, and why srcgrad refuses if it does."""
    import autograd
    import autograd.numpy
    from problems import with_numpy

    from srcgrad import grad
    from srcgrad.errors import SrcgradError

    gradients = {"hand": problem.hand}
    refused = ""
    try:
        gradient = grad(problem.function, argnums=problem.argnums)
        gradient(*problem.args)  # compiles it
        gradients["srcgrad"] = gradient
    except SrcgradError as error:
        refused = type(error).__name__
        print(f"{problem.name}: {error}", file=sys.stderr)
    gradients["autograd"] = autograd.grad(
        with_numpy(problem.functional or problem.function, autograd.numpy), problem.argnums
    )
    return gradients, refused


def same(gradient: Any, expected: Any) -> bool:
    """Whether two gradients agree in structure and, but for rounding, in value."""
    import numpy as np

    if isinstance(expected, list | tuple):
        return len(gradient) == len(expected) and all(map(same, gradient, expected))
    if np.shape(gradient) != np.shape(expected):
        return False
    scale = np.max(np.abs(expected), initial=1e-300)
    return bool(np.max(np.abs(gradient - expected), initial=0.0) <= 1e-8 * scale)


if __name__ == "__main__":
    sys.exit(main())
