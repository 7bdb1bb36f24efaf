"""Lists, and dicts, in dicts to which data add keys: ``groups[label].append(v)``."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, SrcgradError, grad, value_and_grad, vjp
from srcgrad.testing import check_grads
from tests.slopes import slopes

LABELS = np.array([1, 2, 1, 3, 2, 7])
X = np.array([0.3, -1.2, 0.8, 1.6, 2.1, -0.4])
PROGRAMS: list[Callable[..., Any]] = []
SEVERAL: list[Callable[..., Any]] = []
"""In which several names, or keys, lead to a list: it is a place in a list of all of them."""


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def shared(f: Callable[..., Any]) -> Callable[..., Any]:
    SEVERAL.append(f)
    return f


def groups_of(labels, x):
    groups = {}
    for label, v in zip(labels, x, strict=True):
        groups.setdefault(int(label), []).append(v)
    return groups


@program
def none_or_empty(labels, x):
    groups = {1: []}
    for i in range(len(x)):
        groups.setdefault(int(labels[i]), [])
        if x[i] > 0:
            groups[int(labels[i])].append(x[i])
    total = 1.0
    for label in (1, 2, 3, 4, 7):
        found = groups.get(label)
        if not found:
            total = total * 0.5 + x[0]
            continue
        for v in found:
            total = total * 0.7 + v**2
        if found and len(found) > 1:
            total += found[0] * found[-1]
    return total


@program
def neighbours_or_none(labels, x):
    after = {}
    for i in range(len(x) - 1):
        after.setdefault(int(labels[i]), []).append((int(labels[i + 1]), x[i] * x[i + 1]))
    total = 0.0
    for label in (1, 2, 3, 4, 7):
        for other, v in after.get(label, ()):
            total += v**2 * other
        first = after.get(label, ())
        if first:
            total += sum(w for _, w in first) * len(first)
        total += len([*after.get(label + 1, ())]) * x[0]
    return total


@program
def neighbours_of_known_keys(labels, x):
    after, total = {1: [x[0]], 2: [x[1], x[2]]}, 0.0
    for label in labels:
        for v in after.get(int(label), ()):
            total += v**2
        total += sum(after.get(int(label), ()))
    return total


# --- how groups are made ------------------------------------------------------------------------


@program
def means_of_groups(labels, x):
    groups = {}
    for label, v in zip(labels, x, strict=True):
        groups.setdefault(label, []).append(v)
    total = 0.0
    for label in groups:
        total += np.mean(groups[label]) ** 2
    return total


@program
def a_defaultdict(labels, x):
    groups = defaultdict(list)
    for i in range(len(x)):
        groups[int(labels[i])].append(x[i] ** 2)
    return sum(len(vs) * np.std(np.array(vs)) for vs in groups.values())


@program
def a_default_of_its_own(labels, x):
    groups = defaultdict(lambda: [1.0, 2.0])
    for i in range(len(x)):
        group = groups[int(labels[i])]
        group[0] += x[i] ** 2
        group[1] *= x[i]
    return sum(group[0] * group[1] for group in groups.values())


@program
def found_out_first(labels, x):
    groups = {}
    for i in range(len(x)):
        label = int(labels[i])
        if label not in groups:
            groups[label] = []
        groups[label].append(x[i] * i)
    total = 0.0
    for label, vs in groups.items():
        squares = 0.0
        for v in vs:
            squares += v * v
        total += squares * label + np.sin(vs[0] * vs[-1])
    return total


@program
def begun_or_longer(labels, x):
    groups = {}
    for label, v in zip(labels, x, strict=True):
        if label in groups:
            groups[label].append(v)
        else:
            groups[label] = [v]
    return sum(np.sin(np.sum(np.array(groups[label]))) * label for label in sorted(groups))


@program
def none_at_first(labels, x):
    groups = {}
    for label, v in zip(labels, x, strict=True):
        group = groups.get(label)
        if group is None:
            groups[label] = [v]
        else:
            group.append(v)
    return sum(sum(vs) ** 2 for vs in groups.values())


@program
def begun_by_a_handler(labels, x):
    groups = {}
    for label, v in zip(labels, x, strict=True):
        try:
            groups[int(label)].append(v)
        except KeyError:
            groups[int(label)] = [v]
    return sum(sum(vs) ** 2 for vs in groups.values())


@program
def augmented(labels, x):
    groups = defaultdict(list)
    for label, v in zip(labels, x, strict=True):
        groups[int(label)] += [v, v**2]
    return sum(sum(vs) ** 2 for vs in groups.values())


@program
def with_some_known(labels, x):
    groups = {1: [x[0]], 5: []}
    for label, v in zip(labels, x, strict=True):
        groups.setdefault(int(label), []).append(v)
    return sum(sum(vs) ** 2 for vs in groups.values())


@program
def empty_at_first(labels, x):
    groups = {int(label): [] for label in np.unique(labels)}
    for i in range(len(x)):
        groups[int(labels[i])].append(x[i])
    return sum(np.mean(vs) ** 2 for vs in groups.values())


@program
def until_there_is_enough(labels, x):
    groups, i, total = {}, 0, 0.0
    while total < 4.0 and i < len(x):
        groups.setdefault(int(labels[i]), []).append(x[i])
        total += abs(x[i])
        i += 1
    return sum(np.mean(vs) ** 2 for vs in groups.values())


@program
def in_branches(labels, x):
    groups = {}
    for label, v in zip(labels, x, strict=True):
        if v > 0.5:
            groups.setdefault(int(label), []).append(v)
        elif label == 1:
            groups.setdefault(-1, []).append(2 * v)
    return sum(np.mean(vs) ** 2 for vs in groups.values())


@program
def anew_in_each_trip(labels, x):
    total = 0.0
    for i in range(len(x)):
        groups = {}
        for j in range(i + 1):
            groups.setdefault(int(labels[j]), []).append(x[j])
        total += sum(np.mean(vs) ** 2 for vs in groups.values())
    return total


# --- keys ---------------------------------------------------------------------------------------


@program
def tuples_as_keys(labels, x):
    groups = {}
    for i in range(len(x)):
        groups.setdefault((int(labels[i]), i % 2), []).append(x[i])
    total = 0.0
    for (a, b), vs in groups.items():
        total += np.mean(vs) ** 2 * (a + 1) * (b + 2)
    return total


@program
def texts_as_keys(labels, x):
    groups = {}
    for label, v in zip(labels, x, strict=True):
        groups.setdefault("low" if label < 2 else "high", []).append(v)
    return np.mean(groups["low"]) ** 2 + np.sum(groups["high"]) ** 3


@program
def bools_as_keys(labels, x):
    groups = {}
    for v in x:
        groups.setdefault(bool(v > 0.5), []).append(v)
    return sum(groups[True]) ** 2 + sum(groups[False])


# --- what is read -------------------------------------------------------------------------------


@program
def rows_of_a_matrix(labels, x):
    groups = defaultdict(list)
    for label, row in zip(labels, np.outer(x, np.arange(1.0, 4.0)), strict=True):
        groups[label].append(row)
    means = np.array([np.mean(groups[label], axis=0) for label in sorted(groups)])
    return np.sum(means**2) + np.sum(np.stack(groups[labels[0]]) ** 3)


@program
def sorted_items(labels, x):
    total = 0.0
    for i, (label, vs) in enumerate(sorted(groups_of(labels, x).items())):
        total += i * np.mean(vs) ** 2 * label
    return total


@program
def a_dict_of_means(labels, x):
    groups = groups_of(labels, x)
    means = {label: np.mean(vs) for label, vs in groups.items()}
    return sum(m**2 for m in means.values())


@program
def the_largest_group(labels, x):
    groups = groups_of(labels, x)
    label = max(groups, key=lambda each: len(groups[each]))
    return sum(groups[label]) ** 2 + sum(max(groups.values(), key=len))


@program
def the_largest_in_a_loop(labels, x):
    best = []
    for vs in groups_of(labels, x).values():
        if len(vs) > len(best):
            best = vs
    return sum(best) ** 2


@program
def all_of_them(labels, x):
    groups = groups_of(labels, x)
    every = list(groups.values())
    return sum(sum(vs) ** 2 for vs in every) + len(every) * max(len(vs) for vs in every)


@program
def a_default_where_there_is_none(labels, x):
    groups = groups_of(labels, x)
    first = groups.get(int(labels[0]), [])
    return sum(first) ** 2 + sum(groups.get(99, [x[0]])) ** 2 + len(groups.get(98, []))


@program
def read_meanwhile(labels, x):
    groups, total = defaultdict(list), 0.0
    for label, v in zip(labels, x, strict=True):
        group = groups[int(label)]
        group.append(v)
        total += np.mean(group) ** 2 * len(group)
    return total


@program
def records_in_lists(labels, x):
    groups = {}
    for i in range(len(x)):
        groups.setdefault(int(labels[i]), []).append((i, x[i]))
    total = 0.0
    for records in groups.values():
        for i, v in records:
            total += i * v**2
    return total


@program
def which_of_two_it_is(labels, x):
    groups = groups_of(labels, x)
    one = groups[int(labels[0])] is groups[int(labels[2])]
    return sum(groups[int(labels[0])]) ** 2 * (2.0 if one else 1.0)


# --- what is changed ----------------------------------------------------------------------------


@program
def totals_and_counts(labels, x):
    found = {}
    for i in range(len(x)):
        label = int(labels[i])
        if label not in found:
            found[label] = [0.0, 0]
        found[label][0] += x[i] ** 2
        found[label][1] += 1
    return sum((total / count) ** 2 for total, count in found.values())


@program
def windows(labels, x):
    groups = {}
    for label, v in zip(labels, x, strict=True):
        groups.setdefault(label, []).append(v)
        groups[label] = groups[label][-2:]
    return sum(sum(vs) ** 2 for vs in groups.values())


@program
def taken_off_and_out(labels, x):
    groups = defaultdict(list)
    for label, v in zip(labels, x, strict=True):
        groups[int(label)].append(v)
        if len(groups[int(label)]) > 1:
            groups[int(label)].pop(0)
    group = groups.pop(int(labels[0]))
    group.append(x[1])
    return sum(sum(vs) ** 2 for vs in groups.values()) + 3 * sum(group) ** 2


@program
def the_last_taken_off(labels, x):
    groups, total = groups_of(labels, x), 0.0
    for label in labels:
        total += groups[int(label)].pop() ** 2 * len(groups[int(label)])
    return total


@program
def sorted_in_place(labels, x):
    groups = groups_of(labels, x)
    for label in groups:
        groups[label].sort()
    return sum(vs[0] ** 2 + 3 * vs[-1] for vs in groups.values())


@program
def made_longer_by_each_other(labels, x):
    groups = groups_of(labels, x)
    groups[int(labels[0])].extend(groups[int(labels[1])])
    for vs in groups.values():
        vs.append(x[0])
    return sum(sum(vs) ** 2 for vs in groups.values())


@program
def copies_in_another(labels, x):
    groups = groups_of(labels, x)
    others = {label: list(vs) for label, vs in groups.items()}
    groups[int(labels[0])].append(x[1])
    others[int(labels[1])].append(x[2])
    return sum(sum(vs) ** 2 for vs in groups.values()) + sum(sum(vs) for vs in others.values())


# --- dicts in the dict --------------------------------------------------------------------------


@program
def records(labels, x):
    found = {}
    for label, v in zip(labels, x, strict=True):
        key = int(label)
        if key not in found:
            found[key] = {"total": 0.0, "count": 0}
        found[key]["total"] += v**2
        found[key]["count"] += 1
    return sum(r["total"] ** 2 / r["count"] for r in found.values())


@program
def records_that_are_made_when_asked_for(labels, x):
    found = defaultdict(lambda: {"total": 0.0, "count": 0})
    for label, v in zip(labels, x, strict=True):
        record = found[int(label)]
        record["total"] += v**2
        record["count"] += 1
    a, b = found[int(labels[0])], found[int(labels[1])]
    a["total"] *= 3.0
    b["total"] += x[0]
    a["total"] += b["total"]
    return sum(r["total"] / r["count"] * key for key, r in found.items()) + a["total"] ** 2


# --- under another name -------------------------------------------------------------------------


@program
def another_name(labels, x):
    groups = {}
    group = groups.setdefault(int(labels[0]), [])
    for label, v in zip(labels, x, strict=True):
        groups.setdefault(int(label), []).append(v)
    return len(group) * sum(group) * x[2]


@program
def by_both_names(labels, x):
    groups = {}
    for label, v in zip(labels, x, strict=True):
        group = groups.setdefault(int(label), [])
        group.append(v)
        groups[int(label)].append(v**2)
        group.append(2 * v)
    return sum(sum(vs) * len(vs) for vs in groups.values())


@program
def kept_in_a_list_and_by_a_generator(labels, x):
    groups = {}
    kept = [groups.setdefault(int(labels[0]), []), 1]
    squares = (v * v for v in kept[0])
    for label, v in zip(labels, x, strict=True):
        groups.setdefault(int(label), []).append(v)
    return sum(kept[0]) ** 2 + sum(squares)


@program
def a_helper_that_adds(labels, x):
    def add(groups, label, v):
        if label not in groups:
            groups[label] = []
        groups[label].append(v)

    def append(values, v):
        values.append(v)

    groups = {}
    for label, v in zip(labels, x, strict=True):
        add(groups, int(label), v)
        append(groups[int(label)], v * v)
    return sum(sum(vs) ** 2 for vs in groups.values())


@program
def a_closure(labels, x):
    groups = defaultdict(list)

    def of(label):
        return groups[label]

    for label, v in zip(labels, x, strict=True):
        of(int(label)).append(v)
    return sum(np.mean(vs) ** 2 for vs in groups.values())


class Table:
    def __init__(self):
        self.groups = {}

    def add(self, label, v):
        if label not in self.groups:
            self.groups[label] = []
        self.groups[label].append(v)

    def cut(self, label):
        self.groups[label] = self.groups[label][-2:]

    def mean(self, label):
        return np.mean(self.groups[label])


@program
def an_attribute(labels, x):
    table = Table()
    for label, v in zip(labels, x, strict=True):
        table.add(int(label), v)
        table.cut(int(label))
    return sum(table.mean(label) ** 2 for label in table.groups)


@program
def a_list_that_is_put_there_and_let_go(labels, x):
    groups = {}
    for label, v in zip(labels, x, strict=True):
        group = [v]
        groups[int(label)] = group
        groups[int(label)].append(v * v)
    return sum(sum(vs) ** 2 for vs in groups.values())


@program
def exchanged(labels, x):
    groups = groups_of(labels, x)
    a, b = int(labels[0]), int(labels[1])
    groups[a], groups[b] = groups[b], groups[a]
    return sum(vs[0] ** 2 * len(vs) * label for label, vs in groups.items())


@program
def still_read_after_it_is_gone(labels, x):
    groups = groups_of(labels, x)
    group = groups[int(labels[0])]
    del groups[int(labels[0])]
    return sum(group) ** 2 + sum(sum(vs) ** 3 for vs in groups.values())


# --- tests --------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    for labels, x in (
        (LABELS, X),
        (LABELS[::-1].copy(), X * 0.9),
        (np.array([1, 2, 1, 3, 3]), X[:5]),
    ):
        value, found = value_and_grad(f, argnums=1)(labels, x)
        want = slopes(lambda x, labels=labels: f(labels, x.copy()), x)
        np.testing.assert_allclose(found, want, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(value, f(labels, x.copy()), rtol=1e-13)
        _, pull = vjp(lambda x, labels=labels: f(labels, x), x)
        for scale in (1.0, -2.0):
            np.testing.assert_allclose(pull(scale)[0], scale * found)


def test_with_arrays():
    """The same written with arrays."""
    counts = np.bincount(LABELS)[LABELS]
    means = np.bincount(LABELS, X)[LABELS] / counts
    found = grad(means_of_groups, argnums=1)(LABELS, X)
    np.testing.assert_allclose(found, 2 * means / counts)


def test_another_call():
    """Which keys there are, and how long the lists, is nothing it is compiled for."""
    derivative = grad(means_of_groups, argnums=1)
    rng = np.random.default_rng(0)
    for n in (3, 10, 500):
        labels, x = rng.integers(0, n, n), rng.normal(size=n)
        counts = np.bincount(labels)[labels]
        wanted = 2 * np.bincount(labels, x)[labels] / counts**2
        np.testing.assert_allclose(derivative(labels, x), wanted)
    assert derivative(labels[:0], x[:0]).shape == (0,)


def test_the_text():
    """Lists are changed in place, and what has been appended is taken off again backwards."""
    source = grad(means_of_groups, argnums=1).lower(LABELS, X).source
    for line in (
        "groups.append([])",
        "groups[place].append(v)",
        "v_bar = items_bar[place_saved.pop()].pop()",
    ):
        assert line in source
    assert "groups.copy()" not in source and "[*" not in source


def reads_before_it_adds(labels, x):
    groups, total = {}, 0.0
    for label, v in zip(labels, x, strict=True):
        group = groups.setdefault(int(label), [])
        before = sum(group)
        group.append(v)
        total += before**2 * len(group)
    return total


def test_lists_that_somebody_has_are_copied_in_the_text():
    """What a reversed loop reads of a list is what was in it in that trip."""
    check_grads(lambda x: reads_before_it_adds(LABELS, x), (X,))

    def kept(labels, x):
        groups, total = {}, 0.0
        for label, v in zip(labels, x, strict=True):
            group = groups.setdefault(int(label), [])
            for w in group:
                total += w * v
            group.append(v * total)
        return total

    check_grads(lambda x: kept(LABELS, x), (X,))


# --- what Python raises -------------------------------------------------------------------------


def a_missing_key(labels, x):
    groups = groups_of(labels, x)
    groups[int(labels[0]) + 100].append(x[0])
    return sum(groups[int(labels[0])])


def nothing_left(labels, x):
    groups = groups_of(labels, x)
    groups[int(labels[3])].pop()
    return groups[int(labels[3])].pop()


def nothing_left_that_is_needed(labels, x):
    groups = groups_of(labels, x)
    group = groups[int(labels[3])]
    group.pop()
    first = list(group)
    group.pop()
    return sum(first) + sum(groups[int(labels[0])])


def no_such_element(labels, x):
    return groups_of(labels, x)[int(labels[0])][4]


@pytest.mark.parametrize(
    "f", [a_missing_key, nothing_left, nothing_left_that_is_needed, no_such_element]
)
def test_what_python_raises(f):
    with pytest.raises(LookupError) as wanted:
        f(LABELS, X)
    with pytest.raises(type(wanted.value)):
        value_and_grad(f, argnums=1)(LABELS, X)


# --- several ways to a list, and what is refused --------------------------------------------------


@shared
def one_list_under_two_keys(labels, x):
    groups = groups_of(labels, x)
    groups[77] = groups[int(labels[0])]
    groups[77].append(x[0])
    return sum(groups[int(labels[0])]) ** 2


@shared
def one_list_under_all_keys(labels, x):
    groups = dict.fromkeys([int(label) for label in labels], [])  # noqa: RUF024
    groups[int(labels[0])].append(x[0])
    return sum(sum(vs) for vs in groups.values())


@shared
def one_list_under_known_keys(labels, x):
    first = [x[0]]
    groups = {1: first, 5: first}
    for label, v in zip(labels, x, strict=True):
        groups.setdefault(int(label), []).append(v)
    return sum(sum(vs) ** 2 for vs in groups.values())


@program
def a_list_that_is_put_there_and_read(labels, x):
    groups, group = {}, [x[0]]
    groups[int(labels[0])] = group
    groups[int(labels[0])].append(x[1])
    return sum(group) ** 2


@program
def a_list_that_is_put_there_and_changed(labels, x):
    groups, group = {}, [x[0]]
    groups[int(labels[0])] = group
    group.append(x[1])
    return sum(groups[int(labels[0])]) ** 2


@shared
def a_list_that_is_in_another_list(labels, x):
    groups, every = {}, []
    for i in range(len(x)):
        group = []
        groups[int(labels[i])] = group
        every.append(group)
        groups[int(labels[i])].append(x[i])
    return sum(sum(vs) ** 2 for vs in every)


@program
def a_list_of_the_trip_before(labels, x):
    groups, last, total = {}, [], 0.0
    for label, v in zip(labels, x, strict=True):
        groups.setdefault(int(label), []).append(v)
        total += sum(last) ** 2
        last = [v]
        groups[int(label) + 10] = last
    return total + sum(sum(vs) for vs in groups.values())


@shared
def lists_in_two_dicts(labels, x):
    groups = groups_of(labels, x)
    others = dict(groups)
    others[int(labels[0])].append(x[0])
    return sum(groups[int(labels[0])]) ** 2


@shared
def lists_in_a_shallow_copy(labels, x):
    groups = groups_of(labels, x)
    others = copy.copy(groups)
    groups[int(labels[0])].append(x[0])
    return sum(others[int(labels[0])]) ** 2


@shared
def lists_in_a_dict_that_was_updated(labels, x):
    groups, others = groups_of(labels, x), {}
    others.update(groups)
    groups[int(labels[0])].append(x[0])
    return sum(sum(vs) ** 2 for vs in others.values())


@shared
def a_list_that_may_be_a_default(labels, x):
    groups = groups_of(labels, x)
    group = groups.get(int(labels[0]), [])
    groups[int(labels[0])].append(x[0])
    return sum(group) ** 2


@program
def a_record_that_is_put_there_and_read(labels, x):
    found, record = {}, {"total": 0.0}
    found[int(labels[0])] = record
    found[int(labels[0])]["total"] += x[0]
    return record["total"] ** 2


@shared
def a_record_that_may_be_a_default(labels, x):
    found = {}
    for label, v in zip(labels, x, strict=True):
        found.setdefault(int(label), {"total": 0.0})["total"] += v
    record = found.get(int(labels[0]), {"total": x[1]})
    found[int(labels[0])]["total"] *= 2.0
    return record["total"] ** 2


@shared
def one_of_two(labels, x):
    groups = groups_of(labels, x)
    group = groups[int(labels[0])] if x[0] > 0 else groups[int(labels[1])]
    group.append(x[2])
    return sum(np.mean(vs) ** 2 for vs in groups.values())


@shared
def one_of_two_that_is_read(labels, x):
    groups = groups_of(labels, x)
    group = groups[int(labels[0])] if x[0] > 0 else [x[1]]
    groups[int(labels[0])].append(x[2])
    return sum(group) ** 2


@shared
def a_list_of_all(labels, x):
    groups = groups_of(labels, x)
    every = list(groups.values())
    groups[int(labels[0])].append(x[2])
    return sum(sum(vs) ** 2 for vs in every)


@shared
def changed_after_it_is_gone(labels, x):
    groups = groups_of(labels, x)
    group = groups[int(labels[1])]
    del groups[int(labels[0])]
    group.append(x[0])
    return sum(group) ** 2


@shared
def read_after_another_has_its_key(labels, x):
    groups = groups_of(labels, x)
    group = groups[int(labels[0])]
    groups[int(labels[0])] = []
    groups[int(labels[0])].append(x[1])
    return sum(group) ** 2


@shared
def read_while_what_was_taken_out_is_changed(labels, x):
    groups = groups_of(labels, x)
    group = groups[int(labels[0])]
    other = groups.pop(int(labels[0]))
    other.append(x[1])
    return sum(group) ** 2


SHARED: list[float] = []


def a_default_that_is_one_list(labels, x):
    groups = defaultdict(lambda: SHARED)
    for label, v in zip(labels, x, strict=True):
        groups[int(label)].append(v)
    return sum(sum(vs) for vs in groups.values())


@shared
def a_dict_that_may_be_one_of_two(labels, x):
    groups, others = {}, {}
    found = groups if x[0] > 0 else others
    for label, v in zip(labels, x, strict=True):
        found.setdefault(int(label), []).append(v)
    return sum(sum(vs) ** 2 for vs in groups.values()) + len(others)


@shared
def lists_in_tuples(labels, x):
    groups = {}
    for label, v in zip(labels, x, strict=True):
        if int(label) not in groups:
            groups[int(label)] = ([], [])
        groups[int(label)][0].append(v)
    return sum(sum(a) ** 2 for a, _ in groups.values())


@pytest.mark.parametrize("f", SEVERAL, ids=lambda f: f.__name__)
def test_shared(f):
    derivative = value_and_grad(f, argnums=1)
    for labels, x in ((LABELS, X), (LABELS[::-1].copy(), X * 0.9)):
        value, found = derivative(labels, x)
        np.testing.assert_allclose(value, f(labels, x.copy()), rtol=1e-13)
        expected = slopes(lambda x, labels=labels: f(labels, x), x)
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


def test_a_default_that_is_one_list():
    with pytest.raises(AliasingError) as caught:
        grad(a_default_that_is_one_list, argnums=1)(LABELS, X)
    assert caught.value.hint and caught.value.loc


def a_list_that_grows_in_its_loop(labels, x):
    groups = groups_of(labels, x)
    for v in groups[int(labels[0])]:
        if len(groups[int(labels[0])]) < 5:
            groups[int(labels[0])].append(v * 2)
    return sum(groups[int(labels[0])]) ** 2


def one_key_more(labels, x):
    found = {}
    for label, v in zip(labels, x, strict=True):
        record = found.setdefault(int(label), {"total": 0.0})
        record["last"] = v
    return sum(record["total"] for record in found.values())


@pytest.mark.parametrize("f", [one_key_more, a_list_that_grows_in_its_loop])
def test_not_supported(f):
    with pytest.raises(SrcgradError) as caught:
        grad(f, argnums=1)(LABELS, X)
    assert caught.value.hint and caught.value.loc
