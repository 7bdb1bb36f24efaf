"""Lists whose length is not known when compiling: built in loops and in branches, read, joined."""

from __future__ import annotations

import math
import sys
import tracemalloc

import numpy as np
import pytest

from srcgrad import SrcgradError, grad, value_and_grad
from tests.hard_cases.checking import Case
from tests.language.cases import Table, matrix, vector
from tests.language.checking import check
from tests.slopes import check_slope

case = Table()

RNN = (matrix(3, 3), matrix(3, 2, seed=1), matrix(5, 2, seed=2), vector(3))


# --- built in a loop ----------------------------------------------------------------------------


@case(*RNN, wrt=(0, 1, 2, 3))
@case(matrix(3, 3), matrix(3, 2), np.zeros((0, 2)), vector(3), wrt=(0, 1))
def states_stacked(W, U, x, h):
    hs = [h]
    for t in range(len(x)):
        h = np.tanh(W @ h + U @ x[t])
        hs = [*hs, h]
    return np.sum(np.stack(hs) ** 2)


@case(*RNN, wrt=(0, 1, 2, 3))
def state_is_the_last_element(W, U, x, h):
    hs = [h]
    for t in range(len(x)):
        hs = [*hs, np.tanh(W @ hs[-1] + U @ x[t])]
    return np.sum(np.array(hs)[1:] * np.array(hs)[:-1])


@case(*RNN, wrt=(0, 1, 2, 3))
def state_and_states(W, U, x, h):
    hs = []
    for row in x:
        h = np.tanh(W @ h + U @ row)
        hs = hs + [h]
    return np.sum(h) * np.sum(hs[0] * hs[2]) + np.sum(hs[-1] ** 2)


@case(vector(4), 0)
@case(vector(4), 1)
@case(vector(4), 6)
def numbers(x, n):
    items = [1.5]
    for i in range(n):
        items = [*items, items[-1] * x[i % 4] + math.sin(items[0])]
    return items[-1] + sum(items) + len(items) * x[0]


@case(vector(4), 3)
def two_at_a_time(x, n):
    items = []
    for i in range(n):
        items = [*items, x * i, np.sin(x)]
    return np.sum(np.stack(items) ** 3)


@case(vector(4), 3)
def grows_at_the_front(x, n):
    items = [x]
    for i in range(n):
        items = [np.sin(items[0]) * i, *items]
    return np.sum(items[0] * items[1] * items[-1])


@case(vector(6), 1.0)
@case(vector(6), 0.3)
def until_a_condition(x, tol):
    items = [np.sum(x**2)]
    while items[-1] > tol:
        items = [*items, items[-1] * 0.5 * np.cos(x[0])]
    return sum(items)


@case(vector(6) - 1)
def only_some(x):
    items = [0.5]
    for v in x:
        if v > 0:
            items = [*items, v * items[-1]]
    return sum(items)


@case(vector(6) - 1)
def one_in_each_arm(x):
    items = []
    total = 0.0
    for v in x:
        if v > 0:
            items = [*items, np.sin(v)]
        else:
            total = total + v
            items = [*items, v * total]
    return np.sum(np.array(items) ** 2)


@case(vector(5), vector(5, seed=1), wrt=(0, 1))
def pairs(x, y):
    items = []
    for i in range(len(x)):
        items = [*items, (x[i] * y[i], y[i])]
    total = 0.0
    for a, b in items:
        total = total + a * np.sin(b)
    return total


@case(vector(4), 4)
def lists_in_lists(x, n):
    rows = []
    for i in range(n):
        row = []
        for j in range(n):
            row = [*row, np.sin(x[i] * x[j])]
        rows = [*rows, row]
    A = np.array(rows)
    return np.sum(A @ A)


# --- read ---------------------------------------------------------------------------------------


def powers(x, n):
    """``[x, x ** 2, ...]``"""
    items = []
    y = x
    for _ in range(n):
        items = [*items, y]
        y = y * x
    return items


@case(vector(4), 3)
def iterated(x, n):
    total = 0.0
    for y in powers(x, n):
        total = total + np.sum(np.sin(y))
    return total


@case(vector(4), 3)
def iterated_with_others(x, n):
    items = powers(x, n)
    total = 0.0
    for i, (a, b) in enumerate(zip(items, reversed(items))):
        total = total + np.sum(a * np.cos(b)) * (i + 1)
    return total


@case(vector(4), 3)
def read_by_index(x, n):
    items = powers(x, n)
    total = items[0] * 2
    for i in range(1, len(items)):
        total = total + items[i - 1] * items[i] + items[-1] * items[-i]
    return np.sum(total)


@case(vector(4), 5)
def sliced(x, n):
    items = powers(x, n)
    late, early = items[2:], items[:-2]
    total = 0.0
    for a, b in zip(late, early):
        total = total + np.sum(a * b)
    return total + np.sum(np.array(items[::2])) + np.sum(items[1:][0])


@case(vector(4), 5)
def read_in_a_branch(x, n):
    items = powers(x, n)
    total = 0.0
    for i in range(n):
        if x[i % 4] > 0:
            total = total + np.sum(items[i] ** 2)
        elif i > 1:
            total = total + np.sum(items[i] * items[i - 1])
    return total


@case(vector(5), matrix(4, 4))
def attention_to_all_before(x, W):
    hs = [x[:4]]
    for t in range(len(x)):
        context = 0 * x[:4]
        for h in hs:
            context = context + h * np.exp(-np.sum(h * hs[-1]))
        hs = [*hs, np.tanh(W @ context + x[t])]
    return np.sum(np.stack(hs))


@case(vector(5), True)
@case(vector(5), False)
def one_of_two_lists(x, flag):
    a, b = powers(x, 3), powers(np.sin(x), 2 * len(x))
    c = a if np.sum(x) > 0 and flag else b
    return np.sum(c[1] * a[2]) + np.sum(c[-1])


# --- made arrays --------------------------------------------------------------------------------


@case(vector(4), 3)
def joined_in_every_way(x, n):
    items = powers(x, n)
    total = np.sum(np.stack(items, axis=1) ** 2) + np.sum(np.concatenate(items) ** 3)
    total = total + np.sum(np.vstack(items) ** 2) + np.sum(np.hstack(items) ** 3)
    total = total + np.sum(np.asarray(items) ** 2) + np.mean(items) + np.sum(items)
    return total + np.max(items)


@case(matrix(2, 3), 3)
def matrices_joined(x, n):
    items = powers(x, n)
    total = np.sum(np.concatenate(items, axis=1) ** 2) + np.sum(np.vstack(items) ** 3)
    return total + np.sum(np.hstack(items) ** 3) + np.sum(np.stack(items, axis=2) ** 2)


@case(vector(4), 3)
def added_up(x, n):
    items = powers(x, n)
    return np.sum(sum(items)) + np.sum(sum(items, x) ** 2)


@case(vector(4), 3)
def numbers_added_up(x, n):
    items = []
    for i in range(n):
        items = [*items, x[i] ** 2]
    return sum(items) * np.array(items)[0] + np.mean(items)


# --- the same list more than once ---------------------------------------------------------------


@case(vector(4), 3)
def grown_from_one(x, n):
    base = powers(x, n)
    a = base
    for i in range(n):
        a = [*a, x * i]
    b = [*base, np.cos(x)]
    return np.sum(np.stack(a)) * np.sum(np.stack(b)) + np.sum(np.stack(base))


@case(vector(4), 4)
def every_version_is_read(x, n):
    items = [x]
    total = 0.0
    for _ in range(n):
        before = items
        items = [*items, np.sin(items[-1])]
        total = total + np.sum(before[-1] * items[-1]) + len(before)
    return total


@case(vector(4), 4)
def versions_kept(x, n):
    items = [x]
    versions = [items]
    for _ in range(n):
        items = [*items, np.sin(items[-1])]
        versions = [*versions, items]
    return np.sum(versions[2][-1] * versions[-1][0]) + len(versions[1])


@case(vector(4), 3)
def extended(x, n):
    a = powers(x, n)
    b = powers(np.sin(x), n)
    c = a + b
    c = c + a
    return np.sum(np.stack(c) * np.arange(3 * n)[:, None])


@case(vector(4), 4)
def an_element_grows(x, n):
    rows = [[v] for v in x]
    first = rows[0]
    longer = first
    for i in range(n):
        longer = [*longer, x[i] * longer[-1]]
    again = [[*row, x[1]] for row in rows]
    return sum(longer) * len(first) + sum(rows[0]) * first[0] + sum([sum(row) for row in again])


# --- comprehensions -----------------------------------------------------------------------------


@case(matrix(4, 3), matrix(3, 3), wrt=(0, 1))
def over_rows(X, W):
    return np.sum(np.stack([np.tanh(W @ row) for row in X]) ** 2)


@case(vector(4), 5)
@case(vector(4), 0)
def over_a_range(x, n):
    return np.sum(np.array([x[i % 4] ** i for i in range(n)])) + x[0]


@case(vector(4))
def over_known_things(x):
    a, b, c = [x * k for k in (1, 2, 3)]
    first = [v * w for v, w in zip((x, a), (b, c))]
    return np.sum(first[0] * first[1])


@case(vector(5) - 1)
def generated(x):
    return sum(v * v for v in x) + max(np.sin(v) for v in (x[0], x[1])) + sum(v for v in x if v > 0)


@case(vector(4), vector(3, seed=1), wrt=(0, 1))
def kernel_matrix(x, y):
    K = np.array([[np.exp(-((a - b) ** 2)) for b in y] for a in x])
    return np.sum(K @ y * x)


@case(vector(4))
def array_of_pairs(x):
    A = np.array([(np.sin(v), v * v) for v in x])
    B = np.array([(x * v, x / v) for v in x])
    return np.sum(A[:, 0] * A[:, 1] ** 2) + np.sum(B**3)


@case(vector(4), 3)
def two_uses_of_a_list_of_pairs(x, n):
    items = [(x * i, np.sum(x)) for i in range(n)]
    total = 0.0
    for a, b in items:
        total = total + np.sum(a) * b
    both = items + items[:1]
    for a, b in both:
        total = total + np.sum(a * b)
    pairs = items[1:]
    for _, b in pairs[::-1]:
        total = total * b
    return total


@case(vector(4), 3)
def dicts_and_nested_lists(x, n):
    items = [{"a": x * i, "b": [np.sum(x), i * x[0]]} for i in range(n)]
    total = items[1]["b"][0] * np.sum(items[-1]["a"])
    for item in items:
        total = total + sum(item["b"]) * item["a"][1]
    rows = [[v * w for v in x] for w in x]
    late = rows[1:] + rows
    return total + sum(late[0]) * late[-1][0] + sum([sum(row) for row in rows])


@case(vector(4) - 1, 3)
def several_generators(x, n):
    items = [v * x[j] * i for i in range(n) for j, v in enumerate(x) if v > 0 if i != j]
    return np.sum(np.array(items) ** 2)


@case(vector(4), 3)
def kernel_column(x, n):
    return np.sum(np.stack([np.exp(-((x - i) ** 2)) for i in range(n)]) @ x)


@case(vector(4))
def names_of_their_own(x):
    v, i = 2.0, 3
    squares = [v * v for v in x]
    nested = [sum([v * w for v in x]) for w in squares]
    f = [(lambda v: v * i)(i) for i in x]
    return v * i * sum(squares) + sum(nested) + sum(f)


@case(vector(4), 3)
def variables_of_the_loop_around(x, n):
    total = 0.0
    for t in range(n):
        scaled = [v * t * total for v in x]
        total = total + sum(scaled) + x[0]
    return total


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()


# --- cost ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [states_stacked, state_is_the_last_element, state_and_states])
def test_no_list_is_copied(f):
    """States are appended, and the copies that a literal reading would make are not made."""
    g = grad(f)
    g(*RNN)
    code = "\n".join(line.split("#")[0] for line in g.source.splitlines())
    assert "hs.append(" in code
    assert "[*" not in code
    assert ".copy()" not in code


def appended_and_read(x, n):
    items = [x[0]]
    for i in range(n):
        items = [*items, np.sin(items[-1]) + items[i // 2] * 0.5]
    total = 0.0
    for i in range(n):
        if x[1] > 0:
            total = total + items[i] * items[n - i]
    return total + sum(items)


def versions_undone(x, n):
    items = [x[0]]
    total = 0.0
    for _ in range(n):
        for item in items[-2:]:
            total = total + np.sin(item)
        items = [*items, total * 0.1]
    return total


def appended_if(x, n):
    items = [x[0]]
    for i in range(n):
        if i % 2 or x[1] < 0:
            items = [*items, items[-1] * x[1] * 0.5]
    return items[-1] + sum(items)


def read_by_many(x, n):
    items = [x[0] * i for i in range(n)]
    total = 0.0
    for i in range(n):
        for j in range(2):
            total = total + np.sin(items[i]) * items[(i + j) % n]
    return total


@pytest.mark.parametrize(
    "f",
    [appended_and_read, versions_undone, appended_if, read_by_many, over_a_range, kernel_column],
)
def test_cost_is_linear(f):
    """Twice as many elements take twice as many steps and twice the memory."""
    x = vector(4)
    steps, memory = zip(*(_cost(grad(f), x, n) for n in (400, 800)), strict=True)
    assert steps[1] < 2.1 * steps[0]
    assert memory[1] < 2.3 * memory[0]


def _peak(df, x, n):
    tracemalloc.start()
    df(x, n)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def _cost(df, x, n):
    """The work of copying and moving elements of lists, and the peak of memory."""
    df(x, n)
    peak = min(_peak(df, x, n) for _ in range(3))  # other threads may hold something meanwhile
    code = df.source
    assert "[*" not in "".join(line.split("#")[0] for line in code.splitlines())
    lines = 0

    def count(frame, event, arg):
        nonlocal lines
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        df(x, n)
    finally:
        sys.settrace(before)
    return lines, peak


# --- what is refused ----------------------------------------------------------------------------


def containers_of_different_kinds(x, n):
    items = [(x, x)]
    for i in range(n):
        items = [*items, x * i]
    return np.sum(items[-1])


def tuples_of_different_lengths(x, n):
    items = []
    for i in range(n):
        items = [*items, (x,), (x, x)]
    return np.sum(items[-1][0])


def compared(x, n):
    items = []
    for i in range(n):
        items = [*items, x]
    return np.sum(x) if items == [] else np.sum(items[0])


def walrus(x, n):
    return sum([(y := v) * n for v in x]) + y


def late_binding(x, n):
    functions = [lambda u: u * v for v in x[x > 0.0]]
    return functions[0](n)


@pytest.mark.parametrize(
    "f",
    [
        containers_of_different_kinds,
        compared,
        walrus,
        late_binding,
    ],
)
def test_refused(f):
    with pytest.raises(SrcgradError) as caught:
        grad(f)(vector(4), 2)
    assert caught.value.hint
    assert caught.value.loc is not None


# --- what is written after it was put into a list -----------------------------------------------


def stored_and_written(x, n):
    u = np.zeros(4)
    items = []
    for i in range(n):
        u[0] = x[i] * 2
        items = [*items, u]
    return np.sum(np.stack(items) ** 2)


def element_written(x, n):
    items = [x * i for i in range(n)]
    first = items[0]
    first[0] = 5.0
    return np.sum(items[0] ** 2)


def elements_written(x, n):
    items = [x * i for i in range(n)]
    for item in items:
        item *= 2
    return np.sum(items[-1] ** 2)


def test_tuples_of_different_lengths():
    """A loop that makes them is unrolled."""
    Case(tuples_of_different_lengths, (vector(4), 2)).run()


@pytest.mark.parametrize("f", [stored_and_written, element_written, elements_written])
def test_written_after_storing(f):
    Case(f, (vector(4), 3)).run()


def copies_stored(x, n):
    u = np.zeros(4)
    items = []
    for i in range(n):
        u[0] = x[i] * 2
        items = [*items, u.copy()]
    return np.sum(np.stack(items) ** 2)


def test_copies_may_be_stored():
    check(copies_stored, vector(4), 3)


def test_tuples_in_tuples():
    def f(x):
        xs = []
        for v in x:
            xs.append(((v, {"k": v * 2}), (v * v, 1.0)))
        t = 0.0
        for (a, _), (c, _) in xs:
            t += a * c
        for p in xs:
            t += p[0][1]["k"] * p[0][0] * p[1][0]
        return t

    x, v = np.array([0.3, 0.5, -0.7, 1.2]), np.array([0.1, -0.3, 0.4, 0.2])
    value, x_bar = value_and_grad(f)(x)
    assert value == f(x)
    slope = (f(x + 1e-6 * v) - f(x - 1e-6 * v)) / 2e-6
    np.testing.assert_allclose(x_bar @ v, slope, rtol=1e-7)


# --- containers as elements, chosen by a condition ----------------------------------------------


def chosen_lists(x):
    rows = [[v, v * w] for v in x for w in x if v > w]
    return sum(a * b for a, b in rows)


def chosen_dicts(x):
    return sum(d["v"] * d["k"] for d in [{"v": v, "k": 2.0} for v in x if v > 1.0])


def chosen_tuples_of_lists(x):
    return sum(v * w[1] for v, w in [(v, [v, 2.0 * v]) for v in x if v > 1.0])


def chosen_rows(x):
    rows = [[v * w for w in x] for v in x if v > 1.0]
    return sum(sum(row) ** 2 for row in rows)


@pytest.mark.parametrize("count", range(1, 5))
@pytest.mark.parametrize("f", [chosen_lists, chosen_dicts, chosen_tuples_of_lists, chosen_rows])
def test_containers_chosen_by_a_condition(f, count):
    check_slope(f, np.array([1.3, 0.4, 1.7, 0.9])[:count])
