"""What the elements of an iterator come from is held by it, whatever the names stand for later."""

from itertools import chain

import numpy as np
import pytest

from srcgrad import value_and_grad
from srcgrad.errors import SrcgradError
from srcgrad.testing import check_grads

X = np.array([1.0, 2.0])


def a_chain(x, s):
    items = list(x)
    h = chain(items, [0.0])
    if s > 1:
        items = [s]
    items[0] *= 3
    return sum(h)


def a_condition(x, s):
    items = list(x)
    h = enumerate(v for v in items if v > 0)
    if s > 1:
        items = [s]
    items.append(s)
    return sum(i * v for i, v in h)


def a_dict(x, s):
    d = {"a": s}
    h = chain(d.values(), x)
    if s > 1:
        d = {"a": 1.0}
    d["a"] = 10.0
    return sum(h)


def in_a_map(x, s):
    items = list(x)
    h = map(lambda v: v * 2, chain(items, [0.0]))
    if s > 1:
        items = [s]
    items[0] *= 3
    return sum(h)


def exchanged_in_a_loop(x, s):
    items, others = list(x), [s]
    h = chain(items, others)
    for _ in x:
        items, others = others, items
    items[0] = 9.0
    return sum(h)


def in_the_loop_over_it(x, s):
    items = list(x)
    total = 0.0
    for v in chain(items, [0.0]):
        total += v
        if v > s:
            items = [s]
        items[-1] *= 3
    return total


@pytest.mark.parametrize("s", [0.5, 3.0])
@pytest.mark.parametrize("f", [a_chain, a_dict, in_a_map, exchanged_in_a_loop])
def test_a_name_that_may_lead_elsewhere(f, s):
    """Whether the iterator sees the change depends on data."""
    assert value_and_grad(f)(X, s)[0] == f(X, s)
    check_grads(f, (X, s), argnums=(0, 1))


@pytest.mark.parametrize("s", [0.5, 3.0])
@pytest.mark.parametrize(
    ("f", "message"),
    [
        (a_condition, "written in a loop over an iterator"),
        (in_the_loop_over_it, "may be one of two"),
    ],
)
def test_it_cannot_be_followed(f, message, s):
    with pytest.raises(SrcgradError, match=message):
        value_and_grad(f, argnums=(0, 1))(X, s)


def used_up_before(x, s):
    items = list(x)
    h = chain(items, [s])
    total = sum(h)
    if s > 1:
        items = [s]
    items[0] *= 3
    return total * items[0]


def read_only(x, s):
    items = list(x)
    h = chain(items, [s])
    if s > 1:
        items = [s]
    return sum(h) * items[0]


@pytest.mark.parametrize(
    ("f", "s", "expected"),
    [
        (used_up_before, 0.5, (10.5, [13.5, 3.0], 3.0)),
        (used_up_before, 3.0, (54.0, [9.0, 9.0], 27.0)),
        (read_only, 0.5, (3.5, [4.5, 1.0], 1.0)),
        (read_only, 3.0, (18.0, [3.0, 3.0], 9.0)),
    ],
)
def test_what_nothing_changes_or_asks_for_again(f, s, expected):
    value, (x_bar, s_bar) = value_and_grad(f, argnums=(0, 1))(X, s)
    assert value == f(X, s) == expected[0]
    np.testing.assert_array_equal(x_bar, expected[1])
    assert s_bar == expected[2]
