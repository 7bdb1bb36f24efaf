"""Sets to which data add elements: what has been seen, which nodes are done, how many labels."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, grad, value_and_grad, vjp
from srcgrad.testing import check_grads

LABELS = np.array([1, 2, 1, 3, 2, 7])
X = np.array([0.3, -1.2, 0.8, 1.6, 2.1, -0.4])
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


# --- what has been seen -------------------------------------------------------------------------


@program
def each_index_once(labels, x):
    seen, total = set(), 0.0
    for i in labels % 4:
        if i in seen:
            continue
        seen.add(i)
        total += x[i] ** 2
    return total


@program
def first_of_each_label(labels, x):
    seen, total = set(), 0.0
    for k, v in zip(labels, x, strict=True):
        if k not in seen:
            seen.add(k)
            total += np.sin(v)
    return total * len(seen)


@program
def first_of_each_label_in_a_comprehension(labels, x):
    seen = set()
    kept = [v for k, v in zip(labels, x, strict=True) if not (k in seen or seen.add(k))]
    return sum(v**2 for v in kept)


@program
def up_to_the_first_label_that_comes_again(labels, x):
    seen, total = set(), 0.0
    for k, v in zip(labels, x, strict=True):
        if k in seen:
            return total * v
        seen.add(k)
        total += v**2
    return total


@program
def pairs_of_labels(labels, x):
    seen, total = set(), 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            pair = (labels[i], labels[j])
            if pair in seen:
                continue
            seen.add(pair)
            total += x[i] * x[j]
    return total


@program
def signs(labels, x):
    found, total = set(), 0.0
    for v in x:
        name = "positive" if v > 0 else "negative"
        if name not in found:
            found.add(name)
            total += v**2
    found.add("neither")
    return total * len(found)


def is_new(seen, k):
    if k in seen:
        return False
    seen.add(k)
    return True


@program
def through_a_helper(labels, x):
    seen = set()
    return sum(v**2 for k, v in zip(labels, x, strict=True) if is_new(seen, k))


class Visits:
    def __init__(self):
        self.seen, self.total = set(), 0.0

    def visit(self, k, v):
        if k not in self.seen:
            self.seen.add(k)
            self.total += v**2

    def __len__(self):
        return len(self.seen)


@program
def in_an_object(labels, x):
    visits = Visits()
    for k, v in zip(labels, x, strict=True):
        visits.visit(k, v)
    return visits.total * len(visits)


# --- graphs -------------------------------------------------------------------------------------


@program
def until_a_state_comes_again(labels, x):
    following = labels % 6
    seen, state, total = set(), 0, 0.0
    while state not in seen:
        seen.add(state)
        total = total * 0.5 + x[state] ** 2
        state = int(following[state])
    return total


@program
def depth_first(labels, x):
    n = len(labels)
    visited, stack, total = set(), [0], 0.0
    while stack:
        u = stack.pop()
        if u in visited:
            continue
        visited.add(u)
        total += x[u] ** 2 * len(visited)
        for v in (labels[u] % n, (u * u + 1) % n):
            if v not in visited:
                stack.append(v)
    return total


@program
def breadth_first(labels, x):
    n = len(labels)
    visited, queue, total = {0}, [0], 0.0
    while queue:
        u = queue.pop(0)
        total += x[u] ** 2 * (len(queue) + 1)
        for v in (int(labels[u]) % n, (u + 2) % n):
            if v not in visited:
                visited.add(v)
                queue.append(v)
    return total


@program
def smallest_of_the_frontier(labels, x):
    frontier, done, total = {0}, set(), 0.0
    while frontier:
        u = min(frontier)
        frontier.remove(u)
        done.add(u)
        total += x[u] ** 2 * len(done)
        for v in (int(labels[u]) % 6, (u + 3) % 6):
            if v not in done:
                frontier.add(v)
    return total


@program
def paths_from_each_node(labels, x):
    done, total = set(), 0.0
    for i in range(len(x)):
        j = i
        while j not in done:
            done.add(j)
            total += x[j] ** 2 * (i + 1)
            j = int(labels[j]) % 6
    return total


# --- how many there are -------------------------------------------------------------------------


@program
def number_of_labels(labels, x):
    return np.sum(x**2) / len(set(labels)) + len(set(labels.tolist())) * x[0]


@program
def displays_and_comprehensions(labels, x):
    shown = {labels[0], labels[1], labels[2]}
    made = {int(v > 0) for v in x if v > -1}
    rests = {int(k) % 3 for k in labels}
    return (len(shown) + 10 * len(made) + 100 * len(rests)) * np.sum(x**2)


@program
def new_set_in_each_trip(labels, x):
    total = 0.0
    for i in range(len(x)):
        near = set()
        for k in labels[: i + 1]:
            near.add(k)
        total += len(near) * x[i] ** 2
    return total


@program
def truth(labels, x):
    seen, total = set(), 0.0
    for k, v in zip(labels, x, strict=True):
        if not seen:
            total += v
        if bool(seen):
            total += v**2
        seen.add(k)
    return total


# --- other methods, and operators ---------------------------------------------------------------


@program
def taken_out_again(labels, x):
    inside, total = set(), 0.0
    for k, v in zip(labels, x, strict=True):
        if k in inside:
            inside.remove(k)
            total -= v**3
        else:
            inside.add(k)
            total += v**2
    return total * len(inside)


@program
def discarded_from_what_is_known(labels, x):
    left, total = {0, 1, 2, 3, 4, 5}, 0.0
    for k in labels:
        left.discard(k)
        total += len(left) * x[0] ** 2
    return total


@program
def cleared_and_new(labels, x):
    a, b, total = set(), set(), 0.0
    for k, v in zip(labels, x, strict=True):
        if k in a:
            a.clear()
            total += v**3
        if k in b:
            b = set()
        a.add(k)
        b.add(k + 1)
        total += v**2 * len(a) + v * len(b)
    return total


@program
def updates(labels, x):
    a = set()
    a.update(labels)
    a.update([1, 9])
    a.update(int(v) for v in labels)
    a |= {11}
    b = {1, 2}
    b.update(a)
    return (len(a) + 10 * len(b)) * np.sum(x**2)


@program
def copies(labels, x):
    a, total = set(), 0.0
    for k, v in zip(labels, x, strict=True):
        b, c, d = a.copy(), set(a), copy.copy(a)
        b.add(k)
        c.add(-k)
        d.discard(k)
        total += len(a) * v**2 + len(b) * v + len(c) * v**3 + len(d)
        a.add(k + 1)
    return total


@program
def two_names_of_one(labels, x):
    a = b = set()
    total = 0.0
    for k, v in zip(labels, x, strict=True):
        b.add(k)
        total += len(a) * v**2
    return total


@program
def overlaps(labels, x):
    total = 0.0
    for i in range(len(x)):
        a, b = set(labels[: i + 1]), set(labels[i:])
        total += x[i] ** 2 * len(a & b) / len(a | b) + x[i] * len(a - b)
    return total


@program
def with_what_is_known(labels, x):
    a = set(labels[:3])
    b = {1, 2, 3, 4} - a
    b -= {4}
    count = len(a | {9}) + 10 * len(a & {1}) + 100 * len(b) + 1000 * len({1} | a)
    return (count + 10000 * len(a.union([3, 4]))) * np.sum(x**2)


@program
def joined_to_one(labels, x):
    seen, total = set(), 0.0
    for k, v in zip(labels, x, strict=True):
        if k not in seen:
            total += v**2
        seen = seen | {k}
    return total


@program
def in_order(labels, x):
    rests = set()
    for k in labels:
        rests.add(k % 6)
    total = 0.0
    for j, i in enumerate(sorted(rests)):
        total += (j + 1) * x[i] ** 2
    for i in sorted({int(k) % 5 for k in labels}, reverse=True):
        total = total * 0.5 + x[i]
    return total


@program
def of_all_elements(labels, x):
    found = set(labels)
    total = min(found) + 10 * max(found) + 100 * sum(found)
    return total * np.sum(x**2) if all(found) and any(found) else x[0]


@program
def order_of_hashes_among_equal_keys(labels, x):
    seen = set()
    for k in labels:
        seen.add(k)
    return x[max(seen, key=lambda k: k % 2) % 3]


@program
def order_of_hashes(labels, x):
    total = 0.0
    for k in set(labels):
        total = total * 0.5 + x[k % 6]
    return total


@program
def order_of_hashes_in_a_sum(labels, x):
    return sum(x[k % 6] for k in set(labels))


@program
def order_of_hashes_in_a_list(labels, x):
    return x[list(set(labels))[0] % 6]


@program
def order_of_hashes_in_a_display(labels, x):
    return x[[*set(labels)][0] % 6]


@program
def order_of_hashes_in_an_array(labels, x):
    return np.sum(x) * np.array(list(set(labels)))[0]


@program
def any_element(labels, x):
    return x[set(labels).pop() % 6]


# --- where values meet --------------------------------------------------------------------------


@program
def one_set_or_another(labels, x):
    """Was wrong: neither element was found in it."""
    found = {1, 2} if labels[0] > 1 else {2, 3}
    return (x[0] ** 2 if 3 in found else x[1] ** 2) + (2 in found) * np.sum(x)


@program
def known_elements_in_branches(labels, x):
    found = {5}
    if x[0] > 0:
        found.add(3)
    if x[1] > 0:
        found.add(4)
    return len(found) * np.sum(x**2) + (x[3] ** 2 if 4 in found else 0.0)


@program
def known_elements_in_a_loop(labels, x):
    found, total = {1}, 0.0
    for i in range(int(labels[3])):
        if 2 in found:
            total += x[i % 6] ** 2
        found = {i}
    return total + (x[0] ** 2 if 2 in found else 0.0)


@program
def known_elements_in_trips(labels, x):
    found, total = set(), 0.0
    for v in x:
        if 1 in found:
            total += v**2
        if v > 1:
            found.add(1)
        else:
            found.add(2)
    return total * len(found)


@program
def one_of_two_sets(labels, x):
    a, b, total = set(), {1}, 0.0
    for k, v in zip(labels, x, strict=True):
        chosen = a if v > 0 else b
        if k in chosen:
            total += v**3
        chosen.add(k)
        total += v**2 * len(chosen)
    return total * len(a) + len(b) * x[1]


@program
def one_of_two_that_differ(labels, x):
    a, b = set(), {3, 4}
    chosen = a if x[0] > 0 else b
    chosen.add(labels[0])
    return len(a) * x[0] ** 2 + len(b) * x[1]


@program
def perhaps_none(labels, x):
    seen, total = None, 0.0
    for k, v in zip(labels, x, strict=True):
        if seen is None:
            seen = set()
        if k in seen:
            total += v**3
        seen.add(k)
        total += v**2
    return total


@program
def sets_in_a_list(labels, x):
    sets = [set(), set()]
    for k, v in zip(labels, x, strict=True):
        sets[0 if v > 0 else 1].add(k)
    return len(sets[0]) * x[0] ** 2 + len(sets[1]) * x[1]


@program
def elements_of_other_kinds(labels, x):
    found = {"a", 1, (2, 3)}
    for k in labels:
        found.add(k)
    total = len(found) * x[0] ** 2 + (x[1] if "a" in found else 0.0)
    return total + (x[2] ** 2 if (2, 3) in found else 0.0)


@program
def what_is_known_stays_known(labels, x):
    known = set()
    for i in range(4):
        known.add(i)
    total = 0.0
    for i in known:
        total += x[i] ** 2
    return total + (x[5] if labels[0] in known else 0.0)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    derivative = value_and_grad(f, argnums=1)
    for labels, x in (
        (LABELS, X),
        (LABELS[::-1].copy(), X * 0.9),
        (np.array([4, 4, 4, 3, 5, 3]), -X),
    ):
        check_grads(lambda x, labels=labels: f(labels, x), (x,))
        value, found = derivative(labels, x)
        assert value == f(labels, x)
        _, pull = vjp(lambda x, labels=labels: f(labels, x), x)
        np.testing.assert_allclose(pull(-2.0)[0], -2.0 * found)


def test_closed_form():
    _, first = np.unique(LABELS, return_index=True)
    wanted = np.zeros(len(X))
    wanted[first] = np.cos(X[first]) * len(first)
    np.testing.assert_allclose(grad(first_of_each_label, argnums=1)(LABELS, X), wanted)


def test_another_call():
    """Which elements there are is nothing that the gradient is compiled for."""
    derivative = grad(first_of_each_label, argnums=1)
    rng = np.random.default_rng(0)
    for n in (0, 3, 10, 500):
        labels, x = rng.integers(0, n + 1, n), rng.normal(size=n)
        _, first = np.unique(labels, return_index=True)
        wanted = np.zeros(n)
        wanted[first] = np.cos(x[first]) * len(first)
        np.testing.assert_allclose(derivative(labels, x), wanted)


def test_the_text():
    source = grad(taken_out_again, argnums=1).lower(LABELS, X).source
    for line in ("inside = set()", "is_there = k in inside", "inside.add(k)", "inside.discard(k)"):
        assert line in source
    assert "seen.add(k)" in grad(first_of_each_label, argnums=1).lower(LABELS, X).source


# --- what Python raises -------------------------------------------------------------------------


def nothing_to_remove(labels, x):
    found = set(labels)
    found.remove(labels[0] + 100)
    return x[0]


def nothing_known_to_remove(labels, x):
    found = set(labels)
    found.remove(99)
    return x[0]


def nothing_there_yet(labels, x):
    found = set()
    found.remove(labels[0])
    return x[0]


@pytest.mark.parametrize("f", [nothing_to_remove, nothing_known_to_remove, nothing_there_yet])
def test_what_python_raises(f):
    with pytest.raises(KeyError) as wanted:
        f(LABELS, X)
    with pytest.raises(KeyError) as caught:
        grad(f, argnums=1)(LABELS, X)
    assert caught.value.args == wanted.value.args


def test_an_error_that_is_caught():
    def f(labels, x):
        left, total = {1, 2}, 0.0
        for k, v in zip(labels, x, strict=True):
            try:
                if k not in left:
                    raise KeyError(k)
                left.discard(k)
            except KeyError:
                total += v**3
            total += v**2 * len(left)
        return total

    check_grads(lambda x: f(LABELS, x), (X,))


# --- what is refused ----------------------------------------------------------------------------


def floats(labels, x):
    found = set()
    for v in x:
        found.add(v)
    return len(found) * x[0]


def a_float_is_looked_for(labels, x):
    return x[0] ** 2 if x[1] in set(labels) else x[1]


def what_is_not_equal_to_itself(labels, x):
    found = {float("nan")}
    for k in labels:
        found.add(k)
    return len(found) * x[0]


@program
def compared(labels, x):
    s = np.sum(x**2) if set(labels[:3]) == set(labels) else x[0]
    return s * (2 if set(labels) == set(labels[::-1]) else 3) * (5 if set(labels) != {1} else 7)


@program
def parts(labels, x):
    some, every = set(labels[:3]), set(labels)
    s = np.sum(x**2) if some <= every else x[0]
    s = s * (2 if some >= every else 3) * (5 if some < every else 7) * (2 if some > {1} else 3)
    s *= (2 if some.issubset(labels) else 3) * (2 if every.issuperset(some) else 3)
    return s * (2 if some.isdisjoint(labels[3:]) else 3) * (2 if {1, 2}.isdisjoint(some) else 3)


@program
def in_one_of_them_only(labels, x):
    some, every = set(labels[:3]), set(labels)
    s = len(some ^ every) * x[0] + len(some.symmetric_difference([1, 99])) * x[1]
    some.difference_update([1], [2])
    every.intersection_update(labels[1:])
    every.symmetric_difference_update({7})
    return s * (1 + len(some)) * len(every)


@program
def in_a_growing_list(labels, x):
    groups = {}
    for i, k in enumerate(labels):
        groups.setdefault(int(k), set()).add(i)
    return sum(len(group) for group in groups.values()) * x[0]


def reached(following, u, visited, x):
    if u in visited:
        return 0.0
    visited.add(u)
    return x[u] ** 2 + reached(following, int(following[u]) % 6, visited, x)


def given_to_a_call_of_itself(labels, x):
    return reached(labels, 0, set(), x)


def given_back(labels, x):
    return {int(k) for k in labels}, x.sum()


@program
def changed_where_it_may_be_one_of_two(labels, x):
    for i in range(int(labels[5])):
        if i == 0:
            found = {0}
        found.add(i + 1)
    return x[0] * len(found)


REFUSED = {
    floats: (SrcgradError, "an element of a set", "np.unique"),
    a_float_is_looked_for: (SrcgradError, "an element of a set is a float", "integer"),
    what_is_not_equal_to_itself: (SrcgradError, "and has others", "integers"),
    given_to_a_call_of_itself: (SrcgradError, "calls itself as often as", "np.full"),
    given_back: (SrcgradError, "cannot be followed", "sorted"),
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    kind, message, hint = REFUSED[f]
    with pytest.raises(kind, match=message) as caught:
        grad(f, argnums=1)(LABELS, X)
    assert caught.value.loc and hint in caught.value.hint
