"""Dicts and sets in dicts and lists, to which data add: ``d.setdefault(i, {})[j] = v``."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, grad
from tests.slopes import check_at

A = np.array([0.317, -1.231, 0.722, 0.944, -0.453, -0.174, 1.667, -0.383])
B = np.array([-0.31, -1.33, 0.757, 0.92, 1.41])
PROGRAMS: list[Callable[..., Any]] = []
REFUSED: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def refused(f: Callable[..., Any]) -> Callable[..., Any]:
    REFUSED.append(f)
    return f


def sign(v):
    return int(v > 0)


def third(v):
    return int(abs(v) * 3) % 3


@program
def by_setdefault(x):
    d = {}
    for i, v in enumerate(x):
        k = int(v > 0)
        j = int(abs(v) > 1)
        d.setdefault(k, {})[j] = v * (i + 1)
    t = 0.0
    for k, row in d.items():
        for j, v in row.items():
            t += (k + 2 * j + 1) * v * v
    return t


@program
def in_a_defaultdict(x):
    d = defaultdict(dict)
    for i, v in enumerate(x):
        k = int(v > 0)
        j = int(abs(v) > 1)
        d[k][j] = v * (i + 1)
    t = 0.0
    for k, row in d.items():
        for j, v in row.items():
            t += (k + 2 * j + 1) * v * v
    return t


@program
def sums_in_two_levels(x):
    d = defaultdict(lambda: defaultdict(float))
    for v in x:
        k = int(v > 0)
        j = int(abs(v) > 1)
        d[k][j] += v * v
    return sum(v * v * (k + 2 * j + 1) for k, row in d.items() for j, v in row.items())


@program
def sums_with_get(x):
    d = {}
    for v in x:
        k = int(v > 0)
        j = int(abs(v) > 1)
        if k not in d:
            d[k] = {}
        d[k][j] = d[k].get(j, 0.0) + v
    t = 0.0
    for k in d:
        for j in d[k]:
            t += d[k][j] ** 2
    return t


@program
def lists_in_two_levels(x):
    d = defaultdict(lambda: defaultdict(list))
    for v in x:
        k = int(v > 0)
        j = int(abs(v) > 1)
        d[k][j].append(v * v)
    return sum(np.mean(v) ** 2 * (k + 2 * j + 1) for k, row in d.items() for j, v in row.items())


@program
def a_sparse_matrix(x):
    A = {}
    for n, v in enumerate(x):
        i, j = int(v * 3) % 3, n % 2
        A.setdefault(i, {})
        A[i][j] = A[i].get(j, 0.0) + v
    y = {}
    for i, row in A.items():
        y[i] = sum(a * x[j] for j, a in row.items())
    return sum(v * v for v in y.values())


@program
def under_another_name(x):
    d = {}
    for v in x:
        if sign(v) not in d:
            d[sign(v)] = {}
        row = d[sign(v)]
        row[third(v)] = row.get(third(v), 0.0) + v
        row[5] = v
    return sum(v**2 * (j + 1) for row in d.values() for j, v in row.items())


@program
def a_row_that_goes_on(x):
    d = {}
    for v in x:
        row = {}
        d[third(v)] = row
        row[sign(v)] = v
        row[7] = v * 2
    return sum(v**2 * (j + 1) for row in d.values() for j, v in row.items())


@program
def a_deep_copy(x):
    d = {}
    for v in x:
        d.setdefault(third(v), {})[sign(v)] = v
    e = copy.deepcopy(d)
    d[third(x[0])][9] = x[0]
    return sum(v**2 * (j + 1) for row in d.values() for j, v in row.items()) + sum(
        v for r in e.values() for v in r.values()
    )


@program
def copies_of_rows(x):
    d = {}
    for v in x:
        d.setdefault(third(v), {})[sign(v)] = v
    e = {k: dict(r) for k, r in d.items()}
    d[third(x[0])][9] = x[0]
    return sum(v**2 * (j + 1) for row in d.values() for j, v in row.items()) + sum(
        v for r in e.values() for v in r.values()
    )


@program
def a_dict_for_each_run(x):
    segs = [[]]
    for i, v in enumerate(x):
        if v > 0:
            segs.append([])
        segs[-1].append({"w": v, "i": i})
    return sum(e["w"] ** 2 * e["i"] for seg in segs for e in seg)


@program
def a_defaultdict_for_each_run(x):
    rows = [defaultdict(float)]
    for v in x:
        if v > 0:
            rows.append(defaultdict(float))
        rows[-1][third(v)] += v
    return sum(v**2 * (j + 1) * (i + 1) for i, row in enumerate(rows) for j, v in row.items())


@program
def known_rows(x):
    rows = [{} for _ in range(3)]
    for i, v in enumerate(x):
        rows[i % 3][third(v)] = v
    return sum(v**2 * (j + 1) * (i + 1) for i, row in enumerate(rows) for j, v in row.items())


@program
def known_rows_by_data(x):
    rows = [{} for _ in range(3)]
    for i, v in enumerate(x):
        rows[third(v)][sign(v)] = v * (i + 1)
    return sum(v**2 * (j + 1) * (i + 1) for i, row in enumerate(rows) for j, v in row.items())


@program
def taken_out(x):
    d = {}
    for v in x:
        d.setdefault(third(v), {})[sign(v)] = v
    row = d.pop(third(x[0]))
    row[4] = x[1]
    return sum(v**2 * (j + 1) for j, v in row.items()) + sum(
        v**2 * (j + 1) for row in d.values() for j, v in row.items()
    )


@program
def get_with_none(x):
    d = {}
    for v in x:
        row = d.get(third(v))
        if row is None:
            d[third(v)] = {sign(v): v}
        else:
            row[sign(v)] = row.get(sign(v), 0.0) + v
    return sum(v**2 * (j + 1) for row in d.values() for j, v in row.items())


@program
def get_with_another(x):
    d = {}
    for v in x:
        d.setdefault(third(v), {})[sign(v)] = v
    t = 0.0
    for i in range(4):
        t += sum(v * v for v in d.get(i, {}).values()) * (i + 1)
    return t


@program
def whether_they_have_keys(x):
    d = {}
    t = 0.0
    for v in x:
        if third(v) in d and sign(v) in d[third(v)]:
            t += d[third(v)][sign(v)] * v
        else:
            d.setdefault(third(v), {})[sign(v)] = v
        t += len(d[third(v)])
    return t


@program
def sets_under_keys(x):
    nb = defaultdict(set)
    w = {}
    for i, v in enumerate(x):
        nb[third(v)].add(i % 4)
        w[third(v)] = w.get(third(v), 0.0) + v
    return sum(w[k] ** 2 * len(s) for k, s in nb.items())


@program
def sets_are_asked(x):
    nb = {}
    t = 0.0
    for i, v in enumerate(x):
        if sign(v) in nb.setdefault(third(v), set()):
            t += v * v
        nb[third(v)].add(sign(v))
        t += v * len(nb[third(v)])
    return t


@program
def counters(x):
    d = defaultdict(lambda: defaultdict(int))
    t = 0.0
    for v in x:
        d[third(v)][sign(v)] += 1
        t += v * d[third(v)][sign(v)]
    return t


@program
def three_levels_of_lists(x):
    d = defaultdict(lambda: defaultdict(list))
    for i, v in enumerate(x):
        d[third(v)][sign(v)].append(v)
    return sum(sum(v) ** 2 * (k + 1) for a in d.values() for k, v in a.items())


@program
def lists_of_lists(x):
    d = defaultdict(list)
    for v in x:
        if v > 0 or not d[third(v)]:
            d[third(v)].append([])
        d[third(v)][-1].append(v)
    return sum(sum(r) ** 2 for g in d.values() for r in g)


@program
def keys_are_deleted(x):
    d = {}
    for v in x:
        d.setdefault(third(v), {})[sign(v)] = v
    for i in list(d):
        if 1 in d[i]:
            del d[i][1]
    return sum(v**2 for a in d.values() for v in a.values())


@program
def changed_in_a_loop_over_it(x):
    d = {}
    for v in x:
        d.setdefault(third(v), {})[sign(v)] = v
    for i, row in d.items():
        for j in row:
            row[j] = row[j] * x[0]
    for row in d.values():
        row[11] = x[1]
    return sum(v**2 for a in d.values() for v in a.values())


@program
def rows_are_normalised(x):
    d = defaultdict(lambda: defaultdict(float))
    for i, v in enumerate(x):
        d[third(v)][i % 3] += v * v
    out = {}
    for i, row in d.items():
        total = sum(row.values())
        out[i] = {j: v / total for j, v in row.items()}
    return sum(v**2 * (j + 1) for a in out.values() for j, v in a.items())


@program
def transpose(x):
    d = defaultdict(dict)
    for i, v in enumerate(x):
        d[third(v)][i] = v
    t = {}
    for i, row in d.items():
        for j, v in row.items():
            t.setdefault(j, {})[i] = v
    return sum(v**2 * (j + 1) * (i + 2) for i, a in t.items() for j, v in a.items())


@program
def text_keys(x):
    d = {}
    for i, v in enumerate(x):
        name = "pos" if v > 0 else "neg"
        part = "big" if abs(v) > 0.5 else "small"
        d.setdefault(name, {}).setdefault(part, []).append(v)
    return sum(np.mean(vs) ** 2 for part in d.values() for vs in part.values())


@program
def chances_of_transitions(x):
    counts = defaultdict(lambda: defaultdict(float))
    for a, b in zip(x[:-1], x[1:], strict=True):  # noqa: RUF007
        counts[sign(a)][sign(b)] += a * b
    t = 0.0
    for a in counts:
        total = sum(counts[a].values())
        for b in counts[a]:
            t += (counts[a][b] / (total + 10)) ** 2
    return t


@program
def known_at_first(x):
    d = {0: {0: 1.0}, 1: {}}
    for v in x:
        d[sign(v)][third(v)] = d[sign(v)].get(third(v), 0.0) + v
    return sum(v**2 for a in d.values() for v in a.values())


@program
def a_key_gets_another(x):
    d = {}
    t = 0.0
    for v in x:
        row = [1.0]
        d[int(v > 0)] = row
        row.append(v)
        d[int(v > 0.5)] = [3.0]
        t += sum(row)
    return sum(sum(a) ** 2 for a in d.values()) + t


# --- what is refused ----------------------------------------------------------------------------


@refused
def one_row_under_all_keys(x):
    d = {}
    row = {}
    for v in x:
        d[sign(v)] = row
        row[third(v)] = v
    return sum(v**2 * (j + 1) for row in d.values() for j, v in row.items())


@refused
def a_row_in_two_dicts(x):
    d, e = {}, {}
    for v in x:
        row = {third(v): v}
        d[sign(v)] = row
        e[sign(v)] = row
    d[sign(x[0])][0] = x[1]
    return sum(v**2 * (j + 1) for row in d.values() for j, v in row.items()) + sum(
        v for r in e.values() for v in r.values()
    )


@refused
def a_shallow_copy(x):
    d = {}
    for v in x:
        d.setdefault(third(v), {})[sign(v)] = v
    e = dict(d)
    d[third(x[0])][9] = x[0]
    return sum(v**2 * (j + 1) for row in d.values() for j, v in row.items()) + sum(
        v for r in e.values() for v in r.values()
    )


@refused
def a_row_under_two_keys(x):
    d = {}
    for v in x:
        d.setdefault(third(v), {})[sign(v)] = v
    d[7] = d[third(x[0])]
    d[7][0] = x[2]
    return sum(v**2 for a in d.values() for v in a.values())


@program
def a_default_with_a_name(x):
    d = {}
    for v in x:
        row = [1.0]
        d.setdefault(int(v > 0), row)
        row.append(v)
    return sum(sum(a) ** 2 for a in d.values())


@program
def a_name_of_what_was_replaced(x):
    d = {}
    for v in x:
        row = [1.0]
        d[int(v > 0)] = row
        row.append(v)
        d[1] = [2.0]
        row.append(v * v)
    return sum(sum(a) ** 2 for a in d.values())


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    check_at(f, A, B, A)


@pytest.mark.parametrize("f", REFUSED)
def test_refused(f):
    with pytest.raises(AliasingError) as caught:
        grad(f)(A)
    assert caught.value.hint and caught.value.loc


def test_with_arrays():
    """The same written with a matrix."""
    i, j = (A > 0).astype(int), (np.abs(A) > 1).astype(int)
    found = grad(sums_in_two_levels)(A)
    total = np.zeros((2, 2))
    np.add.at(total, (i, j), A**2)
    np.testing.assert_allclose(found, 4 * A * total[i, j] * (i + 2 * j + 1))
