"""Objects in `while` loops that data end: indices that data choose, walks, removals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, grad
from tests.slopes import check_slope

POINTS = [
    np.array(values)
    for values in (
        [0.913, 0.3171, 0.7229, 0.5377],
        [0.2531, 0.8117, 0.4073, 0.6239],
        [0.1123, 0.4549, 0.9337, 0.2093],
    )
]
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


class P:
    def __init__(self, v, w=1.0):
        self.v = v
        self.w = w


class Node:
    def __init__(self, v, next=None):
        self.v = v
        self.next = next


class Tree:
    def __init__(self, v):
        self.v = v
        self.left = None
        self.right = None


class Set_:
    def __init__(self, v):
        self.v = v
        self.parent = self


def total(head):
    s, k = (0.0, 1.0)
    while head is not None:
        s = s + k * head.v
        k = k * 1.5
        head = head.next
    return s


def make(x):
    head = None
    for v in x:
        head = Node(v * v, head)
    return head


def insert(node, v):
    if node is None:
        return Tree(v)
    if v < node.v:
        node.left = insert(node.left, v)
    else:
        node.right = insert(node.right, v)
    return node


def inorder(node, out):
    if node is not None:
        inorder(node.left, out)
        out.append(node.v)
        inorder(node.right, out)


def find(a):
    while a.parent is not a:
        a = a.parent
    return a


@program
def argmin_in_while(x):
    ps = [P(v) for v in x]
    while max((p.v for p in ps)) > 0.41:
        ps[int(np.argmax([p.v for p in ps]))].v *= 0.5
    return sum(((i + 1) * p.v for i, p in enumerate(ps)))


@program
def argmin_in_while_count(x):
    ps = [P(v) for v in x]
    s = x[0] ** 2
    while s < 2.0:
        i = int(np.argmin([p.v for p in ps]))
        ps[i].v *= 1.5
        s = s + ps[i].v
    return sum(((i + 1) * p.v for i, p in enumerate(ps)))


@program
def events(x):
    ps = [P(v, 1 + v) for v in x]
    t = 0.0
    while t < 2.0:
        times = [p.v / p.w for p in ps]
        k = int(np.argmin(times))
        t = t + times[k]
        ps[k].v = ps[k].v + 0.5 * ps[k].w
    return sum(((i + 1) * p.v for i, p in enumerate(ps))) + t


@program
def best_in_while(x):
    ps = [P(v) for v in x]
    err = 1.0
    while err > 0.2:
        best = ps[0]
        for p in ps[1:]:
            if p.v > best.v:
                best = p
        best.v = best.v * 0.5
        err = err * 0.6 * (1 + x[0] * 0.01)
    return sum(((i + 1) * p.v for i, p in enumerate(ps)))


@program
def max_key_in_while(x):
    ps = [P(v) for v in x]
    while True:
        best = max(ps, key=lambda p: p.v)
        if best.v < 0.5:
            break
        best.v = best.v * 0.5
    return sum(((i + 1) * p.v for i, p in enumerate(ps)))


@program
def insertion_sort_objects(x):
    ps = [P(v, v * v) for v in x]
    for i in range(1, len(ps)):
        p = ps[i]
        j = i - 1
        while j >= 0 and ps[j].v > p.v:
            ps[j + 1] = ps[j]
            j -= 1
        ps[j + 1] = p
    return sum(((i + 1) * p.w for i, p in enumerate(ps)))


@program
def swap_in_while(x):
    ps = [P(v, v * v) for v in x]
    i = 0
    while i < len(ps) - 1:
        if ps[i].v > ps[i + 1].v:
            ps[i], ps[i + 1] = (ps[i + 1], ps[i])
            i = max(i - 1, 0)
        else:
            i += 1
    return sum(((i + 1) * p.w for i, p in enumerate(ps)))


@program
def reversal(x):
    node = make(x)
    prev = None
    while node is not None:
        prev, node.next, node = (node, prev, node.next)
    return total(prev)


@program
def reversal_from_middle(x):
    node = make(x)
    prev = None
    while node is not None and node.v > 0.02:
        prev, node.next, node = (node, prev, node.next)
    return total(prev) + (node.v if node is not None else 0.0)


@program
def walk_and_write(x):
    head = make(x)
    node = head
    while node.next is not None and node.v > 0.1:
        node = node.next
    node.v = node.v * 2.0
    return total(head)


@program
def remove_from_linked(x):
    head = Node(0.0, make(x))
    cur = head
    while cur.next is not None:
        if cur.next.v < 0.2:
            cur.next = cur.next.next
        else:
            cur = cur.next
    return total(head.next)


@program
def append_if_data(x):
    head = tail = Node(x[0])
    for v in x[1:]:
        if v > 0.5:
            tail.next = Node(v * v)
            tail = tail.next
    return total(head)


@program
def push_if_data(x):
    head = None
    for v in x:
        if v > 0.5:
            head = Node(v * v, head)
    return total(head)


@program
def bst_recursive(x):
    root = None
    for v in x:
        root = insert(root, v)
    out = []
    inorder(root, out)
    return sum(((i + 1) * v for i, v in enumerate(out)))


@program
def bubble_while_swapped(x):
    ps = [P(v, v * v) for v in x]
    swapped = True
    while swapped:
        swapped = False
        for j in range(len(ps) - 1):
            if ps[j].v > ps[j + 1].v:
                ps[j], ps[j + 1] = (ps[j + 1], ps[j])
                swapped = True
    return sum(((i + 1) * p.w for i, p in enumerate(ps)))


@program
def union_find_by_index(x):
    sets = [P(v) for v in x]
    parent = list(range(len(x)))

    def find(i):
        while parent[i] != i:
            i = parent[i]
        return i

    for i in range(len(x) - 1):
        if abs(x[i] - x[i + 1]) < 0.5:
            a, b = (find(i), find(i + 1))
            if a != b:
                parent[a] = b
                sets[b].v = sets[b].v + 0.5 * sets[a].v
    return sum((sets[find(i)].v * sets[i].v for i in range(len(x))))


@program
def pop_argmin(x):
    xs = [v * v for v in x]
    s = 0.0
    k = 1.0
    while xs:
        v = xs.pop(int(np.argmin(xs)))
        s = s + k * v
        k = k * 2
    return s


@program
def del_argmin_once(x):
    ps = [P(v * v, v) for v in x]
    del ps[int(np.argmin(x))]
    return sum(((i + 1) * p.v for i, p in enumerate(ps)))


@program
def insert_sorted(x):
    xs = []
    for v in x:
        i = 0
        while i < len(xs) and xs[i] < v:
            i += 1
        xs.insert(i, v)
    return sum(((i + 1) * v for i, v in enumerate(xs)))


# --- data decide, and structure ends it ----------------------------------------------------------


def chain(x):
    return Node(x[0], Node(x[1], Node(x[2], Node(x[3]))))


@program
def walked_until_enough(x):
    node, v = chain(x), 1.0
    while node is not None and v < 2.0:
        v = v * 1.2 + node.v
        node.v = node.v * v
        last, node = node, node.next
    else:
        v = v + 0.1
    return v + last.v


@program
def taken_out_of_a_chain(x):
    head = chain(x)
    node, last = head, None
    while node is not None and node.v < 0.9:
        if node.v >= 0.3:
            last = node
        elif last is None:
            head = node.next
        else:
            last.next = node.next
        node = node.next
    return total(head)


@program
def walked_twice(x):
    head = chain(x)

    def rest(node):
        while node.next is not None and node.next.v > 0.3:
            node = node.next
        return node

    first = rest(head)
    first.v *= 3.0
    rest(head.next).v += first.v
    return total(head)


@program
def push_while_data(x):
    head = None
    v = x[1]
    while v < 3.0:
        v = v * 1.5 + x[2]
        head = Node(v, head)
    return total(head)


@program
def layers_until_enough(x):
    layers, i, v = [np.sin, np.cos, np.exp], 0, x[0]
    while v < 1.2 and i < 3:
        v = v + 0.3 * layers[i](v)
        i += 1
    return v


# --- the same on arrays ---------------------------------------------------------------------------


@program
def sorted_insertion_by_indices(x):
    n = len(x)
    after, head = [-1] * n, -1
    for i in range(n):
        last, at = -1, head
        while at >= 0 and x[at] < x[i]:
            last, at = at, after[at]
        after[i] = at
        if last < 0:
            head = i
        else:
            after[last] = i
    s, k = 0.0, 1.0
    while head >= 0:
        s, k = s + k * x[head] ** 2, k * 1.5
        head = after[head]
    return s


@program
def search_tree_by_indices(x):
    n = len(x)
    left, right = np.full(n, -1), np.full(n, -1)
    depth = np.zeros(n)
    for i in range(1, n):
        at = 0
        while True:
            depth[i] += 1
            side = left if x[i] < x[at] else right
            if side[at] < 0:
                side[at] = i
                break
            at = side[at]
    return np.sum(x**2 * 0.5**depth)


@program
def union_find_by_arrays(x):
    n = len(x)
    parent, v = np.arange(n), x * 1.0
    for i in range(n):
        for j in range(i + 1, n):
            if abs(x[i] - x[j]) < 0.35:
                a, b = i, j
                while parent[a] != a:
                    a = parent[a]
                while parent[b] != b:
                    b = parent[b]
                if a != b:
                    parent[a] = b
                    v[b] = v[b] + 0.5 * v[a]
    s = 0.0
    for i in range(n):
        a = i
        while parent[a] != a:
            a = parent[a]
        s = s + v[a] * x[i]
    return s


@program
def none_in_a_list(x):
    before = [None] * 3
    for i in range(1, 3):
        before[i] = int(np.argmax(x[:i]))
    node, s = 2, 0.0
    while node is not None:
        s = s + x[node] ** 2
        node = before[node]
    return s


@pytest.mark.parametrize("x", POINTS, ids=["x0", "x1", "x2"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f: Callable[..., Any], x: np.ndarray) -> None:
    check_slope(f, x)


def test_of_equal_elements_the_first_is_removed() -> None:
    def removed(x):
        items = [x[0], x[1], x[2]]
        items.remove(x[1])
        return items[0] + 10 * items[1]

    np.testing.assert_array_equal(grad(removed)(np.array([1.0, 2.0, 3.0])), [1.0, 0.0, 10.0])
    np.testing.assert_array_equal(grad(removed)(np.array([2.0, 2.0, 3.0])), [0.0, 1.0, 10.0])


def test_there_may_be_none_to_remove() -> None:
    def removed(x):
        items = [v for v in x if v > 0.5]
        items.remove(x[1])
        return sum(items)

    np.testing.assert_array_equal(grad(removed)(np.array([1.0, 2.0])), [1.0, 0.0])
    with pytest.raises(ValueError, match="x not in list"):
        grad(removed)(np.array([1.0, 0.2]))


def test_an_index_out_of_range() -> None:
    def popped(x):
        items = [x[0], x[1]]
        return items.pop(int(np.argmax(x)))

    np.testing.assert_array_equal(grad(popped)(np.array([1.0, 2.0, 0.5])), [0.0, 1.0, 0.0])
    with pytest.raises(IndexError, match="index out of range"):
        grad(popped)(np.array([1.0, 2.0, 3.0]))


# --- what is refused ------------------------------------------------------------------------------


def append_while_data(x):
    head = Node(x[0])
    tail = head
    v = x[1]
    while v < 3.0:
        v = v * 1.5 + x[2]
        tail.next = Node(v)
        tail = tail.next
    return total(head)


def sorted_insertion(x):
    head = None
    for v in x:
        if head is None or v < head.v:
            head = Node(v, head)
        else:
            cur = head
            while cur.next is not None and cur.next.v < v:
                cur = cur.next
            cur.next = Node(v, cur.next)
    return total(head)


def bst_while(x):
    root = Tree(x[0])
    for v in x[1:]:
        node = root
        while True:
            if v < node.v:
                if node.left is None:
                    node.left = Tree(v)
                    break
                node = node.left
            else:
                if node.right is None:
                    node.right = Tree(v)
                    break
                node = node.right
    out = []
    inorder(root, out)
    return sum(((i + 1) * v for i, v in enumerate(out)))


def union_find(x):
    sets = [Set_(v) for v in x]
    for i in range(len(x)):
        for j in range(i + 1, len(x)):
            if abs(x[i] - x[j]) < 0.35:
                a, b = (find(sets[i]), find(sets[j]))
                if a is not b:
                    a.parent = b
                    b.v = b.v + 0.5 * a.v
    return sum((find(s).v * s.v for s in sets))


REFUSED = {
    append_while_data: ("this changes a Node", "by their positions in a list"),
    sorted_insertion: ("a Node leads to others, which data choose", "by their positions in a list"),
    bst_while: ("this changes a Tree", "by their positions in a list"),
    union_find: ("data choose among too many objects", "arrays"),
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f: Callable[..., Any]) -> None:
    message, hint = REFUSED[f]
    with pytest.raises(SrcgradError, match=message) as caught:
        grad(f)(POINTS[0])
    assert caught.value.loc is not None
    assert hint in caught.value.hint
