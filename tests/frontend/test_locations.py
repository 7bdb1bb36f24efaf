"""Where statements of the IR say that they come from."""

from __future__ import annotations

from srcgrad.errors import SrcgradError
from srcgrad.frontend import lower
from srcgrad.ir import walk
from tests.frontend.programs import make

SOURCE = '''\
import numpy as np


def f(
    x,
    n=3,
):
    """Doc."""
    h = np.tanh(x) * 2
    for t in range(
        n
    ):  # comment
        # another
        if h > t: h = h + "äöü".count("ä") * x
    total = np.sum(
        h * x,
            axis=0,
    )
    return lambda y: (
        total + y
    )
'''


def statements():
    function, _ = make(SOURCE)
    lowered = lower(function)
    return lowered, list(walk.statements(lowered.body.body))


def places():
    return {
        (s.loc.line, s.loc.column, s.loc.end_line, s.loc.end_column): s.loc.text
        for s in statements()[1]
    }


def test_function():
    lowered, _ = statements()
    assert lowered.loc.line == 4
    assert lowered.loc.text == ("def f(", "    x,", "    n=3,", "):")


def test_expressions_on_the_first_line():
    line = ("h = np.tanh(x) * 2",)
    found = {place: text for place, text in places().items() if place[0] == 9}
    assert found == {(9, 8, 9, 15): line, (9, 8, 9, 18): line, (9, 8, 9, 22): line}


def test_header_of_a_loop():
    found = places()
    assert found[10, 4, 12, 17] == ("for t in range(", "    n", "):  # comment")
    assert found[10, 13, 12, 5] == ("for t in range(", "    n", "):  # comment")


def test_columns_count_characters():
    line = 'if h > t: h = h + "äöü".count("ä") * x'
    columns = {place[1:4:2] for place, text in places().items() if text == (line,)}
    start = 8 + line.index('"äöü"')
    assert (start, 8 + line.index(" *")) in columns
    assert (8 + line.index('h + "'), 8 + len(line)) in columns


def test_statement_on_several_lines():
    text = ("total = np.sum(", "    h * x,", "        axis=0,", ")")
    found = [place for place, lines in places().items() if lines == text]
    # The operation on the second line carries the place of the whole statement.
    assert sorted(found) == [(15, 4, 18, 5), (15, 12, 15, 18), (15, 12, 18, 5)]


def test_statements_of_nested_functions():
    *_, define = statements()[1][:-1]
    inner = statements()[1][-1]
    assert define.loc.function == "f"
    assert inner.loc.function == "<lambda>"
    assert inner.loc.text == ("return lambda y: (", "    total + y", ")")


def test_carets():
    loc = next(s.loc for s in statements()[1] if s.loc.column == 8)
    lines = str(SrcgradError("message", loc)).splitlines()
    assert lines[1:] == ["    h = np.tanh(x) * 2", "        ^^^^^^^"]
