"""Functions that call themselves, and change objects from outside of themselves: how often they
do is found out while compiling, from lengths, texts and integers."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import SrcgradError, grad, value_and_grad
from srcgrad.specialise import recursion
from srcgrad.testing import check_grads
from tests.slopes import check_at, slopes

X = np.array([0.7, 1.3, -0.4])
Y = np.array([1.5, 2.2, 0.8, 1.1])


# --- parsers --------------------------------------------------------------------------------------


class Parser:
    def __init__(self, tokens, env):
        self.tokens = tokens
        self.pos = 0
        self.env = env

    def peek(self):
        return self.tokens[self.pos] if self.pos < len(self.tokens) else None

    def take(self):
        token = self.tokens[self.pos]
        self.pos += 1
        return token

    def expr(self):
        value = self.term()
        while self.peek() in ("+", "-"):
            value = value + self.term() if self.take() == "+" else value - self.term()
        return value

    def term(self):
        value = self.factor()
        while self.peek() in ("*", "/"):
            op = self.take()
            right = self.factor()
            value = value * right if op == "*" else value / right
        return value

    def factor(self):
        token = self.take()
        if token == "(":
            value = self.expr()
            self.take()
            return value
        if token == "-":
            return -self.factor()
        return self.env[token] if token in self.env else float(token)


def env_of(x):
    return {"a": x[0], "b": x[1], "c": x[2]}


def by_parser(x, tokens):
    return Parser(tokens, env_of(x)).expr()


def by_split(x, text):
    return Parser(text.split(), env_of(x)).expr()


def by_position(x, tokens):
    env = env_of(x)

    def expr(i):
        value, i = term(i)
        while i < len(tokens) and tokens[i] in "+-":
            right, j = term(i + 1)
            value = value + right if tokens[i] == "+" else value - right
            i = j
        return value, i

    def term(i):
        value, i = factor(i)
        while i < len(tokens) and tokens[i] in "*/":
            right, j = factor(i + 1)
            value = value * right if tokens[i] == "*" else value / right
            i = j
        return value, i

    def factor(i):
        if tokens[i] == "(":
            value, i = expr(i + 1)
            return value, i + 1
        if tokens[i] == "-":
            value, i = factor(i + 1)
            return -value, i
        return (env[tokens[i]] if tokens[i] in env else float(tokens[i])), i + 1

    return expr(0)[0]


TEXTS = ["a*(b+2)-c/a", "a", "(a-b*(c-1)*(b+a))*a*b/3", "-(a-c)*-b"]


@pytest.mark.parametrize(
    ("parse", "tokens_of"),
    [(by_parser, str), (by_parser, list), (by_position, str), (by_position, list)]
    + [(by_split, " ".join)],
)
def test_a_parser(parse, tokens_of):
    derivative = value_and_grad(parse)
    for text in TEXTS:
        tokens = tokens_of(text)
        value, x_bar = derivative(X, tokens)
        assert value == pytest.approx(eval(text, env_of(X)), rel=1e-14)
        np.testing.assert_allclose(x_bar, slopes(lambda x, t=tokens: parse(x, t), X), rtol=1e-6)


def test_a_parser_is_left_where_the_program_leaves_it():
    def f(x):
        parser = Parser("a*(b+c)-", env_of(x))
        return parser.expr_list() * parser.pos

    Parser.expr_list = lambda self: self.term() * len(self.tokens[self.pos :])
    try:
        check_at(f, X)
        assert value_and_grad(f)(X)[0] == pytest.approx(X[0] * (X[1] + X[2]) * 7)
    finally:
        del Parser.expr_list


def prefix(x, tokens):
    tokens = list(tokens)
    env = env_of(x)

    def value():
        token = tokens.pop(0)
        if token == "+":
            return value() + value()
        if token == "*":
            return value() * value()
        return env[token]

    return value()


def with_a_cell(x, tokens):
    at = [0]
    env = env_of(x)

    def value():
        token = tokens[at[0]]
        at[0] += 1
        if token in "+*":
            left, right = value(), value()
            return left + right if token == "+" else left * right
        return env[token]

    return value()


@pytest.mark.parametrize("f", [prefix, with_a_cell])
def test_tokens_that_are_taken(f):
    derivative = grad(f)
    for text in ["+*ab*c+ab", "a", "+aa", "*a*b*c+ab"]:
        np.testing.assert_allclose(
            derivative(X, text), slopes(lambda x, t=text: f(x, t), X), rtol=1e-6
        )


def test_the_error_of_a_parser_that_data_lead():
    class Cursor:
        def __init__(self):
            self.pos = 0

    def walk(cursor, x):
        cursor.pos += 1
        return x if x[0] > 100 else walk(cursor, 2 * x)

    def f(x):
        cursor = make()
        return np.sum(walk(cursor, x)) * cursor.pos

    make = Cursor
    with pytest.raises(SrcgradError, match="changes a Cursor that it is given") as caught:
        grad(f)(X)
    assert "return what is new" in caught.value.hint


def test_errors_of_tokens_are_raised():
    def f(x, text):
        return Parser(text, env_of(x)).expr()

    for text in ["a*", "a+q"]:
        with pytest.raises((IndexError, ValueError)) as expected:
            f(X, text)
        with pytest.raises(expected.type):
            value_and_grad(f)(X, text)


# --- a memo ---------------------------------------------------------------------------------------


def matrix_chain(p):
    memo = {}

    def cost(i, j):
        if j - i == 1:
            return 0.0
        if (i, j) not in memo:
            memo[i, j] = min(cost(i, k) + cost(k, j) + p[i] * p[k] * p[j] for k in range(i + 1, j))
        return memo[i, j]

    return cost(0, len(p) - 1)


def soft_dtw(x):
    y = [0.2, 0.9, -0.6]
    memo = {}

    def path(i, j):
        if i < 0 or j < 0:
            return 0.0 if i == j else 1e3
        key = (i, j)
        if key not in memo:
            before = np.array([path(i - 1, j), path(i, j - 1), path(i - 1, j - 1)])
            memo[key] = (x[i] - y[j]) ** 2 - 0.5 * np.log(np.sum(np.exp(-before / 0.5)))
        return memo[key]

    return path(len(x) - 1, len(y) - 1)


def bellman(x):
    memo = {}

    def value(state, time):
        if time == 0:
            return x[state]
        if (state, time) in memo:
            return memo[state, time]
        least = [x[state] + 0.9 * value(s, time - 1) for s in ((state + 1) % 3, (state + 2) % 3)]
        memo[state, time] = np.logaddexp(least[0], least[1])
        return memo[state, time]

    return value(0, len(x))


def knapsack(v):
    weights, memo = [2, 3, 4, 5], {}

    def best(i, left):
        if i == len(v):
            return 0.0
        if (i, left) not in memo:
            found = best(i + 1, left)
            if weights[i] <= left:
                found = max(found, v[i] + best(i + 1, left - weights[i]))
            memo[i, left] = found
        return memo[i, left]

    return best(0, 7)


def inside(x):
    chart = {}

    def weight(i, j):
        if (i, j) in chart:
            return chart[i, j]
        total = x[i] if i == j else 0.0
        for k in range(i, j):
            total = total + 0.5 * weight(i, k) * weight(k + 1, j)
        chart[i, j] = total
        return total

    return weight(0, len(x) - 1)


@pytest.mark.parametrize("f", [matrix_chain, soft_dtw, bellman, knapsack, inside])
def test_a_memo(f):
    check_at(f, Y, Y[::-1].copy(), Y[:3].copy())


def test_a_memo_of_an_argument_that_tells_the_depth():
    def fibonacci(x, n):
        memo = {}

        def term(k):
            if k < 2:
                return x[k]
            if k not in memo:
                memo[k] = term(k - 1) + x[2] * term(k - 2)
            return memo[k]

        return term(n)

    derivative = grad(fibonacci)
    for n in (0, 1, 2, 7, 12):
        check_grads(lambda x, n=n: fibonacci(x, n), (X,))
        np.testing.assert_allclose(
            derivative(X, n), slopes(lambda x, n=n: fibonacci(x, n), X), rtol=1e-6
        )


# --- lists ----------------------------------------------------------------------------------------


def merged(a, b):
    out = []
    while a and b:
        out.append(a.pop(0) if a[0] < b[0] else b.pop(0))
    return out + a + b


def merge_sort(a):
    if len(a) < 2:
        return a
    middle = len(a) // 2
    return merged(merge_sort(a[:middle]), merge_sort(a[middle:]))


def by_merging(x):
    a, b, *rest = merge_sort([np.sin(v) for v in x])
    return a * b + sum((i + 1) * v**2 for i, v in enumerate(rest))


def by_indices(x):
    def merge(a, b):
        out, i, j = [], 0, 0
        while i < len(a) and j < len(b):
            if a[i] <= b[j]:
                out.append(a[i])
                i += 1
            else:
                out.append(b[j])
                j += 1
        out.extend(a[i:])
        out.extend(b[j:])
        return out

    def sort(a):
        return a if len(a) < 2 else merge(sort(a[: len(a) // 2]), sort(a[len(a) // 2 :]))

    return sum((i + 1) * v**2 for i, v in enumerate(sort(list(x))))


def quicksort(x):
    def sort(a):
        if len(a) <= 1:
            return a
        pivot = a[0]
        low = [v for v in a[1:] if v < pivot]
        high = [v for v in a[1:] if v >= pivot]
        return sort(low) + [pivot] + sort(high)

    return sum((i + 1) * v**2 for i, v in enumerate(sort(list(x))))


def least_first(x):
    def both(a):
        if len(a) <= 1:
            return a, a
        low, high = both([v for v in a[1:] if v < a[0]])
        return low + [a[0]], [a[0]] + high

    low, high = both([v**2 for v in x])
    return sum((i + 1) * v for i, v in enumerate(low)) + high[0] * high[-1]


def subsets(x):
    products = []

    def choose(i, product):
        if i == len(x):
            products.append(product)
            return
        choose(i + 1, product)
        choose(i + 1, product * x[i])

    choose(0, 1.0)
    return sum(np.tanh(p) for p in products)


@pytest.mark.parametrize("f", [by_merging, by_indices, quicksort, least_first, subsets])
def test_lists(f):
    check_at(f, Y, Y[::-1].copy(), Y[:2].copy())


def test_a_list_that_is_given_back_may_be_the_one_that_was_given():
    def f(x):
        def smaller(a):
            return a if len(a) <= 1 else smaller([v for v in a if v < a[0]]) + [a[0]]

        values = [v for v in x if v > 0.15]
        found = smaller(values)
        values.append(x[0] * x[1])
        return sum(found) + sum(values)

    with pytest.raises(SrcgradError, match="may be one of two, or that an object keeps"):
        grad(f)(Y)


# --- objects --------------------------------------------------------------------------------------


class Node:
    def __init__(self, value, following=None, other=None):
        self.value = value
        self.following = following
        self.other = other


def chain(x):
    def build(i):
        return None if i == len(x) else Node(x[i], build(i + 1))

    def total(node):
        return 0.0 if node is None else node.value**2 + 0.5 * total(node.following)

    return total(build(0))


def balanced(x):
    def build(low, high):
        if low >= high:
            return None
        middle = (low + high) // 2
        return Node(x[middle], build(low, middle), build(middle + 1, high))

    def value(node):
        if node is None:
            return 1.0
        return np.tanh(node.value * value(node.following) + value(node.other))

    return value(build(0, len(x)))


class Trie:
    def __init__(self):
        self.children = {}
        self.weight = 0.0

    def add(self, word, weight):
        if not word:
            self.weight = self.weight + weight
            return
        if word[0] not in self.children:
            self.children[word[0]] = Trie()
        self.children[word[0]].add(word[1:], weight)

    def total(self):
        return self.weight**2 + sum(child.total() for child in self.children.values())


def trie(x):
    root = Trie()
    for word, weight in zip(["a", "ab", "b", "ab"], x, strict=False):
        root.add(word, weight)
    return root.total()


@pytest.mark.parametrize("f", [chain, balanced, trie])
def test_objects(f):
    check_at(f, Y, Y[:2].copy())


def test_methods_of_texts_give_lists_that_can_be_changed():
    def f(x, text):
        tokens = text.split(sep=",")
        tokens.append("b")
        count = len(tokens)
        tokens.pop(0)
        return x[len(tokens)] * count

    assert value_and_grad(f)(Y, "a,b,c")[0] == f(Y, "a,b,c") == 4 * Y[3]
    assert value_and_grad(f)(Y, "a")[0] == f(Y, "a") == 2 * Y[1]


# --- lists of what was chosen, which grow with every call -----------------------------------------


def determinant(a):
    n = len(a)

    def rest(row, used):
        if row == n:
            return 1.0
        total, sign = 0.0, 1.0
        for j in range(n):
            if j not in used:
                total += sign * a[row, j] * rest(row + 1, used + [j])
                sign = -sign
        return total

    return rest(0, [])


def queens(x):
    n = len(x)

    def place(row, columns):
        if row == n:
            return sum(x[i] * columns[i] for i in range(n)) ** 2
        total = 0.0
        for c in range(n):
            if all(c != d and abs(c - d) != row - r for r, d in enumerate(columns)):
                total += place(row + 1, (*columns, c))
        return total

    return place(0, ())


def put_and_taken_back(x):
    a, n, path = np.outer(x, x[::-1]), len(x), []

    def rest(row):
        if row == n:
            return 1.0
        total = 0.0
        for j in range(n):
            if j not in path:
                path.append(j)
                total += a[row, j] * rest(row + 1)
                path.pop()
        return total

    return rest(0)


class Board:
    def __init__(self):
        self.used = []
        self.depth = 0

    def count(self, x):
        if self.depth == len(x):
            return 1.0
        total = 0.0
        for j in range(len(x)):
            if j not in self.used:
                self.used.append(j)
                self.depth += 1
                total += x[j] ** self.depth * self.count(x)
                self.depth -= 1
                self.used.pop()
        return total


def put_and_taken_back_in_an_object(x):
    return Board().count(x)


@pytest.mark.parametrize("f", [put_and_taken_back, put_and_taken_back_in_an_object])
def test_what_is_put_and_taken_back_is_seen_by_the_calls_between(f):
    check_at(f, X[:2].copy())


def test_what_is_put_and_taken_back_as_often_as_data_tell_is_refused_of_a_dict():
    def f(x):
        path = {"length": 0}

        def rest(v):
            if v > 20:
                return v * (1 + path["length"])
            path["length"] += 1
            found = rest(2 * v + 1 + x[0] ** 2)
            path["length"] -= 1
            return found

        return rest(x[1] ** 2)

    def with_an_array(x):
        count = np.zeros(1)

        def rest(v):
            if v > 20:
                return v * (1 + count[0])
            count[0] += 1.0
            found = rest(2 * v + 1 + x[0] ** 2)
            count[0] -= 1.0
            return found

        return rest(x[1] ** 2)

    with pytest.raises(SrcgradError, match="'rest' calls itself, and changes a container") as found:
        grad(f)(X)
    assert "let an array hold it" in found.value.hint
    assert with_an_array(X) == f(X)
    check_at(with_an_array, X)


@pytest.mark.parametrize(
    ("f", "point"), [(lambda x: determinant(np.outer(x, x) + np.eye(len(x))), X[:2]), (queens, Y)]
)
def test_what_grows_with_every_call_is_given_up_early(f, point, monkeypatch):
    count = [0]

    def inlined(*args):
        count[0] += 1
        return found(*args)

    found = recursion._inlined
    monkeypatch.setattr(recursion, "_inlined", inlined)
    check_at(f, point)
    assert count[0] < 500
