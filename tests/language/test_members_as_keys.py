"""Members of enumerations that data choose, as keys of dicts and elements of sets."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, value_and_grad

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
