"""``while`` loops that are decided by structure: walks along lists and trees of objects.

Each trip is emitted by itself, as if the program had no loop.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad, value_and_grad
from srcgrad.testing import check_grads

X = np.array([0.5, 1.5, 2.0, 0.7])


@dataclass
class Node:
    v: Any
    children: list = field(default_factory=list)


class Link:
    def __init__(self, v, after=None):
        self.v = v
        self.next = after


class State:
    def __init__(self, p, v):
        self.p, self.v = p, v

    def after(self, dt):
        return State(self.p + dt * self.v, self.v - dt * np.sin(self.p))


def tree(x):
    return Node(x[0], [Node(x[1], [Node(x[2]), Node(x[3])]), Node(x[0] * x[1])])


def depth_first(x):
    stack, total = [tree(x)], 0.0
    while stack:
        node = stack.pop()
        total = 0.5 * total + node.v**2
        stack.extend(node.children)
    return total


def breadth_first(x):
    queue, total = [(tree(x), 0)], 0.0
    while len(queue) > 0:
        node, depth = queue.pop(0)
        if node.v > 1:
            total += node.v * (depth + 1)
        for child in node.children:
            queue.append((child, depth + 1))
    return total


def linked(x):
    head = None
    for v in x[:3]:
        head = Link(v**2, head)
    total = 0.0
    while head is not None:
        total = total * 0.5 + head.v
        head = head.next
    return total * x[3]


def changing_links(x):
    node = Link(x[0], Link(x[1], Link(x[2])))
    first = node
    while node.next is not None:
        node.next.v = node.next.v * node.v
        if x[3] > 0.6:
            node.v = node.v + x[3]
        node = node.next
    return node.v * first.next.v + first.v


def parents(x):
    root = Link(x[0])
    leaf = Link(x[2], Link(x[1], root))
    weight, node = 1.0, leaf
    while node is not root:
        weight *= np.cos(node.v)
        node = node.next
    else:
        weight += node.v
    return weight


def left_in_the_middle(x):
    node, total = Link(x[0], Link(x[1], Link(x[2]))), 0.0
    while node:
        total += node.v
        if node.next.next is None:
            break
        node = node.next
    else:
        total = 0.0
    return total


def seen_by_a_closure(x):
    node, total = Link(x[0], Link(x[1], Link(x[2]))), 0.0

    def here():
        return node.v * total + x[3]

    while node is not None:
        total = here() + node.v
        node = node.next
    return total


def nested(x):
    total, trees = 0.0, [tree(x), tree(x * 0.5)]
    while trees:
        stack = [trees.pop()]
        while stack:
            node = stack.pop()
            total = np.sin(total) + node.v
            stack += node.children
    return total


def by_a_counter(x):
    nodes, i, total = [Link(x[0]), Link(x[1]), Link(x[2])], 0, 0.0
    while i < len(nodes) - 1:
        nodes[i].next = nodes[i + 1]
        i += 1
    while i >= 0:
        total += nodes[i].v ** (i + 1)
        i -= 1
    return total * nodes[0].next.next.v


def around_a_ring(x):
    first = Link(x[0])
    first.next = Link(x[1], Link(x[2], first))
    node, total = first.next, 0.0
    while node is not first:
        total += node.v**2
        node = node.next
    for _ in range(2):
        node = node.next
    return total * node.v


def put_back(x):
    queue, total = [Link(x[0], 0), Link(x[1], 1)], 0.0
    while queue:
        link = queue.pop(0)
        link.v = link.v * x[2]
        link.next += 1
        total += link.v
        if link.next < 2:
            queue.append(link)
    return total


def neighbours(x):
    edges = {0: [1, 2], 1: [3], 2: [3], 3: []}
    waiting, seen, total = [0], [], 0.0
    while waiting:
        u = waiting.pop()
        total = 0.5 * total + x[u]
        for v in edges[u]:
            if v not in seen:
                seen.append(v)
                waiting.append(v)
    return total


def each_with_itself(x):
    class_ = SelfMade(x[0])
    for _ in range(3):
        class_ = SelfMade(class_.v * x[1])
    return class_.me.v


class SelfMade:
    def __init__(self, v):
        self.v, self.me = v, self


PROGRAMS = [
    *(by_a_counter, around_a_ring, put_back, neighbours, each_with_itself),
    *(depth_first, breadth_first, linked, changing_links, parents, left_in_the_middle),
    *(seen_by_a_closure, nested),
]


@pytest.mark.parametrize("f", PROGRAMS)
@pytest.mark.parametrize("x", [X, X[::-1] * 0.8])
def test_programs(f, x) -> None:
    assert value_and_grad(f)(x)[0] == pytest.approx(f(x), rel=1e-14)
    check_grads(f, (x,))


def walked(root):
    stack, total = [root], 0.0
    while stack:
        node = stack.pop()
        total = 0.5 * total + node.v**2
        stack.extend(node.children)
    return total


def test_a_tree_that_is_given() -> None:
    gradient = grad(walked)
    for shrunk in (False, True):
        root = tree([1.0, 2.0, 3.0, 4.0])
        if shrunk:
            root.children.pop()
        bar = gradient(root)
        stack, found = [root], []
        while stack:
            node = stack.pop()
            found.append(node)
            stack.extend(node.children)
        weights = {id(node): 0.5 ** (len(found) - 1 - i) for i, node in enumerate(found)}
        bars, nodes = [bar], [root]
        while nodes:
            node, its = nodes.pop(), bars.pop()
            assert its.v == pytest.approx(2 * node.v * weights[id(node)])
            nodes.extend(node.children)
            bars.extend(its.children)


def trajectory(x, n):
    states = [State(x[0], x[1])]
    while len(states) < n:
        states.append(states[-1].after(0.1))
    return sum(s.p * s.v for s in states)


def test_as_many_trips_as_an_argument_says() -> None:
    gradient = value_and_grad(trajectory)
    for n in (1, 4, 7):
        assert gradient(X, n)[0] == pytest.approx(trajectory(X, n), rel=1e-14)
        check_grads(trajectory, (X, n), argnums=0)


def test_as_many_trips_as_data_say() -> None:
    def f(x):
        states = [State(x[0], x[1])]
        while states[-1].p < 2.0:
            states.append(states[-1].after(0.1))
        return sum(s.p * s.v for s in states)

    check_grads(f, (X,))


def test_a_chain_without_end_is_refused() -> None:
    def endless(x):
        node = Link(x[0])
        while node is not None:
            node = Link(x[1], node)
        return node

    with pytest.raises(UnsupportedSyntaxError, match="leads to others, of which data tell"):
        grad(endless)(X)
