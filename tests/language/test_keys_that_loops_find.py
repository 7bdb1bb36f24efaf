"""Keys that are None before a loop that finds one: ``best = None``, then ``table[best]``."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad
from tests.slopes import check_at

POINTS = [
    np.array([0.91, 0.31, 0.62, 0.73]),
    np.array([0.11, 0.83, 0.21, 0.57]),
    np.array([0.95, 0.22, 0.99, 0.64]),
]
LOW = np.array([0.11, 0.13, 0.21, 0.57])
PROGRAMS: list[Callable[..., Any]] = []
RAISING: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def raising(f: Callable[..., Any]) -> Callable[..., Any]:
    RAISING.append(f)
    return f


class Move(enum.Enum):
    LEFT = 0
    RIGHT = 1
    STAY = 2


@program
def of_members(x):
    best, score = None, -math.inf
    table = {Move.LEFT: x[0], Move.RIGHT: x[1] * 2, Move.STAY: x[2] ** 2}
    for move in Move:
        s = np.sin(table[move])
        if s > score:
            best, score = move, s
    return table[best] * score


@program
def of_texts(x):
    best, score = None, -math.inf
    table = {"a": x[0], "b": x[1] * 2, "c": x[2] ** 2}
    for name in table:
        if table[name] > score:
            best, score = name, table[name]
    return table[best] * score


@program
def of_texts_that_are_made(x):
    best, score = None, -math.inf
    for i in range(3):
        if x[i] > score:
            best, score = f"k{i}", x[i]
    table = {f"k{i}": x[i] ** 2 for i in range(3)}
    return table[best] * score


@program
def of_tuples(x):
    best, score = None, -math.inf
    table = {(i, j): x[i] * x[j] for i in range(3) for j in range(3)}
    for place, s in table.items():
        if s > score:
            best, score = place, s
    return table[best] * score + best[0] * x[0]


@program
def compared_with_the_best(x):
    table = {("a", 1): x[0], ("b", 2): x[1] * 2}
    best = None
    for key in table:
        if best is None or table[key] > table[best]:
            best = key
    return table[best] * best[1]


@program
def in_a_while(x):
    table = {Move.LEFT: x[0], Move.RIGHT: x[1] * 2, Move.STAY: x[2] ** 2}
    best, score, i = None, -math.inf, 0
    moves = [Move.STAY, Move.LEFT, Move.RIGHT]
    while i < 3:
        if table[moves[i]] > score:
            best, score = moves[i], table[moves[i]]
        i += 1
    return table[best] * 3


@program
def among_those_left(x):
    distance = {"a": x[0], "b": x[1], "c": x[2]}
    used = {"a": False, "b": False, "c": False}
    total = 0.0
    for _ in range(3):
        best = None
        for name in distance:
            if not used[name] and (best is None or distance[name] < distance[best]):
                best = name
        total = total * 0.5 + distance[best]
        used[best] = True
    return total


@program
def written_where_it_is_found(x):
    best, score = None, 0.7
    table = {"a": x[0], "b": x[1] * 2}
    for name in table:
        if table[name] > score:
            best, score = name, table[name]
    if best is not None:
        table[best] = x[2] * 3
    return sum(table.values()) * score


@program
def none_is_a_key(x):
    best, score = None, 0.9
    table = {Move.LEFT: x[0], Move.RIGHT: x[1], None: x[2] ** 2}
    for move in (Move.LEFT, Move.RIGHT):
        if table[move] > score:
            best, score = move, table[move]
    return table[best] * score


@program
def an_integer_is_a_key(x):
    best, score = -1, 0.9
    table = {"a": x[0], "b": x[1], -1: x[2] ** 2}
    for name in ("a", "b"):
        if table[name] > score:
            best, score = name, table[name]
    return table[best] * score


@program
def another_value_without_it(x):
    best, score = None, 0.9
    table = {"a": x[0], "b": x[1]}
    for name in table:
        if table[name] > score:
            best, score = name, table[name]
    return table.get(best, x[3]) * score


@program
def the_error_is_handled(x):
    best, score = None, 0.9
    table = {("a", 1): x[0], ("b", 2): x[1]}
    for key in table:
        if table[key] > score:
            best, score = key, table[key]
    try:
        return table[best] * score
    except KeyError:
        return x[3] * 2


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f: Callable[..., Any]) -> None:
    check_at(f, *POINTS)


@raising
def no_text(x):
    best, table = None, {"a": x[0], "b": x[1]}
    for name in table:
        if table[name] > 0.25:
            best = name
    return table[best] * 2


@raising
def no_tuple(x):
    best, table = None, {("a", 1): x[0], ("b", 1): x[1]}
    for name in table:
        if table[name] > 0.25:
            best = name
    return table[best] * 2


@pytest.mark.parametrize("f", RAISING)
def test_none_is_found(f: Callable[..., Any]) -> None:
    check_at(f, *POINTS)
    with pytest.raises(KeyError, match="None"):
        f(LOW)
    with pytest.raises(KeyError, match="None"):
        grad(f)(LOW)
