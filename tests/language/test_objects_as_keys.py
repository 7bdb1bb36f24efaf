"""Objects as keys of dicts and elements of sets, where each is equal to itself alone."""

from __future__ import annotations

import collections
import copy
import itertools
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.errors import CertainError, SrcgradError
from tests.slopes import check_at

POINTS = (
    np.array([0.31, -1.2, 0.8, 1.6]),
    np.array([1.3, 0.2, -0.7, 0.6]),
    np.array([-0.5, 0.9, 1.1, -0.35]),
)
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


class Node:
    def __init__(self, v):
        self.v = v
        self.next: list[Any] = []
        self.w = 1.0


def known(x):
    return [Node(x[0]), Node(x[1]), Node(x[2])]


def by_data(x):
    return [Node(v) for v in x]


# --- dicts ----------------------------------------------------------------------------------------


def forces(nodes):
    force = {}
    for a in nodes:
        total = 0.0
        for b in nodes:
            if a is b:
                continue
            total += b.v - a.v**2
        force[a] = total
    for a in nodes:
        a.w += force[a] * 0.5
    return sum(a.w * a.v for a in nodes)


@program
def forces_on_known_ones(x):
    return forces(known(x))


@program
def forces_on_many(x):
    return forces(by_data(x))


def read_in_every_way(nodes):
    d = dict.fromkeys(nodes, 0.5)
    for i, a in enumerate(nodes):
        d[a] += a.v * i
    del d[nodes[0]]
    d[nodes[0]] = 3.0 * nodes[1].v  # the last one now
    total = len(d) + d.get(Node(1.0), 7.0)
    for a, value in d.items():
        total = total * 0.7 + value * a.v
    for a in reversed(d):
        total = total * 0.9 + a.v
    last, value = d.popitem()
    total += last.v * value + sum(d.values()) + sum(a.v for a in d.keys())
    return total + d.pop(nodes[1]) * d.pop(nodes[0], 2.0) + (nodes[1] in d) + (nodes[2] in d)


@program
def read_of_known_ones(x):
    return read_in_every_way(known(x))


@program
def read_of_many(x):
    return read_in_every_way(by_data(x))


def grouped(nodes):
    groups, sums = defaultdict(list), defaultdict(float)
    for a in nodes:
        key = nodes[0] if a.v > 0.25 else nodes[1]
        groups[key].append(a.v)
        sums[key] += a.v**2
    return sum(sum(group) * key.v * sums[key] for key, group in groups.items()) + len(sums)


@program
def groups_of_known_ones(x):
    return grouped(known(x))


@program
def groups_of_many(x):
    return grouped(by_data(x))


@program
def in_some_trips(x):
    nodes = by_data(x)
    d = {}
    for a in nodes:
        if a.v > 0:
            d[a] = a.v
    for a in nodes:
        if a in d:
            d.pop(a)
        else:
            d[a] = a.v**2
    return sum(d[a] * a.v for a in d)


@program
def taken_out_by_data(x):
    a, b, c = known(x)
    d = {a: x[0], b: x[1] ** 2, c: 1.0}
    for each in list(d):
        if each.v > 0.25:
            del d[each]
    try:
        return d[a] * 2
    except KeyError:
        return d.get(b, x[2]) * 3


@program
def chosen_by_data(x):
    a, b, _ = known(x)
    chosen = a if x[0] > x[1] else b
    d = {a: x[0], b: x[1] * 2}
    d[chosen] = d[chosen] * 3.0
    d.setdefault(chosen, 5.0)
    return d[a] * d[b] + max(d, key=d.get).v


@program
def the_last_chosen(x):
    nodes = by_data(x)
    d: dict[Any, Any] = {}
    current = nodes[0]
    for i in range(len(x)):
        a = nodes[i % 3]
        d[a] = d[a] * a.v if a in d else a.v
        if d[a] > 0:
            current = a
    return d.get(current, 0.5) * sum(d.values())


@program
def made_in_each_trip(x):
    d = {}
    for v in x:
        d[Node(v)] = v**2
    total = 0.0
    for a in d:
        total += d[a] * a.v
    return total + len(d)


@program
def dicts_in_dicts_and_operators(x):
    a, b, _ = known(x)
    d = {a: {b: x[0] * x[1]}, b: {}}
    d[b][a] = x[0] ** 2
    e = dict([(a, 1.0), (b, x[0])])
    e.update({b: x[1]})
    e |= {a: x[2]}
    f = {} | e
    g, h = copy.copy(f), f.copy()
    g[a] = 9.0
    equal = (f == e) + 2 * (g != f) + 4 * ({} == f) + 8 * (h == f)
    f[a] *= 2.0
    return d[a][b] + d[b][a] * e[b] + f[a] ** 2 + e[a] * equal


@program
def as_an_attribute(x):
    class_ = Tape()
    nodes = by_data(x)
    for a in nodes:
        class_.add(a, a.v * 2.0)
        class_.add(a, x[0])
    return sum(class_.gradients[a] * a.v for a in nodes)


class Tape:
    def __init__(self):
        self.gradients = {}

    def add(self, node, gradient):
        if node in self.gradients:
            self.gradients[node] += gradient
        else:
            self.gradients[node] = gradient


@program
def arrays_by_object(x):
    nodes = [Node(x * k) for k in (1.0, 2.0, 3.0)]
    d = {a: np.zeros(2) for a in nodes}
    for a in nodes:
        d[a][:] = np.sin(a.v[:2])
        d[a] *= 2.0
    for a, values in d.items():
        a.v = a.v[:2] + values
    return sum(np.sum(a.v**2) for a in nodes)


@program
def what_an_optimizer_keeps(x):
    nodes = [Node(x[0]), Node(x[1])]
    state: dict[Any, Any] = {}
    for _ in range(3):
        for a in nodes:
            if a not in state:
                state[a] = {"mean": 0.0, "steps": 0}
            kept = state[a]
            kept["steps"] += 1
            kept["mean"] = 0.9 * kept["mean"] + 0.1 * a.v
            a.v -= 0.1 * kept["mean"] / (1 - 0.9 ** kept["steps"])
    return sum(a.v**2 for a in nodes)


# --- sets -----------------------------------------------------------------------------------------


def walked(nodes):
    for a, b in itertools.pairwise(nodes):
        a.next.append(b)
        b.next.append(a)
    seen, todo, total = set(), [nodes[0]], 0.0
    while todo:
        a = todo.pop()
        if a in seen:
            continue
        seen.add(a)
        total = total * 0.9 + a.v**2
        todo.extend(a.next)
    return total + len(seen)


@program
def a_graph_of_known_ones(x):
    return walked(known(x))


@program
def a_graph_of_many(x):
    return walked(by_data(x))


def least_first(nodes):
    left = set(nodes)
    while left:
        least = min(left, key=lambda a: a.v)
        left.remove(least)
        for a in left:
            a.w = a.w + least.v * 0.1
    return sum(a.w * a.v for a in nodes)


@program
def least_first_of_known_ones(x):
    return least_first(known(x))


@program
def least_first_of_many(x):
    return least_first(by_data(x))


@program
def operators_between_sets(x):
    a, b, c = known(x)
    p, q = {a, b}, {b}
    both, rest, every = p & q, p - q, set() | p
    every |= {c}
    total = 0.0
    if a not in both and b in both:
        total += x[0] ** 2
    if a in rest and len(every) == 3 and q <= p and not p <= q and q < every and every > p:
        total += x[1] ** 3
    if p == {b, a} and p != q and p.issubset([a, b, c]) and q.isdisjoint({a}):
        total += x[0] * x[1]
    every.discard(a)
    every.discard(a)
    copied = every.union([a])
    every.clear()
    return total + len(copied) * x[2] + len(every) + sum(n.v for n in copied.intersection(p))


@program
def sets_changed_in_place(x):
    a, b, c = known(x)
    s, k = {a, b}, {a, c}
    t, m = s, k
    s &= {a}
    k ^= {a, b}
    total = (b in t) * x[0] + len(t) * x[1] + (a in m) * x[2] + (b in m) * x[1] ** 2
    m.intersection_update([b])
    m.symmetric_difference_update([c])
    t.clear()
    return total + len(k) * x[0] + (t == frozenset()) * x[1] + len(m ^ {c}) * x[2]


class Value:
    """A number that knows how it came about: reverse mode as many have written it."""

    def __init__(self, data, children=()):
        self.data = data
        self.grad = 0.0
        self.children = set(children)
        self.pull = lambda: None

    def __add__(self, other):
        out = Value(self.data + other.data, (self, other))

        def pull():
            self.grad += out.grad
            other.grad += out.grad

        out.pull = pull
        return out

    def __mul__(self, other):
        out = Value(self.data * other.data, (self, other))

        def pull():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.pull = pull
        return out

    def tanh(self):
        t = math.tanh(self.data)
        out = Value(t, (self,))

        def pull():
            self.grad += (1 - t**2) * out.grad

        out.pull = pull
        return out

    def backward(self):
        order, visited = [], set()

        def visit(value):
            if value not in visited:
                visited.add(value)
                for child in value.children:
                    visit(child)
                order.append(value)

        visit(self)
        self.grad = 1.0
        for value in reversed(order):
            value.pull()


@program
def a_derivative_that_the_function_takes(x):
    a, b = Value(x[0]), Value(x[1])
    z = (a * b + a).tanh() * b + Value(2.0)
    z.backward()
    return a.grad**2 + b.grad * z.data


@program
def results_by_node(x):
    root, left, right = Node(x[0]), Node(x[1]), Node(x[2])
    root.next, left.next = [left, right], [Node(x[3])]
    memo = {}

    def total(node):
        if node not in memo:
            memo[node] = node.v**2 + sum(total(child) for child in node.next)
        return memo[node]

    return total(root) + total(left)


@program
def sorted_by_what_comes_before(x):
    nodes = by_data(x)
    before = {a: 0 for a in nodes}
    for i, j in ((0, 1), (0, 2), (1, 3), (2, 3)):
        nodes[i].next.append(nodes[j])
        before[nodes[j]] += 1
    ready = collections.deque(a for a in nodes if before[a] == 0)
    values = {}
    while ready:
        a = ready.popleft()
        values[a] = a.v + values.get(a, 0.0)
        for b in a.next:
            values[b] = values.get(b, 0.0) + values[a] * 0.5
            before[b] -= 1
            if before[b] == 0:
                ready.append(b)
    return values[nodes[3]] ** 2


FIRST, SECOND, THIRD = Node(0.5), Node(0.7), Node(1.1)
FIRST.next, SECOND.next = [SECOND, THIRD], [THIRD]


@program
def objects_from_outside(x):
    reached = {FIRST: x[0]}
    todo = [FIRST]
    while todo:
        a = todo.pop(0)
        for b in a.next:
            if b not in reached:
                reached[b] = reached[a] * b.v + x[1]
                todo.append(b)
    return reached[THIRD] * reached[SECOND]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_at(f, *POINTS)


@dataclass(eq=False)
class Tree:
    v: float
    children: list[Tree] = field(default_factory=list)


def test_nodes_of_an_argument():
    def f(root):
        seen, order = set(), []

        def walk(node):
            if node in seen:
                return
            seen.add(node)
            for child in node.children:
                walk(child)
            order.append(node)

        walk(root)
        total = 0.0
        for node in order:
            total = total * 0.5 + node.v**2
        return total

    leaf = Tree(0.7)
    g = value_and_grad(f)
    for root in (Tree(0.3, [leaf, Tree(-0.4)]), Tree(0.3, [Tree(0.7), Tree(0.7)])):
        value, root_bar = g(root)
        assert value == pytest.approx(f(root), rel=1e-14)
        # order: first child, second child, root
        assert root_bar.v == pytest.approx(2 * root.v)
        first, second = root.children
        assert root_bar.children[0].v == pytest.approx(2 * first.v * 0.25)
        assert root_bar.children[1].v == pytest.approx(2 * second.v * 0.5)


def test_one_object_or_two():
    def f(x, a, b):
        d = {a: x}
        d[b] = x**2
        return sum(d.values()) * len(d)

    g = value_and_grad(f)
    a, b = Node(1.0), Node(1.0)
    for first, second in ((a, b), (a, a), (b, a)):
        value, x_bar = g(1.7, first, second)
        assert value == f(1.7, first, second)
        expected = 2 * (1 + 2 * 1.7) if first is not second else 2 * 1.7
        assert x_bar == pytest.approx(expected)


@pytest.mark.parametrize("what", ["item", "pop", "remove", "del"])
def test_missing_keys_raise(what):
    def f(x):
        d, s = {Node(x): x}, {Node(x)}
        if what == "item":
            return d[Node(x)]
        if what == "pop":
            return d.pop(Node(x))
        if what == "remove":
            s.remove(Node(x))
        if what == "del":
            del d[Node(x)]
        return x

    with pytest.raises(KeyError):
        f(1.0)
    with pytest.raises(KeyError):
        grad(f)(1.0)


def test_missing_keys_raise_where_data_tell():
    def f(x):
        nodes = by_data(x)
        d = {a: a.v for a in nodes if a.v > 0}
        return d[nodes[0]] * 2

    g = grad(f)
    np.testing.assert_allclose(g(POINTS[0]), [2, 0, 0, 0])
    with pytest.raises(KeyError):
        f(-POINTS[0])
    with pytest.raises(KeyError):
        g(-POINTS[0])


OUTSIDE = {FIRST: 2.0, SECOND: 3.0}


def of_a_copy(x):
    return x * (5.0 if FIRST in dict(OUTSIDE) else 1.0)


def of_a_comprehension(x):
    d = {k: v for k, v in OUTSIDE.items()}
    return x * d.get(FIRST, 7.0)


def keys_of_another(x):
    seen = {FIRST}
    for n in OUTSIDE:
        x = x * 3 if n in seen else x
    return x


def a_deep_copy(x):
    d = copy.deepcopy({Node(x): x})
    return sum(d[k] for k in d)


def keys_as_sets(x):
    d = {Node(x): x}
    try:
        return x * len(d.keys() | d.keys())
    except TypeError:
        return x**2


@pytest.mark.parametrize(
    "f", [of_a_copy, of_a_comprehension, keys_of_another, a_deep_copy, keys_as_sets]
)
def test_what_is_not_known_by_numbers_is_refused(f):
    with pytest.raises(SrcgradError) as error:
        grad(f)(1.5)
    assert not isinstance(error.value, CertainError)
    assert error.value.hint and error.value.loc.file == __file__


def test_what_has_no_hash_raises():
    def f(x):
        d = {Node(x): x}
        try:
            return d[[1]]
        except TypeError:
            return x**2

    assert grad(f)(1.5) == 3.0


@dataclass(frozen=True)
class Point:
    x: float


WEIGHTS: dict[Any, float] = {}


@pytest.mark.parametrize(
    ("f", "hint"),
    [
        (lambda x: {Node(x): 1.0, "a": x}["a"], "use one for objects, and another for the rest"),
        (lambda x: WEIGHTS.update({Node(x): 1.0}) or x, None),
        (lambda x: {(Node(x), 1): x}, None),
        (lambda x: {Point(x): x}[Point(x)], None),
        (lambda x: len(str({Node(x): 1.0})) * x, "pass what it holds"),
    ],
    ids=["other_keys_beside", "of_a_dict_outside", "in_a_tuple", "equal_by_value", "printed"],
)
def test_refused(f, hint):
    with pytest.raises(SrcgradError) as error:
        grad(f)(1.5)
    assert error.value.loc is not None
    assert hint is None or error.value.hint == hint
    assert not WEIGHTS


def test_a_dict_that_changes_while_it_is_iterated_over():
    def f(x):
        nodes = by_data(x)
        d = {a: a.v for a in nodes}
        for a in d:
            d[Node(a.v)] = 1.0
        return sum(d.values())

    with pytest.raises(RuntimeError):
        f(POINTS[0])
    with pytest.raises(SrcgradError):
        grad(f)(POINTS[0])


def test_nothing_is_left_of_known_keys():
    def f(x):
        a, b = Node(x), Node(x * x)
        d = {a: 1.0, b: x}
        d[Node(3 * x)] = d[a] * b.v
        return sum(n.v * w for n, w in d.items())

    g = grad(f)
    assert g(3.0) == pytest.approx(1 + 3 * 9 + 9 * 9)
    code = "".join(line.split("#")[0] for line in g.source.splitlines())
    assert "{" not in code
    assert " in " not in code
