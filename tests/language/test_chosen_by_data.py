"""Elements of lists and tuples that data choose, and changes of lists at places that data give."""

import numpy as np
import pytest

from srcgrad import grad
from tests.slopes import check_at, check_slope

TABLE = [2.0, 3.0, 5.0, 7.0]
PERMUTATION = (2, 0, 1)


def constants(x):
    order, k = [2, 0, 1], int(np.argmax(x))
    return x[order[k]] * TABLE[k] + x[PERMUTATION[k]] ** 2


def walked_by_while(x):
    items, i = [x[0], x[1], x[2]], 0
    while items[i] < 0.9:
        i += 1
    return items[i] ** 2


def written(x):
    items, i = [x[0], x[1], x[2]], int(np.argmin(x))
    items[i] *= 3
    items[i - 1] = items[i] * items[0]
    return items[0] * items[1] + items[2]


def one_of_two(x):
    y = x[0] * x[1]
    return [y, y * 2][int(y > 0.5)] + (y, 3 * y)[int(y > 0.1)]


def one_of_two_arrays(x):
    matrices = [np.outer(x, x), np.eye(len(x))]
    return np.sum(matrices[int(x[1] > 1)] @ x)


def indices_that_move(x):
    basis, s = [0, 1, 2], 0.0
    for i in range(3):
        j = int(np.argmax(x)) if i == 1 else i
        basis[i] = basis[j]
        s += x[basis[i]] * (i + 1)
    return s


def merged(x):
    a, b, out, i, j = [x[0], x[1]], [x[2]], [], 0, 0
    while i < len(a) and j < len(b):
        if a[i] < b[j]:
            out.append(a[i])
            i += 1
        else:
            out.append(b[j])
            j += 1
    out += a[i:] + b[j:]
    return sum((k + 1) * v for k, v in enumerate(out))


def rows_and_dicts(x):
    rows = [[x[0], x[1]], [x[1], x[2]]]
    entries = [{"a": x[0], "b": 2.0}, {"a": x[1], "b": x[2]}]
    k = int(x[1] > 1.0)
    return rows[k][0] * rows[1 - k][1] + entries[k]["a"] * entries[1 - k]["b"]


def methods(x):
    items, i = [v for v in x if v > 0], int(np.argmax(x))
    items.insert(i, x[0] * x[2])
    a = items.pop(i + 1)
    del items[i]
    items.reverse()
    return sum(k * v for k, v in enumerate(items)) * a


def repeated_and_deleted(x):
    items = [v for v in x if v > 0]
    items *= 2
    items = items * 2
    others = items.copy()
    del others[1:3]
    others.reverse()
    return sum(k * v for k, v in enumerate(items)) * sum(k * v for k, v in enumerate(others))


def parts_of_ranges(x):
    s = 1.0
    for i in range(len(x))[::-1]:
        s = s * 2 + x[i]
    for i in range(len(x))[1:]:
        s = s * x[i] + 1.0
    for i in range(2, len(x), 2)[::-1]:
        s = s * 2 + x[i]
    return s


def keys_of_a_string(x):
    counts = dict.fromkeys("ab", 0.0)
    for i in range(len(x)):
        counts["ab"[i % 2]] += x[i] ** 2
    return counts["a"] * counts["b"]


def lambda_that_calls_itself(x):
    factorial = lambda n: 1.0 if n == 0 else n * x[0] * factorial(n - 1)
    return factorial(3)


def a_row_is_written(x):
    rows = [[x[0], x[1]], [x[1], x[2]]]
    rows[int(x[1] > 1.0)][0] = 3.0
    return rows[0][0] * rows[1][0]


@pytest.mark.parametrize("x", [(0.3, 1.2, 0.7), (1.1, 0.95, 0.2), (0.4, 0.5, 1.3)])
@pytest.mark.parametrize(
    "f",
    [
        *(
            constants,
            a_row_is_written,
            walked_by_while,
            written,
            one_of_two,
            one_of_two_arrays,
            indices_that_move,
        ),
        *(merged, rows_and_dicts, methods, repeated_and_deleted, parts_of_ranges),
        *(keys_of_a_string, lambda_that_calls_itself),
    ],
)
def test_gradient(f, x):
    check_slope(f, np.array(x))


def functions(x):
    return [np.sin, np.cos][int(x[1] > 1.0)](x[0])


def out_of_range(x):
    return [x[0], x[1]][int(x[2] * 10)]


def test_functions():
    check_at(functions, np.array([0.3, 1.2, 0.7]), np.array([1.3, 0.2, 0.6]))


def test_an_index_out_of_range_raises():
    for g in (out_of_range, grad(out_of_range)):
        with pytest.raises(IndexError):
            g(np.array([0.3, 1.2, 0.7]))
