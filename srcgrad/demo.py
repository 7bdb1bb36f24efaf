"""``srcgrad demo``: from the loss of a network to a trained network.

Shows a loss function and the gradient generated from it, checks the gradient against finite
differences, and trains the network on images of hand-written digits.  The network, the optimizers
and the images are those of the examples.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from srcgrad import value_and_grad
from srcgrad.cli import load_file, table
from srcgrad.testing import compare

GOAL = 0.95  # of the test images, read right
CURVE_WIDTH, CURVE_HEIGHT = 64, 10


def run(epochs: int = 20, png: Path | None = None) -> int:
    """Run the demo; gives an exit status: 0 if the gradient is right and the goal reached."""
    start = time.perf_counter()
    network, optimizers = _example("digits_network"), _example("optimizers")
    (X, labels), (X_test, labels_test) = network.load_digits(np.random.default_rng(0))
    Y = network.one_hot(labels)
    rng = np.random.default_rng(1)
    params = network.make_params(rng)
    loss_and_gradient = value_and_grad(network.digits_loss)

    right = _show_gradient(network, loss_and_gradient, (params, X[:50], Y[:50]))

    _title(f"Training on {len(X)} images of digits, {len(X_test)} kept for the test")

    def report(epoch: int, loss: float, params: Any) -> None:
        if epoch == 1 or epoch % max(epochs // 10, 1) == 0:
            read = network.accuracy(params, X_test, labels_test)
            print(f"epoch {epoch:3}   loss {loss:.4f}   test accuracy {read:6.1%}", flush=True)

    params, losses = optimizers.train(
        loss_and_gradient, params, X, Y, rng, epochs=epochs, report=report
    )
    reached = network.accuracy(params, X_test, labels_test)
    print()
    print(curve(losses))
    _save_plot(losses, png)
    print()
    seconds = time.perf_counter() - start
    print(f"{reached:.1%} of the test images are read right; all of this took {seconds:.1f} s.")
    return 0 if right and reached >= GOAL else 1


def _show_gradient(network: ModuleType, loss_and_gradient: Any, args: tuple[Any, ...]) -> bool:
    """Print the loss and its gradient, and compare with differences; gives whether they agree."""
    _title("A network's loss, in plain NumPy")
    print(inspect.getsource(network.digits_loss).rstrip())
    start = time.perf_counter()
    _, gradient = loss_and_gradient(*args)
    seconds = time.perf_counter() - start
    _title(f"Its value and gradient, generated and run once in {seconds:.2f} s")
    print(loss_and_gradient.source.rstrip())
    _title("Compared with finite differences")
    rows = compare(network.digits_loss, args, (0,), (gradient,))
    print(table(rows))
    return all(row.passed for row in rows)


def _example(name: str) -> ModuleType:
    """A module of the examples: inside the package in a wheel, beside it in the repository."""
    package = Path(__file__).resolve().parent
    for folder in (package / "examples", package.parent / "examples"):
        if (folder / f"{name}.py").is_file():
            return load_file(folder / f"{name}.py")
    raise FileNotFoundError(f"the example {name}.py is missing from this installation")


def _title(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}\n", flush=True)


def curve(losses: Sequence[float]) -> str:
    """A curve of losses as text, on a logarithmic scale: a column is the mean of a few batches."""
    columns = [
        float(np.mean(part)) for part in np.array_split(losses, min(CURVE_WIDTH, len(losses)))
    ]
    levels = np.log(np.maximum(columns, 1e-12))
    low, high = float(levels.min()), float(levels.max())
    heights = np.rint((levels - low) / max(high - low, 1e-12) * (CURVE_HEIGHT - 1)).astype(int)
    lines = []
    for height in range(CURVE_HEIGHT - 1, -1, -1):
        scale = np.exp(low + (high - low) * height / (CURVE_HEIGHT - 1))
        marks = "".join("*" if h == height else " " for h in heights)
        lines.append(f"{scale:8.4f} | {marks.rstrip()}".rstrip())
    lines.append(" " * 9 + "+" + "-" * (len(columns) + 1))
    lines.append(f"{'loss':>8}   over {len(losses)} steps")
    return "\n".join(lines)


def _save_plot(losses: Sequence[float], png: Path | None) -> None:
    """Save the curve as a picture if matplotlib is there and the file can be written."""
    if png is None:
        return
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return
    figure = Figure(figsize=(6.0, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.semilogy(losses, linewidth=0.8)
    axes.set_xlabel("step")
    axes.set_ylabel("loss of the batch")
    try:
        figure.savefig(png, dpi=120)
    except OSError as error:
        print(f"the curve was not saved: {error}")
    else:
        print(f"the curve was saved as {png}")
