"""What Python says where there are not as many elements as targets, and the number is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import value_and_grad
from tests.language.checking import check

X = np.array([0.3, -1.2, 2.1, 0.7, -0.4])


def a_list(x):
    a, b = [v for v in x if v > 0]
    return a * b


def an_array(x):
    a, b = x[x > 0]
    return a * b


def with_a_rest(x):
    a, b, *_ = [v for v in x if v > 0]
    return a * b


PROGRAMS = [a_list, an_array, with_a_rest]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_text_is_pythons(f: Callable[..., Any], count: int) -> None:
    if f is with_a_rest and count == 5:
        check(f, X, wrt=0)
        return
    with pytest.raises(ValueError, match="values to unpack") as expected:
        f(X[:count])
    with pytest.raises(ValueError, match="values to unpack") as caught:
        value_and_grad(f)(X[:count])
    assert str(caught.value) == str(expected.value)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_as_many_as_there_are(f: Callable[..., Any]) -> None:
    check(f, X[:3], wrt=0)


def test_in_a_try() -> None:
    """Handlers read the text."""

    def f(x):
        try:
            a, b = [v for v in x if v > 0]
        except ValueError as error:
            return x[0] * len(str(error))
        return a * b

    check(f, X, wrt=0)
    check(f, X[:2], wrt=0)
    check(f, X[:3], wrt=0)
