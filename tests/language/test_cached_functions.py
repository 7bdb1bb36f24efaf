"""``functools.cache`` and ``lru_cache`` on nested functions, which may call themselves."""

from __future__ import annotations

import functools
from functools import cache, lru_cache

import numpy as np
import pytest

from srcgrad import AliasingError, SrcgradError, UnsupportedSyntaxError, grad, value_and_grad
from tests.slopes import check_at

X = np.array([0.7, 1.3, -0.4, 0.9])
POINTS = (X, X[::-1].copy(), np.array([0.2, 0.1, 0.5, -0.3]))


def legendre(x):
    @cache
    def p(n):
        if n < 2:
            return x[0] if n else 1.0
        return ((2 * n - 1) * x[0] * p(n - 1) - (n - 1) * p(n - 2)) / n

    total = 0.0
    for k in range(6):
        total += p(k) * x[1]
    return total


def chebyshev(x):
    @functools.lru_cache
    def t(n, z):
        return 1.0 if n == 0 else z if n == 1 else 2 * z * t(n - 1, z) - t(n - 2, z)

    return sum(c * t(k, 0.4) for k, c in enumerate(x)) * t(5, x[0]) * t(3, x[1])


def fibonacci(x):
    @lru_cache(maxsize=None)
    def term(k):
        return x[k] if k < 2 else term(k - 1) + x[2] * term(k - 2)

    return term(30)


def hermite(x):
    @cache
    def h(n):
        if n < 2:
            return x if n else np.ones_like(x)
        return 2 * x * h(n - 1) - 2 * (n - 1) * h(n - 2)

    return np.sum(h(5)) + np.sum(h(3) * h(2))


def b_spline(x):
    knots = [0, 0, 0, 1, 2, 2, 2]
    t = 0.5 + 0.4 * np.tanh(x[0])

    @lru_cache(None)
    def basis(i, k):
        if k == 0:
            return 1.0 if knots[i] <= t < knots[i + 1] else 0.0
        found = 0.0
        if knots[i + k] != knots[i]:
            found += (t - knots[i]) / (knots[i + k] - knots[i]) * basis(i, k - 1)
        if knots[i + k + 1] != knots[i + 1]:
            ratio = (knots[i + k + 1] - t) / (knots[i + k + 1] - knots[i + 1])
            found += ratio * basis(i + 1, k - 1)
        return found

    return sum(x[i] * basis(i, 2) for i in range(4))


def warped(x):
    y = [0.2, 0.9, -0.6]

    @cache
    def distance(i, j):
        cost = abs(x[i] - y[j])
        if i == 0 or j == 0:
            return cost + (distance(0, j - 1) if j else distance(i - 1, 0) if i else 0.0)
        a, b, c = distance(i - 1, j), distance(i, j - 1), distance(i - 1, j - 1)
        if a < b:
            return cost + (a if a < c else c)
        return cost + (b if b < c else c)

    return distance(3, 2)


def shortest_tour(x):
    @cache
    def rest(here, seen):
        if seen == 15:
            return (x[here] - x[0]) ** 2
        return min(
            (x[here] - x[k]) ** 2 * (k + 1) + rest(k, seen | 1 << k)
            for k in range(4)
            if not seen & 1 << k
        )

    return rest(0, 1)


def in_an_arm(x):
    @cache
    def best(i):
        if i >= len(x):
            return 0.0
        without = best(i + 1)
        return max(without, x[i] + best(i + 2)) if x[i] > 0 else without

    return best(0)


def catalan(x):
    @cache
    def c(n):
        return x[0] if n == 0 else sum(c(i) * c(n - 1 - i) for i in range(n))

    return c(5)


def one_another(x):
    @cache
    def a(n):
        return x[0] if n == 0 else x[1] * b(n - 1)

    @cache
    def b(n):
        return x[2] if n == 0 else np.sin(a(n - 1)) + b(n - 1)

    return a(5) + b(4)


def while_data_tell(x):
    @cache
    def power(n):
        return 1.0 if n == 0 else x[0] * power(n - 1)

    total, t = 0.0, 1 + x[1] ** 2
    while t < 5:
        total += power(6) * t
        t *= 1.7
    return total + power(6)


def made_in_each_trip(x):
    total = 0.0
    for v in x:

        @cache
        def power(n, v=v):
            return 1.0 if n == 0 else v * power(n - 1)

        total += power(4)
    return total


def under_another_decorator(x):
    def doubled(f):
        return lambda *args: 2 * f(*args)

    @doubled
    @cache
    def power(n):
        return x[0] if n == 0 else x[1] * power(n - 1)

    return power(4)


def the_list_that_is_kept(x):
    @cache
    def pair(k):
        return [x[k], x[k] ** 2]

    pair(1)[0] *= 3
    return pair(1)[0] + pair(0)[1]


def the_array_that_is_kept(x):
    @cache
    def scaled(n):
        return x * n

    scaled(2)[0] = 5.0
    return np.sum(scaled(2) ** 2)


def what_was_read_then(x):
    scale = [1.0]

    @cache
    def scaled(k):
        return x[k] * scale[0]

    before = scaled(1)
    scale[0] = 5.0
    return before + scaled(1) + scaled(2)


def read_in_a_loop(x):
    @cache
    def basis(m):
        out = np.zeros(4)
        out[0] = x[0]
        for k in range(1, 4):
            out[k] = out[k - 1] * x[k] * m
        return out

    total = 0.0
    for k in range(3):
        weights = basis(k).copy()
        weights[1] = 5.0
        total += np.sum(weights * basis(k + 1)) + basis(2)[3]
    return total


def stored_in_another_array(x):
    found = np.zeros(4)

    @cache
    def p(n):
        return 1.0 if n == 0 else x[0] * p(n - 1) + x[1]

    for k in range(4):
        found[k] = p(k)
    return np.sum(found * found)


def lists_and_tuples_that_are_read(x):
    i, j = int(x[0] > 0), int(x[1] > 0)

    @cache
    def pair(k):
        return x[k], {"square": x[k] ** 2, "rest": [1.0, x[2]]}

    a, b = pair(i)
    c, d = pair(j)
    rest = list(d["rest"])
    rest.append(c)
    return a * d["square"] + c * b["rest"][1] * sum(rest)


def written_where_it_is_called_once(x):
    n = int(np.sum(x > 0))

    @cache
    def grid(m):
        return np.zeros(m + 1)

    a = grid(n)
    a[0] = x[0] * x[1]
    return np.sum(a * a) + np.sum(grid(n))


def added_to_in_trips_that_are_few(x):
    @cache
    def kept(k):
        return [x[0] * k]

    for t in range(3):
        kept(1).append(x[t])
    return sum(kept(1)) * len(kept(1)) * x[1]


@pytest.mark.parametrize(
    "f",
    [
        *(legendre, chebyshev, fibonacci, hermite, b_spline, warped, shortest_tour, in_an_arm),
        *(catalan, one_another, while_data_tell, made_in_each_trip, under_another_decorator),
        *(the_list_that_is_kept, the_array_that_is_kept, what_was_read_then, read_in_a_loop),
        *(stored_in_another_array, lists_and_tuples_that_are_read),
        *(written_where_it_is_called_once, added_to_in_trips_that_are_few),
    ],
)
def test_gradient(f):
    check_at(f, *POINTS)


def test_it_is_computed_as_often_as_in_python():
    def counted(x, how):
        count = [0]

        def plain(k, p=2):
            count[0] += 1
            return x[0] * k**p

        kept = {"typed": lru_cache(maxsize=None, typed=True), "not": cache, "size": lru_cache}[how]
        g = kept(plain)
        total = g(1) + g(1) + g(True) + g(k=1) + g(1, 2) + g(1, p=2) + g(True, 2) + g(1, 3)
        return total * count[0]

    for how in ("typed", "not", "size"):
        value, _ = value_and_grad(counted)(X, how)
        assert value == counted(X, how)


def test_each_term_is_computed_once():
    def f(x):
        @cache
        def term(k):
            print("term", k)
            return x[k] if k < 2 else term(k - 1) + term(k - 2)

        return term(6)

    derivative = grad(f)
    derivative(X)
    assert derivative.source.count("print(") == 7


def test_what_somebody_may_see_is_refused():
    def counted_in_an_arm(x):
        count = [0]

        @cache
        def g(k):
            count[0] += 1
            return x[k]

        total = g(1) if x[0] > 0.5 else 0.0
        return (total + g(1)) * count[0]

    def changed_in_a_loop(x):
        scale = [1.0]

        @cache
        def g(k):
            return x[k] * scale[0]

        total = 0.0
        for v in x:
            total += g(1) * v
            scale[0] *= 2
        return total

    def written_after_an_arm(x):
        A = x.copy()

        @cache
        def g(k):
            return A[k] ** 2

        total = g(1) if x[0] > 0.5 else 0.0
        A[1] = 7 * x[2]
        return total + g(1)

    for f, message in [
        (counted_in_an_arm, "does more than compute its result"),
        (changed_in_a_loop, "reads what may have changed"),
        (written_after_an_arm, "reads what may have changed"),
    ]:
        with pytest.raises(UnsupportedSyntaxError, match=f"'g' has a cache, and {message}"):
            grad(f)(X)


def of_unknown_keys(x):
    @cache
    def w(v):
        return [v]

    w(x[0]).append(1.0)
    return x[0] * len(w(x[1]))


def dropped_meanwhile(x):
    @lru_cache(maxsize=1)
    def w(k):
        return [x[0]]

    w(1).append(1.0)
    w(2)
    return x[0] * len(w(1))


def changed_afterwards(x):
    i = int(x[0] > 0)

    @cache
    def w(k):
        return {"value": x[k]}

    a, b = w(1), w(i)
    a["value"] = 3.0 * x[2]
    return a["value"] * b["value"]


def written_in_a_loop(x):
    @cache
    def grid(n):
        return np.zeros(n)

    for v in x:
        grid(2)[0] += v
    return grid(2)[0] ** 2


def written_in_an_arm(x):
    @cache
    def grid(n):
        return np.zeros(n)

    if x[0] > 0:
        grid(2)[0] = x[0]
    return np.sum(grid(2) + x[0])


def written_through_a_view(x):
    i = int(x[0] > 0)

    @cache
    def scaled(k):
        return x * k

    a = scaled(1)
    b = scaled(i)
    np.multiply(a[1:], 2.0, out=a[1:])
    return np.sum(a * b)


def compared(x):
    i = int(x[0] > 0)

    @cache
    def scaled(k):
        return x * k

    return x[0] if scaled(i) is scaled(1) else x[1]


def an_iterator(x):
    i = int(x[0] > 0)

    @cache
    def both(k):
        return iter([x[0], x[1]])

    return next(both(1)) * next(both(i))


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (of_unknown_keys, "'w' has a cache, and what it gave before was changed"),
        (dropped_meanwhile, "'w' has a cache, and what it gave before was changed"),
        (changed_afterwards, "changes a dict that a function with a cache may give again"),
        (written_in_a_loop, "writes into an array that 'grid', which has a cache, may give again"),
        (written_in_an_arm, "writes into an array that 'grid', which has a cache, may give again"),
        (written_through_a_view, "an array that 'scaled', which has a cache, may give again"),
        (compared, "whether these are one object is not known"),
        (an_iterator, "'both' has a cache, and whether it gives a new object here"),
    ],
)
def test_what_may_be_kept_is_not_changed(f, message):
    with pytest.raises(SrcgradError, match=message) as caught:
        grad(f)(X)
    assert caught.value.loc is not None
    assert caught.value.hint


def two_arrays(x, i, j):
    @cache
    def scaled(k):
        return x * k

    return x[0], (scaled(i), scaled(j))


def two_lists(x, i, j):
    @cache
    def listed(k):
        return [x[k]]

    return x[0], (listed(i), listed(j))


@pytest.mark.parametrize("f", [two_arrays, two_lists])
def test_two_objects_that_may_be_one_are_not_returned(f):
    with pytest.raises(AliasingError, match="returns two objects that a function with a cache"):
        value_and_grad(f, has_aux=True)(X, 0, 1)


def test_what_was_read_before_the_key_is_unknown():
    def f(x, i):
        scale = [1.0]

        @cache
        def scaled(k):
            return x[k] * scale[0]

        before = scaled(1)
        scale[0] = 5.0
        return before + scaled(i)

    with pytest.raises(UnsupportedSyntaxError, match="reads what may have changed"):
        grad(f)(X, 1)


def test_a_cache_of_no_size_keeps_nothing():
    def f(x):
        @lru_cache(maxsize=0)
        def w(k):
            return [x[0] * k]

        a, b = w(1), w(1)
        a.append(3.0)
        return sum(b) + len(b) * x[1] * (2.0 if a is b else 3.0)

    check_at(f, *POINTS)


def doubling(f):
    @functools.wraps(f)
    def inner(*args):
        return 2 * f(*args)

    return inner


def test_a_decorated_function_calls_what_the_decorator_makes_of_it():
    def f(x, n):
        @doubling
        def power(k):
            return x[0] if k == 0 else x[1] * power(k - 1)

        return power(n)

    for n in (3, 0):
        assert value_and_grad(f)(X, n)[0] == f(X, n)
        check_at(lambda x, n=n: f(x, n), X)
