"""Generator expressions with a condition, ``filter``, ``reversed`` and views of dicts that several
places ask for elements."""

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.slopes import check_at

POINTS = np.array([0.8, -0.3, 0.55, 1.4]), np.array([-0.8, 1.3, 0.25, 0.45])


def a_first_one(x):
    g = (v**2 for v in x if v > 0)
    a = next(g)
    return a + sum(g) * 3


def two_of_them(x):
    g = (v * 2 for v in x if v > 0)
    return next(g) + next(g) * 3


def by_the_loop_too(x):
    g, s = (v for v in x if v > 0), 0.0
    for v in g:
        s = s + v * next(g, 5.0)
    return s


def up_to_a_break(x):
    g, s = (v for v in x if v > 0), 0.0
    for v in g:
        if v > 1:
            break
        s = s + v
    for v in g:
        s = s + v * 10
    return s


def asked_as_often_as_python_asks(x):
    asked = [0]

    def is_positive(v):
        asked[0] += 1
        return v > 0

    g = (v for v in x if is_positive(v))
    first = next(g)
    return first * asked[0] + sum(g) * asked[0]


def a_bound_that_changes(x):
    least = 0.0
    g = (v for v in x if v > least)
    a = next(g)
    least = 0.5
    return a * sum(g)


def an_array_that_changes(x):
    y = x.copy()
    g = (v for v in y if v > 0)
    a = next(g)
    y[3] = x[1] ** 2
    return a * sum(g)


def pairs(x):
    rows = [(1.0, x[0]), (2.0, x[1]), (3.0, x[2])]
    g = (k * v for k, v in rows if v > 0)
    return next(g) + sum(g)


def of_a_list_of_some_length(x):
    items = [x[0], x[1]]
    if x[2] > 0.5:
        items.append(x[2])
    g = (v for v in items if v > 0)
    return next(g) + sum(g)


def over_one_that_is_asked(x):
    it = iter(x)
    g = (v for v in it if v > 0)
    a, b = next(g), next(it)
    return a * b + sum(g)


def one_over_another(x):
    g = (v for v in x if v > 0)
    h = (w**2 for w in g if w < 2)
    return next(h) + sum(g)


def rows_of_a_matrix(x):
    g = (row for row in x.reshape(2, 2) if row[1] < 1)
    return np.sum(next(g) ** 2) + sum(np.sum(v) for v in g)


def in_a_function(x):
    def two(is_one):
        g = (v for v in x if is_one(v))
        return next(g, 0.5), next(g, 1.0)

    (a, b), (c, d) = two(lambda v: v > 0.5), two(lambda v: v < 0)
    return a * b * x[0] + c * d


def filtered(x):
    it = filter(lambda v: v > 0, x)
    return next(it) * sum(it)


def filtered_pairs(x):
    it = filter(lambda pair: pair[1] > 0, enumerate(x))
    (_, a), s = next(it), 0.0
    for i, v in it:
        s = s + i * v * a
    return s


def backwards(x):
    it = reversed(x)
    a, b = next(it), next(it)
    return a * b + sum(it)


def backwards_up_to_a_break(x):
    it, s = reversed([*x]), 1.0
    for v in it:
        if v < 0.5:
            break
        s = s + v
    return s * sum(it) + sum(a * b for a, b in zip(it, x))


def backwards_in_pairs(x):
    it = reversed(x)
    return sum(a**2 * b for a, b in zip(it, it))


def backwards_once(x):
    items, total = reversed((x[0], x[1] * x[2])), 0.0
    for k in range(3):
        for v in items:
            total = total + v * (k + 1)
    return total + x[3]


def items_of_a_dict(x):
    it = iter({"a": x[0], "b": x[1], "c": x[2]}.items())
    _, v = next(it)
    return v * sum(w for _, w in it) + x[3]


def values_of_a_dict(x):
    it = iter({"a": x[0], "b": x[1]}.values())
    return next(it) * next(it) * next(it, 3.0) + x[2]


def computed_for_both(x):
    g = (w + v for v in x if (w := v * v) > 0.1)
    return next(g) + sum(g)


PROGRAMS = [
    computed_for_both,
    *(a_first_one, two_of_them, by_the_loop_too, up_to_a_break, asked_as_often_as_python_asks),
    *(a_bound_that_changes, an_array_that_changes, pairs, of_a_list_of_some_length),
    *(over_one_that_is_asked, one_over_another, rows_of_a_matrix, in_a_function, filtered),
    *(filtered_pairs, backwards, backwards_up_to_a_break, backwards_in_pairs, items_of_a_dict),
    *(values_of_a_dict, backwards_once),
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_at(f, *POINTS)


def none_is_left(x):
    g = (v for v in x if v > 5)
    return next(g) * x[0]


def test_what_python_raises():
    for function in (none_is_left, grad(none_is_left)):
        with pytest.raises(StopIteration):
            function(POINTS[0])


def test_the_text():
    text = grad(a_first_one).lower(POINTS[0]).source
    assert "while _at < len(x) and (not x[_at] > 0):" in text


def a_dict_that_changes(x):
    d = {"a": x[0], "b": x[1]}
    it = iter(d.items())
    _, v = next(it)
    d["b"] = x[2]
    return v * sum(w for _, w in it)


def a_list_that_changes(x):
    xs = [x[0], x[1]]
    it = reversed(xs)
    a = next(it)
    xs.append(x[2])
    return a * sum(it)


def in_a_try(x):
    g = (v for v in x if v > 0)
    try:
        a = next(g)
    except (StopIteration, ValueError):
        a = 0.0
    return a + sum(g)


REFUSED = {
    a_dict_that_changes: "a dict, changes while an iterator",
    a_list_that_changes: "a list, or a dict, changes while an iterator",
    in_a_try: "gone on with in a 'try'",
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    with pytest.raises(UnsupportedSyntaxError, match=REFUSED[f]):
        grad(f)(POINTS[0])
