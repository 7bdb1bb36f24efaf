"""``collections.deque``: queues, stacks and sliding windows."""

from __future__ import annotations

import collections
import copy
import tracemalloc
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.errors import CertainError, SrcgradError
from srcgrad.testing import check_grads

X = np.array([0.5, -1.2, 0.7, 1.3, -0.4, 0.9])
EDGES = np.array([[0, 1, 1, 0, 0, 0], [1, 0, 0, 1, 0, 0], [1, 0, 0, 1, 0, 0]] + [[0] * 6] * 3)
EDGES[3] = [0, 1, 1, 0, 1, 1]
NEXT = [[1, 2], [3], [3, 4], [5], [5], [0]]
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


# --- queues ---------------------------------------------------------------------------------------


@program
def breadth_first(x):
    """The queue is as long as the graph, an array, makes it."""
    n = len(x)
    distance, seen = [0.0] * n, [False] * n
    queue = deque([0])
    seen[0] = True
    while queue:
        u = queue.popleft()
        for v in range(n):
            if EDGES[u, v] and not seen[v]:
                seen[v] = True
                distance[v] = distance[u] + x[v] ** 2
                queue.append(v)
    return sum(distance)


@program
def breadth_first_over_lists(x):
    distance = {0: x[0]}
    queue = deque([0])
    while queue:
        u = queue.popleft()
        for v in NEXT[u]:
            if v not in distance:
                distance[v] = distance[u] * x[v]
                queue.append(v)
    return sum(distance.values())


@program
def a_flood(x):
    field, seen = x.reshape(2, 3), np.zeros((2, 3), bool)
    queue, total = deque([(0, 0, 1.0)]), 0.0
    seen[0, 0] = True
    while queue:
        i, j, weight = queue.popleft()
        weight = weight * field[i, j]
        total = total + weight
        for di, dj in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            a, b = i + di, j + dj
            if 0 <= a < 2 and 0 <= b < 3 and not seen[a, b]:
                seen[a, b] = True
                queue.append((a, b, weight))
    return total


@program
def refined_from_both_ends(x):
    queue, trips = deque([x[0]]), 0
    while queue and trips < 20:
        v = queue.popleft()
        trips += 1
        if abs(v) < 3:
            queue.append(v * 1.5)
            queue.appendleft(v + 0.1)
    return sum(queue) + queue[-1] * queue.pop()


@program
def both_ends_by_sign(x):
    both = deque()
    for v in x:
        if v > 0:
            both.append(v)
        else:
            both.appendleft(v * 2)
    total = 0.0
    while both:
        total = total * 0.5 + both.pop()
        if both:
            total = total * both.popleft()
    return total


@program
def one_of_two(x):
    first, second = deque([x[0]]), deque([x[1], x[2]])
    chosen = first if x[3] > 0 else second
    chosen.append(x[4] ** 2)
    return sum(first) * sum(second)


# --- windows --------------------------------------------------------------------------------------


@program
def moving_average(x):
    window, total = deque(maxlen=3), 0.0
    for v in x:
        window.append(v)
        total = total + sum(window) / len(window) * v
    return total


@program
def moving_mean_of_full_windows(x):
    window, found = deque(maxlen=3), []
    for v in x:
        window.append(v)
        if len(window) == window.maxlen:
            found.append(np.mean(window) * v + np.array(window) @ np.arange(3.0))
    return sum(found)


@program
def moving_extremes(x):
    window, total = deque(maxlen=2), 0.0
    for v in x:
        window.append(v)
        total = total + max(window) * min(window)
    return total


@program
def running_sum(x):
    window, s, sums = deque([0.0] * 3, maxlen=3), 0.0, []
    for v in x:
        s = s + v - window[0]
        window.append(v)
        sums.append(s / 3)
    return np.sum(np.array(sums) ** 2)


@program
def largest_in_window(x):
    """The well-known algorithm, with a queue of indices."""
    queue, total = deque(), 0.0
    for i in range(len(x)):
        while queue and x[queue[-1]] <= x[i]:
            queue.pop()
        queue.append(i)
        if queue[0] <= i - 3:
            queue.popleft()
        if i >= 2:
            total = total + x[queue[0]] ** 2
    return total


class Smoother:
    def __init__(self, size):
        self.recent = deque(maxlen=size)
        self.total = 0.0

    def push(self, v):
        self.recent.append(v)
        self.total = self.total + sum(self.recent) / len(self.recent)


@program
def in_an_object(x):
    smoother = Smoother(3)
    for v in x:
        if v > 0:
            smoother.push(v)
    return smoother.total


@program
def one_for_each_key(x):
    recent = collections.defaultdict(deque)
    for v in x:
        recent[int(v > 0)].append(v)
    return sum(recent[0]) * recent[1].popleft()


@program
def in_a_list(x):
    rows = [deque(maxlen=2) for _ in range(3)]
    for i, v in enumerate(x):
        rows[int(abs(v) * 1.9) % 3].append(v * i)
    return sum(sum(row) ** 2 for row in rows)


# --- all that a deque can do ----------------------------------------------------------------------


@program
def every_change(x):
    d = deque(x)
    d.rotate(2)
    d.insert(2, x[0] ** 2)
    del d[0]
    d[1] = x[2] ** 3
    d.reverse()
    d.extendleft([x[3], x[4] * 2])
    d.rotate(-1)
    d.extend(v * v for v in x)
    total = sum(v * i for i, v in enumerate(d))
    d.clear()
    d += [x[0], x[1]]
    d *= 2
    return total + sum(v * i for i, v in enumerate(d)) * len(d)


@program
def copies(x):
    a = deque(x, 9)
    b, c, d = a.copy(), copy.copy(a), copy.deepcopy(a)
    same = a
    a.append(x[0])
    b.popleft()
    c.pop()
    d.rotate(2)
    e = deque(x, maxlen=4) * 2 + d
    return sum(same) + 2 * sum(b) + 3 * sum(c) + 7 * d[0] + sum(v * i for i, v in enumerate(e))


@program
def how_it_is_iterated_over(x):
    d = deque(x)
    squares = [v * v for v in d]
    pairs = sum(a * b for a, b in zip(d, x, strict=True))
    return squares[1] + pairs + list(reversed(d))[0] ** 3 + sorted(d)[1]


@program
def questions(x):
    d = deque([1, 2])
    kind = isinstance(d, deque) + 2 * isinstance(d, list) + 4 * (type(d) is deque)
    equal = (d == deque([1, 2])) + 2 * (d == [1, 2]) + 4 * (d != deque([2])) + 8 * (2 in d)
    return x[0] * kind + x[1] * equal + x[2] * d.index(2) + x[3] * (deque([1]) < d)


@program
def texts(x):
    d = deque([1.5, 2], maxlen=3)
    return x[0] * len(f"{d}") + x[1] * (repr(deque([1])) == "deque([1])")


@program
def items_that_change_in_a_loop_over_it(x):
    d = deque([x[0], x[1], x[2]])
    total = 0.0
    for i, v in enumerate(d):
        if i == 0:
            d[1] = v * 2
        total = total + v * v
    return total


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_derivatives(f):
    both = value_and_grad(f)
    value, slope = both(X)
    assert value == pytest.approx(f(X))
    check_grads(f, (X,))
    again = both(-X)
    assert again[0] == pytest.approx(f(-X))
    check_grads(f, (-X,))
    np.testing.assert_array_equal(both(X)[1], slope)


@pytest.mark.parametrize("size", [1, 2, 5, 9])
def test_the_size_of_a_window_is_an_argument(size):
    def f(x, size):
        window, total = deque(maxlen=size), 0.0
        for v in x:
            window.append(v)
            total = total + max(window) * v
        return total

    check_grads(lambda x: f(x, size), (X,))
    assert value_and_grad(f)(X, size)[0] == pytest.approx(f(X, size))


# --- what raises ----------------------------------------------------------------------------------


def _popped_empty(x):
    found = deque()
    for v in x:
        if v > 5:
            found.append(v)
    return found.popleft() + x[0]


def _too_full(x):
    full = deque(x, maxlen=6)
    full.insert(2, x[0])
    return full[0]


def _sliced(x):
    return sum(deque(x)[1:3])


def _negative(x):
    return sum(deque(x, maxlen=-1))


def _beyond(x):
    return deque(v for v in x if v > 0)[7]


def _assigned(x):
    d = deque(x, maxlen=3)
    d.maxlen = 4
    return sum(d)


def _unknown(x):
    return deque(x).push(2.0)


@pytest.mark.parametrize(
    "f", [_popped_empty, _too_full, _sliced, _negative, _beyond, _assigned, _unknown]
)
def test_what_raises(f):
    with pytest.raises(Exception) as raised:
        f(X)
    with pytest.raises((raised.type, CertainError)) as found:
        grad(f)(X)
    assert isinstance(getattr(found.value, "original", found.value), raised.type)


# --- where the program has asked ----------------------------------------------------------------


def _as_long_as_there_are_some(x):
    queue, s = deque(v for v in x if v > 0), 0.0
    while queue:
        v = queue.popleft()
        s = s * v + v
        if s > 2:
            queue.append(s * 0.1)
    return s


def _compared_with_zero(x):
    queue, s = [v for v in x if v > 0], 0.0
    while len(queue) > 0:
        v = queue.pop(0)
        s = s * v + v
        if s > 2:
            queue.append(s * 0.1)
    return s


def _left_without_any(x):
    queue, s = deque(v for v in x if v > 0), 0.0
    for _ in range(9):
        if not queue:
            break
        v = queue.popleft()
        s = s * v + (queue.popleft() if queue else 1.0)
    return s


@pytest.mark.parametrize("f", [_as_long_as_there_are_some, _compared_with_zero, _left_without_any])
def test_nothing_is_asked_twice(f):
    derivative = grad(f)
    derivative(X)
    assert "raise" not in derivative.source
    for x in (X, -X, -np.abs(X)):
        assert value_and_grad(f)(x)[0] == pytest.approx(f(x))
        check_grads(f, (x,))


def test_the_second_of_two_is_asked_for():
    def f(x):
        queue, s = deque(v for v in x if v > 0), 0.0
        while queue:
            s = s + queue.popleft() * queue.popleft()
        return s

    derivative = grad(f)
    np.testing.assert_array_equal(derivative(X), [0.7, 0, 0.5, 0.9, 0, 1.3])
    assert derivative.source.count("raise") == 1
    with pytest.raises(IndexError, match="pop from an empty deque"):
        derivative(X[:3].clip(0.1))


# --- what is refused ------------------------------------------------------------------------------


def _rotated(x):
    d, total = deque([x[0], x[1]]), 0.0
    for v in d:
        total = total + v
        d.rotate(1)
    return total


def _rotated_by_data(x):
    d, total = deque(x), 0.0
    for v in d:
        total = total + v
        if v < 0:
            d.append(d.popleft())
    return total


def _grown(x):
    d, total = deque([x[0]]), 0.0
    for _, v in enumerate(d):
        total = total + v
        if len(d) < 4:
            d.append(v * 2)
    return total


@pytest.mark.parametrize("f", [_rotated, _rotated_by_data, _grown])
def test_a_deque_that_changes_while_it_is_iterated_over(f):
    """Which Python raises for."""
    with pytest.raises(RuntimeError):
        f(X)
    with pytest.raises(SrcgradError, match="while it is iterated over") as raised:
        grad(f)(X)
    assert "list(" in raised.value.hint


def test_a_deque_where_it_would_have_to_be_there():
    def f(x):
        d = deque(x)
        return x[0] * len(str(sorted(map(id, [d]))))

    with pytest.raises(SrcgradError, match="deque"):
        grad(f)(X)


# --- what it costs --------------------------------------------------------------------------------


def _served(x):
    queue, total, served = deque(), 0.0, 0
    for v in x:
        queue.append(v * 1.5)
    while queue:
        v = queue.popleft()
        total += np.sin(v)
        served += 1
        if served % 3 == 0:
            queue.append(0.5 * v)
    return total


def test_of_a_queue_nothing_but_elements_is_kept():
    """Neither what was in the queue before each trip, nor how much that was."""
    derivative = value_and_grad(_served)
    check_grads(_served, (X,))

    def peak(count: int) -> float:
        x = np.linspace(0.1, 0.9, count)
        derivative(x)
        tracemalloc.start()
        derivative(x)
        _, found = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return found / count

    assert peak(400) < 1.5 * peak(100)
    assert ".append(len(" not in derivative.source  # the reverse puts back what was taken off
