"""The commands on the compiler: source, check and demo."""

from __future__ import annotations

import ast
import sys

import pytest

from srcgrad.cli import main

PROGRAM = """
import numpy as np

from srcgrad import register_vjp


def loss(w, X, power=2):
    return np.sum((X @ w) ** power)


def layers(params, x):
    for W in params:
        x = np.tanh(W @ x)
    return np.sum(x)


def cube(x):
    return x * x * x


@register_vjp(cube)
def cube_vjp(y_bar, y, x):
    return 2 * x * x * y_bar


def wrong(x):
    return cube(x) + 1.0


def suspended(x):
    yield x * 2


def not_scalar(x):
    return x * 2
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A user's file; what importing it adds is taken away again."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    path = tmp_path / "users_program.py"
    path.write_text(PROGRAM)
    yield str(path)
    for name in set(sys.modules) - before:
        if name.startswith("users_program"):
            del sys.modules[name]


WX = ("--arg", "rng.normal(size=3)", "--arg", "rng.normal(size=(4, 3))")


def test_source_of_arguments(program, capsys):
    assert main(["source", f"{program}:loss", *WX]) == 0
    text = capsys.readouterr().out
    (function,) = [n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)]
    assert function.name == "loss_grad"
    assert "with respect to w." in text
    assert "to be read" not in text


def test_source_of_several_arguments_and_the_value(program, capsys):
    assert main(["source", f"{program}:loss", *WX, "--argnums", "0,1", "--value"]) == 0
    assert "Value and gradient of loss" in (text := capsys.readouterr().out)
    assert "with respect to w and X." in text


def test_source_without_arguments_is_generic(program, capsys):
    assert main(["source", f"{program}:loss"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("# Generic source, to be read")
    ast.parse(text)


def test_source_that_needs_arguments_says_so(program, capsys):
    assert main(["source", f"{program}:layers"]) == 1
    error = capsys.readouterr().err
    assert "srcgrad.UnknownTypeError: " in error
    assert "users_program.py:12:4" in error
    assert "--arg EXPR" in error
    assert main(["source", f"{program}:layers", "--arg", "[np.eye(2)]", "--arg", "np.ones(2)"]) == 0


def test_check_of_a_right_gradient(program, capsys):
    assert main(["check", f"{program}:loss", *WX]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["w", "X"]
    assert all(line.endswith(" ok") for line in lines[1:])


def test_check_of_a_wrong_gradient(program, capsys):
    assert main(["check", f"{program}:wrong", "--arg", "2.0"]) == 1
    assert capsys.readouterr().out.rstrip().endswith("WRONG")


def test_unsupported_syntax_is_shown_with_its_place(program, capsys):
    assert main(["check", f"{program}:suspended", "--arg", "2.0"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("srcgrad.UnsupportedSyntaxError: ")
    assert "users_program.py:30:0: a generator function, which has 'yield'" in error
    assert "^^^^^" in error
    assert "hint: " in error


def test_what_is_no_scalar_is_refused_without_a_traceback(program, capsys):
    assert main(["check", f"{program}:not_scalar", "--arg", "np.ones(2)"]) == 1
    assert "gradient only defined for scalar-output functions" in capsys.readouterr().err


def test_demo(tmp_path, capsys):
    png = tmp_path / "curve.png"
    assert main(["demo", "--epochs", "8", "--png", str(png)]) == 0
    text = capsys.readouterr().out
    assert "def digits_loss(params, X, Y):" in text
    assert "# Backward" in text
    assert text.count(" ok\n") == 4
    assert "WRONG" not in text
    assert "over 360 steps" in text
    shares = [float(line.split()[-1].rstrip("%")) for line in text.splitlines() if "epoch" in line]
    assert shares[-1] >= 95


@pytest.mark.parametrize(
    ("line", "status", "message"),
    [
        (("check", "cube", "--arg", "1.0", "--arg", "2.0"), 1, "cube(): too many positional"),
        (("check", "loss", "--arg", "1.0"), 1, "loss(): missing a required argument: 'X'"),
        (("check", "cube", "--arg", "1.0", "--argnums", "0,0"), 2, "names an argument twice"),
        (("source", "cube", "--argnums", "3"), 2, "cube() takes 1 positional argument"),
        (("source", "cube", "--argnums", "0,0"), 2, "names an argument twice"),
    ],
)
def test_arguments_that_the_function_does_not_take(program, capsys, line, status, message):
    command, name, *options = line
    assert main([command, f"{program}:{name}", *options]) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err
    assert printed.err.count("\n") == 1
