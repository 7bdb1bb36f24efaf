"""Lists in lists that are changed: compiled for each length of what they are made from."""

import numpy as np
import pytest

from tests.slopes import check_slope


def table(x, m=3):
    D = [[0.0] * m for _ in range(len(x))]
    for i in range(len(x)):
        for j in range(m):
            D[i][j] = x[i] * (j + 1)
    return sum(sum(row) for row in D) + D[-1][2] ** 2


def edit_distance(x):
    n = len(x)
    y = x[::-1] * 1.1 + 0.3
    D = [[0.0 for _ in range(n + 1)] for _ in range(n + 1)]
    for i in range(1, n + 1):
        D[i][0] = D[i - 1][0] + 1.0
        D[0][i] = D[0][i - 1] + 1.0
    for i in range(1, n + 1):
        for j in range(1, n + 1):
            cost = (x[i - 1] - y[j - 1]) ** 2
            D[i][j] = cost + min(D[i - 1][j], D[i][j - 1], D[i - 1][j - 1])
    return D[n][n]


def rows_appended(x):
    rows = []
    for v in x:
        rows.append([v, v * v])
    rows[0][1] = 3.0 * x[-1]
    for row in rows:
        row[0] *= 2
    return sum(a * b for a, b in rows)


def rows_that_grow(x):
    rows = []
    for v in x:
        row = []
        for w in x:
            row.append(v * w)
        rows.append(row)
    rows[-1][0] += x[0]
    return np.sum(np.array(rows) ** 2)


def elimination(x):
    n = len(x)
    A = [[x[i] * (i + j + 1) + (3.0 if i == j else 0.0) for j in range(n)] for i in range(n)]
    A[0], A[-1] = A[-1], A[0]
    for k in range(n):
        for i in range(k + 1, n):
            m = A[i][k] / A[k][k]
            for j in range(k, n):
                A[i][j] -= m * A[k][j]
    determinant = 1.0
    for i in range(n):
        determinant *= A[i][i]
    return determinant


def bins(x):
    found = [[] for _ in range(len(x))]
    for i in range(len(x)):
        found[(2 * i) % len(x)].append(x[i])
    return sum(sum(each) ** 2 for each in found)


def one_row_many_times(x):
    rows = [[x[0], 1.0]] * len(x)
    rows[-1][1] = x[-1]
    return sum(a * b for a, b in rows)


@pytest.mark.parametrize("count", range(1, 5))
@pytest.mark.parametrize(
    "f",
    [
        *(table, edit_distance, rows_appended, rows_that_grow, elimination, bins),
        one_row_many_times,
    ],
)
def test_gradient(f, count):
    check_slope(f, np.array([1.3, 0.4, 1.7, 0.9])[:count])


def test_lists_of_which_it_depends_on_data_how_many_there_are():
    def f(x):
        rows = [[v, v * v] for v in x[x > 0.0]]
        rows[0][1] = x[0]
        return sum(a * b for a, b in rows)

    check_slope(f, np.array([1.3, -0.4, 1.7]))
