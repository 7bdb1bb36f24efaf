"""``:=`` in comprehensions, of names that nothing else has."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.language.cases import Table, vector

case = Table()


@case(vector(5))
@case(vector(0))
def kept_if_large(x):
    kept = [s for v in x if (s := v * v) > 1]
    return sum(kept) + len(kept) + np.sum(x)


@case(vector(4))
def in_a_generator_expression(x):
    return sum(s * np.sin(s) for v in x if (s := np.exp(v)) > 2)


@case(vector(4))
def in_a_dict_and_a_set(x):
    cubes = {i: s for i, v in enumerate(x) if (s := v**3) > 0.2}
    ranks = {r for i in range(4) if (r := i * i) > 0}
    return sum(cubes.values()) * len(ranks)


@case(vector(3))
def in_the_element(x):
    return sum([(y := v * 2) * y + np.sin(y) for v in x])


@case(vector(3))
def in_loops_of_comprehensions(x):
    total = 0.0
    for k in range(3):
        rows = [[q * u for u in x if (q := v * u * k) > 0.5] for v in x if (k2 := k + 1) > 1]
        pairs = [a + b for v in x if (a := v * v) > 0.1 for w in x if (b := a * w) > 0.3]
        total += sum(sum(row) for row in rows) + sum(pairs)
    return total


@case(vector(4))
@case(-vector(2))
def what_may_be_none(x):
    hits = [(t, i) for i, v in enumerate(x) if (t := v * v if v > 0 else None) is not None]
    return min(hits)[0] if hits else 2.0 * x[0]


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()


def a_running_total(x):
    t = 0.0
    ts = [t := t + v for v in x]
    return sum(ts) + t


def read_by_a_function(x):
    fs = [(lambda: y) for v in x if (y := v) != 0]
    return sum(f() for f in fs)


def read_by_a_generator(x):
    return sum([sum(y * u for u in x) for v in x if (y := v) != 0])


def read_after_it(x):
    found = any((hit := v) > 0.5 for v in x)
    return hit * found


def not_assigned_in_each_trip(x):
    return sum([y for v in x if v > 5 or (y := v) > 0])


def read_before(x):
    return sum([y if v > 1 else (y := v) for v in x])  # noqa: F821


REFUSED = [
    *(a_running_total, read_by_a_function, read_by_a_generator, read_after_it),
    *(not_assigned_in_each_trip, read_before),
]


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    with pytest.raises(UnsupportedSyntaxError, match="':=' in a comprehension") as caught:
        grad(f)(vector(3))
    assert ":=" in caught.value.loc.text[0]
    assert caught.value.hint
