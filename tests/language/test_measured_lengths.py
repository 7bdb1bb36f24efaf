"""Lengths that follow from integers: what they decide is right for the next integers too."""

import dataclasses
import itertools
import random

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.backend.guards import template
from srcgrad.dispatch import Dispatch
from srcgrad.fitting import holds
from srcgrad.specialise import places

SIZE = 3


def halves(x, n, k):
    return np.sum(np.sin(x[:n]) * x[n:])


def thirds(x, n, k):
    return np.sum(x[n : 2 * n] * np.cos(x[2 * n : 3 * n]) + x[:n])


def half_of_all(x, n, k):
    half = len(x) // 2
    return np.sum(x[:half] * x[half : 2 * half] ** 2 * n)


def from_the_end(x, n, k):
    return np.sum(x[-n:] * np.sin(x[k:]))


def every_other(x, n, k):
    return np.sum(x[::2] * np.sin(x[n::2])) * k


def reversed_part(x, n, k):
    return np.sum(x[n::-1] * np.sin(x[: n + 1])) * k


def literals(x, n, k):
    return np.sum(x[1:3] * np.sin(x[3:5])) * n


def literal_and_integer(x, n, k):
    return np.sum(np.exp(x[:2]) * x[k:n])


def filled(x, n, k):
    out = np.zeros(n)
    for i in range(n):
        out[i] = x[i % len(x)] ** 2
    return np.sum((out - x[:k]) ** 2)


def table(x, n, k):
    return np.sum(np.ones((n, k)) * x * np.sin(x[:k]))


def shaped(x, n, k):
    rows = x[: n * k].reshape(n, k)
    return np.sum(rows * np.sin(x[:k]) + x[:n, None])


def smaller(x, n, k):
    m = min(n, k)
    return np.sum(x[:m] * np.sin(x[m : max(n, k) + m]))


def slice_of_a_slice(x, n, k):
    part = x[k:][:n]
    return np.sum(part * np.sin(x[:n]))


def rest(x, n, k):
    m = n % 3
    return np.sum(x[m : m + k] * np.sin(x[-k:]))


def of_a_global(x, n, k):
    return np.sum(np.sin(x[:SIZE]) * x[SIZE:n])


# --- windows ------------------------------------------------------------------------------------


def windows(x, n, k):
    total = 0.0
    for i in range(len(x) - k + 1):
        total = total + np.sum(x[i : i + k] * np.sin(x[:k]))
    return total


def windows_to_the_end(x, n, k):
    total = 0.0
    for i in range(len(x)):
        total = total + np.sum(x[i : i + k] * np.sin(x[i]) + x[:1])
    return total


def before(x, n, k):
    total = 0.0
    for t in range(k, len(x)):
        total = total * 0.9 + np.sum(np.cos(x[t - k : t]) * x[:k])
    return total


def around(x, n, k):
    out = np.zeros(len(x))
    for i in range(n, len(x) - 1):
        out[i] = np.sum(x[i - 1 : i + 2] * x[:3])
    return np.sum(out**2)


def backwards(x, n, k):
    total = 0.0
    for i in range(len(x) - k, n, -1):
        total = total * 0.9 + np.sum(np.cos(x[i : i + k]) * x[:k])
    return total


def every_other_window(x, n, k):
    total = 0.0
    for i in range(n, len(x) - k, 2):
        total = total + np.sum(x[i : i + k : 2] * np.sin(x[:k:2]))
    return total


def tiles(x, n, k):
    X = np.outer(x, np.sin(x))
    total = 0.0
    for i in range(len(x) - k + 1):
        for j in range(i, len(x) - 1):
            total = total + np.sum(X[i : i + k, j : j + 2] * X[:k, :2])
    return total


def last_window_kept(x, n, k):
    part = x[:k]
    for i in range(1, len(x) - k + 1):
        part = np.sin(part) * x[i : i + k]
    return np.sum(part * x[:k])


def windows_in_a_list(x, n, k):
    parts = []
    for i in range(len(x) - k + 1):
        parts.append(np.sin(x[i : i + k]))
    total = 0.0
    for part in parts:
        total = total + np.sum(part * x[:k])
    return total


def blocks(x, n, k):
    total = 0.0
    for i in range(len(x) // k):
        total = total + np.sum(x[i * k : (i + 1) * k] * np.sin(x[:k]))
    return total


def batches(x, n, k):
    total = 0.0
    for start in range(0, len(x), k):
        part = x[start : start + k]
        total = total + np.sum(np.cos(part) * x[: len(part)] * part)
    return total


def full_batches(x, n, k):
    out = np.zeros(len(x))
    for start in range(n, len(x) - k + 1, k):
        out[start : start + k] = np.sin(x[start : start + k]) * x[:k]
    return np.sum(out**2)


def batches_backwards(x, n, k):
    total = 0.0
    for start in range(len(x) - k, -1, -k):
        total = total * 0.5 + np.sum(np.cos(x[start : start + k]) * x[:k])
    return total


def downwards(x, n, k):
    total = 0.0
    for i in range(3):
        total = total + np.sum(x[i * n : i * n + k] * np.sin(x[:k]))
    return total


WINDOWS = (
    blocks,
    batches,
    full_batches,
    batches_backwards,
    downwards,
    windows,
    windows_to_the_end,
    before,
    around,
    backwards,
    every_other_window,
    tiles,
    last_window_kept,
    windows_in_a_list,
)


@dataclasses.dataclass
class Sizes:
    n: int
    k: int


def of_an_object(x, sizes, _):
    return np.sum(np.sin(x[: sizes.n]) * x[sizes.k :])


PROGRAMS = (
    halves,
    thirds,
    half_of_all,
    from_the_end,
    every_other,
    reversed_part,
    literals,
    literal_and_integer,
    filled,
    table,
    shaped,
    smaller,
    slice_of_a_slice,
    rest,
    of_a_global,
)


@pytest.fixture(autouse=True)
def nothing_compiled():
    """What was compiled for one test is not there for the next."""
    Dispatch.forget()


def slope(f, x, direction, *rest):
    step = 1e-6
    return (f(x + step * direction, *rest) - f(x - step * direction, *rest)) / (2 * step)


def agrees(gradient, f, x, *rest):
    """Whether the gradient is right; None where f raises."""
    try:
        f(x, *rest)
    except (ValueError, IndexError, ZeroDivisionError):
        return None
    direction = np.cos(np.arange(len(x)) + 0.3)
    found = gradient(x, *rest)
    assert found.shape == x.shape
    return np.isclose(found @ direction, slope(f, x, direction, *rest), 1e-6, 1e-7)


def every_size(order):
    """Lengths and integers in one of many orders."""
    sizes = list(itertools.product(range(1, 9), range(-2, 6), range(-2, 5)))
    random.Random(order).shuffle(sizes)
    return [(np.linspace(0.2, 1.4, length), n, k) for length, n, k in sizes]


@pytest.mark.parametrize("order", range(3))
@pytest.mark.parametrize("f", (*PROGRAMS, *WINDOWS), ids=lambda f: f.__name__)
def test_other_integers_get_their_own_gradient(f, order):
    # One gradient for all, so that what was compiled for others is tried first.
    gradient = grad(f)
    found = [agrees(gradient, f, *args) for args in every_size(order)]
    assert found.count(True) > 20
    assert False not in found


def test_integers_in_an_object():
    gradient = grad(of_an_object)
    found = [agrees(gradient, of_an_object, x, Sizes(n, k), None) for x, n, k in every_size(0)]
    assert found.count(True) > 20
    assert False not in found


def test_a_global_integer_that_changes(monkeypatch):
    x = np.linspace(0.2, 1.4, 6)
    gradient = grad(of_a_global)
    for size in (3, 1, 2, 1, 3):
        monkeypatch.setitem(globals(), "SIZE", size)
        assert agrees(gradient, of_a_global, x[: 2 * size], 2 * size, 0)
        assert agrees(gradient, of_a_global, x[: 1 + size], 1 + size, 0)


FITTING = {
    thirds: (9, 3, 3),
    every_other: (6, 1, 3),
    literal_and_integer: (6, 5, 3),
    table: (6, 3, 6),
    shaped: (6, 2, 2),
    of_a_global: (6, 6, 3),
    around: (6, 1, 3),
    downwards: (9, 3, 3),
    every_other_window: (9, 1, 5),
    tiles: (6, 3, 2),
    last_window_kept: (6, 3, 2),
}
"""Sizes at which every slice is longer than one; (6, 3, 3) for the others."""


def fitting(f):
    length, n, k = FITTING.get(f, (6, 3, 3))
    return np.linspace(0.2, 1.4, length), n, k


DECIDED = [f for f in (*PROGRAMS, *WINDOWS) if f not in (windows_to_the_end, tiles, batches)]


@pytest.mark.parametrize("f", DECIDED, ids=lambda f: f.__name__)
def test_nothing_is_decided_at_run_time(f):
    gradient = grad(f)
    gradient(*fitting(f))
    assert "_unbroadcast" not in gradient.source


@pytest.mark.parametrize("f", (*PROGRAMS, *WINDOWS), ids=lambda f: f.__name__)
def test_the_entry_and_the_search_agree(f):
    """The text of a guard and what it means."""
    gradient = grad(f)
    gradient(*fitting(f))
    made = gradient.dispatch().specialisations[0]
    entry = template(f, [made.guards]).entry([lambda *_: True], lambda *_: False, f)
    found = []
    for x, n, k in every_size(0):
        arguments = {"x": x, "n": n, "k": k}
        found.append(all(holds(guard, f, arguments) for guard in made.guards))
        assert entry(x, n, k) is found[-1]
    assert True in found


def test_what_no_length_rests_on_is_not_demanded():
    def f(x, n):
        return np.sum(x) * n + np.sum(x[1:])

    gradient = grad(f)
    gradient(np.arange(4.0), 3)
    (made,) = gradient.dispatch().specialisations
    assert all(guard.test is not places.Test.LONG for guard in made.guards)


def picked_by_a_length(params, n):
    out = np.zeros(n)
    total = 0.0
    for i in range(len(out)):
        total = total + np.sum(params[i] ** 2)
    return total


def turned_by_the_length_of_a_slice(x, n):
    part = x[n : 2 * n]
    for k in range(len(part)):
        x = np.swapaxes(np.stack([x] * 2), 0, k % 2)[0]
    return np.sum(x**2)


def test_lengths_whose_value_has_to_be_known():
    params = [np.full(2, 3.0), np.full(2, 4.0), np.full(2, 5.0)]
    gradient = grad(picked_by_a_length)
    for n in (2, 3, 1):
        found = gradient(params, n)
        assert [bar[0] for bar in found] == [6.0, 8.0 * (n > 1), 10.0 * (n > 2)]
    gradient = grad(turned_by_the_length_of_a_slice)
    for size in (4, 6):
        x = np.arange(1.0, size + 1)
        assert agrees(gradient, turned_by_the_length_of_a_slice, x, 2 if size < 6 else 3)
