"""Dicts to which data add keys: groups and counts, tables of what was computed, sparse matrices."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import (
    AliasingError,
    SrcgradError,
    UnknownTypeError,
    UnsupportedSyntaxError,
    grad,
    value_and_grad,
    vjp,
)
from tests.slopes import slopes

LABELS = np.array([1, 2, 1, 3, 2, 7])
X = np.array([0.3, -1.2, 0.8, 1.6, 2.1, -0.4])
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def sums_of(labels, x):
    sums = {}
    for label, v in zip(labels, x, strict=True):
        sums[label] = sums.get(label, 0.0) + v
    return sums


# --- numbers ------------------------------------------------------------------------------------


@program
def squares_of_groups(labels, x):
    sums = {}
    for label, v in zip(labels, x, strict=True):
        sums[label] = sums.get(label, 0.0) + v
    total = 0.0
    for key in sums:
        total += sums[key] ** 2
    return total


@program
def means_of_groups(labels, x):
    sums, counts = {}, {}
    for label, v in zip(labels, x, strict=True):
        if label not in sums:
            sums[label] = 0.0
            counts[label] = 0
        sums[label] += np.sin(v)
        counts[label] += 1
    return sum((sums[label] / counts[label]) ** 2 for label in sums)


@program
def products_of_groups(labels, x):
    products = {}
    for label, v in zip(labels, x, strict=True):
        if label in products:
            products[label] *= v
        else:
            products[label] = v
    return sum(products.values()) * len(products)


@program
def by_setdefault(labels, x):
    first, total = {}, 0.0
    for label, v in zip(labels, x, strict=True):
        total += first.setdefault(label, v) * v
        first.setdefault(-label)
    return total


@program
def a_default_of_none(labels, x):
    before, total = {}, 0.0
    for label, v in zip(labels, x, strict=True):
        old = before.get(label)
        if old is not None:
            total += old * v
        before[label] = v
    return total


@program
def a_table_of_results(labels, x):
    memo, total = {}, 0.0

    def cost(i, j):
        if (i, j) in memo:
            return memo[(i, j)]
        value = x[i] * x[j] + i
        memo[(i, j)] = value
        return value

    for i in labels % 3:
        for j in labels % 2:
            total += cost(i, j) ** 2
    return total


@program
def indices_of_ranges_that_data_bound(labels, x):
    memo = {}
    n = int(labels[3])
    for i in range(n):
        for j in range(n):
            memo[i, j] = x[i] * x[j] + memo.get((i - 1, j - 1), 0.0)
    return memo[(n - 1, n - 1)] + memo[n - 1, 0]


@program
def integers_computed_from_data(labels, x):
    bins = {}
    for v in x:
        k = int(np.floor(v))
        bins[k] = bins.get(k, 0.0) + v**2
    total = 0.0
    for k in sorted(bins):
        total = total * 0.5 + bins[k]
    for _, v in sorted(bins.items(), reverse=True):
        total = total * 0.5 + v
    return total


@program
def truth_values(labels, x):
    sums = {}
    for v in x:
        sums[v > 0] = sums.get(v > 0, 0.0) + v**2
    return sums.get(True, 1.0) * 3 + sums.get(False, 2.0)


WORDS = ["a", "b", "c"]
WORD_ARRAY = np.array(WORDS)


@program
def texts(labels, x):
    sums = {}
    for label, v in zip(labels, x, strict=True):
        word = WORDS[label % 3]
        sums[word] = sums.get(word, 0.0) + v**2
        sums[f"{word}{label}"] = v
    total = 0.0
    for word, v in sums.items():
        if word == "b":
            total += v**3
        else:
            total += v
    return total + sums.get("a", 1.0) * sums.get("d", 2.0)


@program
def texts_of_an_array(labels, x):
    sums = {}
    for label, v in zip(labels, x, strict=True):
        word = WORD_ARRAY[label % 3]
        sums[word] = sums.get(word, 0.0) + v**2
    return sum(v**2 for v in sums.values())


@program
def a_sparse_matrix(labels, x):
    matrix = {}
    for label, v in zip(labels, x, strict=True):
        key = label % 3, label % 2
        matrix[key] = matrix.get(key, 0.0) + v
    y = np.zeros(3)
    for (i, j), a in matrix.items():
        y[i] += a * x[j]
    return np.sum(y**2)


@program
def keys_of_several_kinds(labels, x):
    d = {}
    for label, v in zip(labels, x, strict=True):
        d[label] = v
        d[label, 1] = v**2
        d["last"] = v
    return d[labels[0]] * d[labels[1], 1] + sum(d.values())


@program
def keys_that_are_known_in_branches(labels, x):
    sums = {}
    for v in x:
        if v > 0:
            sums["up"] = sums.get("up", 0.0) + v**2
        else:
            sums["down"] = v
    return sum(v**2 for v in sums.values()) + sums.get("still", 3.0) * len(sums)


@program
def a_key_of_one_arm(labels, x):
    d = {"a": x}
    if x[1] < 0:
        d["b"] = x**2
    return sum(np.sum(v**3) for v in d.values()) if "b" in d else np.sum(d["a"])


@program
def keys_that_it_has_before(labels, x):
    d = {1: x[0], 9: x[1]}
    for label, v in zip(labels, x, strict=True):
        d[label] = d.get(label, 1.0) * v
    return d[9] * d[1] + sum(d.values())


@program
def shortest_ways(labels, x):
    edges = {}
    for i in range(len(x) - 1):
        edges[labels[i], labels[i + 1]] = x[i]
    far = {labels[0]: 0.0}
    for _ in range(3):
        for (a, b), w in edges.items():
            if a in far:
                new = far[a] + w**2
                if b not in far or new < far[b]:
                    far[b] = new
    return sum(far.values())


@program
def a_table_that_grows_while_a_copy_is_read(labels, x):
    best = {0: 0.0}
    for label, v in zip(labels, x, strict=True):
        for s in list(best):
            t = s + int(label)
            c = best[s] + v * v
            if t not in best or c > best[t]:
                best[t] = c
    return max(best.values())


# --- more trips than are unrolled ---------------------------------------------------------------


@program
def remainders(labels, x):
    d = {}
    for i in range(1000):
        d[i % 7] = d.get(i % 7, 0.0) + x[i % len(x)]
    return sum(v**2 for v in d.values())


@program
def a_table_from_the_front(labels, x):
    best = {0: 0.0, 1: x[0]}
    for i in range(2, 400):
        best[i] = best[i - 1] * 0.5 + np.sin(best[i - 2]) + x[i % len(x)]
    return best[399] + len(best)


# --- those that make values ----------------------------------------------------------------------


@program
def sums_and_counts(labels, x):
    sums, counts = defaultdict(float), defaultdict(int)
    for label, v in zip(labels, x, strict=True):
        sums[label] += np.sin(v)
        counts[label] += 1
    total = sum((sums[k] / counts[k]) ** 2 for k in sums)
    return total + sums[100] + len(sums) * x[0]


@program
def products_from_one(labels, x):
    products = defaultdict(lambda: 1.0)
    for i in range(3):
        for label, v in zip(labels, x, strict=True):
            products[i, label % 2] *= v
    return sum(v**2 for v in products.values()) + products[0, 5]


@program
def arrays_from_zeros(labels, x):
    d = defaultdict(lambda: np.zeros(2))
    for label, v in zip(labels, x, strict=True):
        d[label] += np.array([v, v**2])
    return sum(np.sum(v**2) for v in d.values())


@program
def made_for_what_is_read(labels, x):
    d = defaultdict(float, {1: x[0]}, b=x[1])
    for label, v in zip(labels, x, strict=True):
        if label in d:
            d[label] += v * d[label + 1] + d.get(label + 2, 1.0)
        else:
            d[label] = v
    e, f = d.copy(), dict(d)
    e[50] += x[2]
    assert type(d) is type(e) is defaultdict and isinstance(e, dict) and type(f) is dict
    return sum(v**2 for v in e.values()) + len(d) * x[3] + f["b"] * f.get(60, 1.0) + e[60]


@program
def lists_under_known_keys(labels, x):
    d = defaultdict(list)
    for name, v in (("even", x[0]), ("odd", x[1]), ("even", x[2])):
        d[name].append(v)
    return d["even"][0] * d["even"][1] + sum(d["odd"]) + len(d["none"]) + len(d)


@program
def one_after_the_other(labels, x):
    old = defaultdict(float)
    for i in range(len(x)):
        new = defaultdict(float)
        for label, v in zip(labels, x, strict=True):
            new[label] += 0.5 * old[label - i] + v
        old = new
    return sum(v**2 for v in old.values())


# --- where it goes ------------------------------------------------------------------------------


@program
def through_helpers(labels, x):
    def add(d, k, v):
        d[k] = d.get(k, 0.0) + v

    squares = {}
    for label, v in zip(labels, x, strict=True):
        add(squares, label, v * v)
    sums = sums_of(labels, x)
    return sum(np.sqrt(squares[k] + 1) * sums[k] for k in sums)


class Groups:
    def __init__(self):
        self.sums = {}

    def add(self, key, v):
        self.sums[key] = self.sums.get(key, 0.0) + v


@program
def in_an_object(labels, x):
    groups = Groups()
    for label, v in zip(labels, x, strict=True):
        groups.add(label, v**2)
    return sum(v**2 for v in groups.sums.values())


@program
def two_names(labels, x):
    d = {}
    e = d
    for label, v in zip(labels, x, strict=True):
        d[label] = d.get(label, 0.0) + v
        e[label] *= v
    return sum(d.values())


@program
def views_that_follow(labels, x):
    d = {}
    values, keys = d.values(), d.keys()
    for label, v in zip(labels, x, strict=True):
        d[label] = d.get(label, 0.0) + v
    for v in values:
        d[labels[0]] += v  # which is the first, and has been read
    return sum(v**2 for v in values) + len(values) * (1 if labels[1] in keys else 0)


@program
def copies(labels, x):
    d = sums_of(labels, x)
    e, f, g, h = d.copy(), dict(d, a=x[0]), {**d, 3: x[1]}, copy.copy(d)
    e[labels[0]] = x[0] ** 2
    f[100] = x[1] ** 3
    h.update({2: x[2] ** 2})
    h |= e
    return sum(sum(k.values()) ** 2 for k in (d, e, f, g, h))


@program
def displays(labels, x):
    d = {int(labels[0]): x[0], 5: x[1], int(labels[3]): x[2]}
    e = {label % 3: v**2 for label, v in zip(labels, x, strict=True)}
    f = dict(zip(labels, x, strict=True))
    g = dict.fromkeys(labels, 1.0)
    g.update(f)
    return sum(sum(k * v for k, v in each.items()) for each in (d, e, f, g))


@program
def emptied(labels, x):
    d, total = {}, 0.0
    for label, v in zip(labels, x, strict=True):
        d[label] = d.get(label, 0.0) + v**2
        if len(d) > 2:
            total += sum(d.values())
            d.clear()
        elif not d:
            d = {}
    return total + sum(d.values()) if d else total


@program
def items_taken_out(labels, x):
    d, total = {}, 0.0
    for label, v in zip(labels, x, strict=True):
        if label in d:
            total += d.pop(label) * v
        else:
            d[label] = v
        total += d.pop(-label, 2.0) * v
    while len(d) > 1:
        k = next(iter(d))
        total = total * 0.5 + d[k] ** 2
        del d[k]
    return total + sum(v**3 for v in d.values())


@program
def exchanged(labels, x):
    old, new = {}, {}
    for label, v in zip(labels, x, strict=True):
        new[label] = old.get(label, 1.0) * v
        old, new = new, old
    return sum(old.values()) + 2 * sum(new.values())


@program
def made_anew(labels, x):
    total = 0.0
    for i in range(len(x)):
        d = {}
        for label, v in zip(labels, x, strict=True):
            d[label] = d.get(label, 0.0) + v * x[i]
        total += sum(v**2 for v in d.values())
    return total


@program
def left_early(labels, x):
    d = {}
    for label, v in zip(labels, x, strict=True):
        if label in d and v > 2:
            break
        if v < -1:
            continue
        d[label] = d.get(label, 0.0) + v**2
        if d[label] > 5:
            return d[label] * 2
    return sum(v**2 for v in d.values())


@program
def in_a_while(labels, x):
    d = {}
    i = 0
    while i < len(x) and x[i] < 2.0:
        d[labels[i]] = d.get(labels[i], 0.0) + x[i] ** 2
        i += 1
    return sum(v**2 for v in d.values())


@program
def a_key_that_may_be_missing(labels, x):
    d, total = sums_of(labels, x), 0.0
    for k in range(int(labels[5])):
        try:
            total += d[k] ** 2
        except KeyError:
            total += x[0] * k
    return total


@program
def one_of_two(labels, x):
    a, b = sums_of(labels, x), {7: x[1]}
    d = a if x[0] > 0 else b
    d[7] = x[2] * x[3]
    return sum(v**2 for v in a.values()) + sum(v**3 for v in b.values()) * len(b)


@program
def one_of_two_in_each_trip(labels, x):
    a, b = {1: x[0]}, {7: x[1], 2: x[3]}
    total = 0.0
    for k, v in zip(labels, x, strict=True):
        d = a if v > 0 else b
        d[k] = d.get(k, 0.0) + v**2
        a[2] = v
        total += sum(v**2 for v in b.values())
    return total + sum(v**2 for v in a.values()) * len(a)


# --- loops over it ------------------------------------------------------------------------------


@program
def loops_over_it(labels, x):
    d, total = sums_of(labels, x), 0.0
    for i, (k, v) in enumerate(d.items()):
        total += i * k * v**2
    for k, v, w in zip(d.keys(), d.values(), x, strict=False):
        total += k * v * w
    for a in d:
        for b in d:
            if a < b:
                total += d[a] * d[b]
    return (
        total + np.sum(np.array([d[k] for k in d]) ** 2) + sum([v for k, v in d.items() if k > 1])
    )


@program
def changed_while_it_is_looked_at(labels, x):
    d = sums_of(labels, x**2)
    total = sum(d.values())
    for k in d:
        d[k] = d[k] / total
    for k, v in d.items():
        d[k] = v**2 + k
        d[labels[0]] += v
    return sum(v**2 for v in d.values())


@program
def what_a_key_chooses(labels, x):
    d = sums_of(labels, x)
    best, (_, v) = max(d, key=d.get), max(d.items(), key=lambda item: item[1])
    keys, values = [*d], list(d.values())
    return d[best] ** 2 * v + d[min(d)] * d[max(keys)] + values[1] * keys[0] + max(d.values())


# --- arrays -------------------------------------------------------------------------------------


@program
def arrays_of_groups(labels, x):
    d = {}
    for label, v in zip(labels, x, strict=True):
        d[label] = d.get(label, np.zeros(2)) + np.array([v, v**2])
    return sum(np.sum(a**2) for a in d.values())


@program
def rows_that_are_added_in_place(labels, x):
    d = {}
    for label, row in zip(labels, np.outer(x, x), strict=True):
        if label in d:
            d[label] += row
        else:
            d[label] = row.copy()
    return sum(np.sum(a**2) for a in d.values())


@program
def views_that_are_added_to(labels, x):
    """What is added to the first row of a group is in the matrix too."""
    rows = np.outer(x, x)
    d = {}
    for label, row in zip(labels, rows, strict=True):
        if label in d:
            d[label] += row
        else:
            d[label] = row
    return sum(np.sum(a**2) for a in d.values()) + np.sum(rows**3)


@program
def elements_that_are_written(labels, x):
    d = {}
    for label, v in zip(labels, x, strict=True):
        row = d.setdefault(label, np.zeros(3))
        row[label % 3] += v**2
        d[label][0] = v
    return sum(np.sum(a**2) for a in d.values())


@program
def one_array_under_all_keys(labels, x):
    d = dict.fromkeys(labels, np.zeros(2))
    for label, v in zip(labels, x, strict=True):
        d[label] += np.array([v, v**2])
    return sum(np.sum(a**2) for a in d.values())


@program
def two_names_for_an_array(labels, x):
    d = {}
    for label, v in zip(labels, x, strict=True):
        d[label] = np.array([v, 1.0])
    a, b = d[1], d[int(labels[0])]
    e = d.copy()
    a[0] = x[3]
    e[2] *= 3.0
    e[3] = e[3] * x[0]
    return np.sum(b) * np.sum(d[1]) + sum(np.sum(v**2) for v in d.values())


@program
def matrices(labels, x):
    d = {}
    for label, v in zip(labels, x, strict=True):
        d[label] = d.get(label, np.eye(2)) @ np.array([[v, 1.0], [0.5, v]])
    return sum(np.trace(m) for m in d.values())


@program
def tuples(labels, x):
    d = {}
    for label, v in zip(labels, x, strict=True):
        total, count = d.get(label, (0.0, 0))
        d[label] = (total + v, count + 1)
    return sum((total / count) ** 2 for total, count in d.values())


@program
def lists_made_longer(labels, x):
    groups = {}
    for label, v in zip(labels, x, strict=True):
        groups[label] = groups.get(label, []) + [v]
    return sum(sum(group) ** 2 for group in groups.values())


@program
def put_into_another(labels, x):
    return sum((sums_of(labels, x) | {1: x[0]}).values())


# --- tests --------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    for labels, x in (
        (LABELS, X),
        (LABELS[::-1].copy(), X * 0.9),
        (np.array([1, 2, 1, 3, 3, 3]), X),
    ):
        value, found = value_and_grad(f, argnums=1)(labels, x)
        want = slopes(lambda x, labels=labels: f(labels, x.copy()), x)
        np.testing.assert_allclose(found, want, rtol=1e-5, atol=1e-6)
        assert value == f(labels, x.copy())
        _, pull = vjp(lambda x, labels=labels: f(labels, x), x)
        for scale in (1.0, -2.0):
            np.testing.assert_allclose(pull(scale)[0], scale * found)


def test_with_arrays():
    """The same written with arrays."""
    sums = np.bincount(LABELS, X)
    np.testing.assert_allclose(grad(squares_of_groups, argnums=1)(LABELS, X), 2 * sums[LABELS])
    counts = np.bincount(LABELS)[LABELS]
    means = np.bincount(LABELS, np.sin(X))[LABELS] / counts
    wanted = 2 * means / counts * np.cos(X)
    np.testing.assert_allclose(grad(means_of_groups, argnums=1)(LABELS, X), wanted)


def test_without_elements():
    labels, x = LABELS[:0], X[:0]
    for f in (squares_of_groups, means_of_groups, arrays_of_groups, displays_of_nothing):
        value, found = value_and_grad(f, argnums=1)(labels, x)
        assert value == f(labels, x) and found.shape == (0,)


def displays_of_nothing(labels, x):
    d = dict(zip(labels, x, strict=True))
    return np.sum(x) + len(d) + d.get(3, 0.0)


def test_another_call():
    """Which keys there are is nothing that the gradient is compiled for."""
    derivative = grad(squares_of_groups, argnums=1)
    rng = np.random.default_rng(0)
    for n in (3, 10, 500):
        labels, x = rng.integers(0, n, n), rng.normal(size=n)
        found = derivative(labels, x)
        np.testing.assert_allclose(found, 2 * np.bincount(labels, x)[labels])


def test_the_text():
    source = grad(squares_of_groups, argnums=1).lower(LABELS, X).source
    for line in (
        "is_there = label in sums_at",
        "total = (sums[place] if is_there else 0.0) + v",
        "sums_at[label] = len(sums_at)",
        "sums.append(total)",
    ):
        assert line in source
    assert "label not in sums_at" in grad(means_of_groups, argnums=1).lower(LABELS, X).source


def a_missing_key(labels, x):
    return sums_of(labels, x)[int(labels[0]) + 100]


def a_missing_key_of_a_tuple(labels, x):
    d = {}
    for label, v in zip(labels, x, strict=True):
        d[label, label + 1] = v
    return d[(3, 5)]


def nothing_to_take_out(labels, x):
    d = sums_of(labels, x)
    d.pop(int(labels[0]) + 50)
    return sum(d.values())


def nothing_there_yet(labels, x):
    d = {}
    for label, v in zip(labels, x, strict=True):
        d[label] += v
    return sum(d.values()) + x[0]


@pytest.mark.parametrize(
    "f", [a_missing_key, a_missing_key_of_a_tuple, nothing_to_take_out, nothing_there_yet]
)
def test_what_python_raises(f):
    with pytest.raises(KeyError) as wanted:
        f(LABELS, X)
    with pytest.raises(KeyError) as caught:
        grad(f, argnums=1)(LABELS, X)
    assert caught.value.args == wanted.value.args


def keys_added_in_a_loop_over_it(labels, x):
    d = sums_of(labels, x)
    for k in d:
        d[k + 100] = 1.0
    return sum(d.values())


def items_taken_out_in_a_loop_over_it(labels, x):
    d = sums_of(labels, x)
    for k in d.keys():
        d.pop(k)
    return sum(d.values())


def floats(labels, x):
    d = {}
    for v in x:
        d[v] = d.get(v, 0.0) + v
    return sum(d.values())


@program
def put_into_a_list(labels, x):
    d = sums_of(labels, x)
    dicts = []
    for _ in x:
        dicts.append(d)
    return dicts[0][1]


@program
def compared(labels, x):
    d, e = sums_of(labels, x), sums_of(labels, x)
    before = x[0] if d == e else x[1]
    e[int(labels[0])] += 1
    return before * (x[2] if d == e else x[3])


def handed_out(labels, x):
    return np.sum(list(map(len, [str(sums_of(labels, x))]))) * x[0]


@program
def the_last_item(labels, x):
    return sums_of(labels, x).popitem()[1]


@program
def the_last_items_one_after_the_other(labels, x):
    d, total = sums_of(labels, x), 0.0
    while d:
        k, v = d.popitem()
        total = total * 0.5 + v * k * (1 + len(d))
    try:
        d.popitem()
    except KeyError:
        total = total + x[0]
    return total


@program
def keys_in_the_order_of_their_values(labels, x):
    d = sums_of(labels, x)
    order = sorted(d, key=d.get, reverse=True)
    ranks = sorted(d.keys(), key=lambda k: (d[k] > 0, k))
    return sum(d[k] * i for i, k in enumerate(order)) * d[ranks[0]] + d[max(d, key=d.get)]


def made_of_what_is_around(labels, x):
    one = x[0]
    d = defaultdict(lambda: one)
    return d[1]


def made_in_a_loop_over_it(labels, x):
    d = defaultdict(float, sums_of(labels, x))
    return sum(d[k + 1] for k in d)


def one_of_two_that_make_values(labels, x):
    a, b = defaultdict(float), defaultdict(int)
    d = a if x[0] > 0 else b
    return d[3] + x[0]


@program
def in_a_list(labels, x):
    dicts = []
    for v in x:
        dicts.append(defaultdict(float, a=v))
    return sum(d["a"] + d["b"] for d in dicts)


def replaced_by_a_copy(labels, x):
    """What is in the first dict is written, and nobody reads it."""
    d, e, total = {}, {}, 0.0
    d[int(labels[1])] = np.ones(2) * x[3]
    if int(x[0] > 0) in d:
        d[int(x[0] > 0)] *= np.array([x[0], x[0]])
    else:
        total += np.sum(e.pop(int(labels[1]), np.zeros(2)))
    for label, v in zip(labels, x, strict=True):
        d = e.copy()
        e[label] = np.array([v * x[0], 0.5])
        for w in e.values():
            total += np.sum(w**2) * 0.1
    return total + sum(np.sum(s**2) for s in d.values()) + sum(np.sum(s) for s in e.values())


REFUSED = {
    replaced_by_a_copy: (AliasingError, "nothing reads any more"),
    made_of_what_is_around: (UnsupportedSyntaxError, "reads names around it"),
    made_in_a_loop_over_it: (UnsupportedSyntaxError, "while it is iterated over"),
    one_of_two_that_make_values: (UnknownTypeError, "a defaultdict or a defaultdict"),
    keys_added_in_a_loop_over_it: (UnsupportedSyntaxError, "while it is iterated over"),
    items_taken_out_in_a_loop_over_it: (UnsupportedSyntaxError, "while it is iterated over"),
    floats: (UnsupportedSyntaxError, "is a float"),
    handed_out: (SrcgradError, "cannot be followed"),
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    kind, message = REFUSED[f]
    with pytest.raises(kind, match=message) as caught:
        grad(f, argnums=1)(LABELS, X)
    assert caught.value.hint and caught.value.loc
