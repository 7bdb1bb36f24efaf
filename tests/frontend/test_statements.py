"""Every statement, lowered and interpreted, does what Python does."""

from __future__ import annotations

import inspect

import pytest

from srcgrad.frontend import lower
from srcgrad.ir import walk
from srcgrad.ir.nodes import Define, If, Raise
from tests.frontend.programs import compare, make

CALLS = [(2, 3), (0, 1), (-3, 2), (3, 3), (0, 0), (5, -1)]

PROGRAMS = {
    "assign": "a = b = t(x)\nreturn a + b",
    "tuple": "a, b = t(x), t(y)\nreturn a - b",
    "swap": "x, y = y, x\nreturn x - y",
    "nested tuple": "(a, b), [c, d] = (x, y), [1, x]\nreturn a, b, c, d",
    "nested from call": "(a, b), c = divmod(7, 3), x\nreturn a, b, c",
    "starred": "a, *b = t([x, y, 1])\nreturn a, b",
    "starred middle": "a, *b, c = (x, y, 1, 2)\n*d, e = b\nreturn a, b, c, d, e",
    "starred of tuple with star": "a, *b = (*[x, y], 3)\nreturn a, b",
    "too few": "a, b, c = [x, y]\nreturn a",
    "too many": "a, = divmod(7, 2)\nreturn a",
    "too few starred": "a, b, *c = [x]\nreturn a",
    "unpack display into starred": "a, (b, *c) = x, (y, 1, 2)\nreturn a, b, c",
    "annotated": "a: int = x\nb: int\nreturn a",
    "annotated, never assigned": "a: int\nreturn a",
    "augmented": "x += y\nx -= 1\nx *= 2\nx //= 3\nx **= 2\nx %= 7\nreturn x",
    "augmented bits": "x |= 8\nx &= 12\nx ^= 5\nx <<= 2\nx >>= 1\nreturn x",
    "augmented divide": "x /= 4\nreturn x",
    "augmented list": "a = (x,)\na += (y, x)\nreturn a",
    "augmented unassigned": "a += x\nreturn a",
    "expression": "t(x)\ny\nreturn x",
    "falls off": "t(x)",
    "bare return": "t(x)\nreturn\nt(y)",
    "pass": "pass\nreturn x",
    "unassigned": "t(x)\na = b\nb = t(y)\nreturn a",
    "unassigned in branch": "if x > 0:\n    a = t(1)\nreturn t(a)",
    "unassigned read in operation": "if t(x) > 0:\n    a = 1\nreturn a + 1",
    "assert": "assert t(x), f'message {t(y)}'\nreturn x",
    "assert without message": "assert x > y\nreturn x",
    "assert with walrus": "assert (a := x) > 0\nreturn a",
    "raise": "if x > y:\n    raise ValueError(x)\nreturn y",
    "raise class": "if x > y:\n    raise KeyError\nreturn y",
    "raise cause": "if x > y:\n    raise KeyError('a') from ValueError('b')\nreturn y",
    "raise from none": "raise KeyError('a') from None",
    "raise always": "t(x)\nraise KeyError(x)\nt(y)",
    "if": "if x > y:\n    a = t(1)\nelse:\n    a = t(2)\nreturn a",
    "if without else": "a = 0\nif x > y:\n    a = t(1)\nreturn a",
    "elif": "if x > 3:\n    a = 1\nelif x > 1:\n    a = 2\nelif y:\n    a = 3\nelse:\n    a = 4\n"
    "return a",
    "if with walrus": "if (a := x) > 1:\n    return a\nreturn -a",
    "if raising arm": "if x > 1:\n    a = 1\nelse:\n    raise KeyError\nreturn a",
    "if raising arm rebinds": "a = 5\nif x > 1:\n    a = 1\n    raise KeyError\nreturn a + 1",
    "both arms raise": "if x > 1:\n    raise KeyError\nelse:\n    raise ValueError\nreturn 1",
    "guard": "if x > 1:\n    return t(1)\nt(2)\nreturn t(3)",
    "guards": "if x > 3:\n    return 1\nif y > 1:\n    return 2\nif x:\n    return 3\nreturn 4",
    "guard in else": "if x > 1:\n    a = 1\nelse:\n    return 7\na += 1\nreturn a",
    "guard then fall off": "if x > 1:\n    return 7\nt(x)",
    "both return": "if x > 1:\n    return 1\nelse:\n    return 2\nt(x)",
    "partial": "a = 1\nif x > 0:\n    a = 2\n    if y > 1:\n        return a\n    a = 3\n"
    "t(a)\nreturn a + 10",
    "partial twice": "a = 1\nif x > 0:\n    if y > 1:\n        return t(1)\n    a = 2\nelse:\n"
    "    if y > 0:\n        a = 3\n    else:\n        return t(4)\nif a > 1:\n"
    "    if x > 3:\n        return t(5)\nreturn a",
    "partial deep": "if x:\n    if y:\n        if x > y:\n            return 1\n        t(x)\n"
    "    t(y)\nreturn 2",
    "partial falls off": "if x:\n    if y:\n        return t(1)\n    t(2)",
    "partial raises": "if x:\n    if y:\n        return t(1)\n    raise KeyError\nreturn 3",
    "partial keeps names": "a = b = c = 0\nif x > 0:\n    a = x\n    if y > 1:\n        b = y\n"
    "        return a\n    c = b + 1\nelse:\n    b = 7\nreturn a, b, c",
    "raise in returning if": "if x > 2:\n    return 1\nelif x > 0:\n    raise KeyError\nreturn 2",
    "raise in one arm, partial in other": "if x > 2:\n    raise KeyError\nelse:\n"
    "    if y > 1:\n        return 1\n    t(3)\nreturn 2",
    "names of arms": "if x:\n    a = 1\n    b = 2\nelse:\n    a = 3\nif x:\n    return a + b\n"
    "return a",
    "for": "s = 0\nfor i in range(t(3)):\n    s = s * x + i\nreturn s",
    "for without trip": "for i in ():\n    s = i\nreturn s",
    "for, target survives": "for i in [1, 2, x]:\n    pass\nreturn i",
    "for, target was defined": "i = 9\nfor i in range(max(x, 0)):\n    t(i)\nreturn i",
    "for over tuple": "s = 0\nfor a, (b, *c) in [(1, (2, 3)), (x, (y,))]:\n    s += a - b\n"
    "return s, c",
    "for else": "s = 0\nfor i in range(2):\n    s += i\nelse:\n    s += 10\nreturn s",
    "for with temporaries": "s = 0\nfor i in range(3):\n    a = s + i\n    b = a * x\n    s = b\n"
    "return s",
    "for, temporary survives": "for i in range(3):\n    a = i * x\nreturn a",
    "for, first iteration differs": "a = None\nfor i in range(3):\n    if a is None:\n"
    "        a = x\n"
    "    else:\n        a = a + y\nreturn a",
    "for, assigned in one branch": "for i in range(3):\n    if i > 0:\n        t(a)\n    a = i\n"
    "return x",
    "for, swap": "for i in range(3):\n    x, y = y, x + i\nreturn x, y",
    "for, nested": "s = 0\nfor i in range(3):\n    for j in range(i):\n        s += i * j + x\n"
    "    s *= 2\nreturn s, i",
    "for, raise": "for i in range(5):\n    t(i)\n    if i > x:\n        raise KeyError(i)\n"
    "return i",
    "for, always raises": "for i in range(x):\n    raise KeyError(i)\nreturn 3",
    "for, rebinds iterable": "a = [1, 2, 3]\nfor i in a:\n    a = t(i)\nreturn a",
    "for then guard": "s = 0\nfor i in range(4):\n    s += i\nif s > x:\n    return s\nreturn y",
    "for in branch": "s = 1\nif x > 0:\n    for i in range(x):\n        s = s * 2\n    if s > 4:\n"
    "        return 'big'\nreturn s",
    "for over list, unused": "for _ in [1, 2]:\n    t(x)\nreturn y",
    "for, body does not assign": "for i in range(2):\n    t(i)",
    "while": "while x < 10:\n    x = x + 3\n    t(x)\nreturn x",
    "while else": "while t(x) < 10:\n    x += 4\nelse:\n    y = t(x)\nreturn x, y",
    "while with and": "i = 0\nwhile t(i) < 4 and t(x) < 10:\n    i += 1\n    x += 3\nreturn i, x",
    "while chained": "while 0 <= x < 9 < 10:\n    x += 2\nreturn x",
    "while walrus": "i = 0\nwhile (r := t(i) + x) < 6:\n    i = r - x + 1\nreturn i, r",
    "while walrus with memory": "r = 0\ni = 0\nwhile (r := r + i) < 20:\n    i += 1\n    t(r)\n"
    "return r",
    "while walrus, not read": "while (r := x) < 6:\n    x += 1\nreturn x",
    "while, temporary survives": "while x < 5:\n    x += 1\n    a = x * y\nreturn a",
    "while nested": "s = 0\nwhile x < 5:\n    i = 0\n    while i < x:\n        i += 1\n"
    "        s += i\n"
    "    x += 1\nreturn s",
    "while false": "while x and not x:\n    t(1)\nreturn x",
    "nested def": "def g(a, b=t(2), *c, d=t(x), **e):\n    return a + b + d + x\n"
    "return g(1), g(1, y, d=3)",
    "nested def with guard": "def g(a):\n    if a > 1:\n        return a\n    return -a\n"
    "return g(x) + g(y)",
    "nested def with loop": "def g(a):\n    s = 0\n    for i in range(3):\n        if i == a:\n"
    "            s += 10\n        s += i * x\n    return s\nreturn g(1)",
    "nested nested": "def g(a):\n    def h(b):\n        return a * b + x + y\n"
    "    return h(a) + h(1)\n"
    "return g(y)",
    "captures through": "k = x + 1\ndef g():\n    return lambda: (k, x)\nreturn g()()",
    "nested shadows": "a = 1\ndef g(a):\n    x = a + 1\n    return x\nreturn g(5), a, x",
    "nested decorated": "def d(g):\n    return lambda a: t(g(a)) + 1\n@d\n@t(d)\ndef g(a):\n"
    "    return a * x\nreturn g(2)",
    "nested uses nested": "def g(a):\n    return a + x\ndef h(a):\n    return g(a) * y\n"
    "return h(3)",
    "nested captures unassigned": "def g():\n    return a\nif x > 100:\n    return a\nt(1)\n"
    "return g()",
    "nested docstring": "def g():\n    'text'\n    return x\nreturn g()",
    "nested function returned": "return lambda a: a + x",
    "lambda defaults in loop": "fs = ()\nfor i in range(3):\n    fs = (*fs, lambda a, i=i: a * i)\n"
    "return fs[0](2), fs[1](2), fs[2](2)",
    "lambda in loop": "s = 0\nfor i in range(3):\n    g = lambda a: a * i + x\n    s += g(s)\n"
    "return s",
    "lambda passed in loop": "s = 0\nfor i in range(3):\n"
    "    s = s + max([1, 2, x], key=lambda a: a * i)\n"
    "return s",
    "def in branch": "if x > 0:\n    def g(a):\n        return a + x\nelse:\n    g = lambda a: -a\n"
    "return g(y)",
    "one line": "a = x; b = y\nif a > b: return a\nreturn b",
    "dead code": "return x\na = 1\nreturn a",
    "list with rebinding": "a = []\nfor i in range(3):\n    a = [*a, i * x]\nreturn a",
    "pop of a dict copy": "d = {'a': x}\ne = dict(d, b=y)\nreturn e['a'], e['b']",
}


def indent(text):
    return "".join(f"    {line}\n" for line in text.splitlines())


@pytest.mark.parametrize("name", PROGRAMS)
def test_statement(name):
    compare(f"def f(x, y):\n{indent(PROGRAMS[name])}", *CALLS)


@pytest.mark.parametrize("name", PROGRAMS)
def test_statement_in_nested_function(name):
    body = indent(indent(PROGRAMS[name]))
    compare(f"def f(x, y):\n    def g(x, y):\n{body}    return g(x, y)\n", *CALLS)


@pytest.mark.parametrize(
    ("signature", "calls"),
    [
        ("a, /, b, *, c", [(1, 2, {"c": 3}), (1, {"b": 2, "c": 3}), ({"a": 1, "b": 2, "c": 3},)]),
        ("a, b=2, *c, d=4, e, **g", [(1, {"e": 2}), (1, 3, 4, 5, {"e": 6, "z": 7})]),
        ("*args, **kwargs", [(), (1, 2, {"a": 3})]),
        ("", [(), (1,)]),
    ],
)
def test_parameters(signature, calls):
    names = [n.strip("*/ ").partition("=")[0] for n in signature.split(",")]
    shown = ", ".join(n for n in names if n)
    source = (
        f"def f({signature}):\n    return ({shown},)\n" if shown else "def f():\n    return ()\n"
    )
    function, _ = make(source)
    lowered = lower(function)
    params = inspect.signature(function).parameters.values()
    assert [(p.name, p.kind) for p in lowered.params] == [(p.name, p.kind) for p in params]
    assert [p.has_default for p in lowered.params] == [p.default is not p.empty for p in params]
    if shown:
        compare(source, *calls)


def test_docstring():
    function, _ = make('def f(x):\n    """One.\n\n    Two.\n    """\n    return x\n')
    lowered = lower(function)
    assert lowered.doc == "One.\n\nTwo."
    assert not lowered.body.body
    assert lowered.name == "f"


def test_private_names():
    class Model:
        __scale = 3

        def __init__(self):
            self.__shift = 1

        def run(self, x):
            __square = x * x
            return (lambda: self.__scale * __square + self.__shift)()

    from tests.frontend.interpreter import run

    assert run(Model.run, Model(), 2) == 13


def statements(source):
    function, _ = make(source)
    return list(walk.statements(lower(function).body.body))


def test_only_live_names_are_joined():
    (branch,) = [
        s
        for s in statements(
            "def f(x):\n    a = b = 0\n    if x:\n        a = 1\n        b = 2\n        c = 3\n"
            "    return a\n"
        )
        if isinstance(s, If)
    ]
    assert [target.name for target in branch.targets] == ["a"]


def test_only_carried_names_are_carried():
    loop = statements(
        "def f(x):\n    s = 0\n    for i in range(3):\n        a = x * i\n        s = s + a\n"
        "    return s\n"
    )[1]
    assert [target.name for target in loop.targets] == ["s"]
    assert [param.name for param in loop.body.params] == ["i", "s"]


def test_guards_nest_without_flags():
    body = statements(
        "def f(x):\n    if x > 1:\n        return 1\n    if x > 0:\n        return 2\n"
        "    return 3\n"
    )
    branches = [s for s in body if isinstance(s, If)]
    assert len(branches) == 2
    assert all(len(branch.targets) == 1 for branch in branches)


def test_raising_guard_does_not_nest():
    function, _ = make(
        "def f(x):\n    if x < 0:\n        raise ValueError(x)\n    y = x * 2\n    return y\n"
    )
    body = lower(function).body
    assert isinstance(body.body[1], If)
    assert body.body[1].then.diverges
    assert isinstance(body.body[1].then.body[-1], Raise)
    assert body.results[0] is body.body[2].target


def test_nested_partial_returns_are_linear():
    def size(n):
        lines = []
        for i in range(n):
            lines += [f"if x > {i}:", f"    if y > {i}:", f"        return {i}", f"    x = x - {i}"]
        return len(statements(f"def f(x, y):\n{indent(chr(10).join(lines))}    return x\n"))

    assert size(20) < 2.2 * size(10)


def test_captures():
    (define,) = [
        s
        for s in statements(
            "def f(x):\n    a = x\n    def g(b):\n        return lambda c: a + b + c + np.pi\n"
            "    return g\n"
        )
        if isinstance(s, Define) and s.target.name == "g"
    ]
    assert [name for name, _ in define.captures] == ["a"]
    inner = define.function.body.body[0]
    assert sorted(name for name, _ in inner.captures) == ["a", "b"]


def test_lowering_is_remembered():
    def f(x):
        return lambda y: x + y

    assert lower(f) is lower(f)
    assert lower(f(1)) is lower(f(2))
