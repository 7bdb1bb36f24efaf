"""Nodes that lead to nodes, and a name that may lead to any: a change of it is a change of one of
them, whichever way it is reached afterwards."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import SrcgradError, UnsupportedSyntaxError, value_and_grad
from srcgrad.testing import check_grads

X = np.array([0.5, 1.2, 0.8, 1.7])


class Node:
    def __init__(self, v, next=None):
        self.v = v
        self.next = next


def total(node):
    found, weight = 0.0, 1.0
    while node is not None:
        found = found + weight * node.v**2
        weight = weight + 1.0
        node = node.next
    return found


def appended_to_the_last(x):
    root = Node(x[0])
    for v in x[1:]:
        node = root
        while node.next is not None:
            node = node.next
        node.next = Node(v)
    return total(root)


def the_last_by_data(x):
    second = Node(x[1])
    first = Node(x[0], second)
    node, k = first, 0
    while k < int(x[3]):
        node = second
        k += 1
    node.next = Node(x[2])
    node.v = node.v * x[3]
    return total(first) + 3 * second.v


def dicts(x):
    second = {"v": x[1], "next": None}
    first = {"v": x[0], "next": second}
    node = first if x[2] > 1 else second
    node["next"] = {"v": x[2], "next": None}
    node["next"]["v"] = node["next"]["v"] * x[3]
    found = first["next"]
    deeper = 0.0 if found["next"] is None else found["next"]["v"]
    return found["v"] * 2 + deeper * x[0] + second["v"]


def removed_by_data(x):
    """The node after the largest is taken out."""
    nodes = [Node(v) for v in x[:3]]
    for i in range(2):
        nodes[i].next = nodes[i + 1]
    largest = nodes[0] if x[0] > x[1] else nodes[1]
    largest.next = largest.next.next
    largest.v = largest.v * 2
    return total(nodes[0]) + nodes[1].v


def two_in_turn(x):
    a, b = Node(x[0]), Node(x[1])
    p = a if x[0] > x[2] else b
    q = b if x[1] > x[3] else a
    p.next = q if q is not p else None
    q.v = q.v * x[2]
    p.v = p.v + 1.0
    return a.v * 3 + b.v + (0.0 if p.next is None else p.next.v * p.v)


@pytest.mark.parametrize(
    "f", [appended_to_the_last, the_last_by_data, dicts, removed_by_data, two_in_turn]
)
@pytest.mark.parametrize("x", [X, X[::-1].copy(), X[[1, 0, 3, 2]], np.array([2.3, 0.4, 0.1, 2.6])])
def test_gradient(f, x):
    assert value_and_grad(f)(x)[0] == pytest.approx(f(x))
    check_grads(f, (x,))


def test_what_would_never_end_is_refused():
    def f(x):
        root = {"v": x[0], "l": None, "r": None}
        for v in x[1:]:
            node = root
            while True:
                side = "l" if v < node["v"] else "r"
                if node[side] is None:
                    node[side] = {"v": v, "l": None, "r": None}
                    break
                node = node[side]
        return root["v"]

    with pytest.raises(SrcgradError):
        value_and_grad(f)([3.0, 1.0, 4.0, 2.0, 5.0])


def test_too_many_are_refused():
    def f(x):
        head = None
        for v in x:
            head = Node(v, head)
        k = head
        while k.v < 0 and k.next is not None:
            k = k.next
        turned = None
        while k is not None:
            k.next, turned, k = turned, k, k.next
        return total(turned)

    with pytest.raises(UnsupportedSyntaxError, match="too many objects"):
        value_and_grad(f)(np.array([3.0, 1.0, 4.0, 2.0, 5.0]))
