"""Recursion that changes a list which it is given, or that lies around it, as often as data tell:
sorting in place, walks that note where they have been."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, UnsupportedSyntaxError, grad, vjp
from tests.slopes import check_at

POINTS = (
    np.array([1.3, -0.4, 2.1]),
    np.array([-1.3, 0.4, 2.1, 0.7]),
    np.array([-1.3, -0.4, -2.1, 0.2]),
)
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def weighted(items):
    return sum((i + 1) * v for i, v in enumerate(items)) + 0.0


def quicksort(a, low, high):
    if low >= high:
        return
    pivot, i = a[high], low
    for j in range(low, high):
        if a[j] < pivot:
            a[i], a[j] = a[j], a[i]
            i += 1
    a[i], a[high] = a[high], a[i]
    quicksort(a, low, i - 1)
    quicksort(a, i + 1, high)


# --- a list that it is given ----------------------------------------------------------------------


@program
def sorted_in_place(x):
    a = [v**2 for v in x if v > -5]
    quicksort(a, 0, len(a) - 1)
    return weighted(a)


@program
def sorted_a_list_of_known_length(x):
    a = [x[0], x[1] * 2, x[2]]
    quicksort(a, 0, 2)
    return a[0] * a[1] ** 2 + a[2] ** 3


@program
def sorted_again_in_a_loop(x):
    a = [v * 1.0 for v in x if v > -9]
    for t in range(2):
        quicksort(a, 0, len(a) - 1)
        a[0] = a[0] * 2 + x[t] * 3
    return weighted(a)


@program
def sorted_in_a_dict(x):
    d = {"a": [v * 1.0 for v in x]}
    quicksort(d["a"], 0, len(d["a"]) - 1)
    return weighted(d["a"])


def sift(a, n, i):
    left, right, m = 2 * i + 1, 2 * i + 2, i
    if left < n and a[left] > a[m]:
        m = left
    if right < n and a[right] > a[m]:
        m = right
    if m != i:
        a[i], a[m] = a[m], a[i]
        sift(a, n, m)


@program
def heap_sort(x):
    a = list(x)
    for i in range(len(a) // 2 - 1, -1, -1):
        sift(a, len(a), i)
    for end in range(len(a) - 1, 0, -1):
        a[0], a[end] = a[end], a[0]
        sift(a, end, 0)
    return weighted(a)


def merge_sort(a):
    if len(a) < 2:
        return
    left, right = a[: len(a) // 2], a[len(a) // 2 :]
    merge_sort(left)
    merge_sort(right)
    i = j = k = 0
    while i < len(left) or j < len(right):
        if j >= len(right) or (i < len(left) and left[i] < right[j]):
            a[k] = left[i]
            i += 1
        else:
            a[k] = right[j]
            j += 1
        k += 1


@program
def merged_into_it(x):
    a = [v * v for v in x if v > -5]
    merge_sort(a)
    return weighted(a)


@program
def under_two_names(x):
    def scale(a, s):
        if s < 3:
            a[0] = a[0] * s
            scale(a, s + abs(x[0]) + 0.5)
            a[-1] += a[0]

    a = [v * 1.0 for v in x]
    b = a
    scale(a, x[1])
    scale(b, x[2] * 0.5)
    return sum(v * v for v in a) + b[0]


@program
def of_tuples(x):
    def reverse(a, i, j):
        if i < j:
            a[i], a[j] = a[j], a[i]
            reverse(a, i + 1, j - 1)

    pairs = [(v, v * v) for v in x if v > -9]
    reverse(pairs, 0, len(pairs) - 1)
    return sum((i + 1) * u * v for i, (u, v) in enumerate(pairs))


@program
def exchanged_from_call_to_call(x):
    def move(a, b, s):
        if s < 2.5:
            b.append(a[-1] * s)
            a.append(s)
            move(b, a, s + 0.7)

    a, b = [x[0]], [x[1]]
    move(a, b, x[2])
    return weighted(a) + sum(v * v * (i + 1) for i, v in enumerate(b))


@program
def towers(x):
    def hanoi(n, a, b, c):
        if n == 0:
            return
        hanoi(n - 1, a, c, b)
        b.append(a.pop() * x[0])
        hanoi(n - 1, c, b, a)

    a, b, c = [v for v in x if v > -9], [], []
    hanoi(len(a), a, b, c)
    return weighted(b)


@program
def given_back(x):
    def grow(a, s):
        if s > 4:
            return a
        a.append(s * x[0])
        return grow(a, s + 1 + x[1] ** 2)

    b = [x[2]]
    c = grow(b, x[0])
    c.append(1.0 * x[1])
    return weighted(b) + len(c) + (b is c)


@program
def given_back_or_another(x):
    def grow(a, s):
        a.append(s)
        if s > 2:
            return a
        if s > 1:
            return [s]
        return grow(a, s + 1 + x[0] ** 2)

    a = [x[0]]
    found = grow(a, x[1])
    return sum(found) * 2 + sum(a) * 3


@program
def by_two_functions(x):
    def even(a, s):
        if s < 3:
            a.append(s * x[0])
            odd(a, s + x[1] ** 2 + 0.5)

    def odd(a, s):
        if s < 3:
            a[0] = a[0] + s * a[-1]
            even(a, s + 0.6)

    a = [x[2]]
    even(a, x[0])
    return weighted(a)


# --- a list around it -----------------------------------------------------------------------------


@program
def what_a_walk_finds(x):
    found = []

    def walk(k, s):
        if s > 3 or k >= len(x):
            found.append(s * x[0])
            return
        walk(k + 1, s + x[k] * x[k])
        if x[k] > 0:
            walk(k + 1, s * x[k])

    walk(0, x[0])
    return sum(v * v * (i + 1) for i, v in enumerate(found))


@program
def where_it_has_been(x):
    seen, order = [0] * 4, []

    def visit(u, w):
        seen[u] = 1
        order.append(w)
        for v in ((u + 1) % 4, (u + 2) % 4):
            if not seen[v] and w > 0.01:
                visit(v, w * abs(x[v % len(x)]))

    visit(0, abs(x[0]))
    return weighted(order)


@program
def a_path_that_is_taken_back(x):
    path, total = [], [0.0]

    def go(s):
        if s > 3:
            total[0] = total[0] + sum(path) * s
            return
        path.append(s * x[0])
        go(s + 1 + x[1] ** 2)
        path.pop()

    go(x[2])
    return total[0] + x[0]


@program
def bisection(x):
    middles = []

    def half(low, high):
        m = (low + high) / 2
        middles.append(m)
        if high - low < 0.3:
            return m
        return half(low, m) if m * m > abs(x[0]) else half(m, high)

    return half(0.0, 2.0 + x[1] ** 2) * len(middles) + middles[-1] * middles[0]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_at(f, *POINTS)


def test_a_pullback_may_be_called_twice():
    value, pullback = vjp(sorted_in_place, POINTS[1])
    np.testing.assert_allclose(value, sorted_in_place(POINTS[1]))
    (first,), (second,) = (np.atleast_2d(pullback(1.0)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first, grad(sorted_in_place)(POINTS[1]))


# --- refused --------------------------------------------------------------------------------------


def one_list_twice(x):
    def move(a, b, s):
        if s < 2:
            b.append(a[-1] * s)
            move(a, b, s + 0.7)

    a = [x[0]]
    move(a, a, x[2])
    return weighted(a)


def given_and_around(x):
    a = [x[0]]

    def move(b, s):
        if s < 2:
            b.append(a[-1] * s)
            move(b, s + 0.7)

    move(a, x[2])
    return weighted(a)


def around_and_given(x):
    a = [x[0]]

    def move(b, s):
        a.append(b[-1] * s)
        if s < 2:
            move(b, s + 0.7)

    move(a, x[2])
    return weighted(a)


def read_by_a_function_that_is_given(x):
    a = [x[0], x[1]]

    def scale(b, s, first):
        if s < 3:
            b[0] = b[0] * s
            scale(b, s + 1 + first() ** 2, first)

    scale(a, x[2], lambda: a[0])
    return a[0] * a[1]


def seen_after_an_error(x):
    def grow(a, s):
        a.append(s)
        if len(a) > 3:
            raise ValueError("too long")
        if s < 9:
            grow(a, s + abs(x[1]))

    a = [x[0]]
    try:
        grow(a, x[0])
    except ValueError:
        a.append(x[2])
    return weighted(a)


def changed_while_a_loop_reads_it(x):
    def grow(a, s):
        if s < 2 and len(a) < 9:
            a.append(s)
            grow(a, s + 0.4 + x[0] ** 2)

    a, t = [x[0], x[1]], 0.0
    for v in a:
        t = t * 2 + v
        if len(a) < 3:
            grow(a, v)
    return t


REFUSED = (
    one_list_twice,
    given_and_around,
    around_and_given,
    read_by_a_function_that_is_given,
    seen_after_an_error,
    changed_while_a_loop_reads_it,
)


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    f(POINTS[0])
    with pytest.raises(SrcgradError) as caught:
        grad(f)(POINTS[0])
    assert caught.value.hint and caught.value.loc


PATH: list[float] = []


def the_sum_of_a_list_from_outside(x):
    def go(s):
        if s > 3:
            return s * (1 + sum(PATH))
        PATH.append(1.0)
        found = go(s + 1 + x[1] ** 2)
        PATH.pop()
        return found

    return go(x[0])


def the_sum_of_its_own_list(x):
    path = []

    def go(s):
        if s > 3:
            return s * (1 + sum(path))
        path.append(1.0)
        found = go(s + 1 + x[1] ** 2)
        path.pop()
        return found

    return go(x[0])


def test_the_hint_about_a_list_from_outside_holds():
    with pytest.raises(SrcgradError, match="in another call of a recursion") as caught:
        grad(the_sum_of_a_list_from_outside)(POINTS[0])
    assert "let the function make the list itself" in caught.value.hint
    check_at(the_sum_of_its_own_list, *POINTS)
    assert the_sum_of_its_own_list(POINTS[0]) == the_sum_of_a_list_from_outside(POINTS[0])


# --- lists that each call makes twice as long -----------------------------------------------------


def test_lists_that_are_doubled():
    def f(x, n):
        def go(a, depth):
            if depth > n:
                return sum(a)
            a.extend(a)
            return go(a, depth + 1)

        return go([x[0], x[1]], 0)

    np.testing.assert_allclose(grad(f)(np.array([0.7, 0.3]), 4), [32.0, 32.0])


def test_lists_that_are_doubled_as_often_as_data_tell():
    def f(x, n):
        def go(a, depth):
            if x[0] * depth > n:
                return a[0]
            return go([a, a], depth + 2)[0]

        return go([x[0], x[1]], 0)

    with pytest.raises(UnsupportedSyntaxError, match="'go' calls itself too often"):
        grad(f)(np.array([0.7, 0.3]), 4)
