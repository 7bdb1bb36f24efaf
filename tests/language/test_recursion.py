"""Functions that call themselves, and one another."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, UnsupportedSyntaxError, grad, value_and_grad, vjp
from srcgrad.testing import check_grads
from tests.language.checking import check


def vector(n: int = 4, seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).normal(size=n)


def functions_of(source: str) -> list[str]:
    return [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]


# --- recursion that ends at compile time --------------------------------------------------------


def horner(c, x):
    if not c:
        return 0.0
    return c[0] + x * horner(c[1:], x)


def test_horner_over_a_list_is_inlined():
    c, x = [1.0, -2.0, 3.0, 0.5], 0.7
    expected = [x**k for k in range(4)], sum(k * a * x ** (k - 1) for k, a in enumerate(c) if k)
    check(horner, c, x, wrt=(0, 1), expected=expected)
    assert functions_of(grad(horner).lower(c, x).source) == ["horner_grad"]


@pytest.mark.parametrize("n", [0, 1, 2, 60])
def test_horner_over_lists_of_many_lengths(n):
    c = list(map(float, vector(n)))
    check(horner, c, 0.9, wrt=(0, 1))


def test_a_list_that_is_too_long_is_refused():
    with pytest.raises(UnsupportedSyntaxError, match="'horner' calls itself too often"):
        grad(horner)(list(map(float, vector(150))), 0.9)


@dataclass
class Node:
    """A node of a network: two children, or none."""

    w: np.ndarray
    left: Node | None = None
    right: Node | None = None


def net(node, x):
    h = np.tanh(node.w * x)
    if node.left is not None:
        h = h + net(node.left, h)
    if node.right is not None:
        h = h * net(node.right, h)
    return h


def tree_loss(node, x):
    return np.sum(net(node, x) ** 2)


def tree() -> Node:
    leaves = [Node(vector(3, seed)) for seed in range(3)]
    return Node(vector(3, 7), Node(vector(3, 8), None, leaves[0]), Node(vector(3, 9), *leaves[1:]))


def test_gradient_of_a_tree_has_its_structure():
    bar = check(tree_loss, tree(), vector(3, 5), wrt=(0, 1))[0]
    assert bar.left.left is None
    assert bar.left.right.w.shape == (3,)
    check_grads(tree_loss, (tree(), vector(3, 5)))


def test_the_tree_may_be_held_constant():
    check(lambda x, node: tree_loss(node, x), vector(3, 5), tree())


def depth_of(x):
    return x if np.ndim(x) == 0 else depth_of(np.sum(x * x, axis=0))


def test_a_rank_ends_the_recursion():
    check(depth_of, np.random.default_rng(0).normal(size=(2, 3, 2)))


def total_of(items):
    s = 0.0
    for item in items:
        s = s + flatten(item)
    return s


def flatten(item):
    return total_of(item) if isinstance(item, list) else item * item


def test_mutual_recursion_over_nested_lists():
    check(total_of, [1.0, [2.0, [3.0], -1.0], [[4.0]]])


def power_of_ten(x):
    return square_and_multiply(x, 10)


def square_and_multiply(x, n):
    if n == 0:
        return 1.0
    rest = square_and_multiply(x * x, n // 2)
    return x * rest if n % 2 else rest


def test_a_literal_exponent_is_unrolled():
    check(power_of_ten, 1.1, expected=10 * 1.1**9)
    assert functions_of(grad(power_of_ten).lower(1.1).source) == ["power_of_ten_grad"]


# --- recursion at run time ----------------------------------------------------------------------


def chebyshev(n, x):
    if n == 0:
        return 1.0
    if n == 1:
        return x
    return 2 * x * chebyshev(n - 1, x) - chebyshev(n - 2, x)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 9])
def test_chebyshev(n):
    slope = n * math.sin(n * math.acos(0.3)) / math.sqrt(1 - 0.3**2)
    check(chebyshev, n, 0.3, wrt=1, expected=slope)


def test_one_source_does_for_every_depth():
    g = grad(chebyshev, argnums=1)
    g(3, 0.5)
    source = g.source
    for n in range(12):
        assert g(n, 0.4) == pytest.approx(n * math.sin(n * math.acos(0.4)) / math.sqrt(0.84))
    assert g.source == source
    assert functions_of(source) == ["chebyshev_vjp", "chebyshev_grad"]


def chebyshev_of_a_literal(x):
    return chebyshev(14, x)


def test_a_literal_depth_is_not_unrolled_a_thousand_times():
    slope = 14 * math.sin(14 * math.acos(0.3)) / math.sqrt(1 - 0.3**2)
    check(chebyshev_of_a_literal, 0.3, expected=slope)
    assert len(grad(chebyshev_of_a_literal).lower(0.3).source) < 2000


@pytest.mark.parametrize("n", [0, 1, 2, 13])
def test_fast_exponentiation(n):
    check(square_and_multiply, 1.2, n, expected=n * 1.2 ** (n - 1))


def indexed_horner(c, x, i=0):
    if i == len(c):
        return 0.0
    return c[i] + x * indexed_horner(c, x, i + 1)


def test_horner_over_an_array():
    c, x = vector(6), 0.7
    slope = sum(k * a * x ** (k - 1) for k, a in enumerate(c) if k)
    check(indexed_horner, c, x, wrt=(0, 1), expected=(x ** np.arange(6), slope))
    check(lambda c, x: indexed_horner(c, x) ** 2, c, x, wrt=(0, 1))


def test_horner_over_a_list_with_an_index_is_unrolled():
    c = list(map(float, vector(40)))
    check(indexed_horner, c, 0.7, expected=[0.7**k for k in range(40)])
    check(indexed_horner, c, 0.7, 36, wrt=(0, 1))


def halves(x):
    if len(x) == 1:
        return x[0] ** 3
    middle = len(x) // 2
    return halves(x[:middle]) + halves(x[middle:])


@pytest.mark.parametrize("n", [1, 2, 3, 10])
def test_divide_and_conquer(n):
    x = vector(n)
    check(halves, x, expected=3 * x**2)


def merge_products(x, w):
    """Arrays go in and come out, of lengths that change."""
    if len(x) <= 2:
        return x * w
    half = len(x) // 2
    low, high = merge_products(x[:half], w[:half]), merge_products(x[half:], w[half:])
    return np.concatenate([low + np.sum(high), np.sin(high)])


@pytest.mark.parametrize("n", [2, 3, 8])
def test_arrays_as_results(n):
    check(lambda x, w: np.sum(merge_products(x, w) ** 2), vector(n), vector(n, 1), wrt=(0, 1))


def even(x, n):
    return x if n == 0 else odd(x * x, n - 1)


def odd(x, n):
    return 2 * x if n == 0 else even(np.sin(x) + 1, n - 1)


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_mutual_recursion(n):
    check(even, 1.3, n)
    check(odd, 1.3, n)


def ping(x, n):
    if n <= 0:
        return x
    return np.sin(pong(x, n - 1)) + ping(x * 0.5, n - 2)


def pong(x, n):
    if n <= 0:
        return x * x
    return ping(x, n - 1) * pong(x + 0.1, n - 2)


@pytest.mark.parametrize("n", [0, 1, 4, 7])
def test_functions_that_call_themselves_and_each_other(n):
    check(ping, 0.8, n)
    check(lambda x, n: ping(x, n) * pong(x, n + 1), 0.8, n)


def hyper(x, n):
    """Ackermann-like: the argument of a recursive call is another one."""
    if n == 0:
        return np.sin(x) + 0.5
    return hyper(hyper(x, n - 1), n - 1)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_nested_recursion(n):
    check(hyper, 0.4, n)


def ninety_one(x):
    """McCarthy's function: how it recurses depends on the value."""
    if x > 100:
        return x - 10.0
    return ninety_one(ninety_one(x * 1.0 + 11))


def test_mccarthy():
    check(ninety_one, 87.3)


def collatz_like(x, n):
    if n == 0:
        return x
    return collatz_like(x * x, n - 1) if x > 1 else collatz_like(3 * x + 1, n - 1)


@pytest.mark.parametrize("x", [0.3, 1.1, -0.2])
def test_recursion_chosen_by_data(x):
    check(collatz_like, x, 4)


def accumulate(x, n, total=0.0):
    if n == 0:
        return total
    return accumulate(x * 1.1, n - 1, total + x * x)


def test_an_accumulator_that_starts_as_a_literal():
    check(accumulate, 0.7, 5)
    check(lambda x, n: accumulate(x, n, 0), 0.7, 3)


def test_in_a_loop():
    def loss(x, n):
        s = 1.0
        for i in range(n):
            s = s * square_and_multiply(x, i) + x
        return s

    check(loss, 0.9, 4)


def test_on_the_elements_of_an_array():
    def loss(x, n):
        s = 0.0
        for value in x:
            s = s + chebyshev(n, value)
        return s

    check(loss, 0.5 * vector(), 5)


def looping(x, n):
    """A recursive call inside a loop of the function itself."""
    s = np.sin(x)
    for k in range(n):
        s = s + looping(x * 0.5, k) * x
    return s


@pytest.mark.parametrize("n", [0, 1, 4])
def test_a_loop_of_recursive_calls(n):
    check(looping, 0.8, n)


def test_a_nested_function_that_captures_what_is_differentiated():
    def loss(W, x, n):
        scale = np.sum(x)

        def step(h, k):
            if k == 0:
                return h
            return step(np.tanh(W @ h) + 0.1 * scale, k - 1)

        return np.sum(step(x, n))

    W = 0.3 * vector(9).reshape(3, 3)
    check(loss, W, vector(3), 4, wrt=(0, 1))


def test_nested_functions_that_call_each_other():
    def loss(x, n):
        def up(v, k):
            return v if k == 0 else down(v * x, k - 1)

        def down(v, k):
            return v * v if k == 0 else up(np.sin(v), k - 1)

        return up(x + 1, n) + down(x, n)

    check(loss, 0.6, 3)
    check(loss, 0.6, 4)


def test_nested_functions_in_loops_and_branches():
    def loss(x, n):
        s = 0.0
        for i in range(n):
            w = x * i

            def step(v, k):
                return v * w if k == 0 else step(np.sin(v) + w, k - 1)

            s = s + step(x, i)
        if s > 1:

            def chain(v, k):
                return v if k == 0 else chain(v * s, k - 1)

            return chain(x, n)
        return s

    check(loss, 0.7, 4)
    check(loss, 1.7, 3)


def test_a_nested_function_in_a_recursive_one():
    def loss(x, n):
        def shifted(v):
            return np.sin(v) + x

        return x if n == 0 else shifted(loss(x * 0.9, n - 1))

    check(loss, 0.6, 3)


GAIN = np.array([0.5, 1.5, 1.0])


def driven(x, n):
    return x if n == 0 else np.tanh(GAIN * driven(x, n - 1))


def test_globals_are_read(monkeypatch):
    check(lambda x, n: np.sum(driven(x, n)), vector(3), 3)
    monkeypatch.setitem(globals(), "GAIN", np.array([2.0, 0.1, 0.2]))
    check(lambda x, n: np.sum(driven(x, n)), vector(3), 3)


def split(x, n):
    """Several results, one of which is no number that is differentiated."""
    if n == 0:
        return x, 2 * x, 0
    a, b, count = split(np.sin(x), n - 1)
    return a * b, a + x, count + 1


def test_several_results():
    def loss(x, n):
        a, b, count = split(x, n)
        return np.sum(a * b) * count

    check(loss, vector(3), 3)
    check(lambda x, n: np.sum(split(x, n)[1]), vector(3), 2)


def test_parameters_in_a_container():
    def deep(params, h, n):
        if n == 0:
            return params["out"] @ h
        return deep(params, np.tanh(params["W"] @ h + params["b"]), n - 1)

    params = {"W": 0.4 * vector(9).reshape(3, 3), "b": vector(3, 1), "out": vector(3, 2)}
    check(deep, params, vector(3, 3), 4, wrt=(0, 1))


def apply_times(f, x, n):
    return x if n == 0 else f(apply_times(f, x, n - 1))


def test_functions_as_arguments():
    check(lambda x, n: apply_times(np.sin, x, n), 0.7, 3)
    check(lambda x, n: apply_times(lambda v: v * v, x, n), 0.7, 3)
    check(lambda x, n: apply_times(np.cos, apply_times(np.sin, x, n), n), 0.7, 2)


class Chain:
    """A method that calls itself."""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def __repr__(self) -> str:
        return f"Chain({self.rate})"

    def run(self, x, n):
        return x if n == 0 else self.run(np.sin(self.rate * x), n - 1)


def test_methods():
    check(lambda x, chain, n: np.sum(chain.run(x, n)), vector(3), Chain(0.8), 3)


def test_two_types_of_arguments_in_one_program():
    check(lambda x, n: np.sum(driven(x, n)) + even(x[0], n) + even(x, n)[1], vector(3), 3)


def gcd(a, b):
    return a if b == 0 else gcd(b, a % b)


def test_recursion_on_integers_is_called():
    check(lambda x, a, b: x * x * gcd(a, b), 1.3, 12, 18, expected=2 * 1.3 * 6)


def test_the_value_alone_may_matter():
    check(lambda x, n: np.sin(x) if even(x, n) > 1 else np.cos(x), 1.3, 3)


def test_an_inactive_argument_gets_no_cotangent():
    source = grad(indexed_horner).lower(vector(3), 0.5).source
    assert "x_bar" not in source
    check(indexed_horner, vector(3), 0.5)


def test_float32():
    x = vector(3).astype(np.float32)
    bar = grad(lambda x, n: np.sum(driven32(x, n)))(x, 3)
    assert bar.dtype == np.float32
    want = grad(lambda x, n: np.sum(driven32(x, n)))(x.astype(float), 3)
    np.testing.assert_allclose(bar, want, rtol=1e-5)


def driven32(x, n):
    return x if n == 0 else np.sin(driven32(x, n - 1)) * x


# --- pullbacks, values, effects, errors ---------------------------------------------------------


def test_a_pullback_is_called_twice():
    x = vector(8)
    y, pullback = vjp(merge_products, x, vector(8, 1))
    seeds = np.eye(8)
    rows = [pullback(seed) for seed in seeds]
    again = [pullback(seed) for seed in seeds]
    for (a, b), (c, d) in zip(rows, again, strict=True):
        np.testing.assert_array_equal(a, c)
        np.testing.assert_array_equal(b, d)
    assert y.shape == (8,)


def identity(x, n):
    return x if n == 0 else identity(x, n - 1)


def product(x, n):
    return x * identity(x, n)


def test_nothing_of_the_callers_is_shared():
    x = vector(3)
    before = x.copy()
    y, pullback = vjp(lambda x: product(x, 3), x)
    y *= 0.0
    x *= 3.0
    seed = np.ones(3)
    (bar,) = pullback(seed)
    np.testing.assert_allclose(bar, 2 * before)
    bar *= 7.0
    np.testing.assert_array_equal(seed, np.ones(3))
    np.testing.assert_allclose(pullback(seed)[0], 2 * before)


def test_a_gradient_is_an_array_of_its_own():
    x = vector(3)
    value, bar = value_and_grad(lambda x, n: np.sum(identity(x, n)))(x, 2)
    assert value == pytest.approx(np.sum(x))
    assert not np.shares_memory(bar, x)
    bar += 1.0


def noisy(x, n):
    print("noisy", n)
    return x if n == 0 else noisy(x * x, n - 1)


def test_effects_happen_once_and_in_order(capsys):
    grad(noisy)(1.1, 2)
    assert capsys.readouterr().out == "noisy 2\nnoisy 1\nnoisy 0\n"
    grad(lambda x, n: x + 0 * len([noisy(2.0, n)]))(1.1, 1)
    assert capsys.readouterr().out == "noisy 1\nnoisy 0\n"


def checked(x, n):
    if n < 0:
        raise ValueError("n is negative")
    return x if n == 0 else x * checked(x, n - 1)


def test_errors_are_raised_as_in_the_function():
    check(checked, 1.2, 3)
    with pytest.raises(ValueError, match="n is negative"):
        grad(checked)(1.2, -1)


def test_a_depth_that_python_does_not_take():
    with pytest.raises(RecursionError):
        even(1.0, 100_000)
    with pytest.raises(RecursionError):
        grad(identity)(1.0, 100_000)


def without_end(x):
    return x * without_end(x)


def growing(x, items):
    return np.sum(x) if x[0] > 100 else growing(2 * x, [*items, x])


def knapsack(v, w, i, c, memo):
    if i == len(v):
        return 0.0
    if (i, c) in memo:
        return memo[i, c]
    best = knapsack(v, w, i + 1, c, memo)
    if w[i] <= c:
        best = max(best, v[i] + knapsack(v, w, i + 1, c - w[i], memo))
    memo[i, c] = best
    return best


def packed(v, w):
    return knapsack(v, w, 0, 9, {})


@pytest.mark.parametrize(
    ("f", "args", "message"),
    [
        (packed, (np.arange(9.0), np.arange(9)), "a dict or a set whose keys only running"),
        (without_end, (1.0,), "'without_end' calls itself on every way through it"),
        (growing, (vector(), []), "'growing' calls itself too often to be inlined"),
    ],
    ids=["memo", "without end", "growing"],
)
def test_refused(f: Callable[..., Any], args: tuple[Any, ...], message: str):
    with pytest.raises(SrcgradError, match=message) as caught:
        grad(f)(*args)
    assert caught.value.loc is not None
    assert caught.value.hint


def test_a_rebound_name_is_refused():
    def loss(x, n):
        def inner(v, k):
            return v if k == 0 else inner(v * v, k - 1)

        if n > 3:
            inner = np.sin
        return np.sum(x)

    with pytest.raises(UnsupportedSyntaxError, match="'inner' calls itself, and its name is bound"):
        grad(loss)(vector(), 2)


# --- memory and work ----------------------------------------------------------------------------


def squares(x, n):
    return x * x if n == 0 else squares(np.sin(x), n - 1) * x


def test_what_a_pullback_saved_is_out_of_the_callers_hands():
    x = vector(3)
    want = grad(lambda x: np.sum(squares(x, 2)))(x)
    y, pullback = vjp(lambda x: squares(x, 2), x)
    x *= 5.0
    y[:] = 0.0
    np.testing.assert_allclose(pullback(np.ones(3))[0], want)


def test_reading_an_element_in_each_call_costs_no_more_than_that():
    c = vector(400)
    source = grad(indexed_horner).lower(c, 0.9).source
    pullback = source[source.index("def pullback") : source.index("return y, pullback")]
    assert "zeros_like" not in pullback
    assert "copy" not in pullback
    np.testing.assert_allclose(grad(indexed_horner)(c, 0.9), 0.9 ** np.arange(400))


def test_buffers_of_calls_in_loops_and_branches():
    def loss(c, x, n):
        s = c[0]
        for i in range(n):
            if i % 2 == 0:
                s = s + indexed_horner(c, x, i) * c[i]
            else:
                s = s * indexed_horner(c, x * 0.5, 1)
        return s + indexed_horner(2 * c, x) + np.sum(c * c)

    check(loss, vector(5), 0.7, 4, wrt=(0, 1))


def dense(W, h, n):
    if n == 0:
        return h
    if n == 1:
        return np.tanh(W @ h) + dense(W * 1.0, h, 0)
    return dense(W, np.tanh(W @ h), n - 1) + dense(W.T, h, n - 2)


def test_an_array_that_is_handed_on_changed_has_no_buffer():
    check(lambda W, h: np.sum(dense(W, h, 4) ** 2), 0.4 * vector(9).reshape(3, 3), vector(3))
    check(
        lambda W, h, n: np.sum(dense(W, h, n)),
        0.4 * vector(9).reshape(3, 3),
        vector(3),
        4,
        wrt=(0, 1),
    )


def one_of_two(c, d, n):
    """The arrays change places in each call."""
    return c[n] if n == 0 else c[n] * one_of_two(d, c, n - 1)


def test_arrays_that_change_places():
    check(one_of_two, vector(5), vector(5, 1), 4, wrt=(0, 1))
    x = vector(5)
    check(lambda x: one_of_two(x, x, 4), x)


def series(x, n):
    """The last term is a number, and the others are arrays."""
    return 0.0 if n == 0 else np.sin(x) + x * series(x, n - 1)


def test_a_result_that_is_a_number_or_an_array():
    check(lambda x, n: np.sum(series(x, n)), vector(3), 3)
    check(lambda x, n: np.sum(series(x, n)) + np.sum(x), vector(3), 0)


def widening(x, n):
    """From float32 to float64 in the first call."""
    return np.sum(x) if n == 0 else widening(x * np.ones(3), n - 1)


def test_a_dtype_that_changes():
    x = vector(3).astype(np.float32)
    bar = grad(widening)(x, 3)
    assert bar.dtype == np.float32
    np.testing.assert_allclose(bar, np.ones(3), rtol=1e-6)


def roots(x, n):
    return np.sqrt(x) if n == 0 else np.where(x > 0, roots(x, n - 1), 0.0)


def test_masks_around_singular_functions():
    x = np.array([0.0, 4.0, 9.0])
    with np.errstate(divide="ignore"):
        bar = grad(lambda x: np.sum(np.where(x > 0, roots(x, 2), 0)))(x)
    np.testing.assert_allclose(bar, [0, 1 / 4, 1 / 6])


def logged(x, log, n):
    log.append(n)
    return x if n == 0 else x * logged(x, log, n - 1)


def test_a_list_that_was_given_is_appended_to_once():
    log = []
    assert np.isclose(grad(logged)(1.3, log, 2), 3 * 1.3**2)
    assert log == [2, 1, 0]


def first_literal(x, n, axis):
    return np.sum(x, axis=axis) if n == 0 else first_literal(np.sin(x), n - 1, axis)


def test_a_number_that_decides_a_rank_is_known_by_value():
    x = vector(6).reshape(2, 3)
    check(lambda x, n, axis: np.sum(first_literal(x, n, axis) ** 2), x, 3, 1)
    check(lambda x, n, axis: np.sum(first_literal(x, n, axis) ** 2), x, 2, 0)


def test_source_before_a_call():
    source = grad(chebyshev, argnums=1).source
    assert "def chebyshev_vjp(n, x):" in source
    ast.parse(source)


def test_value_and_aux():
    def loss(x, n):
        value = square_and_multiply(x, n)
        return value, {"value": value}

    (value, aux), bar = value_and_grad(loss, has_aux=True)(1.1, 5)
    assert value == aux["value"] == pytest.approx(1.1**5)
    assert bar == pytest.approx(5 * 1.1**4)


def test_a_function_rebound_is_seen(monkeypatch):
    g = grad(lambda x, n: even(x, n))
    before = g(1.3, 3)
    monkeypatch.setitem(globals(), "odd", lambda x, n: x if n == 0 else even(x * 2, n - 1))
    after = g(1.3, 3)
    assert before != after
    check(lambda x, n: even(x, n), 1.3, 3)


# --- programs as people write them --------------------------------------------------------------


def determinant(A):
    """By minors along the first row: the size is in the shape."""
    if A.shape[0] == 1:
        return A[0, 0]
    total = 0.0
    for j in range(A.shape[0]):
        minor = np.concatenate([A[1:, :j], A[1:, j + 1 :]], axis=1)
        total = total + (-1.0) ** j * A[0, j] * determinant(minor)
    return total


def test_determinant_by_minors():
    A = np.random.default_rng(0).normal(size=(4, 4))
    check(determinant, A, expected=np.linalg.det(A) * np.linalg.inv(A).T)


def fourier(re, im):
    n = len(re)
    if n == 1:
        return re, im
    even_re, even_im = fourier(re[::2], im[::2])
    odd_re, odd_im = fourier(re[1::2], im[1::2])
    angle = -2 * np.pi * np.arange(n // 2) / n
    c, s = np.cos(angle), np.sin(angle)
    t_re, t_im = c * odd_re - s * odd_im, c * odd_im + s * odd_re
    return (
        np.concatenate([even_re + t_re, even_re - t_re]),
        np.concatenate([even_im + t_im, even_im - t_im]),
    )


def test_fast_fourier_transform():
    x = vector(8)
    np.testing.assert_allclose(fourier(x, np.zeros(8))[0], np.fft.fft(x).real, atol=1e-12)

    def energy(x):
        re, im = fourier(x, np.zeros_like(x))
        return np.sum((re**2 + im**2) * np.arange(8))

    check(energy, x)


def matrix_power(A, n):
    if n == 0:
        return np.eye(len(A))
    if n % 2:
        return A @ matrix_power(A, n - 1)
    half = matrix_power(A, n // 2)
    return half @ half


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_matrix_power(n):
    check(lambda A, n: np.sum(matrix_power(A, n)), 0.4 * vector(9).reshape(3, 3), n)


def ackermann(m, n, x):
    if m == 0:
        return x + n
    if n == 0:
        return ackermann(m - 1, 1, np.sin(x))
    return ackermann(m - 1, 1, x * ackermann(m, n - 1, x))


def test_ackermann():
    check(ackermann, 2, 2, 0.3, wrt=2)


@dataclass
class State:
    """A pendulum."""

    angle: float
    speed: float


def swing(state, n):
    if n == 0:
        return state
    speed = state.speed - 0.1 * np.sin(state.angle)
    return swing(State(state.angle + 0.1 * speed, speed), n - 1)


def test_a_dataclass_as_state():
    check(lambda state, n: swing(state, n).angle, State(0.3, 0.5), 5)


def drawn(x, rng, n):
    return x if n == 0 else x * rng.normal() + drawn(x, rng, n - 1)


def test_random_numbers_are_drawn_once_and_in_order():
    bar = grad(drawn)(1.3, np.random.default_rng(0), 3)
    assert bar == pytest.approx(1 + np.random.default_rng(0).normal(size=3).sum())


# --- together with other forms ------------------------------------------------------------------


def leaving(x, n):
    """Returns and breaks in a loop of recursive calls."""
    for k in range(n):
        if x > k:
            return leaving(x * 0.9, k) + x
        if k == 1:
            continue
        if x < -5:
            break
    else:
        return x * x
    return x


@pytest.mark.parametrize("x", [0.5, 1.7, -0.3, -7.0])
def test_exits_from_loops(x):
    check(leaving, x, 3)


def test_writes_beside_recursive_calls():
    def loss(x, n):
        out = np.empty(4)
        for i in range(4):
            out[i] = np.sum(squares(x * i, n))
        copy = out.copy()
        copy[0] = squares(x[0], n)
        value = np.sum(squares(copy.copy(), n))
        copy[1] = 0.0
        return value + np.sum(copy * out)

    check(loss, 0.3 * vector(3), 2)


def folded(items, i):
    return 0.0 if i == len(items) else items[i] * 1.5 + folded(items, i + 1)


def test_a_list_whose_length_is_not_known():
    def loss(x, n):
        items = []
        for k in range(n):
            items = [*items, x * k]
        return folded(items, 0) ** 2

    check(loss, 0.7, 4)


def branching(x, n):
    return x if n == 0 else sum([branching(x * k, n - 1) for k in range(1, 3)])


def test_calls_in_a_comprehension():
    check(branching, 0.5, 3)


def outer_products(x, n):
    """A square in one call, and not in the next."""
    kept = x[x > 0]
    if n == 0:
        return kept[:, None] * kept
    return outer_products(x, n - 1)[:, 1:] * np.sum(x)


def two_lengths(x, n):
    kept = x[x > 0]
    if n == 0:
        return kept, 2 * kept
    a, b = two_lengths(x, n - 1)
    return a[1:] * x[0], np.concatenate([b, x])


@pytest.mark.parametrize("n", [0, 1, 2])
def test_lengths_that_are_equal_in_some_calls_only(n):
    x = np.abs(vector(5)) * np.array([1, -1, 1, 1, 1])
    check(lambda x, n: np.sum(outer_products(x, n) ** 2), x, n)

    def loss(x, n):
        a, b = two_lengths(x, n)
        return np.sum(a) * np.sum(b**2) + np.sum(a[:1] * b)

    check(loss, x, n)


# --- containers that are changed ----------------------------------------------------------------


def collecting(x, n, out):
    out.append(x * n)
    if n == 0:
        return x
    return collecting(np.sin(x), n - 1, out)


def test_a_list_is_filled_where_the_depth_is_known():
    def loss(x):
        out = []
        y = collecting(x, 3, out)
        return y + sum(out)

    check(loss, 0.7)


def changed_argument(items, n):
    items[0] = items[0] * 2
    return items[0] if n == 0 else changed_argument([items[0]], n - 1)


def function_result(x, n):
    return (lambda v: v * x) if n == 0 else function_result(x, n - 1)


def test_a_depth_gets_known_where_there_is_no_function_for_every_depth():
    def loss(x, n):
        out = []
        return collecting(x, n, out) + sum(out)

    for n in (3, 0, 5):
        check(loss, 0.7, n)
        check(lambda x, n: changed_argument([x], n), 0.7, n)
        check(lambda x, n: function_result(x, n)(x), 0.7, n)


def test_a_dict_is_not_changed_where_data_tell_the_depth():
    def loss(x):
        out = {"sum": 0.0}

        def halved(z):
            out["sum"] += z
            return z if z < 1 else halved(z / 2)

        return halved(x) + out["sum"]

    with pytest.raises(SrcgradError, match="changes a container from outside"):
        grad(loss)(7.0)


def test_a_captured_list_that_changes_between_calls():
    def loss(x, n):
        items = [x]

        def scaled(v, k):
            return v * items[0] if k == 0 else scaled(np.sin(v), k - 1)

        first = scaled(x, n)
        items[0] = x * x
        return first + 2 * scaled(x, n)

    check(loss, 0.7, 3)


def gathered(x, n):
    if n == 0:
        return {"v": x, "w": [x, x]}
    found = gathered(np.sin(x), n - 1)
    found["v"] = found["v"] * x
    found["w"][0] = found["w"][1] + found["v"]
    return found


def test_results_are_objects_of_their_own():
    def loss(x, n):
        a, b = gathered(x, n), gathered(x * 2, n)
        a["v"] = a["v"] + 1
        return a["v"] * a["w"][0] + b["v"]

    check(loss, 0.7, 2)
