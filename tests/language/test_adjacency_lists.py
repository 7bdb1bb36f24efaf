"""Lists of lists that are empty at first, as many as only running the program tells."""

import numpy as np
import pytest

from tests.slopes import check_slope

X = np.array([0.7, -1.2, 1.6, 0.4])


def neighbours(x):
    adjacent = [[] for _ in range(len(x))]
    for i in range(len(x)):
        for j in range(i):
            adjacent[i].append((j, x[i] * x[j]))
    total = x[0]
    for i in range(len(x)):
        for j, weight in adjacent[i]:
            total = total + weight * x[j] * (i + 1)
    return total


def shortest_ways(x):
    n = len(x)
    adjacent = [[] for _ in range(n)]
    for i in range(n):
        adjacent[i].append((i, x[i]))
        if i > 0:
            adjacent[i - 1].append((i, x[0] * x[i]))
    ways = [0.0 for _ in range(n)]
    for u in range(n):
        for v, weight in adjacent[u]:
            ways[v] = ways[v] + weight * (ways[u] + 1.0)
    return sum(ways)


def lists_in_lists_in_lists(x):
    pairs = [[] for _ in range(len(x))]
    for i in range(len(x)):
        pairs[i].append([x[i], x[0]])
    total = 0.0
    for row in pairs:
        for pair in row:
            total = total + pair[0] * pair[1]
    return total


def arrays_with_a_number(x):
    found = [[] for _ in range(len(x))]
    for i in range(len(x)):
        found[i].append((x[i] * x, i))
    total = 0.0
    for row in found:
        for scaled, k in row:
            total = total + scaled[0] * k
    return total


def filled_while_read(x):
    messages = [[] for _ in range(len(x))]
    total = x[0]
    for i in range(len(x)):
        for a, b in messages[i]:
            total = total + a * b
        if i + 1 < len(x):
            messages[i + 1].append((total * x[i], 2.0))
    return total


def indices_beside_numbers(x):
    found = []
    for j in range(len(x)):
        if x[j] > -5:
            found.append((j, x[-1] * x[j], j > 1))
    total = x[0]
    for j, weight, late in found:
        total = total + weight * x[j] * (2.0 if late else 1.0)
    return total


@pytest.mark.parametrize(
    "f",
    [
        neighbours,
        shortest_ways,
        lists_in_lists_in_lists,
        arrays_with_a_number,
        filled_while_read,
        indices_beside_numbers,
    ],
)
def test_gradient(f):
    check_slope(f, X)
    check_slope(f, X[:1])
