"""Members of enumerations that data choose, as keys of dicts and elements of sets."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, value_and_grad
from tests.slopes import check_at

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


class Mode(enum.Enum):
    LOW = 0
    HIGH = 1


class Slope(enum.Enum):
    RISING = 1

    def __hash__(self):
        return 1

    def __eq__(self, other):
        return True


@program
def counted(x):
    sums = {m: 0.0 for m in Mode}
    for v in x:
        m = Mode.HIGH if v > 0.5 else Mode.LOW
        sums[m] += v * v
    return sums[Mode.HIGH] - sums[Mode.LOW]


@program
def an_empty_dict(x):
    sums = {}
    for v in x:
        m = Mode.HIGH if v > 0.5 else Mode.LOW
        sums[m] = sums.get(m, 0.0) + v * v
    return sums[Mode.HIGH] - sums[Mode.LOW]


@program
def looked_up(x):
    factors = {m: (m.value + 2) * x[0] for m in Mode}
    total = 0.0
    for v in x:
        total += factors[Mode.HIGH if v > 0.5 else Mode.LOW] * v
    return total


@program
def beside_other_keys(x):
    m = Mode.LOW if x[0] > 0.5 else Mode.HIGH
    values = {Mode.LOW: x[0], 0: x[1], "LOW": x[2], None: x[1]}
    return values.get(m, x[1] * x[2]) + (1 if m == 0 else 2) * x[0]


@program
def carried_by_a_loop(x):
    gains, now = {Mode.LOW: x[0], Mode.HIGH: x[1]}, Mode.LOW
    for v in x:
        gains[now] = gains[now] * v
        now = Mode.HIGH if v > 0.5 else Mode.LOW
    return gains[Mode.LOW] + gains[Mode.HIGH] * gains[now]


@program
def in_tuples(x):
    sums = {}
    for v in x:
        k = (Mode.HIGH if v > 0.5 else Mode.LOW, int(v > 1))
        sums[k] = sums.get(k, 0.0) + v * v
    return sum(sums.values()) * sums[Mode.HIGH, 1]


@program
def the_largest(x):
    sums = {m: 0.0 for m in Mode}
    for v in x:
        sums[Mode.HIGH if v > 0.5 else Mode.LOW] += v
    return max(sums.values()) * sums[max(sums, key=sums.get)]


@program
def groups(x):
    found = {}
    for v in x:
        found.setdefault(Mode.HIGH if v > 0.5 else Mode.LOW, []).append(v)
    total = 0.0
    for m, values in found.items():
        total += sum(values) * (2 if m is Mode.HIGH else 3)
    return total * len(found[Mode.HIGH])


@program
def in_a_set(x):
    seen = set()
    for v in x:
        seen.add(Mode.HIGH if v > 0.5 else Mode.LOW)
    return x @ x * len(seen) * (Mode.HIGH in seen)


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    x, v = np.array([0.3, 0.8, 1.2]), np.array([0.3, -0.2, 0.5])
    value, x_bar = value_and_grad(f)(x)
    slope = (f(x + 1e-6 * v) - f(x - 1e-6 * v)) / 2e-6
    np.testing.assert_allclose(value, f(x.copy()), rtol=1e-14)
    np.testing.assert_allclose(x_bar @ v, slope, rtol=1e-6)


def missing(x):
    values = {Mode.LOW: x[0], "HIGH": x[1]}
    return values[Mode.HIGH if x[2] > 1 else Mode.LOW]


def test_a_member_that_is_no_key():
    with pytest.raises(KeyError) as found:
        value_and_grad(missing)(np.array([0.3, 0.8, 1.2]))
    assert found.value.args == (Mode.HIGH,)
    value, x_bar = value_and_grad(missing)(np.array([0.3, 0.8, 0.2]))
    assert value == 0.3
    np.testing.assert_array_equal(x_bar, [1, 0, 0])


def equal_to_anything(x):
    values = {Slope.RISING: x[0], Mode.LOW: x[1]}
    return values[Mode.LOW if x[2] > 1 else Mode.HIGH]


def test_members_that_say_what_they_equal_are_refused():
    with pytest.raises(UnsupportedSyntaxError, match="must be known at compile time"):
        value_and_grad(equal_to_anything)(np.array([0.3, 0.8, 1.2]))


# --- members that are integers ------------------------------------------------------------------


class Level(enum.IntEnum):
    LOW = 0
    MID = 1
    HIGH = 2


def level(v):
    return Level.HIGH if v > 1 else (Level.LOW if v < 0 else Level.MID)


def the_best(x):
    best = None
    for m in Level:
        score = x[m] * (m + 1)
        if best is None or score > best[0]:
            best = (score, m)
    first, table = max(Level, key=lambda m: x[m]), {m: x[int(m)] ** 2 for m in Level}
    return table[best[1]] * best[0] + table[first] * (first + 2)


def counted_levels(x):
    counts, sums, groups = {m: 0 for m in Level}, {0: x[0], 1: x[1], 2: x[2]}, {}
    for v in x:
        m = level(v)
        counts[m] += 1
        sums[m] *= v
        groups[m] = groups.get(m, 0.0) + v * v
        groups[m, int(v > 0.5)] = v
    total = sum(x[m] * n for m, n in counts.items()) + sum(v * k for k, v in sums.items())
    return total + groups.get(0, 0.0) + groups.get(Level.HIGH, 1.0)


def only_levels(x):
    groups, seen = {}, set()
    for v in x:
        groups[level(v)] = groups.get(level(v), 0.0) + v * v
        seen.add(level(v))
    total = sum(v * (k + 1) for k, v in groups.items())
    return total + len(seen) * x[0] + (2 in seen) * x[1] + sum(seen) * x[2]


def levels_as_numbers(x):
    weights, sums, total = [1.0, 2.0, 3.0], [0.0, 0.0, 0.0], 0.0
    for v in x:
        m = level(v)
        sums[m] += v * weights[m]
        total += (m + 1) * v + (2 * m) * v**2 + (-m) * v + abs(m - 2) * v + m**2 * v + m / 2 * v
        if m:
            total += v
        if m >= Level.MID and m != 2 and 0 < m < 2 and m in (0, 1) and m is not Level.LOW:
            total += v**3
        m += 1
        total += m * v + level(v).value * v**2
    a = np.zeros(3)
    a[level(x[0])] = x[1] ** 2
    a[level(x[0]) :] *= 2
    return total + sum((i + 1) * v for i, v in enumerate(sums)) + np.sum(a) * x[level(x[1])]


def a_machine_of_levels(x):
    state, total, gains = Level.LOW, 0.0, {m: x[m] for m in Level}
    for v in x:
        gains[state] = gains[state] * v
        if state == Level.LOW and v > 0:
            state = Level.MID
        elif state is Level.MID and v > 1:
            state = Level.HIGH
        elif v < 0:
            state = Level.LOW
        total += v * (state + 1)
    return total + gains[state] * gains[Level.MID]


@pytest.mark.parametrize(
    "f",
    [the_best, counted_levels, only_levels, levels_as_numbers, a_machine_of_levels],
    ids=lambda f: f.__name__,
)
def test_integers(f):
    check_at(
        f,
        np.array([0.31, -1.2, 0.8, 1.6, 2.1, -0.4]),
        np.array([1.3, 0.2, -0.7, 0.6, -0.35, 2.4]),
        np.array([0.52, 0.61, 1.73]),
    )
