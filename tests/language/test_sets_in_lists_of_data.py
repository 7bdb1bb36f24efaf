"""Sets in lists, in dicts and in objects, to which data add: changed where they are, in Python's
order."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, grad, value_and_grad, vjp
from tests.slopes import slopes

PROGRAMS: list[Callable[..., Any]] = []
RNG = np.random.default_rng(7)


def a_point(nodes: int, links: int) -> tuple[Any, Any]:
    return RNG.uniform(0.5, 1.5, nodes), RNG.integers(0, nodes, (links, 2))


POINTS = [a_point(9, 20), a_point(4, 7)]


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def in_order(x, elements, s):
    """Depends on the order: multiples of eight are in each other's way in a small table."""
    for k in elements:
        s = s * 0.7 + x[k // 8] ** 2 * (k % 7 + 1)
    return s


def linked(n, edges):
    near = [set() for _ in range(n)]
    for a, b in edges:
        near[a].add(int(b) * 8)
        near[b].add(int(a) * 8)
    return near


@program
def neighbours(x, edges):
    near = [set() for _ in range(len(x))]
    for a, b in edges:
        near[a].add(int(b) * 8)
        near[b].add(int(a) * 8)
    s = 0.0
    for i in range(len(x)):
        for k in near[i]:
            s = s * 0.7 + x[k // 8] * x[i] ** 2
        s += len(near[i]) * x[i] + (i * 8 in near[i]) * x[0]
    return s


@program
def changed_in_all_ways(x, edges):
    near = linked(len(x), edges)
    for row in edges:
        a, b = int(row[0]), int(row[1])
        near[a] |= {b * 8, 24}
        near[b].update([a * 8, 16])
        near[a].discard(16)
        if 24 in near[b]:
            near[b].remove(24)
        near[b] -= {a * 8} & near[a]
    s = 0.0
    for own in near:
        s = in_order(x, own, s)
    return s


@program
def by_another_name(x, edges):
    near = linked(len(x), edges)
    s = 0.0
    for a, b in edges:
        mine, other = near[a], near[b]
        for i in range(3):
            mine.add(i * 8)
            other.discard(i * 8 + 8)
        if x[a] > 1.0:
            other.add(int(a) * 8)
        s = in_order(x, mine, s) + len(other) * x[b]
    return in_order(x, near[0] | near[-1], s)


@program
def eliminated_one_by_one(x, edges):
    near = linked(len(x), edges)
    s = 0.0
    for i in range(len(x)):
        rest = list(near[i])
        for k in rest:
            near[k // 8].discard(i * 8)
            for m in rest:
                if m > k:
                    near[k // 8].add(m)
            s = s * 0.9 + x[k // 8] * x[i]
        near[i].clear()
    return s


@program
def taken_out(x, edges):
    near = linked(len(x), edges)
    s = 0.0
    for i in range(len(x)):
        while near[i]:
            s = s * 0.8 + x[near[i].pop() // 8] * x[i]
    return s


@program
def a_component(x, edges):
    near = linked(len(x), edges)
    seen, todo, s = {0}, [0], x[0] * 1.0
    while todo:
        i = todo.pop()
        for k in near[i]:
            if k not in seen:
                seen.add(k)
                todo.append(k // 8)
                s = s * 0.9 + x[k // 8] * x[i]
    return s


@program
def in_a_dict(x, edges):
    groups = {}
    for i, (a, b) in enumerate(edges):
        groups.setdefault(int(a) % 3, set()).add(int(b) * 8)
        if int(b) % 3 not in groups:
            groups[int(b) % 3] = set()
        groups[int(b) % 3].add(i % len(x) * 8)
    s = 0.0
    for k, own in groups.items():
        s = in_order(x, own, s) * x[k]
    return s


@program
def in_a_dict_with_all_keys(x, edges):
    near = {i: set() for i in range(len(x))}
    for a, b in edges:
        near[int(a)].add(int(b) * 8)
        near[int(b)].discard(int(a) * 8)
    s = 0.0
    for i, own in near.items():
        s = in_order(x, own, s) * x[i] + len(near[0])
    return s


@program
def in_a_defaultdict(x, edges):
    near = defaultdict(set)
    for a, b in edges:
        near[int(a), int(b) % 2].add(int(b) * 8)
    s = 0.0
    for (i, odd), own in near.items():
        s = in_order(x, own, s) + x[i] * odd
    return s


class Node:
    def __init__(self, value):
        self.value = value
        self.near = set()

    def link(self, other):
        self.near.add(other)


@dataclass
class Mesh:
    near: list[Any] = field(default_factory=list)

    def link(self, a, b):
        self.near[a].add(b * 8)
        self.near[b].add(a * 8)


@program
def in_objects(x, edges):
    nodes = [Node(v) for v in x]
    for a, b in edges:
        nodes[a].link(int(b) * 8)
        nodes[b].near.add(int(a) * 8)
        nodes[a].value = nodes[a].value * 1.1
    s = 0.0
    for node in nodes:
        for k in node.near:
            s = s * 0.7 + nodes[k // 8].value * node.value
    return s


@program
def in_an_object(x, edges):
    mesh = Mesh([set() for _ in x])
    for a, b in edges:
        mesh.link(int(a), int(b))
    s = 0.0
    for i, own in enumerate(mesh.near):
        s = in_order(x, own, s) * x[i]
    return s


@program
def in_dicts_in_a_list(x, edges):
    nodes = [{"value": v, "near": set()} for v in x]
    for a, b in edges:
        nodes[a]["near"].add(int(b) * 8)
        nodes[b]["near"].discard(int(a) * 8)
    s = 0.0
    for node in nodes:
        s = in_order(x, node["near"], s) * node["value"]
    return s


@program
def other_sets_in_their_places(x, edges):
    near = linked(len(x), edges)
    for a, b in edges:
        near[a] = near[a] - {int(b) * 8}
        near[b] = {k for k in near[b] if k > 8}
        near.append({int(a) * 8, 16})
        near[-1].add(8)
    s = 0.0
    for own in near:
        s = in_order(x, own, s)
    return s


@program
def what_lies_close(x, edges):
    close = [set() for _ in x]
    for i in range(len(x)):
        for j in range(i + 1, len(x)):
            if abs(x[i] - x[j]) < 0.2:
                close[i].add(j * 8)
                close[j].add(i * 8)
    s = 0.0
    for i, own in enumerate(close):
        s = in_order(x, own, s) + sum(x[k // 8] for k in own) * x[i]
    return s


@program
def asked_once_and_changed_under_a_condition(x, edges):
    near = linked(len(x), edges)
    own = near[int(edges[0, 1])]
    near[0].add(24)
    if x[0] > 1.0:
        near[1].discard(8)
    else:
        near[1].add(8)
    return in_order(x, near[1], in_order(x, own, x[0]))


@program
def one_set_in_all_places(x, edges):
    near = [set()] * len(x)
    for a, b in edges:
        near[a].add(int(b) * 8)
    return in_order(x, near[-1], in_order(x, near[0], 1.0))


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    derivative = value_and_grad(f)
    for x, edges in POINTS:
        before = edges.copy()
        value, found = derivative(x, edges)
        assert value == f(x, edges)
        wanted = slopes(lambda x, edges=edges: f(x, edges), x)
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(edges, before)


def test_a_pullback():
    x, edges = POINTS[0]
    for f in (eliminated_one_by_one, in_a_dict, in_objects):
        value, pull = vjp(lambda x, f=f: f(x, edges), x)
        assert value == f(x, edges)
        for _ in range(2):
            np.testing.assert_allclose(pull(-2.0)[0], -2.0 * grad(f)(x, edges))


def test_the_text():
    source = grad(neighbours).lower(*POINTS[0]).source
    assert "near = []" in source
    assert "near.append(set())" in source
    assert "near[index].add(int(b) * 8)" in source
    assert ".copy()" not in source
    source = grad(in_a_dict).lower(*POINTS[0]).source
    assert ".append(set())" in source
    assert ".copy()" not in source
    source = grad(in_objects).lower(*POINTS[0]).source
    assert "nodes[index][1].add(" in source
    assert ".copy()" not in source


def test_what_is_given_besides():
    def f(x, edges):
        near = linked(len(x), edges)
        return np.sum(x) * len(near[0]), near

    x, edges = POINTS[0]
    assert value_and_grad(f, has_aux=True)(x, edges)[0][1] == f(x, edges)[1]


# --- what is refused ------------------------------------------------------------------------------


def two_lists_of_the_same(x, edges):
    near = linked(len(x), edges)
    others = list(near)
    others[0].add(int(edges[0, 0]) * 32)
    return in_order(x, near[0], in_order(x, near[1], x[0]))


def changed_while_another_is_iterated_over(x, edges):
    near = linked(len(x), edges)
    for i in range(len(x)):
        for k in near[i]:
            near[k // 8].discard(i * 8)
    return in_order(x, near[0], x[0])


def copies_that_are_changed(x, edges):
    near = copy.deepcopy(linked(len(x), edges))
    near[0].add(int(edges[0, 0]) * 32)
    return in_order(x, near[0], x[0])


REFUSED = {
    two_lists_of_the_same: ("what was in it before is kept", "sorted(elements)"),
    changed_while_another_is_iterated_over: ("changed while it is iterated", "list(elements)"),
    copies_that_are_changed: ("what was in it before is kept", "sorted(elements)"),
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    message, hint = REFUSED[f]
    with pytest.raises(SrcgradError, match=message) as caught:
        grad(f)(*POINTS[0])
    assert caught.value.loc and hint in caught.value.hint


@pytest.mark.parametrize("kind", [dict, frozenset])
def test_refused_besides(kind):
    def f(x, edges):
        some = []
        for a, b in edges:
            some.append({int(a): x[b]} if kind is dict else frozenset([int(b)]))
        return np.sum(x), some

    with pytest.raises(SrcgradError, match=f"holds a {kind.__name__}, and goes where"):
        value_and_grad(f, has_aux=True)(*POINTS[0])
