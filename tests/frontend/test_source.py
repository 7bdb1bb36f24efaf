"""Finding the source of functions."""

from __future__ import annotations

import functools
import importlib.util
import linecache
import pathlib
import subprocess
import sys
import types

import gast
import numpy as np
import pytest

from srcgrad.errors import NoSourceError, UnsupportedSyntaxError
from srcgrad.frontend import find

ROOT = pathlib.Path(__file__).parents[2]


def text(function):
    """The source of ``function`` as it was found, on one line."""
    source = find(function)
    body = source.node.body
    node = body[-1] if isinstance(body, list) else body
    return " ".join("".join(source.lines[node.lineno - 1 : node.end_lineno]).split())


def body_of(function):
    return gast.unparse(find(function).node.body).strip()


def load(tmp_path, name, code):
    path = tmp_path / f"{name}.py"
    path.write_text(code)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def decorate(function):
    return function


def passing(*args):
    return decorate


@decorate
@passing(lambda x: x + 1, "two")
def decorated(x):
    return x * 3


def test_function():
    def inner(x):
        return x + 41

    assert find(test_function).node.name == "test_function"
    assert text(inner) == "return x + 41"
    assert find(inner).node.name == "inner"
    assert find(inner).file == __file__


def test_decorated_function():
    assert text(decorated) == "return x * 3"
    assert find(decorated).node.name == "decorated"


def test_lambdas_on_one_line():
    fs = [lambda x: x + 1, lambda x: x + 2, (lambda x: lambda y: x * y), lambda: None]
    assert body_of(fs[0]) == "x + 1"
    assert body_of(fs[1]) == "x + 2"
    assert body_of(fs[2]) == "lambda y: x * y"
    assert body_of(fs[2](3)) == "x * y"
    assert body_of(fs[3]) == "None"


def test_lambdas_with_branches():
    f, g = (lambda x: 1 if x else 2), (lambda x, k=lambda q: q + 5: k(x) and (x or 3))
    assert body_of(f) == "1 if x else 2"
    assert body_of(g) == "k(x) and (x or 3)"
    assert body_of(g.__defaults__[0]) == "q + 5"


def test_lambdas_without_columns(tmp_path):
    code = "f, g, h = lambda x: x, lambda x: -x, lambda x: x\nu = lambda y: (lambda x: x + y)\n"
    (tmp_path / "plain.py").write_text(code + "v = (lambda y: (lambda x: x + y)), lambda: y\n")
    program = f"""
import sys; sys.path[:0] = {[str(tmp_path), str(ROOT)]}
import plain, gast
from srcgrad.errors import NoSourceError
from srcgrad.frontend import find
print(*(gast.unparse(find(f).node.body).strip() for f in (plain.f, plain.g, plain.h, plain.u)))
try:
    find(plain.v[0](1))
except NoSourceError as error:
    print(error.message)
"""
    command = [sys.executable, "-X", "no_debug_ranges", "-c", program]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed.splitlines() == [
        "x -x x lambda x: x + y",
        "several lambdas on this line cannot be told apart",
    ]


def test_lambda_on_several_lines():
    f, g = (lambda x: x + 1), lambda x: x + 2
    assert body_of(f) == "x + 1"
    assert body_of(g) == "x + 2"


def test_lambda_after_text_that_is_not_ascii():
    f, g = ("äöü→", lambda x: x + 1)[1], lambda x: x + 2
    assert body_of(f) == "x + 1"
    assert body_of(g) == "x + 2"


def test_method_and_private_names():
    class Model:
        def run(self, x):
            return self.__scale * x

    assert text(Model.run) == "return self.__scale * x"
    assert find(Model.run).owner == "Model"


def test_function_of_the_same_name():
    def f(x):
        return 1

    first = f

    def f(x):
        return 2

    assert text(first) == "return 1"
    assert text(f) == "return 2"


def test_wraps_is_not_followed():
    @functools.wraps(decorated)
    def wrapper(x):
        return decorated(x) + 1

    assert text(wrapper) == "return decorated(x) + 1"


def test_function_with_assert():
    def f(x):
        assert x > 0, "positive"
        return x

    assert text(f) == "return x"


def test_registered_source():
    code = "def f(x):\n    return x - 7\n"
    name = "<cell 1>"
    linecache.cache[name] = (len(code), None, code.splitlines(True), name)
    scope = {}
    exec(compile(code, name, "exec"), scope)
    assert text(scope["f"]) == "return x - 7"
    again = "y = 1\ndef f(x):\n    return x - 8\n"
    linecache.cache[name] = (len(again), None, again.splitlines(True), name)
    exec(compile(again, name, "exec"), scope)
    assert text(scope["f"]) == "return x - 8"


def test_future_annotations(tmp_path):
    module = load(
        tmp_path,
        "annotated",
        "from __future__ import annotations\n\n"
        "def f(x: int) -> float:\n    y: float = x\n    return y\n",
    )
    assert text(module.f) == "return y"


def test_one_line_module(tmp_path):
    module = load(tmp_path, "one", "f = lambda x: x; g = lambda x: -x\ndef h(x): return 3\n")
    assert body_of(module.f) == "x"
    assert body_of(module.g) == "-x"
    assert text(module.h) == "def h(x): return 3"


@pytest.mark.parametrize(
    "edited",
    [
        "def f(x):\n    return x + 2\n",
        "\ndef f(x):\n    return x + 1\n",
        "def g(x):\n    return x + 1\n",
        "f = 3\n",
        "def f(x:\n",
        "",
    ],
)
def test_edited_file(tmp_path, edited):
    module = load(tmp_path, "edited", "def f(x):\n    return x + 1\n")
    assert text(module.f) == "return x + 1"
    (tmp_path / "edited.py").write_text(edited + "# and something else, of another length\n")
    with pytest.raises(NoSourceError, match="changed|not valid") as error:
        find(module.f)
    assert error.value.loc.line == 1
    assert "import" in error.value.hint


def test_edit_of_another_function(tmp_path):
    module = load(tmp_path, "beside", "def f(x):\n    return x + 1\n\ndef g(x):\n    return 1\n")
    find(module.f)
    (tmp_path / "beside.py").write_text(
        "def f(x):\n    return x + 1\n\ndef g(x):\n    return 'something longer'\n"
    )
    assert text(module.f) == "return x + 1"
    with pytest.raises(NoSourceError):
        find(module.g)


def made_by_exec():
    scope = {}
    exec("def f(x):\n    return x", scope)
    return scope["f"]


class Callable:
    def __call__(self, x):
        return x

    def method(self, x):
        return x


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        (made_by_exec(), "made by exec", "in a file"),
        (len, "'len' is compiled", "Python function"),
        (np.add, "'add' is compiled", "Python function"),
        (np.linalg.inv, "'inv' is compiled", "Python function"),
        (functools.partial(decorated, 1), "functools.partial", "lambda x: the_partial(x)"),
        (Callable(), "object of class 'Callable'", "lambda x: the_object(x)"),
        (Callable().method, "'Callable.method' is a bound method", "lambda x: object.method(x)"),
        (Callable, "'Callable' is a class", "lambda x: Callable(x)"),
        (3.5, "expected a function, got 3.5 of type 'float'", "pass the function itself"),
        (None, "expected a function, got None", "pass the function itself"),
        (types, "expected a function", "pass the function itself"),
    ],
)
def test_without_source(value, message, hint):
    with pytest.raises(NoSourceError) as error:
        find(value)
    assert message in error.value.message
    assert hint in error.value.hint


async def coroutine(x):
    return x


def test_coroutine():
    with pytest.raises(UnsupportedSyntaxError, match="asynchronous") as error:
        find(coroutine)
    assert error.value.loc.text == ("async def coroutine(x):",)
