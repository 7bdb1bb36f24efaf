"""``heapq`` and ``bisect``: priority queues, sorted lists, and what data put where."""

from __future__ import annotations

import bisect
import heapq
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, grad, value_and_grad
from tests.slopes import check_at

POINTS = (
    np.array([0.31, -1.2, 0.8, 1.6, 2.1, -0.4]),
    np.array([1.3, 0.2, -0.7, 0.6, -0.35, 2.4]),
    np.array([0.51, 0.62, 1.73]),
)
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def a_priority_queue(x):
    heap = []
    for i, v in enumerate(x):
        heapq.heappush(heap, (v * v, i, v))
    total, k = 0.0, 1
    while heap:
        priority, i, v = heapq.heappop(heap)
        total += priority * k * (i + 1) + v
        k += 1
    return total


@program
def pairs_merged(x):
    heap = [abs(v) for v in x]
    heapq.heapify(heap)
    total = 0.0
    while len(heap) > 1:
        a = heapq.heappop(heap)
        b = heapq.heappop(heap)
        total += a * b
        heapq.heappush(heap, a + b)
    return total + heap[0]


@program
def events(x):
    queue = [(v * v, i) for i, v in enumerate(x)]
    heapq.heapify(queue)
    last, total, n = 0.0, 0.0, 0
    while queue and n < 12:
        t, i = heapq.heappop(queue)
        total += (t - last) * x[i]
        last = t
        n += 1
        if t < 2.0:
            heapq.heappush(queue, (t + 1.0 + x[i] ** 2, i))
    return total


@program
def the_largest_so_far(x):
    heap, total = [], 0.0
    for v in x:
        if len(heap) < 2:
            heapq.heappush(heap, v)
        elif v > heap[0]:
            total += heapq.heapreplace(heap, v) ** 2
        else:
            total += heapq.heappushpop(heap, v * 0.5)
    return sum(v * (i + 2) for i, v in enumerate(heap)) + total


@program
def arrays_behind_numbers(x):
    heap, total = [], 0.0
    for i, v in enumerate(x):
        heapq.heappush(heap, (v, i, np.array([v, v * v])))
    while heap:
        _, i, a = heapq.heappop(heap)
        total = total * 0.5 + np.sum(a) * (i + 1)
    return total


@program
def no_heap_at_all(x):
    """The same places as Python's, though the list has no order to begin with."""
    items = [v for v in x if v > -2.0]
    heapq.heappush(items, x[0] * x[1])
    first = heapq.heappop(items)
    return first * sum(v * (i + 1) for i, v in enumerate(items))


@program
def shortest_paths(x):
    edges = {}
    for a, b in [(0, 1), (1, 2), (0, 2), (2, 1)]:
        edges.setdefault(a, []).append((b, 0.3 + (x[a] - x[b]) ** 2))
    distance, queue = {}, [(0.0, 0)]
    while queue:
        d, k = heapq.heappop(queue)
        if k in distance:
            continue
        distance[k] = d
        for j, w in edges.get(k, ()):
            if j not in distance:
                heapq.heappush(queue, (d + w, j))
    return sum(d * (k + 1) for k, d in distance.items())


@program
def the_largest_and_the_smallest(x):
    large = heapq.nlargest(2, x)
    small = heapq.nsmallest(2, [v for v in x if v > -1.0], key=lambda v: v * v)
    none = heapq.nlargest(-1, x)
    return sum(v * (i + 1) for i, v in enumerate(large)) * sum(small) + len(none)


@program
def known_numbers(x):
    places = [2, 1, 0]
    heapq.heapify(places)
    bisect.insort(places, 1)
    return x[places[0]] * x[places[-1]] ** 2 + len(places)


@program
def put_in_order(x):
    items, pairs = [], []
    for i, v in enumerate(x):
        bisect.insort(items, v * v)
        bisect.insort_left(pairs, (v, i))
    total = sum(v * (i + 1) for i, v in enumerate(items))
    return total + sum(v * j * (i + 1) for i, (v, j) in enumerate(pairs))


@program
def between_knots(x):
    knots, total = sorted(v for v in x if v > 0), 0.0
    for v in (0.11, 0.43, 0.97):
        k = bisect.bisect_right(knots, v)
        if 0 < k < len(knots):
            t = (v - knots[k - 1]) / (knots[k] - knots[k - 1])
            total += t**2
    return total + x[0]


@program
def a_histogram(x):
    edges, sums = [-1.0, 0.0, 1.0], [0.0] * 4
    for v in x:
        sums[bisect.bisect(edges, v)] += v * v
        sums[bisect.bisect_left(edges, v, 1, hi=2)] += v
    return sum(s * (i + 1) for i, s in enumerate(sums))


@program
def the_longest_rise(x):
    """What is written where nothing is yet would be an error, and is never reached."""
    tails = []
    for v in x:
        k = bisect.bisect_left(tails, v)
        if k == len(tails):
            tails.append(v)
        else:
            tails[k] = v
    return sum(v * (i + 1) for i, v in enumerate(tails))


@program
def an_order_book(x):
    """Offers are tuples in lists that are known one by one, and sorted."""
    bids, asks, traded = [], [], 0.0
    for i in range(len(x)):
        price, amount = x[i], 1.0 + 0.1 * i
        if i % 2:
            while asks and amount > 0 and asks[0][0] <= price:
                fill = min(amount, asks[0][1])
                traded += fill * asks[0][0]
                amount -= fill
                if asks[0][1] > fill:
                    asks[0] = (asks[0][0], asks[0][1] - fill)
                else:
                    asks.pop(0)
            if amount > 0:
                bids.append((price, amount))
                bids.sort(reverse=True)
        else:
            asks.append((price, amount))
            asks.sort()
    return traded + sum(p * q for p, q in bids) - sum(p * q for p, q in asks)


@program
def by_a_key(x):
    rows = []
    for i, v in enumerate(x):
        bisect.insort(rows, (i, v), key=lambda row: -row[1])
    k = bisect.bisect_left(rows, 0.1, key=lambda row: -row[1])
    return sum(v * j * (i + 1) for i, (j, v) in enumerate(rows)) * (1 + k)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_derivatives(f):
    check_at(f, *POINTS)


def test_an_empty_heap_raises_what_it_does():
    def f(x):
        heap = [v for v in x if v > 9]
        return heapq.heappop(heap) + x[0]

    for g in (f, value_and_grad(f)):
        with pytest.raises(IndexError):
            g(POINTS[0])
    x = np.array([0.5, 10.0])
    np.testing.assert_array_equal(grad(f)(x), [1.0, 1.0])


def test_places_are_asked_of_python():
    """A place is found by ``bisect`` itself, not by a loop."""

    def f(x):
        items = sorted(v * v for v in x)
        return items[bisect.bisect(items, 0.5)]

    g = grad(f)
    x = np.array([0.3, 1.0, 0.9])
    np.testing.assert_allclose(g(x), [0.0, 0.0, 1.8])
    assert "bisect.bisect_right(" in g.source
    assert "while" not in g.source


GIVEN = [2.0, 3.0]


@pytest.mark.parametrize(
    "change",
    [
        lambda items, v: heapq.heappush(items, v),
        lambda items, v: bisect.insort(items, v),
        lambda items, v: random.shuffle(items),
        lambda items, v: random.Random(0).shuffle(items),
    ],
)
def test_a_list_from_outside(change):
    """What is there is not changed, and nobody reads a copy of it that is."""

    def given(items, x):
        change(items, x[0])
        return items[0] * x[1]

    def found(x):
        heapq.heappush(GIVEN, x[0])
        return GIVEN[0] * x[1]

    items = [2.0, 3.0]
    with pytest.raises(AliasingError, match="changes a list that the function was given"):
        grad(given, argnums=1)(items, POINTS[0])
    with pytest.raises(AliasingError, match="make one of its own"):
        grad(found)(POINTS[0])
    assert items == GIVEN == [2.0, 3.0]
