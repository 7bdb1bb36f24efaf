"""What a later version will do is refused, with the right error at the right place."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.language.cases import vector


def attribute_store(x):
    def inner():
        return 0.0

    inner.cache = x
    return np.sum(x)


def class_inside(x):
    class Inner:
        pass

    return np.sum(x)


def with_block(x):
    with np.printoptions(precision=3):
        y = x * x
    return np.sum(y)


def try_block(x):
    try:
        return np.sum(x)
    finally:
        return 0.0


def matched(x):
    match x.ndim:
        case 1:
            return x[0]


def global_statement(x):
    global vector
    vector = x
    return np.sum(x)


def yields(x):
    yield np.sum(x)


REFUSED = {
    attribute_store: ("assignment to 'inner.cache'", "inner.cache = x", "inner.cache"),
    class_inside: ("a class in a function", "class Inner:", "class Inner:"),
    with_block: (
        "'with'",
        "with np.printoptions(precision=3):",
        "with np.printoptions(precision=3):",
    ),
    try_block: ("'finally' that leaves", "return 0.0", "return 0.0"),
    matched: ("'match'", "match x.ndim:", "match x.ndim:"),
    global_statement: ("'global vector'", "global vector", "global vector"),
    yields: ("'yield'", "def yields(x):", "def yields(x):"),
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    message, line, meant = REFUSED[f]
    with pytest.raises(UnsupportedSyntaxError) as caught:
        grad(f)(vector())
    error = caught.value
    assert message in error.message
    assert error.hint
    assert error.loc.file == __file__
    _, quoted, carets = str(error).splitlines()[:3]
    assert quoted.strip() == line
    start = carets.index("^")
    assert quoted[start : start + len(carets.strip())].strip("()") == meant.strip("()")


@pytest.mark.parametrize("f", [with_block, class_inside], ids=lambda f: f.__name__)
def test_refused_in_a_helper(f):
    """The error points into the helper, wherever it is called from."""
    with pytest.raises(UnsupportedSyntaxError) as caught:
        grad(lambda x: 2 * f(x))(vector())
    assert caught.value.loc.function == f.__name__
    assert REFUSED[f][0] in caught.value.message
