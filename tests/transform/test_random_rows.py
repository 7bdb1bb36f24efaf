"""Random programs whose loops read and write rows at distances from their index.

Whether a write has to be undone is decided by those distances (``analysis/elements.py``).
"""

import random

import numpy as np
import pytest

from srcgrad import grad
from tests.frontend.programs import make
from tests.parts import batches

SIZE = 7
RANGES = ("range({a}, {b})", "range({b} - 1, {a} - 1, -1)", "range({a}, {b}, 2)", "range(k, {b})")
EXPRESSIONS = (
    "np.sin({r})",
    "{r} * {q}",
    "0.7 * {r} + np.cos({q})",
    "{r} - 0.5 * {q} ** 2",
    "np.tanh({r} * {q} + {p})",
)


class Writer:
    """Draws the lines of one program."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.rows = self.random.random() < 0.4
        self.arrays = ["v", "w"]

    def element(self, index):
        array = self.random.choice(self.arrays)
        if not self.rows:
            return f"{array}[{index}]"
        return self.random.choice([f"{array}[{index}]", f"{array}[{index}, :]"])

    def at(self, low, high):
        """A place near the index, or one of its own."""
        if self.random.random() < 0.12:
            return str(self.random.choice([0, 1, SIZE - 1, -1]))
        offset = self.random.randint(low, high)
        return "i" if offset == 0 else f"i {'+' if offset > 0 else '-'} {abs(offset)}"

    def expression(self, low, high):
        parts = {name: self.element(self.at(low, high)) for name in "rqp"}
        return self.random.choice(EXPRESSIONS).format(**parts)

    def loop(self):
        low, high = self.random.choice([(0, 1), (-1, 0), (-1, 1), (-2, 1), (0, 2)])
        kind = self.random.choice(RANGES)
        margin = self.random.choice([0, 0, 0, 1])
        a, b = max(-low - margin, 0), SIZE - max(high, 0)
        lines = [f"for i in {kind.format(a=a, b=b)}:"]
        for _ in range(self.random.randint(1, 3)):
            choice = self.random.random()
            place = self.element(self.at(low, high))
            value = self.expression(low, high)
            if choice < 0.6:
                lines.append(f"    {place} = {value}")
            elif choice < 0.75:
                lines.append(f"    {place} {self.random.choice(['+=', '*='])} {value}")
            elif choice < 0.85:
                lines.append(f"    total = total + np.sum({value})")
            elif choice < 0.95:
                lines.append(f"    if np.sum({self.element('i')}) > 0.4:")
                lines.append(f"        {place} = {value}")
            else:
                lines.append("    for j in range(2):")
                lines.append(f"        {place} = {value}")
        return lines

    def program(self):
        made = self.random.choice(["x * 1.0", "np.zeros_like(x)", "np.empty_like(x)"])
        lines = [f"v = {made}", "w = np.sin(x)", "total = 0.0"]
        if "like" in made:
            lines.append("v[:] = x")
        for _ in range(self.random.randint(1, 3)):
            lines += self.loop()
            if self.random.random() < 0.3:
                place = self.random.choice([0, 2, SIZE - 1])
                lines.append(f"total = total + np.sum(np.sin({self.element(place)}))")
        if self.random.random() < 0.2:
            inner = self.loop()
            lines += ["for _ in range(2):", *(f"    {line}" for line in inner)]
        end = self.random.choice(["v[0]", "v[-1]", "v * w", "v ** 2", "w[2]"])
        lines.append(f"return total + np.sum({end})")
        return "def f(x, k):\n" + "".join(f"    {line}\n" for line in lines)


def check(seed):
    """Whether the gradient of one program was compared; those of large values are not."""
    writer = Writer(seed)
    text = writer.program()
    f = make(text)[0]
    rng = np.random.default_rng(seed)
    x, direction = rng.normal(size=(2, SIZE, 2) if writer.rows else (2, SIZE))
    with np.errstate(all="ignore"):
        values = [f(x + step * direction, 2) for step in (1e-5, -1e-5, 5e-6, -5e-6)]
        slopes = (values[0] - values[1]) / 2e-5, (values[2] - values[3]) / 1e-5
    if not np.isclose(*slopes, rtol=1e-4, atol=1e-6) or not abs(slopes[0]) < 1e3:
        return False
    found = np.sum(grad(f)(x, 2) * direction)
    wanted = (4 * slopes[1] - slopes[0]) / 3
    assert np.isclose(found, wanted, rtol=1e-5, atol=1e-6), f"seed {seed}\n{text}"
    return True


@pytest.mark.parametrize("batch", batches(1, 16))
def test_gradients(batch):
    compared = [check(seed) for seed in range(batch * 25, batch * 25 + 25)]
    assert sum(compared) > 12


def trajectory(x, dt):
    states = np.zeros((20, len(x)))
    states[0] = x
    for t in range(19):
        states[t + 1] = states[t] + dt * np.sin(states[t])
    return np.sum(states**2)


def backwards(x, dt):
    states = np.empty((20, len(x)))
    states[19] = x
    for t in range(18, -1, -1):
        states[t] = states[t + 1] - dt * np.sin(states[t + 1])
    return np.sum(states[0])


@pytest.mark.parametrize("f", [trajectory, backwards])
def test_a_trajectory_in_one_array_saves_nothing(f):
    x = np.array([0.4, -1.1, 0.9])
    gradient = grad(f)
    slope = (f(x + 1e-6, 0.1) - f(x - 1e-6, 0.1)) / 2e-6
    assert np.isclose(np.sum(gradient(x, 0.1)), slope, rtol=1e-6)
    assert "saved" not in gradient.source
    body = gradient.source.partition("# Backward")[2]
    assert body.count("copy()") <= 1
