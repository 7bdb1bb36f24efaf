"""Linked lists that grow in a ``while`` whose end only running the program tells."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.errors import SrcgradError
from srcgrad.testing import check_grads

X = np.array([0.5, -1.2, 0.7, 1.3])
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


class Node:
    def __init__(self, v, next=None):
        self.v = v
        self.next = next


@dataclass
class Pair:
    v: Any
    w: Any
    next: Any = None


@dataclass(frozen=True)
class Frozen:
    next: Any
    v: Any


def walk(head):
    total, weight = 0.0, 1.0
    while head is not None:
        total = total + head.v * weight
        weight = weight * 1.5
        head = head.next
    return total


def built(s, head=None):
    while s < 20:
        head = Node(s, head)
        s = s * 1.7
    return head


# --- nodes ----------------------------------------------------------------------------------------


@program
def pushed_and_walked(x):
    head, s = None, abs(x[0])
    while s < 20:
        head = Node(s, head)
        s = s * 1.7
    return walk(head)


@program
def pushed_under_a_condition(x):
    head, s, i = None, abs(x[0]), 0
    while s < 20:
        s = s * 1.7
        i += 1
        if i % 2:
            head = Node(s * x[1], head)
    return walk(head)


@program
def one_of_two_lists(x):
    a, b, s = None, None, abs(x[0])
    while s < 20:
        s = s * 1.7
        if s > 4:
            a = Node(s * x[1], a)
        else:
            b = Node(s * s, b)
    return walk(a) * walk(b)


@program
def perhaps_none(x):
    return walk(built(50.0 * abs(x[2]))) + x[0]


@program
def the_first_ones(x):
    head = built(0.1 + abs(x[0]))
    return head.v * head.next.v + head.next.next.v**2


@program
def some_were_there_before(x):
    head, s = Node(x[1], Node(x[2], None)), abs(x[0])
    while s < 20:
        head = Node(s, head)
        s = s * 1.7
    return walk(head)


@program
def kept_and_continued(x):
    head, s = None, abs(x[0])
    while s < 5:
        head = Node(s, head)
        s = s * 1.7
    old = head
    while s < 20:
        head = Node(s * x[1], head)
        s = s * 1.7
    return walk(head) * walk(old)


@program
def reversed_order(x):
    head, back = built(abs(x[0])), None
    while head is not None:
        back = Node(head.v * x[1], back)
        head = head.next
    return walk(back)


@program
def searched(x):
    node = built(abs(x[0]))
    while node is not None and node.v > 4:
        node = node.next
    found = node.v * x[1] if node is not None else x[0]
    last = built(abs(x[1]))
    while True:
        if last.next is None:
            break
        last = last.next
    return found * last.v


@program
def in_functions_and_loops(x):
    total, head = 0.0, None
    for v in x:
        s = abs(v)
        while s < 20:
            head = Node(s * v, head)
            s = s * 1.9
        total = total + head.v + walk(built(s / 9))
    return total * walk(built(abs(x[1]), built(abs(x[2]))))


@program
def dataclasses_as_nodes(x):
    head, last, s = None, None, abs(x[0])
    while s < 20:
        head = Pair(s, s * x[1], head)
        s = s * 1.7
        if s > 3:
            last = Frozen(last, s)
    total = walk(last)
    while head:
        total = total + head.v * head.w
        head = head.next
    return total


@program
def arrays_in_nodes(x):
    head, s, total = None, abs(x[0]), 0.0
    while s < 20:
        head = Node(x * s, head)
        s = s * 1.7
    while head is not None:
        total = total + np.sum(head.v**2)
        head = head.next
    return total


class Stack:
    def __init__(self):
        self.head = None
        self.size = 0

    def push(self, v):
        self.head = Node(v, self.head)
        self.size += 1

    def pop(self):
        node = self.head
        if node is None:
            raise IndexError("pop from empty stack")
        self.head = node.next
        self.size -= 1
        return node.v

    def __iter__(self):
        found, node = [], self.head
        while node is not None:
            found.append(node.v)
            node = node.next
        return iter(found)


@program
def a_stack(x):
    stack, s, total = Stack(), abs(x[0]), 0.0
    while s < 20:
        stack.push(s)
        s = s * 1.7
        if s > 5:
            total = total + stack.pop() * x[1]
        stack.push(s * x[2])
    total = total + sum(v * i for i, v in enumerate(stack)) / stack.size
    while stack.head is not None:
        total = total * 0.5 + stack.pop()
    return total


# --- tuples ---------------------------------------------------------------------------------------


@program
def nested_pairs(x):
    head, s = None, abs(x[0])
    while s < 20:
        head = (s, head)
        s = s * 1.7
    total, weight = 0.0, 1.0
    while head is not None:
        v, head = head
        total = total + v * weight
        weight = weight * 1.5
    return total


@program
def nested_triples(x):
    head, s, total = None, abs(x[0]), 0.0
    while s < 20:
        s = s * 1.7
        if s > 3:
            head = (head, s * x[1], s)
    while head is not None:
        total = total + head[1] * head[2]
        head = head[0]
    return total


@program
def a_pair_in_a_pair(x):
    pair, s = (x[0], None), abs(x[0])
    while s < 20:
        pair = (s, (s, x[1]))
        s = s * 1.7
    return pair[0] * pair[1][1]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_derivatives(f):
    both = value_and_grad(f)
    value, slope = both(X)
    assert value == pytest.approx(f(X))
    check_grads(f, (X,))
    other = np.array([0.03, 0.8, -0.2, 1.1])
    assert both(other)[0] == pytest.approx(f(other))
    check_grads(f, (other,))
    np.testing.assert_array_equal(both(X)[1], slope)


# --- what raises ----------------------------------------------------------------------------------


def _too_short(x):
    head = built(12.0 * x[3])
    return head.v * head.next.v


def _popped_empty(x):
    stack, s = Stack(), abs(x[0])
    while s < 20:
        stack.push(s)
        s = s * 1.7
    while s > 0:
        s = s + stack.pop()
    return s


@pytest.mark.parametrize("f", [_too_short, _popped_empty])
def test_what_raises(f):
    with pytest.raises(Exception) as raised:
        f(X)
    with pytest.raises(raised.type, match=str(raised.value)):
        grad(f)(X)


# --- what is refused ------------------------------------------------------------------------------


def _changed_on_the_way(x):
    head = node = built(abs(x[0]))
    while node is not None:
        node.v = node.v * 2
        node = node.next
    return walk(head)


def _changed_after_it_was_put_there(x):
    first = Node(x[1], None)
    head = built(abs(x[0]), first)
    first.v = 5.0 * x[2]
    return walk(head)


def _which_one(x):
    first, total = Node(x[1], None), 0.0
    head = built(abs(x[0]), first)
    while head is not first:
        total = total + head.v
        head = head.next
    return total


def _appended(x):
    head = tail = Node(x[0], None)
    s = abs(x[0])
    while s < 20:
        tail.next = Node(s, None)
        tail = tail.next
        s = s * 1.7
    return walk(head)


def _copied(x):
    head = built(abs(x[0]))
    return x[0] if head is None else walk(copy.deepcopy(head))


def _printed(x):
    head, s = None, abs(x[0])
    while s < 20:
        head = (s, head)
        s = s * 1.7
    if head is not None:
        print(head)
    return s


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (_changed_on_the_way, "this changes a Node"),
        (_changed_after_it_was_put_there, "this changes a Node"),
        (_which_one, "one object"),
        (_appended, "this changes a Node"),
        (_copied, "cannot be followed"),
        (_printed, "cannot be followed"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_what_is_refused(f, text):
    with pytest.raises(SrcgradError, match=text) as raised:
        grad(f)(X)
    assert raised.value.loc is not None
    assert raised.value.hint
