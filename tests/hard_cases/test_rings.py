"""Objects that lead back to each other, and what is at one of them after the other: a walker in a
ring, the present buffer of two, an entry of a dict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, grad, value_and_grad
from srcgrad.testing import check_grads


class Node:
    def __init__(self, value):
        self.value = value
        self.next = None
        self.before = None


class Walker:
    def __init__(self, at):
        self.at = at

    def step(self):
        self.at = self.at.next


PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def two_nodes(x):
    a, b = Node(x[0]), Node(x[1])
    a.next, b.next = b, a
    return a, b


def ring_of(x):
    nodes = [Node(v) for v in x]
    for i in range(len(nodes)):
        nodes[i].next = nodes[(i + 1) % len(nodes)]
        nodes[i].next.before = nodes[i]
    return nodes


@program
def an_attribute_is_the_other(x):
    a, b = two_nodes(x)
    walker = Walker(a)
    for _ in range(3):
        walker.at = b
    return walker.at.value**2


@program
def an_attribute_goes_on(x):
    a, _ = two_nodes(x)
    walker = Walker(a)
    for _ in range(3):
        walker.at = walker.at.next
    return walker.at.value**2


@program
def an_entry_goes_on(x):
    a, _ = two_nodes(x)
    places = {"now": a}
    for i in range(3):
        places["now"] = places["now"].next
        places["now"].value = places["now"].value * (i + 1.0)
    return places["now"].value ** 2 + a.value


@program
def an_element_is_the_other(x):
    a, b = two_nodes(x)
    places = [a]
    for _ in range(3):
        places[0] = b
    return places[0].value ** 2


@program
def in_a_while(x):
    a, _ = two_nodes(x)
    walker, i = Walker(a), 0
    while i < 3 and walker.at.value < 10:
        walker.at = walker.at.next
        i += 1
    return walker.at.value**2


@program
def a_ring_that_is_walked(x):
    walker = Walker(ring_of(x)[0])
    total = 0.0
    for i in range(5):
        total += walker.at.value * walker.at.before.value * (i + 1)
        walker.at.value = walker.at.value * 0.5
        walker.step()
    return total


@program
def data_tell_when_it_goes_on(x):
    walker = Walker(ring_of(x)[0])
    for v in x:
        if v > 0:
            walker.step()
    return walker.at.value**2


@program
def a_walker_in_a_walker(x):
    a, _ = two_nodes(x)
    outer = Walker(Walker(a))
    for _ in range(3):
        outer.at = Walker(outer.at.at.next)
    return outer.at.at.value**2


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("x", [[0.3, -0.2, 0.9], [-0.5, 0.4, -1.1]])
def test_rings(f: Callable[..., Any], x: list[float]) -> None:
    x = np.array(x)
    value, _ = value_and_grad(f)(x)
    assert np.allclose(value, f(x))
    check_grads(f, (x,))


def test_walks_whose_length_data_tell_are_refused() -> None:
    def f(x):
        a, _ = two_nodes(x)
        walker = Walker(a)
        while walker.at.value < 3:
            walker.at.value = walker.at.value * 2 + 1
            walker.step()
        return walker.at.value**2

    with pytest.raises(AliasingError, match="a Node contains itself") as caught:
        grad(f)(np.array([0.3, -0.2]))
    assert "while walker.at.value < 3" in str(caught.value)
    assert "positions" in str(caught.value.hint)
