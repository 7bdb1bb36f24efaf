"""Iterators that several places ask for elements: ``first = next(it)``, and then a loop."""

import operator

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.slopes import check_at

POINTS = np.array([0.8, -0.3, 0.55, 1.4]), np.array([-0.8, 1.3, 0.25, 0.4])


def a_first_element(x):
    it = iter(x)
    least = next(it)
    s = 0.0
    for v in it:
        s += v * least
        least = v if v < least else least
    return s


def a_generator_expression(x):
    g = (v * v * x[0] for v in x)
    first, second = next(g), next(g)
    return first * sum(g) + second


def differences(x):
    large = [v for v in x if v > 0]
    it = iter(large)
    before, s = next(it), 0.0
    for v in it:
        s += (v - before) ** 2
        before = v
    return s + before


def pairs(x):
    it, s = iter(x), 0.0
    for v in it:
        s = s * 0.5 + v * next(it, 0.5) ** 2
    return s


def left_and_gone_on_with(x):
    it, s = iter(x), 0.0
    for v in it:
        s += v * v
        if v > 0.5:
            break
    else:
        s *= 2
    for v in it:
        s += 3 * v
    return s


def arguments_of_codes(x):
    codes, s = iter([1, 2, 0, 3]), 0.0
    for code in codes:
        if code == 2:
            s += x[next(codes)] * x[code]
        else:
            s += x[code] ** 2
    return s


def to_the_end(x):
    it, s = iter(x), 0.0
    v = next(it, None)
    while v is not None:
        s = s * 0.5 + v * v
        v = next(it, None)
    return s + sum(it)


def by_data(x):
    it, s = iter(x), 0.0
    for i in range(3):
        if x[i] > 0:
            s += next(it) * (i + 1)
    return s + 2 * sum(it)


class Reader:
    def __init__(self, values):
        self.values = iter(values)

    def read(self):
        return next(self.values)


def taken(it, n):
    return [next(it) ** 2 for _ in range(n)]


def handed_around(x):
    reader = Reader(x)
    a, b = reader.read(), taken(reader.values, 2)
    return a * b[0] + b[1] * reader.read()


def of_several(x):
    rows, numbers = zip(x, x[1:] * 2), enumerate(x)
    a, b = next(rows)
    i, v = next(numbers)
    s = a * b + sum(p * q for p, q in rows) + i
    for j, w in numbers:
        s += j * w * v
    return s


def names_change_meanwhile(x):
    s = x[0]
    g = (v * s for v in x)
    first = next(g)
    s = s * 2
    rest = list(g)
    return first + sum(rest) * rest[-1]


def written_meanwhile(x):
    y = x * 1.0
    it = iter(y)
    a = next(it)
    y[1] = a * a
    y[2:] *= 2
    return max(it) * a


def asked_until_found(x):
    it = iter(x)
    found = any(v > 0.5 for v in it)
    return sum(it) * x[0] + found * x[1]


def one_in_the_other(x):
    it, s = iter(x), 0.0
    for v in it:
        for w in it:
            s += v * w
            if w > 0.5:
                break
    return s


def the_inner_loop_takes_one_and_ends(x):
    it, s = iter([0, 1, 2, 3]), 0.0
    for i in it:
        if i == 1:
            for j in it:
                s += x[j] * x[i]
                break
        else:
            s += x[i] ** 3
    return s


def expression(tokens, x):
    s = 0.0
    for token in tokens:
        if token == "(":
            s = s * x[0] + expression(tokens, x) ** 2
        elif token == ")":
            return s
        else:
            s = s + x[token]
    return s


def recursive_loops_over_one(x):
    return expression(iter([0, "(", 1, "(", 2, ")", 3, ")", 1]), x)


def of_one_that_is_asked(x):
    it = iter(x)
    rows = zip(it, x[:2])
    a, b = next(rows)
    return a * b + sum(p * q for p, q in rows) + 3 * sum(it)


def by_a_generator_and_itself(x):
    it = iter(x)
    g = (v * v for v in it)
    return next(g) * next(it) ** 3 + 2 * sum(g) + sum(it)


def of_two_that_are_asked(x):
    a, b = iter(x), iter(x * 2)
    rows = zip(a, b)
    p, q = next(rows)
    s = p * q + next(a, 1.0)
    for u, v in rows:
        s = s * 0.7 + u * v
    return s + next(a, 2.0) + next(b, 3.0)


def in_pairs(x):
    it, s = iter(x[:3]), 0.0
    for a, b in zip(it, it):
        s = s * 0.5 + a * b
    return s + 3 * next(it, 7.0)


def in_groups(x):
    return sum(a * b**2 for a, b in zip(*[iter(x)] * 2))


def pairs_up_to_a_break(x):
    it, s = iter(x), 0.0
    for a, b in zip(it, x[:3]):
        s = s * 0.5 + a * b
        if a < 0:
            break
    return s + 3 * sum(it)


def a_running_variance(x):
    it = iter(x)
    mean, m = next(it), 0.0
    for k, v in enumerate(it, 2):
        d = v - mean
        mean = mean + d / k
        m += d * (v - mean)
    return m * mean


def mapped_in_turns(x):
    it = iter(x)
    products = map(operator.mul, it, it)
    return next(products) * sum(products) + next(it, x[0])


def unpacked(x):
    it, squares = iter(x), map(lambda v: v * v, x[1:])
    a, p = next(it), next(squares)
    b, c, d = it
    *_, q = squares
    return a * b * c + d * p * q + next(it, 0.5)


def put_into_lists(x):
    it = iter(x)
    rows, items = [next(it)], [1.0]
    rows.append(next(it))
    items += it
    rows.extend(it)
    return sum(rows) * sum(items)


def starred(x):
    it, squares = iter(x), map(lambda v: v * v, x)
    a, b = next(it), next(squares)
    left = [*it, next(it, 7.0)]
    return a * b * sum(np.array([*squares])) + left[0] * left[-1] * len(left)


PROGRAMS = [
    starred,
    of_one_that_is_asked,
    by_a_generator_and_itself,
    of_two_that_are_asked,
    in_pairs,
    in_groups,
    pairs_up_to_a_break,
    a_running_variance,
    mapped_in_turns,
    unpacked,
    put_into_lists,
    the_inner_loop_takes_one_and_ends,
    recursive_loops_over_one,
    a_first_element,
    a_generator_expression,
    differences,
    pairs,
    left_and_gone_on_with,
    arguments_of_codes,
    to_the_end,
    by_data,
    handed_around,
    of_several,
    names_change_meanwhile,
    written_meanwhile,
    asked_until_found,
    one_in_the_other,
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_at(f, *POINTS)


def past_its_end(x):
    it = iter(x[:1])
    a = next(it)
    return a * next(it)


def test_what_python_raises():
    with pytest.raises(StopIteration):
        past_its_end(POINTS[0])
    with pytest.raises(StopIteration):
        grad(past_its_end)(POINTS[0])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: len(zip(x, x)) * x[0],
        lambda x: len(iter(x)) * x[0],
        lambda x: len(v for v in x) * x[0],
    ],
)
def test_that_iterators_have_no_length(f):
    with pytest.raises(TypeError, match="has no len"):
        f(POINTS[0])
    with pytest.raises(UnsupportedSyntaxError, match="has no len"):
        grad(f)(POINTS[0])


def test_the_text():
    derivative = grad(a_generator_expression)
    derivative(POINTS[0])
    assert "for i in range(2, len(x)):" in derivative.source


def a_list_that_grows(x):
    xs = [x[0], x[1]]
    it = iter(xs)
    s = next(it) + sum(it)
    xs.append(x[2])
    return s + next(it, 100.0)


def that_has_raised(x):
    g = (float(1 / (i * v)) for i, v in enumerate([x[0], x[1]]))
    try:
        a = next(g)
    except ZeroDivisionError:
        a = 5.0
    return a + next(g, x[2])


def directly_and_in_another(x):
    it = iter(x)
    return sum(a * b * i for a, (i, b) in zip(it, enumerate(it)))


def raised_in_a_zip(x):
    it = iter(x)
    return sum(a * b for a, b in zip(it, it, strict=True))


REFUSED = {
    a_list_that_grows: "a list, or a dict, changes while an iterator",
    that_has_raised: "gone on with in a 'try'",
    directly_and_in_another: "is iterated over here",
    raised_in_a_zip: "is iterated over here",
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    with pytest.raises(UnsupportedSyntaxError, match=REFUSED[f]) as caught:
        grad(f)(POINTS[0])
    assert caught.value.loc.file == __file__
