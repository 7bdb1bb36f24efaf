"""Loops: trips, carried values, what is read after the loop, iteration in step."""

from __future__ import annotations

import numpy as np
import pytest

from tests.hard_cases.checking import Case, Table, matrix, vector

program = Table()
V, M = vector(), matrix()


@program(V, 0)
@program(V, 1)
@program(V, 3)
def trips(x, n):
    y = x * 1.0
    for _ in range(n):
        y = np.sin(y) * x
    return np.sum(y)


@program(V, 3, 2)
@program(V, 2, 3)
@program(V, 0, 3)
def zip_of_two_ranges(x, n, m):
    s = 0.0
    for i, j in zip(range(n), range(m)):
        s = s + x[i] * x[j + 1]
    return s


@program(V)
def zip_of_masked_arrays(x):
    a = x[x > 0.7]
    b = x[x > 1.0]
    s = 0.0
    for u, v in zip(a, b):
        s = s + u * u * v
    return s


@program(V)
def zip_of_unequal_slices(x):
    s = 0.0
    for u, v in zip(x[1:], x):
        s = s + u * v * v
    for u, v in zip(x, x[::2]):
        s = s + u * np.sin(v)
    return s


@program(M)
def rows_and_columns(x):
    s = 0.0
    for row in x:
        for a in row:
            s = s + a * a * row[0]
    for col in x.T:
        s = s * np.sum(np.sin(col))
    return s


@program(V, 3)
@program(V, 1)
def index_after_the_loop(x, n):
    for i in range(n):
        y = x[i] * 2
    return y * x[i] * (i + 1)


@program(V, 3)
def name_is_defined_before_and_after(x, n):
    i = 2
    y = 1.0
    for i in range(n):
        y = y * x[i]
    return y * x[i]


@program(V, 0)
def zero_trips_keep_the_index(x, n):
    i = 2
    y = 1.0
    for i in range(n):
        y = y * x[i]
    return y * x[i] ** 2


@program(V, 4)
def carried_tuple(x, n):
    state = (x, x * 2)
    for k in range(n):
        state = (state[1], np.sin(state[0]) + k * state[1])
    return np.sum(state[0] * state[1])


@program(V, 4)
def swap(x, n):
    a, b = x, np.cos(x)
    for k in range(n):
        a, b = b, a * b
    return np.sum(a) + np.sum(b * b)


@program(V, 2)
def carried_array_shrinks(x, n):
    y = x * x
    for _ in range(n):
        y = y[1:] * y[:-1]
    return np.sum(y)


@program(V, 2)
def carried_array_grows(x, n):
    y = x[:1]
    for k in range(n):
        y = np.concatenate([y, np.sin(y) * x[k]])
    return np.sum(y * y)


@program(V, 3)
def carried_rank_changes(x, n):
    y = 0.0
    for k in range(n):
        y = y + x * x[k]
    return np.sum(y)


@program(V, 3)
def carried_rank_changes_to_matrix(x, n):
    y = x
    for k in range(n):
        y = y * np.outer(x, x)
    return np.sum(np.sin(y))


@program(1.7)
@program(0.3)
def while_data_dependent(x):
    n = 0
    y = x
    while y < 20:
        y = y * (1 + x)
        n += 1
    return y * n


@program(1.7)
def while_never(x):
    y = x
    while y < 0:
        y = y * 2
    return y * y


@program(V)
def while_on_array(x):
    y = x
    while np.sum(y) < 50:
        y = y + y * x
    return np.sum(y * y)


@program(V)
def while_of_two_conditions(x):
    y, k = x, 0
    while k < 3 and np.max(y) < 100:
        y = y * np.exp(x)
        k = k + 1
    return np.sum(y)


@program(V)
def while_inside_for(x):
    s = 0.0
    for i in range(len(x)):
        y = x[i]
        while y < 5:
            y = y * y + x[i] + 0.3
        s = s + y * x[-1 - i]
    return s


@program(M)
def nested_index_arithmetic(x):
    s = 0.0
    m, n = x.shape
    for i in range(m):
        for j in range(i, n - 1):
            s = s + x[i, j] * x[m - 1 - i, j + 1] ** 2
    return s


@program(V)
def backwards_and_steps(x):
    n = len(x)
    s = 1.0
    for i in range(n - 1, -1, -1):
        s = s * np.sin(x[i]) + x[i]
    for i in range(0, n, 2):
        s = s * x[i]
    for i in range(n, 0, -3):
        s = s + x[i - 1] * s
    return s


@program(V)
def enumerated_from_one(x):
    s = 0.0
    for k, a in enumerate(x, 1):
        s = s + a**k
    for k, (a, b) in enumerate(zip(x, reversed(x))):
        s = s + a * b * k
    for k, a in reversed(list(enumerate([x[0], x[1]]))):
        s = s * a + k
    return s


@program(V)
def reversed_range(x):
    s = 1.0
    for i in reversed(range(len(x))):
        s = np.sin(s) * x[i]
    for i in reversed(range(1, 4, 2)):
        s = s + x[i] * s
    return s


@program(V, 3)
def branch_in_loop(x, n):
    y = x
    for k in range(n):
        if k % 2 == 0:
            y = y * x
        elif np.sum(y) > 2:
            t = np.sin(y)
            y = t * t
        else:
            y = y + 1
    return np.sum(y)


@program(V, 3)
def defined_in_a_branch_of_a_loop(x, n):
    s = 0.0
    for k in range(n):
        if k == 0:
            h = x
        else:
            h = np.tanh(h * x)
        s = s + np.sum(h)
    return s


@program(V, M)
def recurrent(b, W):
    h = np.zeros(3)
    for k in range(4):
        h = np.tanh(W @ (b * k) + h)
    return h @ h


program.add(recurrent, V, M, wrt=(0, 1))


@program(matrix(3, 3), wrt=0)
def outer_products(W):
    h = np.ones(3)
    for k in range(4):
        h = np.tanh(W @ h)
    return np.sum(h)


@program(matrix(3, 1), V, wrt=(0, 1))
@program(matrix(1, 3), vector(3), wrt=(0, 1))
@program(matrix(1, 1), vector(1), wrt=(0, 1))
def thin_products(W, x):
    s = 0.0
    for k in range(3):
        s = s + np.sum(np.tanh(W.T @ np.ones(W.shape[0]) * x[0] + k))
        s = s + np.sum(np.sin(np.outer(x, W[:, 0])))
    return s


@program(matrix(3, 3), 0)
@program(matrix(3, 3), 2)
def products_of_changing_lengths(W, n):
    s = 0.0
    for k in range(n):
        x = np.ones(k + 1)
        s = s + np.sum(np.sin(W[:, : k + 1] @ x))
    return s


@program(matrix(4, 3), vector(3))
def broadcast_row_products(W, x):
    s = 0.0
    for k in range(3):
        s = s + np.sum((W * x) ** 2) * np.sum(W[k : k + 1] * x)
    return s


@program([V, V * 2, V * 3])
def loop_over_a_list(xs):
    s = 1.0
    for x in xs:
        s = s * np.sum(np.sin(x))
    return s


@program([V, vector(3), M])
def loop_over_a_mixed_list(xs):
    s = 1.0
    for x in xs:
        s = s * np.sum(np.sin(x))
    return s


@program({"a": V, "b": vector(2)})
def loop_over_a_dict(p):
    s = 1.0
    for k in p:
        s = s * np.sum(p[k])
    for k, v in p.items():
        s = s + np.sum(v * v)
    for v in p.values():
        s = s * np.sum(v)
    return s


@program(V, 3)
def accumulate_same_array(x, n):
    y = x
    for _ in range(n):
        y = y + y
        y += x
    return np.sum(y * x)


@program(V, 3)
def sum_of_index_and_array(x, n):
    s = 0
    for i in range(n):
        s += i * x[i]
    return s


@program(V, 3)
def integer_index_is_carried(x, n):
    k = 0
    s = 1.0
    for i in range(n):
        s = s * x[k]
        k = (k + 3) % 4
    return s + x[k]


@program(V, np.array([2, 0, 2]))
def loop_over_integers(x, idx):
    s = 1.0
    for i in idx:
        s = s * x[i] + x[-1]
    return s


@program(V, 3)
def shadowed_by_loop_variable(x, n):
    s = np.sum(x)
    for x in x:
        s = s * np.sin(x)
    return s + x


@program(V, 3)
def saves_of_saves(x, n):
    s = 0.0
    for i in range(n):
        t = x
        for j in range(i):
            t = np.sin(t) * x[j]
        s = s + np.sum(t * t)
    return s


@program(2.0, 3)
def tuple_target(x, n):
    (a, b), c = (x, x * x), 1.0
    for k in range(n):
        (a, b), c = (b, c), a * c
    return a * b * c


@program(V, 2, 4)
def trips_of_the_inner_loop_change(x, n, m):
    s = 1.0
    while n < m:
        for i in range(n):
            s = s * x[i]
        n = n + 1
    return s


@pytest.mark.parametrize("case", program.cases)
def test_gradient(case: Case) -> None:
    case.run()
