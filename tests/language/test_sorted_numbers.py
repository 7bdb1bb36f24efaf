"""Numbers that are sorted: which comes first depends on data, and the derivative goes along."""

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.errors import UnsupportedSyntaxError
from tests.slopes import check_slope

X = np.array([1.3, -2.1, 3.7, 0.4])


def weighed(items):
    total = 0.0
    for i, v in enumerate(items):
        total = total * 0.5 + v * (i + 1)
    return total


def a_list_of_unknown_length(x):
    items = [v * v for v in x if v > -10]
    return weighed(sorted(items)) + items[0]


def the_largest_first(x):
    return weighed(sorted([v * x[0] for v in x if v > -10], reverse=True))


def in_place(x):
    items = list(x)
    items.sort()
    return weighed(items)


def in_place_the_largest_first(x):
    items = list(x)
    items.sort(reverse=True)
    return weighed(items)


def known_elements(x):
    a, b, c = sorted([x[0], 2.0 * x[1], x[2]])
    return a + 10 * b + 100 * c


def known_elements_in_place(x):
    items = [x[0], 1.0, x[2] * x[3]]
    items.sort(reverse=True)
    return items[0] + 10 * items[1] + 100 * items[2]


def elements_of_a_list(x):
    rows = [[v, x[0], v * v] for v in x]
    total = 0.0
    for row in rows:
        row.sort()
        total = total + row[0] + 10 * row[1] + 100 * row[2]
    return total


def a_generator(x):
    items = sorted(v * x[0] for v in x)
    return items[len(items) // 2] + 3 * items[0]


def a_list_of_its_own(x):
    items = [v for v in x]
    others = sorted(items)
    others[0] = x[2]
    return weighed(others) + items[0] ** 2


def values_of_a_dict(x):
    entries = {"a": x[3], "b": x[0], "c": x[1]}
    return sorted(entries.values())[1] * x[2]


def tuples_of_a_known_number(x):
    weights = {"a": x[0], "b": x[1] ** 2, "c": x[2]}
    pairs = [(x[0], "a"), (x[1] * x[3], "b"), (x[2], "c")]
    rows = sorted([(x[3], (1, x[0])), (x[3], (0, x[1])), (x[1], (2, x[2]))])
    pairs.sort(reverse=True)
    total = sum(v * weights[name] * (k + 1) for k, (v, name) in enumerate(pairs))
    return total + sum(v * w * (i + 2) * (k + 1) for k, (v, (i, w)) in enumerate(rows))


@pytest.mark.parametrize(
    "f",
    [
        tuples_of_a_known_number,
        a_list_of_unknown_length,
        the_largest_first,
        in_place,
        in_place_the_largest_first,
        known_elements,
        known_elements_in_place,
        elements_of_a_list,
        a_generator,
        a_list_of_its_own,
        values_of_a_dict,
    ],
)
def test_gradient(f):
    check_slope(f, X)
    check_slope(f, X[::-1].copy())


@pytest.mark.parametrize("reverse", [False, True])
def test_equal_numbers_keep_their_places(reverse):
    def f(x):
        a, b, c, d = sorted([x[0], x[1], x[2], x[3]], reverse=reverse)
        return a + 10 * b + 100 * c + 1000 * d

    x_bar = grad(f)(np.array([2.0, 1.0, 2.0, 1.0]))
    expected = [1, 100, 10, 1000] if reverse else [100, 1, 1000, 10]
    np.testing.assert_array_equal(x_bar, expected)


def test_numbers_that_are_not_differentiated():
    def f(x, events):
        total = 0.0
        for event in sorted(events):
            total = total * x[0] + event
        return total

    events = [3.0, 1.0, 2.0]
    value, x_bar = value_and_grad(f)(X, events)
    assert value == f(X, events)
    np.testing.assert_allclose(x_bar, [2 * 1.3 + 2.0, 0, 0, 0])
    assert grad(f, argnums=1)(X, events) == pytest.approx([1.0, 1.3**2, 1.3])


class Event:
    def __init__(self, t):
        self.t = t


def by_a_key(x, events):
    ordered = sorted(events, key=lambda event: event.t)
    return sum(event.t * x[0] ** (k + 1) for k, event in enumerate(ordered))


def removed(x, events):
    items = [x[0], x[1]]
    items.remove(x[1])
    return sum(items)


def test_by_an_attribute():
    events = [Event(2.0), Event(1.0)]
    np.testing.assert_allclose(grad(by_a_key)(X, events), [2 * 1.3 * 2.0 + 1.0, 0, 0, 0])


def test_what_is_equal_is_known_when_it_runs():
    np.testing.assert_array_equal(grad(removed)(X, []), [1.0, 0.0, 0.0, 0.0])


def test_rows_are_no_numbers():
    def f(x):
        rows = [[v, x[0]] for v in x if v > -10]
        rows.sort()
        return rows[0][0]

    with pytest.raises(UnsupportedSyntaxError, match=r"'list.sort' of a list whose length"):
        grad(f)(X)


def largest_of_some(x):
    return max([v * x[0] for v in x if v > 1], default=x[1])


def largest_of_none(x):
    return max([v * x[0] for v in x if v > 100], default=x[1] * x[2])


def smallest_of_a_generator(x):
    return min((v * v for v in x if v < 0), default=x[3])


def largest_of_an_array(x):
    return max(x, default=0.0) + max(x[:0], default=x[1] ** 2)


def smallest_of_known_elements(x):
    return min([x[0], x[1]], default=5.0) * min((), default=x[2])


@pytest.mark.parametrize(
    "f",
    [
        largest_of_some,
        largest_of_none,
        smallest_of_a_generator,
        largest_of_an_array,
        smallest_of_known_elements,
    ],
)
def test_default(f):
    check_slope(f, X)


def test_one_iterator_twice():
    def f(x):
        each = iter(x)
        return sum(a * b for a, b in zip(each, each, strict=False))

    check_slope(f, X)


def known(x):
    items = [x[0] * 2, x[1] * 2, x[2] * 2, x[3] * 2]
    items.sort()
    return items[0] + 2 * items[-1]


def unknown(x):
    items = sorted([v * 2 for v in x], reverse=True)
    return items[0] + 2 * items[-1]


def of_an_array(x):
    items = sorted(x)
    return 2 * items[0] + 4 * items[-1]


@pytest.mark.parametrize("f", [known, unknown, of_an_array])
@pytest.mark.parametrize("x", [[3.0, np.nan, 1.0, 2.0], [np.nan, 2.0, 1.0, 0.5]])
def test_what_is_not_a_number_stays_where_python_leaves_it(f, x):
    x = np.array(x)
    np.testing.assert_array_equal(value_and_grad(f)(x)[0], f(x))
