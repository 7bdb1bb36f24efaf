"""The table of forms: every example does what its row says, and every test that it names exists."""

from __future__ import annotations

import copy
import importlib.util
import inspect
import runpy
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import srcgrad
from srcgrad import grad, testing, value_and_grad
from srcgrad.handle import Gradient
from srcgrad.request import Mode, Request
from tests.hard_cases.checking import Case, differences, leaves, matrix, same, vector
from tests.language.stateful import follow
from tests.verifying import looks_at_each, verified_passes

ROOT = Path(__file__).resolve().parents[1]
TABLE = runpy.run_path(str(ROOT / "docs" / "forms_table.py"))
ROWS = [row for _, rows in TABLE["sections"]() for row in rows]
ARGUMENTS = {
    "x": vector(4, 1),
    "y": vector(4, 2),
    "A": matrix(4, 4, 3),
    "B": matrix(4, 4, 4),
    "s": 0.7,
    "n": 3,
    "items": [vector(4, 5), vector(4, 6)],
    "d": {"a": vector(4, 7), "b": vector(4, 8)},
    "opts": {},
}


@pytest.fixture(autouse=True)
def passes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the passes that ran in this test."""
    return verified_passes(monkeypatch, looks_at_each(request))


def loaded(program: str, folder: Path, name: str) -> ModuleType:
    """The module whose text is ``program``."""
    path = folder / f"{name}.py"
    path.write_text("import numpy as np\n" + program)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def arguments(module: ModuleType) -> tuple[Any, ...]:
    """A copy of what is passed for the parameters of ``f``, by their names."""
    known = {**ARGUMENTS, **vars(module)}
    return tuple(copy.deepcopy(known[name]) for name in inspect.signature(module.f).parameters)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.form.replace("`", ""))
def test_row(row, tmp_path):
    module = loaded(row.program, tmp_path, "example")
    args = arguments(module)
    wrt = testing.floating_positions(args)
    if row.refused is not None:
        error, hint = row.refused
        with pytest.raises(getattr(srcgrad, error)) as caught:
            grad(module.f, wrt)(*args)
        assert type(caught.value).__name__ == error
        assert hint in (caught.value.hint or caught.value.message)
        assert caught.value.loc is not None
        return
    if row.changes:
        follow(module.f, *args, wrt=wrt)
        return
    expected = None
    if (
        "float32" in row.program
    ):  # too coarse for differences: those of the same in double precision
        double = loaded(row.program.replace("float32", "float64"), tmp_path, "double")
        expected = differences(double.f, args, wrt)
    Case(module.f, args, wrt, expected, rtol=1e-6 if expected is None else 1e-5).run()
    check_pullback(module.f, args, wrt)


def check_pullback(f: Any, args: tuple[Any, ...], wrt: tuple[int, ...]) -> None:
    """A pullback gives the gradient each time that it is called."""
    _, gradient = value_and_grad(f, wrt)(*args)  # compiled already, by Case.run
    before = copy.deepcopy(args)

    _, pullback, *_ = Gradient(f, Request(Mode.VJP, wrt), "vjp")(*args)
    for _ in range(2):
        for got, bar in zip(leaves(pullback(2.0)), leaves(gradient), strict=True):
            np.testing.assert_allclose(got, 2 * np.asarray(bar), rtol=1e-6, atol=1e-12)
    assert same(before, args), "an argument was changed"


def test_a_wrong_row_would_fail(tmp_path):
    wrong = TABLE["Row"](
        "a refusal", "", "\ndef f(x):\n    return np.sum(x)\n", ("AliasingError", "")
    )
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_row(wrong, tmp_path)


def test_forms_are_different():
    assert len({row.form for row in ROWS}) == len(ROWS) > 100


def test_tests_exist(request):
    named = {f"tests/{row.test}" for row in ROWS}
    assert named <= {item.nodeid for item in request.session.items} or named <= collected(named)


def collected(named: set[str]) -> set[str]:
    """All tests in the files of some, for a session that has not collected those itself."""
    files = sorted({test.partition("::")[0] for test in named})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    listed = subprocess.run(
        [*command, *files], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return set(listed.splitlines())


def test_page_is_that_of_the_rows():
    text = (ROOT / "docs" / "forms.md").read_text()
    assert text == TABLE["page"](), "run: python docs/forms_table.py"
