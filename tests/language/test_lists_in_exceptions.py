"""An exception has the very list that it was given: a change of that is one of what it has."""

from __future__ import annotations

import pytest

from srcgrad import AliasingError, value_and_grad


def appended(s):
    items = [1.0]
    error = ValueError(items)
    items.append(3.0)
    return s * len(error.args[0])


def assigned(s):
    items = {"a": 1.0}
    error = ValueError("no", items)
    items["a"] = 3.0
    return s * error.args[1]["a"]


def inside_of_others(s):
    inner = [1.0]
    error = KeyError(([inner], 2))
    inner.append(2.0)
    return s * len(error.args[0][0][0])


def in_a_handler(s):
    items = [1.0]
    try:
        if s > 0:
            raise ValueError(items)
    except ValueError as error:
        items.append(2.0)
        return s * len(error.args[0])
    return s


def fail(items):
    raise ValueError(items)


def raised_by_a_helper(s):
    items = [1.0]
    try:
        if s > 0:
            fail(items)
    except ValueError as error:
        items.append(2.0)
        return s * len(error.args[0])
    return s


@pytest.mark.parametrize(
    "f", [appended, assigned, inside_of_others, in_a_handler, raised_by_a_helper]
)
def test_a_change_is_refused(f):
    with pytest.raises(AliasingError, match="that an object keeps"):
        value_and_grad(f)(2.0)


def raised_or_changed(s, n):
    items = [1.0]
    for _ in range(n):
        items.append(s * items[-1])
        if items[-1] > 20:
            raise ValueError("too large", items)
    if s < 0:
        fail(items)
    items[0] = s**2
    return sum(items)


def test_what_is_raised_there_and_then_may_be_changed_elsewhere():
    assert value_and_grad(raised_or_changed)(2.0, 3) == (18.0, 1 + 4 + 12 + 4)
    for s in (3.0, -1.0):
        with pytest.raises(ValueError) as expected:
            raised_or_changed(s, 3)
        with pytest.raises(ValueError) as caught:
            value_and_grad(raised_or_changed)(s, 3)
        assert caught.value.args == expected.value.args
