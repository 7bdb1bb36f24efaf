"""What is not supported is refused at its place, with a hint."""

from __future__ import annotations

import pytest

from srcgrad.errors import UnsupportedSyntaxError
from srcgrad.frontend import lower
from srcgrad.frontend.check import REFUSED
from tests.frontend.programs import make

# The body of a function of x and n; the marked part is what the error must point at.
REFUSALS = {
    "«class A:»\n    pass": "a class in a function",
    "try:\n    x = 1\nfinally:\n    «return x»": "'finally'",
    "«try:»\n    x = 1\nexcept* KeyError:\n    pass": "'try'",
    "del «n.attribute»": "'del' of an attribute",
    "«global y»\ny = 1": "'global y' with an assignment",
    "def g():\n    «global x»\n    return x\nreturn g": "'global x' in a function around which",
    "def g():\n    «nonlocal x»\n    del x\nreturn g": "'nonlocal x' with an assignment",
    "def g():\n    y = («yield x»)\nreturn g": "'yield' as a value",
    "def g():\n    with h():\n        «yield from x»\nreturn g": "'yield from' as a value",
    "return lambda: (2, («yield x»))": "'yield'",
    "«async def g():»\n    return 1": "an asynchronous function",
    "«match x:»\n    case 1:\n        pass": "'match'",
    "«raise»": "'raise' without an exception",
    "return «locals()»": "'locals'",
    "return «eval('x')»": "'eval'",
    "«def g(y):»\n    return g(y - 1)\ng = None\nreturn g": "'g' calls itself",
    "«g = lambda y: g(y - 1)»\ng = None\nreturn g": "'g' calls itself",
}


@pytest.mark.parametrize("text", REFUSALS)
def test_refusal(text):
    message = REFUSALS[text]
    clean = text.replace("«", "").replace("»", "")
    head = "def f(x, n):\n"
    function, _ = make(head + "".join(f"    {line}\n" for line in clean.splitlines()))
    with pytest.raises(UnsupportedSyntaxError) as caught:
        lower(function)
    error = caught.value
    assert message is None or message in error.message
    assert error.hint
    if message is None:
        return
    before, _, rest = text.partition("«")
    line = before.count("\n")
    column = len(before) - (before.rfind("\n") + 1)
    meant = rest.partition("»")[0]
    assert (error.loc.line, error.loc.column) == (line + 2, column + 4)
    quoted, carets = str(error).splitlines()[1:3]
    assert quoted[carets.index("^") : carets.rindex("^") + 1] == meant.splitlines()[0]


def test_every_refused_syntax_has_a_hint():
    for what, hint in REFUSED.values():
        assert what
        assert len(hint) > 8


def test_message_of_an_expression_on_a_later_line():
    function, _ = make("def f(x):\n    return np.sum(\n        x,\n        locals(),\n    )\n")
    with pytest.raises(UnsupportedSyntaxError) as caught:
        lower(function)
    assert str(caught.value).splitlines()[0].endswith(":4:8: 'locals' cannot be differentiated")
    assert str(caught.value).splitlines()[1:3] == ["    locals(),", "    ^^^^^^^^"]
