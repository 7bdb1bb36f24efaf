"""The parts of the command line that need no compiler."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from srcgrad.cli import UsageError, evaluate, load_function, main, table
from srcgrad.errors import SrcgradError
from srcgrad.testing import compare


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A file with a function in it; what importing it adds is taken away again."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = tmp_path / "program_of_a_user.py"
    path.write_text("number = 3\n\n\ndef f(x):\n    return x * x\n")
    yield path
    sys.modules.pop("program_of_a_user", None)


def test_function_of_a_file(program):
    assert load_function(f"{program}:f")(3.0) == 9.0


def test_function_of_a_module(program, monkeypatch):
    monkeypatch.chdir(program.parent)
    assert load_function("program_of_a_user:f")(3.0) == 9.0


def test_file_named_as_a_module_that_is_loaded_leaves_it_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    import decimal

    path = tmp_path / "decimal.py"
    path.write_text("def f(x):\n    return -x\n")
    assert load_function(f"{path}:f")(1.0) == -1.0
    assert sys.modules["decimal"] is decimal


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing", "not of the form"),
        ("no_such_module:f", "no module 'no_such_module'"),
        ("numpy.no_such_part:f", "no module 'numpy.no_such_part'"),
        ("no_such_file.py:f", "no file no_such_file.py"),
        ("math:no_such_function", "math has no 'no_such_function'"),
        ("math:pi", "not a function but a float"),
    ],
)
def test_wrong_names(name, message, capsys):
    assert main(["check", name]) == 2
    assert message in capsys.readouterr().err


def test_reader_that_has_had_enough(program):
    command = f"{sys.executable} -m srcgrad source {program}:f --arg 2.0 | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_import_that_fails_inside_the_module_is_not_hidden(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken_program.py").write_text("import no_such_module_at_all\n")
    with pytest.raises(ModuleNotFoundError, match="no_such_module_at_all"):
        load_function("broken_program:f")


def test_arguments_are_expressions():
    a, b, c = evaluate(["np.ones(2)", "math.pi", "[1, 2.5]"])
    assert a.tolist() == [1.0, 1.0]
    assert (b, c) == (np.pi, [1, 2.5])
    with pytest.raises(UsageError, match="undefined_name"):
        evaluate(["undefined_name"])
    with pytest.raises(UsageError):
        evaluate(["1 +"])


def test_check_wants_arguments(program, capsys):
    assert main(["check", f"{program}:f"]) == 2
    assert "--arg" in capsys.readouterr().err


def test_no_command_is_an_error_of_use(capsys):
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 2


def weighted(params, x):
    (w, b), scale = params["layer"], params["scale"]
    return float(np.sum((w * x + b) ** 2) * scale)


def weighted_gradient(params, x):
    (w, b), scale = params["layer"], params["scale"]
    r = w * x + b
    return {"layer": (2 * r * x * scale, 2 * r * scale), "scale": float(np.sum(r**2))}


def test_comparison_passes_right_gradients(rng):
    params = {"layer": (rng.normal(size=4), rng.normal(size=4)), "scale": 0.5}
    x = rng.normal(size=4)
    rows = compare(weighted, (params, x), (0,), (weighted_gradient(params, x),))
    assert [row.name for row in rows] == [
        "params['layer'][0]", "params['layer'][1]", "params['scale']",
    ]  # fmt: skip
    assert all(row.passed for row in rows)
    assert table(rows).count(" ok") == 3


@pytest.mark.parametrize("entry", range(4))
def test_comparison_finds_one_wrong_entry(rng, entry):
    params = {"layer": (rng.normal(size=4), rng.normal(size=4)), "scale": 0.5}
    x = rng.normal(size=4)
    gradient = weighted_gradient(params, x)
    gradient["layer"][1][entry] += 1e-3 * np.abs(gradient["layer"][1]).max()
    rows = compare(weighted, (params, x), (0,), (gradient,))
    assert [row.passed for row in rows] == [True, False, True]
    assert "WRONG" in table(rows)


def test_comparison_finds_wrong_shapes():
    with pytest.raises(SrcgradError, match="shape"):
        compare(lambda x: np.sum(x), (np.ones(3),), (0,), (1.0,))


@pytest.mark.parametrize("x", [np.float32([0.5, -1.5]), np.array([1, 3]), 2, np.float32(0.5)])
def test_comparison_of_other_number_types(x):
    def cube(x):
        return np.sum(x * x * x)

    (row,) = compare(cube, (x,), (0,), (3 * np.multiply(x, x),))
    assert row.passed
    (row,) = compare(cube, (x,), (0,), (3.1 * np.multiply(x, x),))
    assert not row.passed


def test_comparison_refuses_what_is_not_real():
    with pytest.raises(SrcgradError, match="real"):
        compare(np.abs, (1j,), (0,), (1j,))


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
@pytest.mark.parametrize("entry", range(3))
def test_comparison_finds_what_is_not_finite(wrong, entry):
    gradient = np.ones(3)
    gradient[entry] = wrong
    (row,) = compare(np.sum, (np.ones(3),), (0,), (gradient,))
    assert not row.passed
