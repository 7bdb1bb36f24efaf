"""What a later version will do is refused, with the right error at the right place."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.language.cases import vector


def attribute_store(x):
    vector.cache = x
    return np.sum(x)


def recursion(x, n=2):
    return np.sum(x) if n == 0 else recursion(x * x, n - 1)


def nested_recursion(x):
    def inner(v, n):
        return v if n == 0 else inner(v * v, n - 1)

    return np.sum(inner(x, 2))


def class_inside(x):
    class Inner:
        pass

    return np.sum(x)


def dict_comprehension(x):
    return {k: x for k in range(2)}[0][0]


def set_display(x):
    return x[0] * len({1, 2})


def append(x):
    items = []
    items.append(x)
    return np.sum(items[0])


def append_to_an_argument(x, items):
    items.append(x)
    return np.sum(items[0])


def augmented_list(x):
    items = [x]
    items += [x]
    return np.sum(items[0])


def with_block(x):
    with np.errstate(all="ignore"):
        y = x * x
    return np.sum(y)


def try_block(x):
    try:
        return np.sum(x)
    except ValueError:
        return 0.0


def imported(x):
    import math

    return math.sin(x[0])


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
    attribute_store: ("assignment to an attribute", "vector.cache = x", "vector.cache"),
    recursion: (
        "'recursion' calls itself",
        "return np.sum(x) if n == 0 else recursion(x * x, n - 1)",
        "recursion(x * x, n - 1)",
    ),
    nested_recursion: ("'inner' calls itself", "def inner(v, n):", "def inner(v, n):"),
    class_inside: ("a class in a function", "class Inner:", "class Inner:"),
    dict_comprehension: (
        "a dict comprehension",
        "return {k: x for k in range(2)}[0][0]",
        "{k: x for k in range(2)}",
    ),
    set_display: ("a set", "return x[0] * len({1, 2})", "{1, 2}"),
    append: ("'append' changes a list", "items.append(x)", "items.append"),
    augmented_list: ("changes a list or dict in place", "items += [x]", "items += [x]"),
    with_block: ("'with'", 'with np.errstate(all="ignore"):', 'with np.errstate(all="ignore"):'),
    try_block: ("'try'", "try:", "try:"),
    imported: ("an import in a function", "import math", "import math"),
    matched: ("'match'", "match x.ndim:", "match x.ndim:"),
    global_statement: ("'global vector'", "global vector", "global vector"),
    yields: ("'yield'", "yield np.sum(x)", "yield np.sum(x)"),
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


def test_a_list_argument_is_not_changed():
    items = [vector()]
    with pytest.raises(UnsupportedSyntaxError, match="append"):
        grad(append_to_an_argument)(vector(), items)
    assert len(items) == 1


@pytest.mark.parametrize("f", [with_block, dict_comprehension], ids=lambda f: f.__name__)
def test_refused_in_a_helper(f):
    """The error points into the helper, wherever it is called from."""
    with pytest.raises(UnsupportedSyntaxError) as caught:
        grad(lambda x: 2 * f(x))(vector())
    assert caught.value.loc.function == f.__name__
    assert REFUSED[f][0] in caught.value.message
