"""What a later version will do is refused, with the right error at the right place."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.language.cases import vector


def store(x):
    y = x * 2
    y[0] = 1.0
    return np.sum(y)


def store_slice(x):
    y = np.zeros(4)
    y[1:], z = x[1:], 2
    return np.sum(y) * z


def augmented_item(x):
    y = x * 2
    y[1:] += x[:-1]
    return np.sum(y)


def attribute_store(x):
    vector.cache = x
    return np.sum(x)


def loop_break(x):
    for i in range(3):
        if x[i] > 1:
            break
    return x[0]


def loop_continue(x):
    s = 0.0
    for v in x:
        if v > 1:
            continue
        s = s + v
    return s


def return_in_a_loop(x):
    while True:
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


def list_comprehension(x):
    return np.sum(np.stack([v * v for v in x]))


def generator(x):
    return sum(v * v for v in x)


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


def delete(x):
    y = x
    del y
    return np.sum(x)


def imported(x):
    import math

    return math.sin(x[0])


def matched(x):
    match x.ndim:
        case 1:
            return x[0]


def global_statement(x):
    global matrix
    matrix = x
    return np.sum(x)


def yields(x):
    yield np.sum(x)


REFUSED = {
    store: ("assignment to an item", "y[0] = 1.0", "y[0]"),
    store_slice: ("assignment to an item", "y[1:], z = x[1:], 2", "y[1:]"),
    augmented_item: ("in-place update of an item", "y[1:] += x[:-1]", "y[1:]"),
    attribute_store: ("assignment to an attribute", "vector.cache = x", "vector.cache"),
    loop_break: ("'break'", "break", "break"),
    loop_continue: ("'continue'", "continue", "continue"),
    return_in_a_loop: ("'return' in a loop", "return np.sum(x)", "return np.sum(x)"),
    recursion: (
        "'recursion' calls itself",
        "return np.sum(x) if n == 0 else recursion(x * x, n - 1)",
        "recursion(x * x, n - 1)",
    ),
    nested_recursion: ("'inner' calls itself", "def inner(v, n):", "def inner(v, n):"),
    class_inside: ("a class in a function", "class Inner:", "class Inner:"),
    list_comprehension: (
        "a list comprehension",
        "return np.sum(np.stack([v * v for v in x]))",
        "[v * v for v in x]",
    ),
    generator: ("a generator expression", "return sum(v * v for v in x)", "(v * v for v in x)"),
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
    delete: ("'del'", "del y", "del y"),
    imported: ("an import in a function", "import math", "import math"),
    matched: ("'match'", "match x.ndim:", "match x.ndim:"),
    global_statement: ("'global'", "global matrix", "global matrix"),
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


@pytest.mark.parametrize("f", [store, loop_break, list_comprehension], ids=lambda f: f.__name__)
def test_refused_in_a_helper(f):
    """The error points into the helper, wherever it is called from."""
    with pytest.raises(UnsupportedSyntaxError) as caught:
        grad(lambda x: 2 * f(x))(vector())
    assert caught.value.loc.function == f.__name__
    assert REFUSED[f][0] in caught.value.message
