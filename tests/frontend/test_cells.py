"""Nested functions that capture names which are assigned again: they see the value of the call."""

from __future__ import annotations

import pytest

from srcgrad.frontend import lower
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Const, Invoke
from srcgrad.ir.walk import statements
from tests.frontend.programs import compare, make

PROGRAMS = {
    "assigned after": "g = lambda a: x * a\nx = 1\nreturn g(2)",
    "called before and after": "g = lambda a: x * a\nz = g(2)\nx = y\nreturn z, g(3)",
    "def, augmented": "def g(a):\n    return x * a\nx += 1\nreturn g(y)",
    "assigned only after": "def g():\n    return h\nh = 1\nreturn g()",
    "never called in time": "g = lambda: h\nif x > y:\n    h = 1\nreturn g()",
    "of a function in a function": "def g():\n    return lambda: h\nk = g()\nh = x\nreturn k()",
    "walrus": "return (z := 1), (lambda: z)(), (z := 2)",
    "walrus and a function that is kept": "g = ((z := 1), lambda: z, (z := 2))[1]\nreturn g()",
    "in a loop": "s = 0\nfor i in range(4):\n    g = lambda a: x * a\n    x = g(x) + s\n"
    "    s = s + x\nreturn s, g(1)",
    "from before a loop": "s = x\ng = lambda: s\nfor i in range(3):\n    s = g() * 2 + i\n"
    "return s, g()",
    "in a while": "n = y\ng = lambda: n\nwhile n > 0:\n    n = g() - 1\nreturn n, g()",
    "in the test of a while": "n = 5\ng = lambda: n > x\nwhile g():\n    n = n - 1\nreturn n, g()",
    "in a test that assigns": "n = 5\ng = lambda: n\nwhile (n := g() - 1) > x:\n    t(n)\n"
    "return g()",
    "in a branch": "s = 0\ng = lambda: s\nif x > y:\n    s = x\n    t(g())\nelse:\n    t(g())\n"
    "    s = y\n"
    "return g()",
    "defined in a branch": "g = None\nif x > y:\n    g = lambda: n\nn = 2\nreturn g and g()",
    "late binding": "fs = ()\nfor i in range(3):\n    fs = (*fs, lambda: i)\n"
    "return fs[0](), fs[1](), fs[2](), i",
    "late binding of what is computed": "fs = []\nfor i in (1, 2, 3):\n    z = x * i\n"
    "    fs = fs + [lambda a: a + z]\nreturn fs[0](1), fs[2](1)",
    "one function of a loop": "g = None\nfor i in range(4):\n    if i == 1:\n"
    "        g = lambda: i\n"
    "return g()",
    "function of a loop after it": "for i in range(3):\n    z = x * i\n    g = lambda: z\n"
    "return g()",
    "nested loops": "fs = ()\nfor i in range(2):\n    for j in range(i + 1):\n"
    "        fs = (*fs, lambda: (i, j))\n    t(fs[0]())\nreturn fs[0](), fs[2]()",
    "passed on": "def apply(g, a):\n    return g(a)\ns = x\ng = lambda a: a * s\n"
    "z = apply(g, 2)\ns = y\n"
    "return z, apply(g, 2), apply(lambda a: g(a), 3)",
    "in a container": "s = x\nd = {'a': lambda: s, 'b': [lambda: s + 1]}\ns = y\n"
    "return d['a'](), d['b'][0]()",
    "a parameter": "def g(a):\n    h = lambda: a\n    a = a + 1\n    return h()\nreturn g(x), g(y)",
    "each call its own": "def g(a):\n    h = lambda: a\n    a = a + 1\n    return h\np = g(x)\n"
    "q = g(y)\n"
    "return p(), q(), p()",
    "functions": "h = lambda a: a\ng = lambda a: h(a) + 1\nh = lambda a: 2 * a\nreturn g(x)",
    "functions that call each other": "def g(a):\n    return h(a - 1) if a > 0 else a\n"
    "def h(a):\n    return a * 10\nreturn g(x), g(-1)",
    "deleted": "s = x\ng = lambda: s\nt(g())\ndel s\nreturn g()",
    "break": "s = x\ng = lambda: s\nfor i in range(4):\n    s = s + i\n    if g() > 3:\n"
    "        break\n"
    "    s = g() + 1\nelse:\n    s = s * 2\nreturn s, g()",
    "continue": "s = x\ng = lambda: (s, i)\nfor i in range(4):\n    if i == y:\n        continue\n"
    "    s = s + i\n    t(g())\nreturn g()",
    "return in a loop": "s = x\ng = lambda: s\nwhile s < 9:\n    s = s + 1\n    if s == 4:\n"
    "        return g(), 'inside'\nreturn g()",
    "comprehension": "s = x\ng = lambda a: a * s\nz = [g(a) for a in (1, 2)]\ns = y\n"
    "return z, [g(a) + s for a in range(2) if a < g(1)]",
    "functions of a comprehension": "fs = [lambda: i for i in range(3)]\nreturn fs[0](), fs[2]()",
    "defaults are values": "g = lambda a=x: (a, x)\nx = y\nreturn g()",
    "nonlocal": "def g():\n    nonlocal x\n    return x\nx = x + 1\nreturn g()",
    "early return": "g = lambda: s\ns = 1\nif x > y:\n    s = 2\n    return g()\ns = 3\nreturn g()",
    "perhaps a return": "g = lambda: s\ns = 1\nif x > 0:\n    s = 2\n    if x > y:\n"
    "        return g()\n"
    "    s = s + 1\nreturn g()",
}
CALLS = [(1, 2), (3, 1), (-1, -2), (0, 0), (2.5, 2)]


def indent(text):
    return "".join(f"    {line}\n" for line in text.splitlines())


@pytest.mark.parametrize("name", PROGRAMS)
def test_cells(name):
    compare(f"def f(x, y):\n{indent(PROGRAMS[name])}", *CALLS)


@pytest.mark.parametrize("name", PROGRAMS)
def test_cells_in_a_nested_function(name):
    body = indent(indent(PROGRAMS[name]))
    compare(f"def f(x, y):\n    def outer(x, y):\n{body}    return outer(x, y)\n", *CALLS)


def made(source):
    function, _ = make(source)
    found = statements(lower(function).body.body)
    callees = [stmt.callee for stmt in found if isinstance(stmt, Invoke)]
    return sum(isinstance(c, Const) and c.value is intrinsics.make_cell for c in callees)


def test_a_cell_is_made_only_where_a_value_may_change():
    assert (
        made("def f(x):\n    s = x\n    s = s + 1\n    g = lambda a: a * s + x\n    return g(s)\n")
        == 0
    )
    assert (
        made("def f(x):\n    s = x\n    g = lambda a: a * s + x\n    s = s + 1\n    return g(s)\n")
        == 1
    )
