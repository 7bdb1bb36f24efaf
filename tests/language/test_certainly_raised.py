"""What certainly raises: Python's own errors, where the program gets there, with Python's texts."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import NoDerivativeError, UnsupportedSyntaxError, grad, value_and_grad
from tests.language.cases import Table, vector
from tests.slopes import check_at

case = Table()


# --- calls that the compiler evaluates ----------------------------------------------------------

EVALUATED = [
    "'xyz'.index('a')",
    "'{x}'.format()",
    "'{} {}'.format(1)",
    "'ä'.encode('ascii')",
    "'a'.split('')",
    "[x[0], x[1]][::n]",
    "(x[0], x[1])[::0]",
    "range(5)[::0]",
    "range(3)[5]",
    "range(3)['a']",
    "{[1]: x[0]}",
    "{[1]}",
    "set([[]])",
    "dict.fromkeys([[1]])",
    "dict([[1, 2, 3]])",
    "dict([1, 2])",
    "{1: x[0]}[[n]]",
    "{}.get([1])",
    "{}.pop(5)",
    "{1: 2}.setdefault([], 1)",
    "[1] in {1: 2}",
    "[1] in {1, 2}",
    "{1}.remove(5)",
    "{1}.add([1])",
    "[1].insert('a', x)",
    "x.astype('foo')",
    "np.dtype('foo')",
    "np.zeros(3, dtype='foo')",
    "isinstance(n, 'int')",
    "isinstance(n, (3, 4))",
    "itertools.repeat(1, 's')",
    "itertools.combinations(x[:2], -1)",
    "sorted(1.5)",
    "[*1.5]",
]


@pytest.mark.parametrize("expression", EVALUATED)
def test_in_a_try(expression: str, source_of: Callable[[str], Any]) -> None:
    f = source_of(
        f"""
def f(x, n):
    try:
        v = {expression}
        r = x[0]
    except Exception as error:
        r = x[1] * (1 + len(str(error)))
    return r
"""
    )
    x = vector()
    value, gradient = value_and_grad(f)(x, 0)
    assert value == f(x, 0) != x[0]
    assert gradient[0] == 0 != gradient[1]


@pytest.mark.parametrize("expression", EVALUATED)
def test_in_a_branch_that_is_not_run(expression: str, source_of: Callable[[str], Any]) -> None:
    f = source_of(
        f"""
def f(x, n):
    if x[0] > 100:
        v = {expression}
    return x[0] * x[1]
"""
    )
    x = vector()
    assert value_and_grad(f)(x, 0)[0] == f(x, 0)


@pytest.fixture
def source_of(tmp_path: Any) -> Callable[[str], Any]:
    """Makes the function ``f`` of a program that stands in a file."""

    def made(text: str) -> Any:
        path = tmp_path / "program.py"
        path.write_text("import itertools\nimport numpy as np\n" + text, encoding="utf-8")
        namespace: dict[str, Any] = {"__name__": "program"}
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), namespace)
        return namespace["f"]

    return made


# --- loops --------------------------------------------------------------------------------------


class Unit:
    def __init__(self) -> None:
        self.u = 1.0


def never_made(x, s):
    if s > 0.7:
        return s
    q = None
    for v in x:
        if False:
            q = Unit()
            break
        l = q.u
    return s


def never_left(x, s):
    k, q = 0, None
    while s < 3:
        if k:
            return s
        s = s + q.u
    return s


def test_a_loop_whose_exit_is_never_taken() -> None:
    for f in (never_made, never_left):
        for args in ((vector(), 0.5), (vector(), 3.5)):
            try:
                want = f(*args)
            except AttributeError as error:
                with pytest.raises(AttributeError, match=str(error)):
                    value_and_grad(f, argnums=1)(*args)
            else:
                assert value_and_grad(f, argnums=1)(*args) == (want, 1.0)


# --- arguments that do not fit ------------------------------------------------------------------


def nothing():
    return 1


def named(a, *, b):
    return a


def several(a, b, c=1, *rest):
    return a


def by_place(a, /, b):
    return a


class Method:
    def m(self, a):
        return a


@dataclasses.dataclass
class Data:
    a: float
    b: float = 1.0


class Row(typing.NamedTuple):
    a: float
    b: float = 1.0


@case(vector())
def the_texts_of_python(x):
    r = x[0]
    try:
        nothing(1)
    except TypeError as e:
        r = r + x[1] * len(str(e))
    try:
        named()
    except TypeError as e:
        r = r + x[2] * len(str(e))
    try:
        named(1, 2, 3)
    except TypeError as e:
        r = r + x[3] * len(str(e))
    try:
        named(1, b=2, c=3)
    except TypeError as e:
        r = r + x[0] * len(str(e))
    try:
        several()
    except TypeError as e:
        r = r + x[1] * len(str(e))
    try:
        by_place(a=1, b=2)
    except TypeError as e:
        r = r + x[2] * len(str(e))
    return r


@case(vector())
def the_texts_of_methods(x):
    def inner(a, b):
        return a

    r = x[0]
    try:
        Method().m()
    except TypeError as e:
        r = r + x[1] * len(str(e))
    try:
        Data()
    except TypeError as e:
        r = r + x[2] * len(str(e))
    try:
        Row(1, 2, 3)
    except TypeError as e:
        r = r + x[3] * len(str(e))
    try:
        inner(1)
    except TypeError as e:
        r = r + x[0] * len(str(e))
    return r


# --- what a handler reads of an error -----------------------------------------------------------


@case(vector())
def the_name_that_is_missing(x):
    r = x[0]
    nobody = None
    try:
        nobody.foo
    except AttributeError as e:
        r = r + x[1] * len(e.name)
    try:
        if x[0] > 0:
            Unit().missing
    except AttributeError as e:
        r = r + x[2] * (2 if e.name == "missing" else 3)
    return r


class Failure(Exception):
    def __init__(self, code, obj=None):
        self.code = code
        self.obj = obj


@case(vector())
def an_attribute_that_decides(x):
    try:
        if x[0] > 0:
            raise Failure(3, "a")
        r = x[0]
    except Failure as e:
        r = x[1] * (2 if e.code == 3 and e.obj == "a" else 1)
    return r


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()


def the_object(x):
    nobody = None
    try:
        nobody.foo
        r = x[0]
    except AttributeError as e:
        r = x[1] * (2 if e.obj is None else 3)
    return r


def what_was_handled(x):
    try:
        try:
            {}["a"]
        except KeyError:
            raise ValueError("b")
    except ValueError as e:
        r = x[1] * (2 if e.__context__ is None else 3)
    return r


def a_name_that_is_not_there(x):
    try:
        v = undefined  # noqa: F821
        r = x[0]
    except ValueError:
        r = x[1]
    return r


@pytest.mark.parametrize("f", [the_object, what_was_handled, a_name_that_is_not_there])
def test_refused(f):
    with pytest.raises(UnsupportedSyntaxError):
        grad(f)(vector())


def test_what_is_computed_with_an_attribute_is_refused() -> None:
    def f(x):
        try:
            if x[0] > 0:
                raise Failure(3.0)
            r = x[0]
        except Failure as e:
            r = x[1] * e.code
        return r

    with pytest.raises(NoDerivativeError, match="an attribute of a caught exception"):
        grad(f)(vector())


def test_a_name_from_outside_is_read_once() -> None:
    scale = np.array([1.0, 2.0, 3.0, 4.0])

    def f(x):
        w = scale
        h = np.sin
        return np.sum(w * h(x))

    x = vector()
    np.testing.assert_allclose(grad(f)(x), scale * np.cos(x))


# --- where the elements that a call takes raise, or a trip of a loop ------------------------------


def _fail(v):
    raise Failure(v)


def _found(entries, key):
    if key in entries:
        return entries[key]
    for value in entries.values():
        if isinstance(value, dict):
            try:
                return _found(value, key)
            except KeyError:
                continue
    raise KeyError(key)


def summed_rows(x):
    return sum(x[i] * x[j] for i, j in zip([0, 1], [1], strict=True))


def largest_of_rows(x):
    return max(x[i] * x[j] for i, j in zip([0], [1, 2], strict=True))


def each_fails(x):
    return sum(_fail(v) for v in [1, 2]) + x[0]


def each_trip_fails(x):
    return np.sum([_fail(2) for _ in range(3)]) + x[0]


def each_element_fails(x):
    return np.sum([_fail(0.5 * len(x)) for v in x if v < 100]) + x[0]


def nowhere_found(x):
    return _found({"a": {"b": 2.0, "c": {"d": 1.0}}, "e": {"f": 1.0}}, "g") * x[0]


@pytest.mark.parametrize(
    "f",
    [summed_rows, largest_of_rows, each_fails, each_trip_fails, each_element_fails, nowhere_found],
)
def test_what_comes_after_is_not_looked_at(f):
    with pytest.raises((ValueError, Failure, KeyError)) as wanted:
        f(vector())
    with pytest.raises(type(wanted.value)) as found:
        value_and_grad(f)(vector())
    assert type(found.value) is type(wanted.value)
    assert str(found.value) == str(wanted.value)


def test_an_error_that_is_caught_leads_on():
    def f(x):
        total = _found({"a": {"b": 2.0, "c": {"d": 3.0}}, "e": {"f": 1.0}}, "d") * x[0]
        try:
            total += sum(x[i] * x[j] for i, j in zip([0, 1], [1], strict=True))
        except ValueError:
            total += x[1] ** 2
        return total

    check_at(f, vector())
