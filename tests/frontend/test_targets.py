"""Assignment to items and attributes: what is evaluated, in which order, and how often."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.frontend import interpreter
from tests.frontend.programs import make

PROGRAMS = {
    "item": "x[at(0)] = say('v', 5)",
    "tuple": "x[at(0)], x[at(1)] = x[at(2)], x[at(0)]",
    "nested": "(x[0], (o.a, *x[1:3])), y = (1, (2, 3, 4)), 5\nx[3] = y",
    "list": "[x[0], x[1]] = say('pair', (7, 8))",
    "chained": "x[at(0)] = o.a = y = x[at(1)] = say('v', 5)\no.b = y",
    "index of what is assigned": "i = 2\ni, x[i] = 1, 9\nx[0] = i",
    "slice": "x[at(1):at(3)] = [9, 8]",
    "attribute": "say('o', o).a = say('v', 5)",
    "augmented item": "x[at(0)] += say('v', 5)",
    "augmented attribute": "say('o', o).a *= say('v', 5)",
    "augmented deep": "o.d['k'][at(1)] += say('v', 5)\no.d['k'] += [3]",
    "other operators": "x[0] -= 1\nx[1] *= 2\nx[2] **= 2\nx[3] //= 2\no.b @= o.b",
    "in a loop": "for x[at(2)] in range(3):\n    o.a += x[2]",
    "with a loop": "for i, (x[0], o.a) in enumerate([(1, 2), (3, 4)]):\n    x[i + 1] += i",
    "in branches": "if x[0] > 0:\n    x[1] = 4\nelse:\n    o.a = 4\nwhile o.a < 50:\n    o.a += 7",
    "annotated": "x[at(0)]: int = 5\no.a: int = 6",
    "walrus": "x[(i := at(0))] += (i := 3)\no.a = i",
    "nested function": "def put(k, v):\n    x[k] = v\n    o.a += v\nput(1, 8)\nput(2, 9)",
}


class Turn:
    """Something with ``@=``."""

    def __imatmul__(self, other):
        return "turned"


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_python_does(name):
    body = "".join(f"    {line}\n" for line in PROGRAMS[name].splitlines())
    function, _ = make(f"def f(x, o, at, say):\n{body}    return x, o.a, o.b, o.d\n")

    def run(call):
        log = []

        def say(what, value):
            log.append(what)
            return value

        o = SimpleNamespace(a=10, b=Turn(), d={"k": [1, 2]})
        x = [1, 2, 3, 4]
        got = call(x, o, lambda i: say(f"at {i}", i), say)
        return str(got).split("Turn")[0], log, x

    assert run(lambda *args: interpreter.run(function, *args)) == run(function)


def test_where_it_is_refused():
    def attribute(x):
        x.shape = (1, 3)
        return np.sum(x)

    for function, message in ((attribute, "assignment to 'x.shape'"),):
        with pytest.raises(UnsupportedSyntaxError, match=message) as caught:
            grad(function)(np.ones(3))
        assert caught.value.loc.line == function.__code__.co_firstlineno + 1
