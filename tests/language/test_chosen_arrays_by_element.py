"""Loops that read the elements of an array which they choose, or bind anew.

Reading an element costs an element in the gradient too, whichever array it is of: what each trip
makes does not grow with the array.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, vjp
from tests.counting import bytes_made
from tests.slopes import check_at

TABLE = np.linspace(0.3, 2.0, 2000)


def either(x: np.ndarray) -> Any:
    y = np.sin(x)
    s = 0.0
    for i in range(len(x)):
        source = x if i % 2 else y
        s += source[i] ** 2
    return s


def by_statements(x: np.ndarray) -> Any:
    y = np.sin(x)
    s = 0.0
    for i in range(len(x)):
        if i % 3 == 0:
            source = x
        elif i % 3 == 1:
            source = y
        else:
            source = TABLE
        s += source[i] ** 2 * x[i]
    return s


def pick(a: np.ndarray, b: np.ndarray, i: int) -> np.ndarray:
    return a if i % 2 else b


def by_helper(x: np.ndarray) -> Any:
    y = np.sin(x)
    s = 0.0
    for i in range(len(x)):
        s += pick(x, y, i)[i] ** 2
    return s


def of_list(x: np.ndarray) -> Any:
    rows = [x, np.sin(x), x * x]
    s = 0.0
    for i in range(len(x)):
        s += rows[i * i % 3][i] ** 2
    return s


def of_list_that_grows(x: np.ndarray) -> Any:
    rows = []
    for k in range(4):
        rows.append(x * (k + 1))
    s = 0.0
    for i in range(len(x)):
        s += rows[i % 4][i] ** 2
        if i % 3 == 1:
            s += rows[-1][i] * rows[i % 2][i - 1]
    return s


def last_of_list(x: np.ndarray) -> Any:
    rows = [x]
    s = 0.0
    for i in range(len(x)):
        if i == 2:
            rows.append(np.sin(rows[-1]) * s)
        s += rows[-1][i] ** 2
        for j in range(2):
            s += rows[0][i - j] * rows[-1][j]
    return s


def of_dict(x: np.ndarray) -> Any:
    tables = {"x": x, "sin": np.sin(x)}
    s = 0.0
    for i in range(len(x)):
        key = "x" if i % 3 else "sin"
        s += tables[key][i] ** 2
    return s


class Pair:
    def __init__(self, a: np.ndarray, b: np.ndarray) -> None:
        self.a, self.b = a, b

    def current(self, i: int) -> np.ndarray:
        if i % 2:
            return self.a
        return self.b


def of_attributes(x: np.ndarray) -> Any:
    pair = Pair(x, np.sin(x))
    s = 0.0
    for i in range(len(x)):
        s += pair.current(i)[i] ** 2
    return s


def of_objects(x: np.ndarray) -> Any:
    p, q = Pair(x, np.sin(x)), Pair(np.cos(x), x)
    s = 0.0
    for i in range(len(x)):
        o = p if i % 3 else q
        s += o.a[i] * o.b[i]
    return s


def rows_and_parts(x: np.ndarray) -> Any:
    a, b = np.outer(x[:4], x), np.outer(x, x[:2])
    s = 0.0
    for i in range(len(x) - 1):
        if i % 2:
            k = (3 * i) % 4
            row = a[k]
        else:
            row = b[1:, 1]
        s += row[i] ** 2
    return s


def reshaped(x: np.ndarray) -> Any:
    y = np.sin(x)
    s = 0.0
    for i in range(len(x)):
        row = x.reshape(1, -1) if i % 2 else y.reshape(1, -1)
        s += row[0, i] ** 2
    return s


def chosen_and_reshaped(x: np.ndarray) -> Any:
    y = np.sin(x)
    s = 0.0
    for i in range(len(x)):
        row = (x if i % 2 else y).reshape(1, -1)
        column = [y, x][i % 2].ravel()
        s += row[0, i] ** 2 * column[i - 1]
    return s


def chosen_twice(x: np.ndarray) -> Any:
    y = np.sin(x)
    s = 0.0
    for i in range(len(x) - 2):
        a = x if i % 2 else y
        b = a[1:] if i % 3 else a[:-1]
        s += b[1:][i] * a[i]
    return s


def read_in_arms(x: np.ndarray) -> Any:
    y = np.sin(x)
    s = 0.0
    for i in range(len(x)):
        a = x if i % 2 else y
        if i % 3:
            s += a[i] ** 2
        elif i % 5 == 0:
            s += a[i - 1] * a[i]
    return s


def read_in_loops(x: np.ndarray) -> Any:
    y = np.sin(x)
    s = 0.0
    for i in range(len(x)):
        a = x if x[i] > 0.85 else y
        for j in range(3):
            s += a[(i + j) % len(x)] * a[j]
    return s


def left_early(x: np.ndarray) -> Any:
    y = np.sin(x)
    s = 0.0
    for i in range(len(x)):
        if i % 7 == 3:
            continue
        a = x if i % 2 else y
        if i > len(x) - 2:
            s += a[0] * a[i]
            break
        s += a[i] ** 2
    return s


def in_a_try(x: np.ndarray) -> Any:
    y = np.sin(x)
    s = 0.0
    for i in range(len(x)):
        try:
            x[i + 2]
            a = x
        except IndexError:
            a = y
        s += a[i] ** 2
    return s


def one_array_twice(x: np.ndarray) -> Any:
    y = x
    s = 0.0
    for i in range(len(x)):
        a = x if i % 2 else y
        s += a[i] ** 2 * y[0]
    return s + np.sum(y)


def made_seldom(x: np.ndarray) -> Any:
    s = 0.0
    for i in range(len(x)):
        a = x if i != 2 else np.sin(x * s)
        s += a[i] ** 2
    return s


def read_whole_seldom(x: np.ndarray) -> Any:
    y = np.sin(x)
    s = 0.0
    for i in range(len(x)):
        a = x if i % 2 else y
        s += a[i] ** 2
        if i == 3:
            s += np.sum(a * y)
    return s


def filled(x: np.ndarray) -> Any:
    a, b = np.zeros(len(x)), np.ones(len(x))
    for i in range(len(x)):
        into = a if i % 2 else b
        into[i] = np.sin(x[i]) * into[i - 1]
    return np.sum(a * a) + np.sum(b * b * b)


def written_between(x: np.ndarray) -> Any:
    y, z = np.sin(x), 2 * x
    s = 0.0
    for i in range(len(x)):
        a = z if i % 2 else y
        s += a[i] ** 2
        z[i] = 0.1 * s
    return s + np.sum(z)


def none_of_both(x: np.ndarray) -> Any:
    y = x * 2
    s = 0.0
    for i in range(len(x)):
        if i % 3 == 0:
            w = x
        elif i % 3 == 1:
            w = y
        else:
            continue
        s += w[i]
    return s**2


def until_none_is(x: np.ndarray) -> Any:
    y = np.sin(x)
    s = 0.0
    for i in range(len(x)):
        if i % 2:
            w = x
        elif i < len(x) - 2:
            w = y
        else:
            break
        s += w[i] ** 2 * w[i + 1]
    return s


def one_or_none(x: np.ndarray) -> Any:
    y = np.sin(x)
    s = 0.0
    for i in range(len(x)):
        if i % 3 != 2:
            w = y
        elif i % 5 == 0:
            s += x[i]
            continue
        else:
            continue
        s += w[i] * x[0]
    return s + np.sum(y)


def rows_or_none(x: np.ndarray) -> Any:
    a, b = np.outer(x[:4], x), np.outer(x[:3], x)
    s = 0.0
    for i in range(len(x)):
        if i % 3 == 0:
            w = a[i % 4]
        elif i % 3 == 1:
            w = b[i % 3]
        elif i % 4 == 1:
            continue
        else:
            w = x
        s += w[i] ** 2
    return s


def assigned_only_if_read(x: np.ndarray) -> Any:
    y = np.sin(x)
    s = 0.0
    for i in range(len(x)):
        if i % 3 == 0:
            w, v = x, y
        elif i % 3 == 1:
            w = y
        if i % 3 == 0:
            s += w[i] * v[i]
        if i % 3 != 2:
            s += w[i] ** 2
    return s


CHOOSING = [
    *(none_of_both, until_none_is, one_or_none, assigned_only_if_read),
    *(
        either,
        by_statements,
        by_helper,
        of_list,
        of_list_that_grows,
        last_of_list,
        of_dict,
        of_attributes,
        of_objects,
    ),
    *(rows_and_parts, reshaped, chosen_and_reshaped, chosen_twice),
    *(read_in_arms, read_in_loops, left_early, in_a_try),
    *(one_array_twice, made_seldom, read_whole_seldom, filled, written_between),
]


def bound_anew(x: np.ndarray) -> Any:
    y = x
    s = 0.0
    for i in range(len(x)):
        if i == 2:
            y = y * x
        s += y[i] ** 2
    return s + y[0]


def turned_round(x: np.ndarray) -> Any:
    y = x
    s = 0.0
    for i in range(len(x)):
        if i == 2:
            y = np.concatenate([y[1:], y[:1]]) * s
        s += y[i] * x[0]
    return s


class Model:
    def __init__(self, w: np.ndarray) -> None:
        self.w = w


def attribute_bound_anew(x: np.ndarray) -> Any:
    model = Model(x)
    s = 0.0
    for i in range(len(x)):
        if i == 2:
            model.w = model.w * 2 + s
        s += model.w[i] ** 2
    return s


def bound_in_both_loops(x: np.ndarray) -> Any:
    y = x
    s = 0.0
    for i in range(3):
        if i == 1:
            y = y * x
        for j in range(len(x)):
            if j == 2:
                y = y + 1
            s += y[j] ** 2
    return s


def bound_and_left(x: np.ndarray) -> Any:
    y = x
    s = 0.0
    for i in range(len(x)):
        if i == 1:
            y = y * 2
        if i > len(x) - 2:
            break
        s += y[i] ** 2
    return s


def two_of_one(x: np.ndarray) -> Any:
    y = z = x
    s = 0.0
    for i in range(len(x)):
        if i == 1:
            y = y * 2
        if i == 2:
            z = z * x
        s += y[i] ** 2 * z[i]
    return s


def exchanged_seldom(x: np.ndarray) -> Any:
    y, z = np.sin(x), 2 * x
    s = 0.0
    for i in range(len(x)):
        s += y[i] ** 2 * z[0]
        if i == 1:
            y, z = z, y
    return s


def once_a_flag_is_set(x: np.ndarray) -> Any:
    y, done, i, s = x, False, 0, 0.0
    while i < len(x):
        if not done and s > 1.0:
            y, done = y / s, True
        s += y[i]
        i += 1
    return s


BINDING = [
    *(
        bound_anew,
        attribute_bound_anew,
        bound_in_both_loops,
        bound_and_left,
        two_of_one,
        turned_round,
    ),
    *(exchanged_seldom, once_a_flag_is_set),
]


def perhaps(x: np.ndarray) -> Any:
    s = 0.0
    for i in range(len(x)):
        a = x if i % 2 else None
        if a is not None:
            s += a[i] ** 2
    return s


def found_or_none(a: np.ndarray, b: np.ndarray, i: int) -> np.ndarray | None:
    if i % 3 == 0:
        return a
    if i % 3 == 1:
        return b
    return None


def found_in_a_helper(x: np.ndarray) -> Any:
    y = np.sin(x)
    s = 0.0
    for i in range(len(x)):
        a = found_or_none(x, y, i)
        b = a if a is not None else y
        s += b[i] ** 2
        if a is None:
            continue
        s += a[1:][i - 1] * x[i]
    return s


def made_at_first(x: np.ndarray) -> Any:
    y = None
    s = 0.0
    for i in range(len(x)):
        if y is None:
            y = np.sin(x)
        s += y[i] ** 2
    return s


def there_later(x: np.ndarray) -> Any:
    y = None
    s = 0.0
    for i in range(len(x)):
        if y is not None:
            s += y[i] ** 2
        if i == 2:
            y = x * x
    return s


def one_and_then_the_other(x: np.ndarray) -> Any:
    y = np.sin(x)
    a = x
    s = 0.0
    for i in range(len(x)):
        if x[i] > 1.05:
            a = y
        elif x[i] < 0.55:
            a = x
        s += a[i] ** 2
    return s + a[1]


def last_of(x: np.ndarray) -> Any:
    last = None
    s = 0.0
    for i in range(len(x)):
        a = found_or_none(x, x, i)
        if last is not None and a is not None:
            s += a[i] * last[i - 1]
        last = a
    return s


def best_row(x: np.ndarray) -> Any:
    rows = np.outer(x[:4], x)
    best = rows[0]
    s = 0.0
    for i in range(len(x)):
        if rows[i % 4, i] > best[i]:
            best = rows[i % 4]
        s += best[i]
    return s


def shorter_and_shorter(x: np.ndarray) -> Any:
    y = x
    s = 0.0
    while len(y) > 1:
        s += y[0] ** 2
        y = y[1:]
    return s * y[0]


def from_both_ends(x: np.ndarray) -> Any:
    y = x
    s = 0.0
    while len(y) > 1:
        s += y[0] ** 2 * y[-1]
        if s > 3.3:
            y = y[1:]
        else:
            y = y[:-1]
    return s


def last_one_read_after(x: np.ndarray) -> Any:
    y = np.sin(x)
    a = x
    s = 0.0
    for i in range(len(x)):
        a = x if i % 3 else y
        s += a[i] ** 2
    return s + a[0]


def read_after_the_loop(x: np.ndarray) -> Any:
    y = np.sin(x)
    a = None
    s = 0.0
    for i in range(len(x)):
        a = x if i % 2 else None
        if i % 3 == 1:
            if x[i] > 0.75:
                a = y
        elif a is not None:
            s += a[i] ** 2
    for i in range(3):
        if a is not None:
            s += a[0] ** 2 * x[i]
    return s


def old_beside_new(x: np.ndarray) -> Any:
    y = x
    s = 0.0
    for i in range(len(x)):
        old = y
        if i == 2:
            y = y * x
        s += y[i] * old[i]
    return s


FOLLOWED = [
    *(perhaps, found_in_a_helper, made_at_first, there_later, one_and_then_the_other, last_of),
    *(
        best_row,
        shorter_and_shorter,
        from_both_ends,
        last_one_read_after,
        read_after_the_loop,
        old_beside_new,
    ),
]


@pytest.mark.parametrize("f", [*CHOOSING, *BINDING, *FOLLOWED])
def test_is_right(f: Callable[..., Any]) -> None:
    check_at(f, np.array([0.7, 1.3, 0.4, 1.1, 0.8]), np.array([1.2, 0.6, 0.9, 1.4, 0.5, 1.1, 0.3]))


@pytest.mark.parametrize("f", [*CHOOSING, *BINDING, *FOLLOWED])
def test_costs_what_it_touches(f: Callable[..., Any]) -> None:
    gradient = grad(f)
    few, many = np.linspace(0.3, 1.5, 300), np.linspace(0.3, 1.5, 600)
    gradient(few), gradient(many)
    assert bytes_made(gradient, many) < 2.5 * bytes_made(gradient, few)


def chosen_of(x: np.ndarray, y: np.ndarray) -> Any:
    s = 0.0
    for i in range(len(x)):
        a = x if i % 2 else y
        s = s + a[i] ** 2
    return s


@pytest.mark.parametrize("dtypes", ["dd", "fd", "df", "ff"])
def test_each_gets_its_own_part(dtypes: str) -> None:
    x, y = (np.linspace(0.5, 1.5, n).astype(d) for n, d in zip((6, 9), dtypes, strict=True))
    odd = np.arange(9) % 2 == 1
    x_bar, y_bar = grad(chosen_of, argnums=(0, 1))(x, y)
    assert x_bar.dtype == x.dtype and y_bar.dtype == y.dtype
    np.testing.assert_array_equal(x_bar, np.where(odd[:6], 2 * x, 0))
    np.testing.assert_array_equal(y_bar, np.where(odd | (np.arange(9) > 5), 0, 2 * y))
    one, other = grad(chosen_of, argnums=(0, 1))(x, x)
    assert not np.shares_memory(one, other)
    np.testing.assert_array_equal(one + other, 2 * x)


def elements_of(x: np.ndarray, y: np.ndarray) -> Any:
    s = 0.0
    for i in range(x.size):
        s += (x if i % 2 else y).reshape(-1)[i] ** 2 * (i + 1)
    return s


@pytest.mark.parametrize("orders", ["CC", "CF", "FC", "FF"])
def test_each_is_reshaped_in_its_own_order(orders: str) -> None:
    x, y = (np.asarray(np.arange(6.0).reshape(2, 3) + 1.0, order=order) for order in orders)
    weights = np.arange(1, 7).reshape(2, 3)
    is_odd = np.arange(6).reshape(2, 3) % 2 == 1
    x_bar, y_bar = grad(elements_of, argnums=(0, 1))(x, y)
    np.testing.assert_allclose(x_bar, np.where(is_odd, 2 * x * weights, 0.0))
    np.testing.assert_allclose(y_bar, np.where(is_odd, 0.0, 2 * y * weights))


def ended_early(x: np.ndarray) -> Any:
    y = np.sin(x)
    s = 0.0
    while True:
        if len(y) < 3 or s > 100.0:
            break
        s += y[0] * y[1]
        if s < -100.0:
            return s * y[0]
        y = y[1:]
    return s + y[0]


def ended_early_by_index(x: np.ndarray) -> Any:
    y, z = x, np.sin(x)
    s = 0.0
    for i in range(1, len(x)):
        s += y[i] * y[i - 1]
        if i > len(x) - 3:
            break
        if x[i] > 0.85:
            y = z
    return s + y[0]


def in_two_loops(x: np.ndarray) -> Any:
    s = 0.0
    z = np.cos(x)
    for k in range(3):
        y = x * (k + 1.0)
        while len(y) > 1:
            s += y[0] * z[len(y) - 1] ** 2
            y = y[1:] if y[0] < 1.05 else y[:-1]
        z = 0.5 * z
    return s


def unless_it_raises(x: np.ndarray) -> Any:
    y = x * x
    s = 0.0
    while len(y) > 1:
        if y[0] > 100.0:
            raise ValueError("too large")
        s += y[0] * y[1]
        y = y[1:]
    return s


def bound_and_read_after(x: np.ndarray) -> Any:
    y = 2.0 * x
    while len(y) > len(x) // 2:
        y = y[1:]
    s = 0.0
    for i in range(len(y)):
        s += y[i] ** 3
    return s


@pytest.mark.parametrize(
    "f",
    [
        *FOLLOWED,
        *(ended_early, ended_early_by_index, in_two_loops, unless_it_raises, bound_and_read_after),
    ],
)
def test_pullbacks_of_what_is_followed(f: Callable[..., Any]) -> None:
    """A shadow that moves with its array is another one in each call of a pullback."""
    x = np.array([0.7, 1.3, 0.4, 1.1, 0.8, 0.6])
    check_at(f, x)
    value, pullback = vjp(f, x)
    np.testing.assert_allclose(value, f(x), rtol=1e-14)
    expected = grad(f)(x)
    x[:] = 0.0
    for y_bar in (1.0, 1.0, -2.0):
        np.testing.assert_allclose(pullback(y_bar)[0], y_bar * expected, rtol=1e-14)
    few, many = (vjp(f, np.linspace(0.3, 1.5, n))[1] for n in (300, 600))
    assert bytes_made(many, 1.0) < 2.5 * bytes_made(few, 1.0)


def test_pullbacks_do_not_compute_what_the_call_has(capsys: pytest.CaptureFixture[str]) -> None:
    def f(x: np.ndarray) -> Any:
        y, z = x, np.sin(x)
        s = 0.0
        for i in range(len(x)):
            if x[i] > 0.75:
                print(i)
                y = z
            s += np.exp(y[i])
        return s

    x = np.array([0.7, 0.4, 1.1, 0.8])
    _, pullback = vjp(f, x)
    assert capsys.readouterr().out == "2\n3\n"
    np.testing.assert_allclose(pullback(1.0)[0], grad(f)(x))
    assert capsys.readouterr().out == "2\n3\n"  # of the gradient
    repeated, _, _ = inspect.getsource(pullback._function).partition("# Backward")
    assert "= z_bar" in repeated and "np.exp" not in repeated


def test_pullbacks_are_called_twice() -> None:
    x = np.linspace(0.5, 1.5, 6)
    _, pullback = vjp(chosen_of, x, 2 * x)
    first, second = pullback(1.0), pullback(2.0)
    np.testing.assert_array_equal(2 * first[0], second[0])
    np.testing.assert_array_equal(2 * first[1], second[1])
    np.testing.assert_array_equal(first[0], np.where(np.arange(6) % 2, 2 * x, 0))


def test_reads_as_one_would_write_it() -> None:
    gradient = grad(either)
    gradient(np.ones(4))
    assert "source_bar = x_bar if i % 2 else y_bar\n        source_bar[i] += " in gradient.source
    gradient = grad(bound_anew)
    gradient(np.ones(4))
    assert "        y_bar[i] += 2 * y[i]" in gradient.source


def exchanged_many_times(x: np.ndarray) -> Any:
    s, w = 0.0, np.sin(x)
    for i in range(2):
        a, b = x, w
        if x[0] > 0.1:
            a, b = b, a
        if x[1] > 0.2:
            a, b = b, a
        if x[2] > 0.9:
            a = b[::-1] if x[i] > 1 else a
        else:
            b = a
        if x[0] > 0.5:
            a, b = b, a
        if x[1] > 1.5:
            a, b = b, a
        if x[2] > 0.3:
            a, b = b, a
        if x[0] > 0.7:
            a = b[:] if x[i] > 1 else a
        else:
            b = a
        if x[1] > 0.8:
            a, b = b, a
        s = s + a[i] ** 2
    return s


def cut_many_times(x: np.ndarray) -> Any:
    s, y = 0.0, 1.0 * x
    for _ in range(2):
        y = y[1:] if x[0] > 0.1 else y[:-1]
        y = y[::-1] if x[1] > 0.2 else y[:]
        y = y[:] if x[2] > 0.3 else y[::-1]
        y = y[::-1] if x[0] > 0.4 else y[:]
        y = y[:] if x[1] > 0.5 else y[::-1]
        y = y[::-1] if x[2] > 0.6 else y[:]
        y = y[:] if x[0] > 0.7 else y[::-1]
        y = y[::-1] if x[1] > 0.8 else y[:]
        s = s + y[0] ** 2
    return s


@pytest.mark.parametrize("f", [exchanged_many_times, cut_many_times])
def test_each_choice_is_made_once(f: Callable[..., Any]) -> None:
    gradient = grad(f)
    check_at(f, np.array([0.75, 1.3, 0.4, 1.1]), np.array([0.3, 0.6, 1.2, 0.15, 0.9]))
    gradient(np.array([0.7, 1.3, 0.4, 1.1]))
    assert gradient.source.count("\n") < 150
