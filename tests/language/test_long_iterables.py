"""``map``, ``reduce``, ``max`` and ``itertools`` over arrays, whose lengths only the call tells."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.language.cases import Table, matrix, vector

case = Table()


@case(vector())
@case(vector(1))
def summed_map(x):
    return sum(map(lambda v: v * v, x)) + sum(map(np.multiply, x, x[::-1]), 0.5)


@case(vector())
def largest(x):
    return max(x) * min(x) + max(v * v for v in x) * x[0] - min(map(np.sin, x))


@case(vector())
@case(vector(1))
def reduced(x):
    product = functools.reduce(lambda a, b: a * np.sin(b), x, 0.5)
    return product + functools.reduce(np.logaddexp, x) ** 2


@case(vector())
def reduced_generator(x):
    return functools.reduce(lambda a, b: a * np.sin(b) + x[0], (v * v for v in x))


@case(matrix(4, 3))
def reduced_rows(A):
    return np.sum(functools.reduce(lambda a, row: np.tanh(a * row), A, A[0]))


@case(vector())
@case(vector(1))
def pairs(x):
    s = 1.0
    for a, b in itertools.pairwise(x):
        s = s * a + b * b
    return s + sum(a * b for a, b in itertools.pairwise(v * v for v in x))


@case(vector())
def combined(x):
    s = 0.0
    for i, j in itertools.product(range(len(x)), range(1, len(x))):
        s = s + x[i] * x[j] ** 2
    return s + sum(a * np.sin(b) for a, b in itertools.product(x, repeat=2))


@case(vector())
def combined_three(x):
    s = 1.0
    for a, b, c in itertools.product(x, x[1:], map(np.sin, x)):
        s = s + np.sin(s * a) * b + c * c
    return s


@case(vector())
def combined_before_writes(x):
    y = x * x
    s = 0.0
    for a, b in itertools.product(y, y):
        y[0] = y[0] * 1.5
        s = s + a * b * b
    return s + y[0]


@case(vector(3), 1.2)
@case(vector(3), 9.0)
def left_early(x, c):
    A = np.outer(x, x)
    for i, j in itertools.product(range(A.shape[0]), range(A.shape[1])):
        if A[i, j] > c:
            break
        A[i, j] *= A[i - 1, j]
    return np.sum(A**2)


@case(vector())
def chained(x):
    s = 1.0
    for v in itertools.chain(x, x * x, [x[0], 2.0]):
        s = np.sin(s * v + 1)
    return s


@case(vector())
def inserted_and_popped(x):
    items = [v * v for v in x]
    items.insert(1, x[0] * x[1])
    items.insert(-1, x[2])
    a, b = items.pop(2), items.pop(-2)
    c = items.pop(0)
    items.insert(99, a * b)
    return np.sum(np.array(items) ** 2) * a * b + c**3 + items.pop(1) * items[-1]


@case(vector())
@case(vector(3))
def starred_targets(x):
    a, b, *rest = x
    *most, last = x * x
    first, *between, end = [v * v for v in x]
    return a * b * sum(rest) + sum(most) * last**2 + first * end + sum(between, start=a)


@case(matrix(4, 3))
def starred_rows(A):
    first, *rest = A
    return np.sum(first * sum(rest) ** 2)


def twice(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return 2 * function(*args, **kwargs)

    return wrapper


@twice
@twice
def square(v):
    return v * v


@twice
def length(v):
    return np.sqrt(np.sum(square(v)))


@case(vector())
def functions_of_one_code(x):
    return length(x) * np.sum(square(x))


@case(vector())
def writes_in_a_loop_over_pairs(x):
    y = x * x
    s = 0.0
    for i, (a, b) in enumerate(itertools.pairwise(y)):
        y[i + 1] = a + b
        s = s + a * b
    return s


def test_writes_in_a_loop_over_pairs_of_pairs():
    def f(x):
        y = x * x
        s = 0.0
        for (a, b), (_, d) in itertools.pairwise(itertools.pairwise(y)):
            y *= 1.1
            s = s + a * b * d
        return s

    with pytest.raises(UnsupportedSyntaxError, match="in a loop over 'pairwise'"):
        grad(f)(vector())


def test_too_few_to_unpack():
    def f(x):
        a, b, *rest = x
        return a * b + sum(rest)

    df = grad(f)
    np.testing.assert_allclose(df(np.array([2.0, 3.0])), [3.0, 2.0])
    with pytest.raises(ValueError, match="not enough values to unpack"):
        df(np.zeros(0))


def test_the_length_may_change():
    dsum = grad(lambda x: functools.reduce(lambda a, b: a * b, x))
    for n in (1, 2, 5):
        x = vector(n)
        np.testing.assert_allclose(dsum(x), np.prod(x) / x, rtol=1e-12)


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()
