"""Every kind of bad input gets a clear error, at the right place."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import textwrap
import types

import numpy as np
import pytest

from srcgrad import (
    AliasingError,
    NoDerivativeError,
    NoSourceError,
    RuleError,
    SrcgradError,
    SubclassError,
    UnknownTypeError,
    UnsupportedSyntaxError,
    grad,
    register_vjp,
    value_and_grad,
    vjp,
)

X = np.array([1.0, 2.0, 3.0])


def line_of(error: SrcgradError) -> str:
    """The source line that an error points at."""
    assert error.loc is not None
    assert error.loc.file == __file__
    with open(__file__) as file:
        return file.read().splitlines()[error.loc.line - 1]


# ---- not a function ----


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (3, TypeError, "grad takes a function, not int 3"),
        ("f", TypeError, "grad takes a function, not str 'f'"),
        (None.__class__, TypeError, "grad takes a function, not type"),
        ([].append, NoSourceError, "'append' is not written in Python"),
        (X.sum, NoSourceError, "'sum' is not written in Python"),
        (types.MethodType(lambda self: 1.0, 3), TypeError, r"takes 0 positional arguments"),
        (np.sin, NoSourceError, "'sin' is not written in Python"),
        (np.sum, NoSourceError, "'sum' is not written in Python"),
        (math.sin, NoSourceError, r"hint: wrap it: grad\(lambda x: sin\(x\)\)"),
        (str.join, NoSourceError, "'join' is not written in Python"),
        (grad(lambda x: x), UnsupportedSyntaxError, "second derivative"),
    ],
)
def test_not_a_function(value, error, message):
    with pytest.raises(error, match=f"(?s){message}"):
        grad(value)


def test_names_of_the_call_in_messages():
    with pytest.raises(TypeError, match="value_and_grad takes a function"):
        value_and_grad(3)
    with pytest.raises(TypeError, match="vjp takes a function"):
        vjp(3, X)


# ---- argnums ----


@pytest.mark.parametrize(
    ("argnums", "message"),
    [
        ("x", "argnums must be an int or a tuple of ints, not 'x'"),
        (1.0, "argnums must be an int or a tuple of ints, not 1.0"),
        (True, "argnums must be an int or a tuple of ints, not True"),
        ([0], r"argnums must be an int or a tuple of ints, not \[0\]"),
        ((), "argnums names no argument"),
        ((0, 0), "argnums names an argument twice"),
        ((0, -2), "argnums names an argument twice"),
        (2, r"argnums=2, but f\(\) takes 2 positional arguments"),
        (-3, r"argnums=-3, but f\(\) takes 2 positional arguments"),
        ((0, 5), r"argnums=\(0, 5\), but f\(\) takes 2 positional arguments"),
    ],
)
def test_argnums(argnums, message):
    def f(x, y, *, z=1.0):
        return x * y * z

    with pytest.raises(TypeError, match=message):
        grad(f, argnums=argnums)


@pytest.mark.parametrize("argnums", [1, -1])
def test_argnums_of_starred_arguments(argnums):
    with pytest.raises(TypeError, match="taken by '\\*' cannot be differentiated on its own"):
        grad(lambda x, *rest: x, argnums=argnums)


# ---- results ----


def raised(f, *args, error=TypeError):
    with pytest.raises(error) as caught:
        grad(f)(*args)
    with pytest.raises(error):
        value_and_grad(f)(*args)
    return caught.value


def test_results_that_are_no_scalars():
    def array(x):
        return x * x

    message = str(raised(array, X))
    assert "gradient only defined for scalar-output functions" in message
    assert f"array (test_errors.py:{array.__code__.co_firstlineno})" in message
    assert "an array of 1 dimensions: sum it, or use vjp" in message


@pytest.mark.parametrize(
    ("f", "what"),
    [
        (lambda x: 3, "of dtype int64"),
        (lambda x: x > 0, "of dtype bool"),
        (lambda x: np.argmax(x * np.ones(3)), "of dtype int64"),
        (lambda x: x * 1j, "of dtype complex128"),
        (lambda x: (x, x), "a tuple"),
        (lambda x: {"loss": x}, "a dict"),
        (lambda x: None, "None"),
        (lambda x: "text", "'text'|text"),
    ],
)
def test_results_that_are_not_real(f, what):
    message = str(raised(f, 1.5))
    assert "functions with a real scalar output" in message
    assert re.search(f"is {what}", message), message


# ---- sources ----


def test_function_made_by_exec():
    namespace = {}
    exec("def f(x):\n    return x * x", namespace)
    with pytest.raises(NoSourceError, match="'f' has no source: it was made by exec") as caught:
        grad(namespace["f"])(1.0)
    assert "hint: define it in a file" in str(caught.value)


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="its prompt keeps what was typed")
def test_interpreter_prompt():
    program = textwrap.dedent("""
        from srcgrad import grad
        def f(x):
            return x * x

        try:
            grad(f)(1.0)
        except Exception as error:
            print(type(error).__name__, error)

    """)
    done = subprocess.run(
        [sys.executable, "-i", "-q"], input=program, capture_output=True, text=True, timeout=60
    )
    assert "NoSourceError" in done.stdout
    assert "typed at a plain prompt" in done.stdout


def test_generator_and_coroutine():
    def generator(x):
        yield x

    async def coroutine(x):
        return x

    error = raised(generator, 1.0, error=UnsupportedSyntaxError)
    assert line_of(error).strip() == "def generator(x):"
    raised(coroutine, 1.0, error=UnsupportedSyntaxError)


# ---- programs ----


def test_unsupported_syntax():
    def f(x):
        y = x
        with open("file"):
            y = x * x
        return y

    error = raised(f, 1.0, error=UnsupportedSyntaxError)
    assert line_of(error).strip() == 'with open("file"):'
    assert error.loc.column == 8
    assert error.hint
    text = str(error)
    assert text.startswith(f"{__file__}:{error.loc.line}:8: ")
    assert "\n    with open" in text
    assert "^^^" in text


def test_unsupported_syntax_in_a_helper():
    def helper(x):
        with open("file"):
            return x * x

    def f(x):
        return helper(x) * x

    error = raised(f, 1.0, error=UnsupportedSyntaxError)
    assert line_of(error).strip() == 'with open("file"):'


def without_rule(x):
    return np.sum(np.unwrap(x))


def test_function_without_rule():
    error = raised(without_rule, X, error=NoDerivativeError)
    assert "numpy.unwrap has no derivative rule and receives a differentiated value" in str(error)
    assert line_of(error).strip() == "return np.sum(np.unwrap(x))"
    assert error.loc.column == 18
    assert "register_vjp" in error.hint


def test_method_without_rule():
    with pytest.raises(NoDerivativeError, match="'.view' of an array"):
        grad(lambda x: np.sum(x.view(np.float64)))(X)


def test_method_that_arrays_do_not_have():
    with pytest.raises(UnsupportedSyntaxError, match="'numpy.ndarray' object has no attribute"):
        grad(lambda x: np.sum(x.nosuch()))(X)


def test_function_without_rule_is_called_where_nothing_is_differentiated():
    def f(x, y):
        return np.sum(x * np.unwrap(y)) + len(np.unwrap(np.array([0.0, 7.0])))

    y = np.array([0.0, 5.0, 9.0])
    np.testing.assert_array_equal(grad(f)(X, y), np.unwrap(y))
    with pytest.raises(NoDerivativeError, match="numpy.unwrap"):
        grad(f, argnums=1)(X, y)


def test_keyword_that_a_rule_does_not_cover():
    def f(x):
        return np.sum(np.sin(x, where=x > 1))

    error = raised(f, X, error=NoDerivativeError)
    assert "'where'" in str(error)
    assert "return np.sum(np.sin(x, where=x > 1))" in line_of(error)


def test_unknown_type():
    def f(x):
        parts = ()
        for v in x[x > 0.0]:
            parts = (*parts, v)
        return parts[0]

    error = raised(f, np.ones(3), error=UnknownTypeError)
    assert line_of(error).strip() == "for v in x[x > 0.0]:"


def test_aliasing():
    def f(x, y):
        x += 1.0
        return np.sum(x * y)

    with pytest.raises(AliasingError, match="x is written, and shares memory with y"):
        grad(f)(X, X)


def test_recursion():
    def f(x, n):
        return x * f(x, n - 1)

    error = raised(f, 2.0, 3, error=UnsupportedSyntaxError)
    assert "'f' calls itself on every way through it" in error.message
    assert line_of(error).strip() == "def f(x, n):"


def test_rule_error():
    def f(x):
        return x

    with pytest.raises(RuleError, match="hint: def f_vjp"):
        register_vjp(f)(lambda y_bar: y_bar)


def test_all_errors_have_one_base():
    for error in (
        AliasingError, NoDerivativeError, NoSourceError, RuleError, SubclassError, UnknownTypeError,
        UnsupportedSyntaxError,
    ):  # fmt: skip
        assert issubclass(error, SrcgradError)


def test_errors_of_the_user_keep_their_type():
    def f(x):
        if x[0] > 0:
            raise ArithmeticError("no positive numbers")
        return np.sum(np.ones(3) * x * x)

    g = grad(f)
    with pytest.raises(ArithmeticError, match="no positive numbers"):
        g(X)
    with pytest.raises(ValueError, match="broadcast"):
        g(-np.ones(2))
    np.testing.assert_array_equal(g(-X), -2 * X)
    with pytest.raises(ArithmeticError):
        g(X)


def test_a_failed_compilation_leaves_nothing_behind():
    def f(x, mode):
        if mode == "bad":
            return np.sum(np.unwrap(x))
        return np.sum(x)

    g = grad(f)
    for _ in range(2):
        with pytest.raises(NoDerivativeError):
            g(X, "bad")
        np.testing.assert_array_equal(g(X, "good"), np.ones(3))


def test_source_of_writes_before_the_first_call():
    def f(x):
        x[0] = 2.0
        return np.sum(x)

    derivative = grad(f)
    with pytest.raises(UnknownTypeError, match="call it first"):
        derivative.source
    derivative(X)
    assert "x[0] = 0" not in derivative.source.partition("# Backward")[0]


def test_an_array_that_is_found_out_at_run_time():
    def f(x, n):
        total = 0.0
        for _ in range(n):
            total = total + x
        return total

    for function in (grad(f), value_and_grad(f)):
        with pytest.raises(TypeError, match=r"the output of f .* is an array: sum it, or use vjp"):
            function(np.ones(3), 2)
    assert grad(f)(1.5, 2) == 2.0
    assert "np.ndim" not in grad(f).lower(1.5, 2).source
