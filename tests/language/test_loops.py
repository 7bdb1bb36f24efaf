"""``for`` over everything, ``while``, and what loops carry."""

from __future__ import annotations

import math

import numpy as np
import pytest

from srcgrad import SrcgradError, grad
from tests.language.cases import Table, matrix, vector
from tests.slopes import check_at

case = Table()


# --- ranges -------------------------------------------------------------------------------------


@case(0.3, 0)
@case(0.3, 1)
@case(0.3, 4)
def range_stop(x, n):
    y = x
    for i in range(n):
        y = math.sin(y) * x + i
    return y


@case(0.3, 2, 5)
@case(0.3, 5, 2)
def range_start_stop(x, a, b):
    y = x
    for i in range(a, b):
        y = y * x + i * y
    return y


@case(0.3, 1, 9, 3)
@case(0.3, 1, 10, 3)
@case(0.3, 9, 0, -2)
@case(0.3, 0, 9, -2)
def range_step(x, a, b, c):
    y = x
    for i in range(a, b, c):
        y = math.sin(y * i) + x
    return y


@case(vector(7))
def range_over_a_length(x):
    s = 0.0
    for i in range(1, len(x)):
        s = s + x[i] * x[i - 1] ** 2
    return s


@case(vector(7))
def range_backwards_by_literals(x):
    s = x[0]
    for i in range(6, -1, -2):
        s = s * x[i] + i
    return s


@case(matrix(3, 4))
def range_over_a_shape(a):
    s = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            s += a[i, j] ** 2 * a[0, j]
    return s


@case(0.4, 3)
def index_after_the_loop(x, n):
    y = x
    for i in range(n):
        y = y * x
    return y * i


@case(0.4, 4)
def unused_index(x, n):
    y = 1.0
    for _ in range(n):
        y *= x
    return y


@case(0.4, 3)
def arithmetic_on_the_index(x, n):
    y = x
    for k in range(n):
        y = y + x ** (k + 1) / (k + 1) * (-1) ** k + x**k
    return y


@case(0.4, 3)
def branch_on_the_index(x, n):
    y = x
    for k in range(n):
        if k % 2 == 0:
            y = math.sin(y)
        elif k == 1:
            y = y * x
        else:
            y = y + k
    return y


# --- arrays -------------------------------------------------------------------------------------


@case(vector(5), 0.3, wrt=(0, 1))
@case(np.zeros(0), 0.3, wrt=(0, 1))
def over_a_vector(x, c):
    s = c
    for v in x:
        s = math.sin(s) * v
    return s


@case(matrix(3, 4))
def over_rows(a):
    s = 0.0
    for row in a:
        s = s + np.sum(row**2) * row[0]
    return s


@case(matrix(3, 4), vector(4), wrt=(0, 1))
def state_and_rows(a, h):
    for row in a:
        h = np.tanh(h * row + a[0])
    return np.sum(h)


@case(np.random.default_rng(0).normal(size=(2, 3, 4)))
def over_a_cube(a):
    s = 0.0
    for m in a:
        for row in m:
            for v in row:
                s = s + v * v * m[0, 0]
    return s


@case(vector(4))
def over_an_expression(x):
    s = 1.0
    for v in x[::-1] * x:
        s = s * v + 1
    return s


@case(vector(5), np.array([0, 2, 2, 4]))
def over_indices(x, idx):
    s = 0.0
    for i in idx:
        s = s + x[i] ** 2
    return s


# --- enumerate, zip, reversed -------------------------------------------------------------------


@case(vector(4))
def enumerate_an_array(x):
    s = 0.0
    for i, v in enumerate(x):
        s = s + v * x[i - 1] * i
    return s


@case(vector(4))
def enumerate_with_a_start(x):
    s = 0.0
    for i, v in enumerate(x, 2):
        s = s + v**i
    for i, v in enumerate(x, start=1):
        s = s * v + i
    return s


@case(vector(4), vector(5, 1), wrt=(0, 1))
def zip_stops_with_the_shortest(x, y):
    s = 0.0
    for a, b in zip(x, y):
        s = s + a * b * s + a
    return s


@case(matrix(3, 4), vector(3), wrt=(0, 1))
def zip_of_different_things(a, x):
    s = 0.0
    for row, v, k in zip(a, x, range(5)):
        s = s + np.sum(row) * v * 2.0**k
    return s


@case(vector(4))
def reversed_array(x):
    s = 0.0
    for v in reversed(x):
        s = math.sin(s + v)
    return s


@case(0.7, 4)
def reversed_range(x, n):
    s = x
    for i in reversed(range(1, n)):
        s = s * x + i
    for i in reversed(range(0, n, 2)):
        s = math.sin(s) * i + x
    return s


@case(vector(4))
def combined(x):
    s = 0.0
    for i, (a, b) in enumerate(zip(x, reversed(x))):
        s = s + a**2 * b * (i + 1)
    for a, (i, b) in zip(x, enumerate(x[1:])):
        s = s + a * b * i
    for (i, a), k in zip(enumerate(x), range(2, 9, 3)):
        s = s + a * k * i
    return s


# --- containers ---------------------------------------------------------------------------------


@case([matrix(3, 3, 0), matrix(3, 3, 1), matrix(3, 3, 2)], vector(3), wrt=(0, 1))
def over_a_list_of_matrices(weights, x):
    for w in weights:
        x = np.tanh(w @ x)
    return np.sum(x)


@case([(matrix(4, 3), vector(4)), (matrix(2, 4), vector(2))], vector(3), wrt=(0, 1))
def over_pairs(layers, x):
    for W, b in layers:
        x = np.tanh(W @ x + b)
    return np.sum(x**2)


@case((vector(3), 0.7, matrix(2, 2)))
def over_different_things(parts):
    s = 0.0
    for part in parts:
        s = s + np.sum(part * part)
    return s


@case({"a": vector(3), "b": matrix(2, 2)})
def over_items(params):
    s = 0.0
    for name, p in params.items():
        if name == "a":
            s = s + np.sum(p)
        s = s + np.sum(p**2)
    for key in params:
        s = s * np.mean(params[key])
    for p in params.values():
        s = s + np.max(p)
    return s


@case(1.3, 0.4, wrt=(0, 1))
def over_displays(x, y):
    s = 1.0
    for v in (x, y, x * y):
        s = s * v
    for a, b in [(x, y), (y, 2.0)]:
        s = s + a * b
    for name in ("sin", "cos"):
        s = s * (math.sin(x) if name == "sin" else math.cos(y))
    return s


@case([vector(3), vector(3, 1)], [matrix(3, 3), matrix(3, 3, 1)], wrt=(0, 1))
def over_zipped_lists(bs, Ws):
    x = np.ones(3)
    for i, (W, b) in enumerate(zip(Ws, bs)):
        x = W @ x + b
        if i < len(Ws) - 1:
            x = np.maximum(x, 0.5)
    return np.sum(x)


@case([vector(3), vector(3, 1), vector(3, 2)])
def container_by_index(items):
    s = items[0]
    for i in range(1, len(items)):
        s = s * items[i] + i
    for item in reversed(items):
        s = s + item
    return np.sum(s)


@case([vector(3), vector(3, 1), vector(3, 2)], 2)
@case([vector(3), vector(3, 1), vector(3, 2)], 3)
def container_by_a_counted_index(items, n):
    s = items[0]
    for i in range(n):
        s = s * items[i] + i
    return np.sum(s)


@case(np.random.default_rng(0).normal(size=(2, 3, 4)), 3)
def index_as_axis(a, n):
    s = 0.0
    for axis in range(n):
        s = s + np.sum(np.max(a, axis=axis) ** 2)
    return s


# --- while --------------------------------------------------------------------------------------


@case(0.3)
@case(7.0)
def while_on_data(x):
    y = x
    while y < 5:
        y = y * y + 1.1
    return y * x


@case(0.9, 5)
@case(0.9, 0)
def while_counting(x, n):
    i, y = 0, x
    while i < n:
        y = math.sin(y) + x * i
        i += 1
    return y * x


@case(2.0, expected=1 / (2 * math.sqrt(2)))
def newton(a):
    x = a
    while abs(x * x - a) > 1e-14 * a:
        x = 0.5 * (x + a / x)
    return x


@case(vector(3))
def while_on_an_array(x):
    h = x
    n = 0
    while np.sum(h * h) > 0.1 and n < 50:
        h = h * 0.5 * np.cos(x)
        n = n + 1
    return np.sum(h) * n


@case(vector(6))
def while_over_indices(x):
    i, j, s = 0, len(x) - 1, 0.0
    while i < j:
        s = s + x[i] * x[j] ** 2
        i, j = i + 1, j - 1
    return s


@case(0.3)
@case(3.0)
def while_with_a_walrus(x):
    y = x
    while (z := y * y) < 4:
        y = y + z + 0.1
    return y * z


@case(0.5)
def loop_else(x):
    y = x
    for i in range(3):
        y = y * x
    else:
        y = y + x
    while y < 3:
        y = y * 2 + x
    else:
        y = math.sin(y)
    return y


# --- nesting, and what is carried ---------------------------------------------------------------


@case(vector(3), 3, 2)
@case(vector(3), 0, 2)
@case(vector(3), 3, 0)
def nested_loops(x, m, n):
    s = x
    for i in range(m):
        t = s
        for j in range(n):
            t = np.sin(t) * x + i * j
            s = s + t
        s = s * 0.5 + t
    return np.sum(s)


@case(0.8, 4)
def while_in_for(x, n):
    s = 0.0
    for i in range(n):
        y = x * i
        while y < 2:
            y = y * y + x
        s = s + math.sin(y)
    return s


@case(0.8)
def for_in_while(x):
    s = x
    while s < 10:
        for i in range(3):
            if i == 1:
                s = s * 1.5
            s = s + x * x
    return s * x


@case(0.8, 1.7, 5, wrt=(0, 1))
def swapped_in_a_loop(u, v, n):
    for i in range(n):
        u, v = v, u * v + i
        if i == 3:
            u, v = v, u
    return u - 2 * v


@case(vector(3), 4)
def swapped_arrays(x, n):
    u, v = x, x * x
    for _ in range(n):
        u, v = v, np.sin(u) * v
    return np.sum(u * v)


@case(0.8, 6)
def rotated(x, n):
    a, b, c = x, x * x, 1.0
    for _ in range(n):
        a, b, c = b, c + a * b, a
    return a + 2 * b + 3 * c


@case(0.8, 1.2, 6)
@case(1.2, 0.8, 6)
def branches_in_a_loop(x, y, n):
    s = x
    for i in range(n):
        if s > y:
            s = s * 0.5
            y = y * s
        elif i > 3:
            s = math.sin(s)
        else:
            s = s + x * y
    return s * y


@case(0.8, 3)
def carried_tuple(x, n):
    state = (x, (x * x, 1.0))
    for i in range(n):
        a, (b, c) = state
        state = (b * c, (a + c, c * x))
    return state[0] + state[1][0] * state[1][1]


@case(0.8, 3)
def carried_dict(x, n):
    state = {"position": x, "speed": 0.0}
    for _ in range(n):
        v = state["speed"] - 0.1 * math.sin(state["position"])
        state = {"position": state["position"] + 0.1 * v, "speed": v}
    return state["position"] * state["speed"]


@case(0.8, 3)
@case(0.8, 1)
def defined_in_the_loop_only(x, n):
    for i in range(n):
        y = x * (i + 1)
        z = y * x
    return y * z


@case(vector(3), 3)
@case(vector(3), 0)
def sum_of_invariants(x, n):
    total = 0.0
    for _ in range(n):
        total = total + np.sum(x * x)
    return total * np.sum(x)


@case(vector(4), vector(4, 2) > 1)
def elements_under_a_mask(x, c):
    a = np.where(c, np.where(c, x, 0.5), 0.25)
    s = 0.0
    for v in a:
        s = s + v * v
    return np.sum(a) + s


@case(vector(4), 3)
def aliased_carried_values(x, n):
    u = x
    v = u
    for _ in range(n):
        u = u * v
        v = u
    return np.sum(u + v)


# --- types that change over a loop --------------------------------------------------------------


@case(vector(4))
@case(vector(1))
@case(np.zeros(0))
def total_starts_as_an_int(x):
    total = 0
    for v in x:
        total = total + v * v
    return total * np.sum(x) + 0.0


@case(0.3, 3)
@case(0.3, 0)
def product_starts_as_an_int(x, n):
    p = 1
    for _ in range(n):
        p = p * x
    return p * x


@case(0.3, 3)
def invariant_int_and_bool(x, n):
    k, flag = 2, True
    y = x
    for _ in range(n):
        if flag:
            y = y * x * k
        flag = not flag
        k = k + 1
    return y * k


@case(np.float64(0.3), 3)
def python_float_becomes_numpy_scalar(x, n):
    y = 1.0
    for _ in range(n):
        y = y * x + 1.0
    return y


@case(vector(), 3)
@case(vector(), 0)
def augmented_number_becomes_an_array(x, n):
    total = last = 0.0
    for i in range(n):
        last = total
        total += x * i
    return np.sum(total * last)


@case(vector(), 3)
@case(vector(), 0)
def zero_becomes_an_array(x, n):
    total = 0.0
    for i in range(n):
        total = total + x * x * i
    return np.sum(total * 2) + x[0]


@case([vector(), vector(seed=1)])
def int_zero_becomes_an_array(items):
    total = 0
    for w in items:
        total += w * w
    return np.sum(total)


@case(vector(), 2)
@case(vector(), 0)
def rank_grows(x, n):
    h = x[0]
    for _ in range(n):
        h = h * x
    return np.sum(h)


@case(vector(), 2)
@case(vector(1), 2)
def length_grows(x, n):
    h = x[:1]
    for _ in range(n):
        h = h * x
    return np.sum(h)


@case(vector(), 2)
def length_shrinks(x, n):
    h = x
    for _ in range(n):
        h = h[1:] * h[:-1]
    return np.sum(h)


@case(vector(3).astype(np.float32), vector(3), 2, wrt=(0, 1), rtol=1e-5)
def precision_grows(x, y, n):
    h = x * 1
    for _ in range(n):
        h = h * y
    return np.sum(h)


@case(vector(), 2)
def none_becomes_an_array(x, n):
    h = None
    for _ in range(n):
        h = x if h is None else h * x
    return np.sum(h)


@case((1.3, vector()), 0.1, wrt=(0, 1))
def number_in_a_tuple_becomes_an_array(state, dt):
    position, speed = state
    for _ in range(3):
        position, speed = position + dt * speed, speed * 0.9
    return np.sum(position * speed)


@case(vector())
@case(-vector())
def number_or_array_from_a_branch(x):
    y = 0.5 if x[0] > 0 else x
    return np.sum(y * x)


@case(vector())
@case(-vector())
def function_changes(x):
    g = np.sin
    for _ in x[x > 0.0]:
        x = g(x)
        g = np.cos
    return np.sum(x)


def over_a_number(x):
    s = 0.0
    for v in x:
        s = s + v
    return s


@pytest.mark.parametrize(
    ("f", "args", "line"),
    [
        (over_a_number, (1.5,), "for v in x:"),
    ],
)
def test_what_cannot_be_iterated(f, args, line):
    with pytest.raises(SrcgradError) as caught:
        grad(f)(*args)
    assert caught.value.hint
    assert caught.value.loc.text[0].strip() == line


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()


def backwards(x):
    for k in reversed(range(len(x))):
        x[k] = np.sin(x[k]) * x[0]
    return np.sum(x)


def backwards_by_step(x):
    for k in range(len(x) - 1, -1, -1):
        x[k] = np.sin(x[k]) * x[0]
    return np.sum(x)


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_a_reversed_range_is_a_range(n):
    x = np.linspace(0.5, 1.5, n)
    df, by_step = grad(backwards), grad(backwards_by_step)
    assert np.array_equal(df(x), by_step(x))
    assert "k_saved" not in df.source


def test_a_reversed_range_is_exhausted_once():
    def f(x):
        places = reversed(range(1, len(x)))
        y = 0.0
        for i in places:
            y = y * x[i] + x[i]
            if y > 2.0:
                break
        for i in places:
            y = y + x[i]
        return y

    check_at(f, np.array([0.7, 1.2, 0.4, 0.9]), np.array([0.7, 1.2, 1.4, 0.9]))
