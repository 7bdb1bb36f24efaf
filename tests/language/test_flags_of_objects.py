"""What a loop does not change of an object that it changes stays known: no test of a flag is left.

A flag or a number that some trip changes is a value of the program.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from srcgrad import grad
from tests.slopes import check_slope

X = np.array([0.7, -1.3, 1.9, -0.4])


@dataclass
class Node:
    value: Any
    fixed: bool = False
    weight: int = 1
    seen: list[Any] = field(default_factory=list)


def filtered(x: np.ndarray) -> Any:
    nodes = [Node(x[i], fixed=(i == 0)) for i in range(3)]
    energy = 0.0
    for step in range(4):
        for node in nodes:
            node.value = node.value * 1.1
        if step % 3 == 2:
            energy += sum(node.value**2 for node in nodes if not node.fixed)
    return energy


def skipped(x: np.ndarray) -> Any:
    nodes = [Node(v, weight=k) for k, v in enumerate(x)]
    for _ in range(3):
        for node in nodes:
            if node.fixed or node.weight == 2:
                continue
            node.value = np.sin(node.value) * node.weight
    return sum(node.value**2 for node in nodes)


def of_a_dict(x: np.ndarray) -> Any:
    state = {"total": 0.0, "verbose": False, "order": 2}
    for v in x:
        if state["verbose"]:
            state["total"] *= 3.0
        for _ in range(state["order"]):
            state["total"] += v * state["order"] + v**3
    return state["total"] ** 2


STILL = [filtered, skipped, of_a_dict]


def counted(x: np.ndarray) -> Any:
    node = Node(x[0])
    for v in x:
        node.weight += 1
        node.value = node.value * v + v**2 / node.weight
    return node.value * node.weight


def turned_once(x: np.ndarray) -> Any:
    node = Node(0.0)
    for i in range(len(x)):
        if node.fixed:
            node.value = node.value * x[i]
        else:
            node.value = node.value + x[i] ** 2
        if i == 1:
            node.fixed = True
    return node.value


def turned_by_data(x: np.ndarray) -> Any:
    node = Node(1.0)
    for v in x:
        if not node.fixed:
            node.value = node.value * np.cos(v)
        node.fixed = not node.fixed if v < 0 else node.fixed
        node.seen.append(node.value)
    return sum(node.seen) + node.fixed


def first_time(x: np.ndarray) -> Any:
    state = {"first": True, "mean": None, "n": 0}
    for v in x:
        if state["first"]:
            state["mean"] = v * v
            state["first"] = False
        else:
            state["mean"] = state["mean"] + (v - state["mean"]) / state["n"]
        state["n"] += 1
    return state["mean"] * state["n"]


def in_an_inner_loop(x: np.ndarray) -> Any:
    flags = [False, False]
    s = 0.0
    for i in range(3):
        for v in x:
            if flags[0]:
                s += v**2 * i
            if v > 1.0:
                flags[0] = True
            if flags[1]:
                s *= 1.1
        flags[1] = s > 0.0
    return s


def until_a_flag(x: np.ndarray) -> Any:
    node = Node(x[0])
    while not node.fixed:
        node.value = node.value * 1.3 + x[1] ** 2
        node.weight *= 2
        node.fixed = node.value > 9.0 or node.weight > 500
    return node.value * node.weight


CHANGING = [counted, turned_once, turned_by_data, first_time, in_an_inner_loop, until_a_flag]


@pytest.mark.parametrize("f", [*STILL, *CHANGING])
def test_is_right(f: Callable[..., Any]) -> None:
    check_slope(f, X)
    check_slope(f, -X)


@pytest.mark.parametrize("f", STILL)
def test_nothing_is_asked_that_stays(f: Callable[..., Any]) -> None:
    text = re.sub("#.*", "", grad(f).lower(X).source)
    assert not re.search(r"fixed|weight|verbose|order|False|True", text)
    assert all("step % 3" in line for line in text.splitlines() if " if " in line)
