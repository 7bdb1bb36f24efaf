"""How the time and the memory of gradients grow with the size of the problem.

    python benchmarks/growth.py [--only NAME] [--quick]

For each problem one size is doubled again and again: n (cells, units, elements) or T (steps).  The
table shows, at each size, the time of the function, and of its gradient by hand and by srcgrad
(the least of several calls, in ms), and the most memory that a call holds at once (in kB, by
tracemalloc).  The slopes are those of straight lines through the logarithms of the larger half of
the sizes: 1 is linear, 0 is constant.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# One thread of the BLAS, whichever it is: set before NumPy loads it.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))

import factorisations
import gauss_seidel
import hand.heat_equation
import hand.n_body
import hand.ode_integration
import hand.recurrent_networks
import hand.wave_equation
import heat_equation
import n_body
import numpy as np
import ode_integration
import recurrent_networks
import wave_equation
from timing import settle_allocator

Arguments = tuple[Any, ...]


@dataclass(frozen=True)
class Growth:
    """A function whose arguments ``make`` gives for a size."""

    name: str
    function: Callable[..., Any]
    make: Callable[[int], Arguments]
    sizes: tuple[int, ...]
    argnums: int | tuple[int, ...] = 0
    hand: Callable[..., Any] | None = None


def doubled(first: int, count: int) -> tuple[int, ...]:
    return tuple(first << k for k in range(count))


def rod(n: int, steps: int) -> Arguments:
    rng = np.random.default_rng(0)
    return rng.normal(size=n), 0.25, rng.normal(size=n), steps


def membrane(n: int, steps: int) -> Arguments:
    rng = np.random.default_rng(0)
    start, velocity, measured = rng.normal(size=(3, n, n))
    return start, velocity, 0.4, steps, measured


def plate(n: int, sweeps: int) -> Arguments:
    u, f, h, measured = gauss_seidel.make_data(np.random.default_rng(0), n, n)
    return u, f, h, sweeps, measured


def sequence(hidden: int, steps: int, make_params: Callable[..., Any]) -> Arguments:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(steps, 8)), rng.normal(size=(steps, 4))
    V = rng.normal(size=(4, hidden)) / np.sqrt(hidden)
    return make_params(rng, 8, hidden), V, x, np.zeros(hidden), y


def populations(steps: int) -> Arguments:
    params, y, record = ode_integration.make_record(np.random.default_rng(0), steps=steps)
    return params, y, 0.05, record


def bodies(n: int, steps: int) -> Arguments:
    x, v, masses = n_body.make_bodies(np.random.default_rng(0), n)
    return v[0], x, v, masses, 0.02, steps, np.array([1.0, 0.5])


def running_sum(x):
    """Fills an array element by element, reading what was written before."""
    out = np.zeros(len(x))
    out[0] = x[0]
    for i in range(1, len(x)):
        out[i] = 0.9 * out[i - 1] + np.sin(x[i])
    return np.sum(out**2)


def problems() -> list[Growth]:
    heat, heat_hand = heat_equation.misfit, hand.heat_equation
    wave, rnn, lstm = (
        wave_equation.misfit,
        recurrent_networks.rnn_loss,
        recurrent_networks.lstm_loss,
    )
    hands, both = hand.recurrent_networks, (0, 1)
    make_rnn, make_lstm = recurrent_networks.make_rnn, recurrent_networks.make_lstm
    steps, sides = doubled(25, 7), doubled(16, 6)
    return [
        Growth(
            "heat equation, n", heat, lambda n: rod(n, 100), doubled(1000, 7), 0,
            heat_hand.misfit_grad,
        ),
        Growth("heat equation, T", heat, lambda t: rod(1000, t), steps, 0, heat_hand.misfit_grad),
        Growth(
            "heat equation and its rate, T", heat, lambda t: rod(1000, t), steps, both,
            heat_hand.misfit_rate_grad,
        ),
        Growth(
            "wave equation, n of n x n", wave, lambda n: membrane(n, 20), sides, both,
            hand.wave_equation.misfit_grad,
        ),
        Growth(
            "wave equation, T", wave, lambda t: membrane(50, t), steps, both,
            hand.wave_equation.misfit_grad,
        ),
        Growth("Gauss-Seidel, n of n x n", gauss_seidel.misfit, lambda n: plate(n, 2), sides, 1),
        Growth("running sum, n", running_sum, lambda n: (np.linspace(0, 9, n),), doubled(100, 8)),
        Growth(
            "Cholesky, n of n x n", factorisations.negative_log_likelihood,
            lambda n: factorisations.make_data(np.random.default_rng(0), n), doubled(4, 5), both,
        ),
        Growth(
            "RNN with a list, T", rnn, lambda t: sequence(32, t, make_rnn), steps, both,
            hands.rnn_loss_grad,
        ),
        Growth(
            "RNN with a list, hidden", rnn, lambda n: sequence(n, 50, make_rnn), doubled(16, 6),
            both, hands.rnn_loss_grad,
        ),
        Growth(
            "LSTM with a list, T", lstm, lambda t: sequence(32, t, make_lstm), steps, both,
            hands.lstm_loss_grad,
        ),
        Growth(
            "Runge-Kutta, T", ode_integration.misfit, populations, steps, both,
            hand.ode_integration.misfit_grad,
        ),
        Growth(
            "bodies, n", n_body.miss, lambda n: bodies(n, 10), doubled(2, 5), both,
            hand.n_body.miss_grad,
        ),
        Growth(
            "bodies, T", n_body.miss, lambda t: bodies(3, t), steps, both, hand.n_body.miss_grad
        ),
    ]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure how gradients grow.")
    parser.add_argument("--only", metavar="NAME", help="problems with this in their name")
    parser.add_argument("--quick", action="store_true", help="fewer sizes and calls")
    options = parser.parse_args()
    settle_allocator()
    for growth in problems():
        if options.only is None or options.only in growth.name:
            print()
            for line in table(growth, options.quick):
                print(line, flush=True)
    return 0


def table(growth: Growth, quick: bool) -> Iterator[str]:
    """The lines that are shown of one problem."""
    calls, refused = contestants(growth)
    yield f"{growth.name}{f'  (srcgrad: {refused})' if refused else ''}"
    yield f"{'size':>10}" + "".join(f"{name:>10} ms {'kB':>9}" for name in calls)
    sizes = growth.sizes[:4] if quick else growth.sizes
    rows: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for size in sizes:
        args = growth.make(size)
        for name, call in calls.items():
            rows[name].append((seconds(call, args, 2 if quick else 5), peak(call, args)))
        shown = (rows[name][-1] for name in calls)
        yield f"{size:10}" + "".join(f"{1e3 * t:13.3f} {b / 1e3:9.1f}" for t, b in shown)
    yield f"{'slope':>10}" + "".join(
        f"{slope(sizes, [t for t, _ in rows[name]]):13.2f} "
        f"{slope(sizes, [b for _, b in rows[name]]):9.2f}"
        for name in calls
    )


def contestants(growth: Growth) -> tuple[dict[str, Callable[..., Any]], str]:
    """What is measured, by name, and why srcgrad refuses the function if it does."""
    from srcgrad import grad
    from srcgrad.errors import SrcgradError

    calls = {"function": growth.function}
    if growth.hand is not None:
        calls["hand"] = growth.hand
    gradient = grad(growth.function, argnums=growth.argnums)
    try:
        gradient(*growth.make(growth.sizes[0]))
    except SrcgradError as error:
        return calls, type(error).__name__
    return {**calls, "srcgrad": gradient}, ""


def seconds(call: Callable[..., Any], args: Arguments, repeat: int) -> float:
    """The shortest of several times of a call, after one that is not counted."""
    call(*args)
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call(*args)
        times.append(time.perf_counter() - start)
    return min(times)


def peak(call: Callable[..., Any], args: Arguments, repeat: int = 3) -> float:
    """The most bytes that a call holds at once, besides its arguments.

    The smallest of several measurements: what other threads and the garbage collector do
    meanwhile is counted too.
    """
    return min(_held(call, args) for _ in range(repeat))


def _held(call: Callable[..., Any], args: Arguments) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        call(*args)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def slope(sizes: tuple[int, ...], values: list[float]) -> float:
    """The power of the size that the values of the larger half of the sizes grow with."""
    half = len(sizes) // 2
    x, y = np.log(sizes[half:]), np.log(np.maximum(values[half:], 1e-12))
    return float(np.polyfit(x, y, 1)[0])


if __name__ == "__main__":
    sys.exit(main())
