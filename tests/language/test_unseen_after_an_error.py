"""A container that is changed before an error, and that nobody can get at after it."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.language.cases import Table

case = Table()
SMALL, LARGE = np.array([0.7, -1.2, 1.1, 0.4]), np.array([1.3, 0.9, -0.6, 2.1])


class Bad(Exception):
    pass


class Total:
    def __init__(self):
        self.count = 0
        self.sum = 0.0

    def add(self, v):
        self.count += 1
        if v > 1.2:
            raise Bad
        self.sum = self.sum + v


@case(SMALL)
@case(LARGE)
def a_constant(x):
    state = {"k": 0, "v": x[0]}
    try:
        if x[0] > 1:
            state["k"] += 1
            raise Bad
        state["v"] *= 2
    except Bad:
        return 0.0
    return state["v"] * (1 + state["k"])


@case(SMALL)
@case(LARGE)
def another_value(x):
    items = [x[0]]
    try:
        items.append(x[1])
        if x[0] > 1:
            raise Bad
        items.append(x[2])
    except Bad:
        return x[2] * x[0]
    return sum(items) * len(items)


@case(SMALL)
@case(LARGE)
def going_on_without(x):
    items = [x[0]]
    try:
        items.append(x[1])
        if x[0] > 1:
            raise Bad
        r = 1.0
    except Bad:
        r = 2.0
    return r * x[0]


@case(SMALL)
@case(LARGE)
def an_object(x):
    total = Total()
    try:
        for v in x:
            total.add(v)
    except Bad:
        return x[0]
    return total.sum / total.count


@case(SMALL)
@case(LARGE)
def one_in_each_trip(x):
    r = 0.0
    for v in x:
        items = [v]
        try:
            items.append(v * 2)
            if v > 1.2:
                raise Bad
            items.append(v * v)
        except Bad:
            continue
        r = r + items[0] * items[1] * items[2]
    return r


def guarded(x, factor):
    items = [x[0]]
    try:
        items.append(x[1])
        if x[0] > 1:
            raise Bad
        items.append(x[2])
    except Bad:
        return factor
    return sum(items)


@case(SMALL)
@case(LARGE)
def in_a_helper(x):
    return guarded(x, x[3]) * x[1]


@case(SMALL)
@case(LARGE)
def an_error_of_another_kind(x):
    state = {"k": 0}
    try:
        try:
            state["k"] += 1
            if x[0] > 1:
                raise Bad
            r = x[0] * state["k"]
        except Bad as e:
            raise ValueError("c") from e
    except ValueError:
        return x[1]
    return r


@case(SMALL)
@case(LARGE)
def written_before_anything_raises(x):
    r, items = 0.0, [0.0, 0.0]
    for v in x:
        try:
            items[0] = v
            if v > 1.2:
                raise Bad
            items[1] = items[1] + v
        except Bad:
            continue
        r = r + items[0] * items[1]
    return r + items[0]


@case(SMALL)
def certainly_raised(x):
    items = [x[0]]
    try:
        items.append(x[1])
        {}["a"]
    except KeyError:
        return x[2]
    return sum(items)


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()


def test_the_error_of_the_function() -> None:
    def f(x):
        state = {"k": 0, "v": x[0]}
        try:
            if x[0] > 1:
                state["k"] += 1
                raise Bad
            state["v"] *= 2
        except Bad as e:
            raise ValueError("too large") from e
        return state["v"]

    with pytest.raises(ValueError, match="too large") as caught:
        grad(f)(LARGE)
    assert isinstance(caught.value.__cause__, Bad)
    np.testing.assert_array_equal(grad(f)(SMALL), [2.0, 0.0, 0.0, 0.0])


# --- what somebody can get at is refused --------------------------------------------------------


def by_the_handler(x):
    items = [x[0]]
    try:
        items.append(x[1])
        if x[0] > 1:
            raise Bad
        items.append(x[2])
    except Bad:
        return items[-1]
    return sum(items)


def by_another_name(x):
    items = [x[0]]
    alias = (items, 1)
    try:
        items.append(x[1])
        if x[0] > 1:
            raise Bad
        items.append(x[2])
    except Bad:
        return alias[0][-1]
    return sum(items)


def by_a_function(x):
    items = [x[0]]

    def last():
        return items[-1]

    try:
        items.append(x[1])
        if x[0] > 1:
            raise Bad
        items.append(x[2])
    except Bad:
        return last()
    return sum(items)


def later(x):
    items = [x[0]]
    try:
        items.append(x[1])
        if x[0] > 1:
            raise Bad
        items.append(x[2])
    except Bad:
        pass
    return sum(items)


def changing(x, items):
    try:
        items.append(x[1])
        if x[0] > 1:
            raise Bad
        items.append(x[2])
    except Bad:
        return 1.0
    return sum(items)


def by_the_caller(x):
    items = [x[0]]
    r = changing(x, items)
    return r * sum(items)


def by_a_handler_around(x):
    state = {"k": 0}
    try:
        try:
            state["k"] += 1
            if x[0] > 1:
                raise Bad
            r = x[0] * state["k"]
        except Bad as e:
            raise ValueError("c") from e
    except ValueError:
        return x[1] * (state["k"] + 1)
    return r


def in_the_next_trip(x):
    r, items = 0.0, [0.0, 0.0]
    for v in x:
        try:
            r = r + 1.0 / v
            items[0] = items[0] + v
            if v > 1.2:
                raise Bad
            items[1] = items[1] + v
        except Bad:
            continue
        r = r + items[0] * items[1]
    return r


@pytest.mark.parametrize(
    "f",
    [
        *(by_the_handler, by_another_name, by_a_function, later, by_the_caller),
        *(by_a_handler_around, in_the_next_trip),
    ],
)
def test_refused(f):
    with pytest.raises(UnsupportedSyntaxError):
        grad(f)(SMALL)
