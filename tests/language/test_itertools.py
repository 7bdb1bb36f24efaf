"""``itertools`` over lists and arrays of which only running the program tells how long they are."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, UnsupportedSyntaxError, grad, value_and_grad
from tests.slopes import check_at

POINTS = (
    np.array([0.31, -1.2, 0.8, 1.6, 2.1, -0.4]),
    np.array([1.3, 0.2, -0.7, 0.6, -0.35, 2.4]),
    np.array([0.51, 0.62, 1.73]),
)
PROGRAMS: list[Callable[..., Any]] = []
REFUSED: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def refused(f: Callable[..., Any]) -> Callable[..., Any]:
    REFUSED.append(f)
    return f


def positive(x):
    return [v for v in x if v > 0]


# --- selections -----------------------------------------------------------------------------------


@program
def pairs(x):
    total = 0.0
    for a, b in itertools.combinations(positive(x), 2):
        total += (a - b) ** 3
    return total + sum(a * b for a, b in itertools.combinations(x, r=2))


@program
def pairs_of_places(x):
    table = {}
    for i, j in itertools.combinations(range(len(x)), 2):
        table[i, j] = x[i] * x[j]
    return sum(v * (i + 2 * j) for (i, j), v in table.items())


@program
def pairs_in_a_list(x):
    rows = list(itertools.combinations(positive(x), 2))
    others = itertools.permutations(positive(x), 2)
    total = max(a - b for a, b in rows) * len(rows)
    for n, (a, b) in enumerate(others):
        total += n * a * b**2
    return total


@program
def three_at_a_time(x):
    total = 0.0
    for a, b, c in itertools.combinations(positive(x), 3):
        total += a * b * c
    for a, b, c in itertools.permutations(positive(x), 3):
        total += a - b * c
    for a, b, c in itertools.combinations_with_replacement(positive(x), 3):
        total += a * b**2 * c**3
    for (a,) in itertools.combinations(positive(x), 1):
        total += a**2
    return total + sum(a * b for a, b in itertools.combinations_with_replacement(positive(x), 2))


@program
def until_one_fits(x):
    for a, b in itertools.combinations(positive(x), 2):
        if a > b:
            total = a * b
            break
    else:
        total = x[0] ** 2
    return total


@program
def of_what_there_was(x):
    """What is written in the loop is not seen by later pairs."""
    a, b, total = positive(x), x * 1.0, 0.0
    for p, q in itertools.combinations(a, 2):
        a[-1] = p * q
        total += p * q
    for p, q in itertools.combinations(b, 2):
        b[-1] = p * q
        total += p * q
    return total + sum(a) + np.sum(b)


@program
def forces_between_rows(x):
    rows = [[v, v * v] for v in x]
    for a, b in itertools.combinations(rows, 2):
        a[0] += b[1]
    return sum(row[0] * row[1] for row in rows)


# --- running totals -------------------------------------------------------------------------------


@program
def running_totals(x):
    xs = positive(x)
    sums = list(itertools.accumulate(xs))
    total = sum(sums) * sums[-1]
    for i, v in enumerate(itertools.accumulate(xs, lambda a, b: 0.5 * a * b + 1)):
        total += v * i
    for v in itertools.accumulate(xs, operator.mul, initial=x[0]):
        total += v**2
    return total + min(itertools.accumulate((v * v for v in xs), max))


# --- parts ----------------------------------------------------------------------------------------


@program
def slices(x):
    xs, n = [v for v in x if v > -1], int(np.sum(x > 0.4))
    total = sum(a * b for a, b in zip(xs, itertools.islice(xs, 1, None)))
    for v in itertools.islice(x, 0, None, 2):
        total += v**2
    for i, v in enumerate(itertools.islice((w * w for w in x if w > 0), 1, n)):
        total += v * i
    return total + sum(itertools.islice(map(np.sin, xs), n)) + sum(itertools.islice(xs, 0, n, 2))


@program
def as_far_as_a_condition_holds(x):
    first = list(itertools.takewhile(lambda v: v < 1.5, x))
    total = sum(first) * len(first)
    for v in itertools.dropwhile(lambda v: v < 0.5, sorted(x)):
        total = total * 0.5 + v
    return total


@program
def not_asked_further(x):
    """The element after the last one is not computed: it would be an error."""
    left = itertools.takewhile(lambda v: v > 0.1, (1 / (v > 0) for v in [*positive(x), 0.05]))
    first = itertools.islice((x[i] for i in range(99)), 2)
    return sum(left) * x[0] + sum(first)


@program
def chosen_ones(x):
    selectors = [v > 0.5 for v in x]
    total = sum(v * v for v in itertools.compress(x, selectors))
    for v in itertools.filterfalse(lambda v: v > 0.5, x):
        total += v**3
    return total * len(list(itertools.filterfalse(None, [int(v > 0) for v in x])))


@program
def calls_with_rows(x):
    rows, total = [(v, v * v) for v in positive(x)], 0.0
    for v in itertools.starmap(np.hypot, rows):
        total += v**2
    return total + sum(itertools.starmap(lambda a, b: a * b + total, rows))


@program
def asked_in_its_turn(x):
    """What computes an element sees what the trips before have done."""
    rows, seen, total = [(v, v * v) for v in positive(x)], [], 0.0
    for v in itertools.starmap(lambda a, b: a * b + total, rows):
        total += v
        rows[-1] = (v, v)
    for v in itertools.filterfalse(lambda v: seen.append(v) or v > 0, x):
        total += v * len(seen)
    return total


# --- several --------------------------------------------------------------------------------------


@program
def the_longest(x):
    a, b = positive(x), [v for v in x if v <= 0.7]
    total = sum(p * q for p, q in itertools.zip_longest(a, b, fillvalue=0.5))
    for p, q in itertools.zip_longest(a, b):
        if p is not None:
            total += p**2
        if q is not None:
            total += q**3
    for i, (p, q, r) in enumerate(itertools.zip_longest(x, [1.0, 2.0], b, fillvalue=0.0)):
        total += p * q * r + i
    return total


@program
def as_often_as_data_say(x):
    n = int(np.sum(x > 0))
    first, second = itertools.tee(v * v for v in positive(x))
    return sum(itertools.repeat(x[0], n)) * x[1] + sum(first) * max(second)


# --- runs -----------------------------------------------------------------------------------------


@program
def means_of_runs(x):
    total = 0.0
    for up, group in itertools.groupby(x, key=lambda v: v > 0):
        values = list(group)
        total += (sum(values) / len(values)) ** 2 * (2.0 if up else 1.0)
    return total


@program
def run_lengths(x):
    code = [(k, len(list(g))) for k, g in itertools.groupby(int(v > 0.4) for v in x)]
    total, i = 0.0, 0
    for k, n in code:
        total += x[i] * n * (k + 1)
        i += n
    return total


@program
def sorted_groups(x):
    rows = sorted(((int(np.floor(v)), v * v) for v in x), key=lambda row: row[0])
    groups = {k: [v for _, v in g] for k, g in itertools.groupby(rows, key=lambda row: row[0])}
    return sum(max(vs) * (k + 3) for k, vs in groups.items())


@program
def groups_that_are_left_early(x):
    total = x[0]
    for up, group in itertools.groupby(x, key=lambda v: v > 0):
        if up:
            for v in group:
                if v > 1:
                    break
                total += v * v
    for k, group in itertools.groupby([1, 1, 2]):
        total += x[k] * len(list(group))
    return total


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_derivatives(f):
    check_at(f, *POINTS)


# --- what is refused ------------------------------------------------------------------------------


@program
def one_value_beside_others(x):
    s = sum(a**b for a, b in zip(x[:2], itertools.repeat(2.0)))
    for i, (a, b) in enumerate(zip(itertools.repeat(x[1]), [x[0], x[2]])):
        s += a * b * i
    rows = itertools.repeat(x)
    s += sum(np.sum(a * b) for a, b in zip([1.0, 2.0], rows))
    return s + sum(a * b[0] for a, b in zip(positive(x), rows))


@program
def one_value_for_a_function(x):
    named = dict(zip("ab", itertools.repeat(x[0])))
    named["a"] = x[1]
    s = sum(map(operator.mul, itertools.repeat(x[0]), x)) + sum(named.values())
    for a, b, c in zip(x, itertools.repeat(3.0), x[::-1]):
        s += a * b * c
    return s


@program
def one_value_beside_a_list_that_grows(x):
    items = [x[0]]
    pairs = zip(items, itertools.repeat(x[2]))
    items.append(x[1])
    return sum(a * b for a, b in pairs)


@refused
def groups_in_a_list(x):
    groups = list(itertools.groupby([1, 1, 2]))
    return sum(len(list(g)) for _, g in groups) * x[0]


@refused
def the_last_group(x):
    for _, group in itertools.groupby([1, 1, 2]):
        pass
    return len(list(group)) * x[0]


@refused
def the_group_before(x):
    before, total = None, x[0]
    for _, group in itertools.groupby([1, 1, 2, 2, 3]):
        if before is not None:
            total += len(list(before)) * x[1]
        before = group
    return total


@refused
def a_list_that_changes_while_it_is_summed(x):
    a, total = positive(x), 0.0
    for v in itertools.accumulate(a):
        a[-1] = v * 0.5
        total += v * v
    return total


@refused
def a_list_that_changes_while_a_part_is_read(x):
    a, total = positive(x), 0.0
    for v in itertools.islice(a, 1, None):
        a[-1] = v * 0.5
        total += v * v
    return total


@refused
def lists_in_a_chain_that_change(x):
    rows, total = [np.array([v, v * v]) for v in positive(x)], 0.0
    for v in itertools.chain.from_iterable(rows):
        rows[-1] = np.array([v, v])
        total += v * v
    return total


@refused
def a_list_that_gets_longer(x):
    a, b, total = positive(x), [v for v in x if v < 1], 0.0
    for p, q in itertools.zip_longest(a, b, fillvalue=2.0):
        if len(a) < 5:
            a.append(p * q)
        total += p + q
    return total


@refused
def conditions_that_write(x):
    seen = []
    values = list(itertools.takewhile(lambda v: seen.append(v) or v < 1, positive(x)))
    return sum(values) * sum(seen)


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    with pytest.raises(SrcgradError) as caught:
        grad(f)(POINTS[0])
    assert isinstance(caught.value, UnsupportedSyntaxError)
    assert caught.value.hint
    assert caught.value.loc is not None


def test_bounds_that_python_refuses():
    def f(x, n):
        return sum(itertools.islice(positive(x), n))

    assert np.array_equal(grad(f)(POINTS[0], 2), [1, 0, 1, 0, 0, 0])
    for g in (f, value_and_grad(f)):
        with pytest.raises(ValueError, match=r"islice\(\) must be"):
            g(POINTS[0], -1)


def test_nested_loops():
    """Pairs are two loops, and no list of them; places in the text are those of the program."""

    def f(x):
        xs, total = positive(x), 0.0
        for a, b in itertools.combinations(xs, 2):
            total += a * b
        return total

    g = grad(f)
    g(POINTS[0])
    assert "for j in range(" in g.source
    assert ".append((" not in g.source
    assert "iterating.py" not in g.source


def test_groups_of_objects_of_unknown_number_are_refused():
    class Particle:
        def __init__(self, x):
            self.x = x

    def f(x):
        total, ps = 0.0, [Particle(v) for v in x]
        for _, group in itertools.groupby(ps, key=lambda p: int(p.x * 3)):
            for p in group:
                total = total + p.x**2
        return total

    with pytest.raises(SrcgradError, match="a list or a dict in another"):
        grad(f)(np.array([0.5, 0.6, 0.9, 1.2]))
