"""What looks as if it could not happen: indices that are masks, parts that overlap, iterators that
are used twice, containers that change while a loop runs over them."""

from __future__ import annotations

import copy
import itertools
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.hard_cases.checking import Case, Table, matrix, vector

program = Table()
V, M = vector(5), matrix(3, 4)
Q = matrix(4, 4)


class Pair(NamedTuple):
    a: Any
    b: Any


# --- rules --------------------------------------------------------------------------------------

RULES_V = [
    lambda x: np.sum(np.triu(x) * np.arange(25.0).reshape(5, 5)) + np.sum(np.tril(x, 1) ** 2),
    lambda x: sum(np.sum(p**k) for k, p in enumerate(np.split(x, [3, 1]), start=1)),
    lambda x: sum(np.sum(p**k) for k, p in enumerate(np.split(x, [2, -1]), start=1)),
    lambda x: sum(np.sum(p**k) for k, p in enumerate(np.split(x, [1, 9]), start=1)),
]
for f in RULES_V:
    program.add(f, V)

MASKED_TAKES = [
    lambda x: np.sum(np.take(x, np.array([True, False, True])) * np.array([1.0, 2, 3])),
    lambda x: np.sum(np.take(x, x > 1) * np.arange(5.0)),
    lambda x: np.sum(x.take([True, False]) * np.arange(2.0)),
]
for f in MASKED_TAKES:
    program.add(f, V, refused=True)


@program(M, np.array([[0], [2]]))
@program(M[:, :1], np.array([[0, 1, 2, 0], [2, 2, 1, 0]]))
def taken_along(x, places):
    return np.sum(np.take_along_axis(x, places, 0) * np.arange(8.0).reshape(2, 4))


@program(M, 0.5, wrt=(0, 1))
@program(M, 0.5)
def padded_with_a_value(x, s):
    return np.sum(np.pad(x, 1, constant_values=s) ** 2)


# --- an array of rank zero as an index makes a copy -------------------------------------------


@program(M)
def row_at_an_array(x):
    y = x.copy()
    row = y[np.array(1)]
    y *= 2
    return np.sum(y * row)


@program(M)
def part_at_an_array(x):
    y = x.copy()
    k = np.arange(3).max(keepdims=True).reshape(())
    part = y[k, 1:]
    y *= 2
    part *= 3
    return np.sum(y[:, 1:] * part)


# --- values that a loop assigns first --------------------------------------------------------


def mixture(x, mu):
    for _ in range(4):
        p = np.exp(-mu * x)
        mu = p / p.sum()
    return np.sum(np.log(p))


program.add(mixture, V, np.array([0.7]), wrt=(0, 1))


def nested_mixture(x, mu):
    for _ in range(2):
        for t in range(3):
            p = np.exp(-mu * x) * (t + 1)
            mu = p / p.sum()
    return np.sum(np.log(p))


program.add(nested_mixture, V, np.array([0.7]), wrt=(0, 1))


def cholesky(S):
    L = np.zeros_like(S)
    for i in range(len(S)):
        for j in range(i + 1):
            s = S[i, j] - L[i, :j] @ L[j, :j]
            if i == j:
                if s <= 0:
                    raise ValueError("not positive definite")
                L[i, i] = np.sqrt(s)
            else:
                L[i, j] = s / L[j, j]
    return L


@program(Q)
def assigned_once_an_attempt_succeeds(x):
    S, jitter = x @ x.T - 2 * np.eye(4), 0.0
    while True:
        try:
            L = cholesky(S + jitter * np.eye(4))
            break
        except ValueError:
            jitter = jitter * 2 + 1.0
    return np.sum(np.log(np.diag(L)))


# --- sums -----------------------------------------------------------------------------------------


@program(V)
def the_sum_of_one_array_is_another(x):
    h = x * 2
    s = sum([h])
    s *= 3
    return np.sum(h * s)


@program(V)
def masks_are_counted(x):
    return np.sum(sum([x > 1, x > 0.5]) * x) + np.sum(sum(x > t for t in (0.5, 1.0)) * x)


@program(V)
def a_sum_of_integers_from_a_float(x):
    n = sum([1, 2], 0.0)
    return x[0] * n if isinstance(n, float) else x[1]


# --- comparisons --------------------------------------------------------------------------------


@program(V, 3)
@program(V, 1)
def is_true(x, n):
    flag = n > 2
    if flag is True:
        return x[0] ** 2
    return x[1] if flag is not False else x[2] ** 2


@program(V)
def is_true_after_a_loop(x):
    done, s = False, x[0]
    for i in range(4):
        s = s * x[i]
        if s > 0.1:
            done = True
    return s**2 if done is True else s


@program(V, 3)
@program(V, 1)
def tuples_are_compared_as_tuples(x, n):
    s = x[0] if Pair(n, 2) == (3, 2) else x[1] ** 2
    if (n, 2) < (3, 1):
        s = s * x[2]
    if (n, 2) != (3, 2):
        s = s * x[3]
    return s


# --- iterators ------------------------------------------------------------------------------------


@program(V)
def an_iterator_is_used_once(x):
    s = 0.0
    for v in iter(x):
        s = s + v * v
    a, b = iter([s, x[0]])
    return a * b


@program(V)
def an_iterator_is_used_twice(x):
    values, s = iter(x), 0.0
    for v in values:
        s = s + v * v
    for v in values:
        s = s + v
    return s


@program(V)
def pairs_of_an_iterator(x):
    values = iter([x[0], x[1], x[2], x[3]])
    return sum(a * b**2 for a, b in zip(values, values))


@program(V)
def a_generator_is_used_twice(x):
    values = (v * v for v in x)
    first = sum(values)
    return first * first + sum(values)


def summed_and_counted(values):
    return sum(values) * len(list(values))


def of_an_iterator(made):
    return sum(made) * len(list(made))


program.add(lambda x: summed_and_counted(v * v for v in x) + x[0], V)
program.add(lambda x: of_an_iterator(itertools.chain([x[0]], [x[1]])) + x[0], V)
program.add(lambda x: of_an_iterator(itertools.accumulate([x[0], x[1], x[2]])) + x[0], V)
program.add(lambda x: of_an_iterator(filter(None, [2.0, 3.0])) * x[0], V)


@program(V)
def a_generator_is_given_to_a_function(x):
    def total(values):
        s = 1.0
        for v in values:
            s = s * v
        return s

    first, *others = (v * v for v in x)
    return total(v * v for v in x) * total(v for v in (x[0], x[1])) * first * sum(others)


@program(V)
def a_generator_is_used_up_by_and_by(x):
    y, s = x.copy(), 0.0
    for i, v in enumerate(y[k] * 2 for k in range(5)):
        if i < 4:
            y[i + 1] = v
        s = s + v
    return s


@program(V)
def a_list_changes_under_an_iterator(x):
    items, s = [x[0], x[1]], 0.0
    for v in itertools.chain(items, [x[2]]):
        items[1] = items[1] * 2
        s = s + v
    return s


@program(V)
def iterators_over_what_stays(x):
    items = [x[0], x[1], x[2]]
    s = sum(itertools.accumulate(items)) + sum(x[k] for k in filter(None, [0, 1, 2]))
    for a, b in itertools.pairwise(items):
        s = s + a * b
    for v in itertools.chain(items, [s]):
        s = s * v
    return s + sum(a * b for a, b in itertools.product(items, items))


@program(V)
def a_generator_sees_later_writes(x):
    y = x.copy()
    values = (v * v for v in y)
    y[1] = 10 * x[0]
    return sum(values)


@program(V)
def generators_that_are_used_at_once(x):
    a, b = (v * v for v in (x[0], x[1]))
    return a * b * sum(v * v for v in x) + max(v for v in x)


# --- containers that change -----------------------------------------------------------------------


@program(V)
def a_list_changes_under_a_loop(x):
    items = [x[0], x[1], x[2]]
    for i, v in enumerate(items):
        if i < 2:
            items[i + 1] = items[i + 1] * v
    s = 0.0
    later = items[1:]
    for a, b in zip(items, later):
        items[1] = 2 * x[3]
        s = s + a * b
    return sum(items) * s


@program(V)
def a_list_grows_under_a_loop(x):
    items, s = [x[0], x[1]], 0.0
    for v in items:
        if len(items) < 4:
            items.append(v * 2)
        s += v**2
    return s


@program(V)
def a_long_list_grows_under_a_loop(x):
    items, s = [v * 2 for v in x], 0.0
    for v in items:
        if len(items) < 7:
            items.append(v * 2)
        s += v**2
    return s


@program(V)
def a_long_list_changes_under_a_loop(x):
    items = [v * 2 for v in x]
    for i, v in enumerate(items):
        if i + 1 < len(items):
            items[i + 1] = items[i + 1] * v
    return sum(items)


@program(V)
def views_of_a_dict(x):
    d = {"a": x[0], "b": x[1]}
    keys, values, items = d.keys(), d.values(), d.items()
    d["c"] = x[2]
    s = sum(values) * len(keys)
    for k, v in items:
        d["b"] = d["b"] + v * s
        d[k] = d[k] * v
    return sum(d.values())


# --- conditions that write -----------------------------------------------------------------------


@program(V)
def a_loop_writes_while_it_tests(x):
    y, s = x.copy(), 0.0

    def grown():
        y[0] *= 1.5
        return y[0]

    while grown() < 3:
        s = s + y[0] * x[1]
    return s + np.sum(y)


@program(V)
def a_loop_tests_with_arrays_of_its_own(x):
    y = x.copy()

    def total(v):
        t = v * 2
        t[0] += 1
        t *= 2
        return np.sum(t)

    while total(y) < 40:
        y = y * 1.3
    return np.sum(y**2)


# --- containers in lists of unknown length ------------------------------------------------------


@program(V)
def tuples_are_taken_off_a_list(x):
    pending, s = [(x[:2], x[2])], 0.0
    while pending:
        v, c = pending.pop()
        s = s + np.sum(v) * c
        if c > 0.3:
            pending.append((v * 0.5, c * x[1] * 0.7))
    return s


@program(V)
def a_tuple_is_written_over(x):
    pairs = []
    for v in x:
        pairs.append((x * v, v))
    pairs[1] = (x**2, 2.0)
    pairs.insert(0, (x, x[0]))
    return sum(np.sum(h**2) * c for h, c in pairs) + pairs[0][1]


# --- classes --------------------------------------------------------------------------------------


class Keyed:
    def __init__(self, key, value):
        self.key, self.value = key, value

    def __eq__(self, other):
        return self.key == other.key

    def __hash__(self):
        return hash(self.key)

    def __copy__(self):
        return Keyed(self.key + 1, self.value * 2)


@program(V)
def unequal_is_the_opposite_of_equal(x):
    a, b, c = Keyed(1, x[0]), Keyed(1, x[1]), Keyed(2, x[2])
    s = x[4]
    if a != b:
        s = s + x[0]
    if a != c:
        s = s * x[2]
    return s * a.value * b.value


@program(V)
def a_class_knows_how_it_is_copied(x):
    a = copy.copy(Keyed(1, x[0]))
    return a.value * a.key


@program(vector(3))
def random_numbers_of_single_precision(x):
    rng = np.random.default_rng(1)
    z = rng.standard_normal(3, np.float32)
    return np.sum(z * z * x)


# --- complex numbers ------------------------------------------------------------------------------


@program(V)
def complex_numbers_beside(x):
    w = np.exp(1j * np.arange(5))
    return np.sum(x * w.real) + np.sum(np.abs(w) * x)


COMPLEX = [
    lambda x: abs(x[0] + 1j * x[1]) ** 2,
    lambda x: np.sum(np.real(x.astype(complex) * 2)),
    lambda x: np.sum(np.abs(np.exp(1j * x))),
]
for f in COMPLEX:
    program.add(f, V, refused=True)


@program(V, refused=True)
def a_complex_buffer(x):
    z = np.zeros(5, dtype=complex)
    z[:] = x
    return np.sum(z.real**2)


@pytest.mark.parametrize("case", program.cases)
def test_gradient(case: Case) -> None:
    case.run()
