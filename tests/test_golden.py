"""The generated sources of the systems, letter for letter, and what they may not contain.

``pytest tests/test_golden.py --update-golden`` writes what the compiler gives now to
``tests/golden/``; read the difference before you keep it.
"""

from __future__ import annotations

import ast
import inspect
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from srcgrad import testing
from tests.systems import System, systems
from tests.verifying import verified_passes

TESTS = Path(__file__).resolve().parent
GOLDEN = TESTS / "golden"
SYSTEMS = systems()


@pytest.fixture(autouse=True)
def passes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the passes whose output was verified in this test."""
    return verified_passes(monkeypatch)


def golden(name: str) -> str:
    return (GOLDEN / f"{name}.py").read_text()


@pytest.mark.parametrize("name", SYSTEMS)
def test_source_is_the_golden_one(name, request, passes):
    source = SYSTEMS[name].compile().lower(*SYSTEMS[name].args).source
    if request.config.getoption("--update-golden"):
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / f"{name}.py").write_text(source)
    assert passes
    assert source == golden(name)


def test_every_golden_source_belongs_to_a_system():
    assert {path.stem for path in GOLDEN.glob("*.py")} == set(SYSTEMS)


# --- running them -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    """What the golden sources give, run in a process that cannot import srcgrad."""
    jobs = [(str(GOLDEN / f"{name}.py"), system.args) for name, system in SYSTEMS.items()]
    command = [sys.executable, "-I", str(TESTS / "golden_runner.py")]
    run = subprocess.run(command, input=pickle.dumps(jobs), capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()
    values, loaded = pickle.loads(run.stdout)
    assert loaded == []
    return dict(zip(SYSTEMS, values, strict=True))


@pytest.mark.parametrize("name", SYSTEMS)
def test_golden_source_agrees_with_finite_differences(name, results):
    system, result = SYSTEMS[name], results[name]
    if system.value:
        value, result = result
        assert value == pytest.approx(system.function(*system.args), rel=1e-14)
    gradients = result if isinstance(system.argnums, tuple) else (result,)
    rows = testing.compare(system.function, system.args, system.positions, gradients)
    assert rows
    assert all(row.passed for row in rows), rows
    assert any(row.largest > 0 for row in rows), "a gradient of zeros tests nothing"


def test_runner_cannot_import_the_compiler(tmp_path):
    (tmp_path / "leaning.py").write_text("import srcgrad\n\n\ndef f_grad(x):\n    return x\n")
    command = [sys.executable, "-I", str(TESTS / "golden_runner.py")]
    jobs = pickle.dumps([(str(tmp_path / "leaning.py"), (1.0,))])
    run = subprocess.run(command, input=jobs, capture_output=True, check=False)
    assert run.returncode != 0
    assert b"srcgrad is out of reach here" in run.stderr


# --- what no source may contain -----------------------------------------------------------------


def unbroadcast_calls(source: str) -> int:
    return len(re.findall(r"\b_?unbroadcast\w*\(", source))


def needless_zeros(source: str) -> list[str]:
    """Arrays made of zeros that nothing is scattered into and no loop adds to.

    Those that the user makes in the forward part are not counted.
    """
    tree = ast.parse(source)
    backward = source[: source.find("# Backward")].count("\n")
    made = [
        node.targets[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.lineno > backward
        and re.match(r"np\.(zeros|zeros_like|full|empty)\(", ast.unparse(node.value))
    ]
    return [name for name in made if not _is_accumulator(tree, name)]


def _is_accumulator(tree: ast.Module, name: str) -> bool:
    for loop in ast.walk(tree):
        if isinstance(loop, ast.For | ast.While):
            for node in ast.walk(loop):
                if isinstance(node, ast.AugAssign) and ast.unparse(node.target) == name:
                    return True
                if isinstance(node, ast.Assign) and ast.unparse(node).startswith(
                    f"{name} = {name} + "
                ):
                    return True  # what the loop carries begins with zeros
    text = ast.unparse(tree)
    if re.search(rf"\b{name} \+= \w+\.T\.dot\(", text):
        return True  # the products gathered from a loop, which are none where it makes no trip
    if re.search(rf"^ +\w+ = {name}$", text, re.MULTILINE):
        return True  # a shadow, which travels with its array and is written by another name
    return bool(re.search(rf"\b{name}\[.*\] \+?= |np\.add\.at\({name}\b", text))


def needless_fills(source: str) -> list[str]:
    """Products and sums with an array of equal numbers, where the number would do."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.BinOp):
            text = [ast.unparse(part) for part in (node.left, node.right)]
            found += [
                t for t in text if re.match(r"np\.(ones|zeros|full)(_like)?\(|np\.broadcast_to", t)
            ]
    return found


def single_use_temporaries(source: str, own: set[str]) -> list[str]:
    """Names of the compiler's that are assigned once and read once, by the next statement.

    ``own`` are the names in the user's code: a variable of the user's and its cotangent may have a
    line of their own.  So may what would make the next line too long.
    """
    function = [n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)][-1]
    names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    found = []
    for first, second in _neighbours(function.body):
        if not (isinstance(first, ast.Assign) and isinstance(first.targets[0], ast.Name)):
            continue
        if isinstance(second, ast.For | ast.While | ast.If):
            continue
        name = first.targets[0].id
        if re.sub(r"(_bar)?(_\d+)?$", "", name) in own:
            continue
        uses = [node for node in names if node.id == name]
        reads = [n for n in ast.walk(second) if isinstance(n, ast.Name) and n.id == name]
        if len(uses) == 2 and len(reads) == 1:
            length = len(ast.unparse(second)) + len(ast.unparse(first.value))
            if length - len(name) + 2 + second.col_offset <= 88:
                found.append(name)
    return found


def _neighbours(body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, ast.stmt]]:
    yield from pairwise(body)
    for stmt in body:
        for part in ("body", "orelse"):
            yield from _neighbours(getattr(stmt, part, []))


def names_of_the_user(system: System) -> set[str]:
    """The names in the modules of the function and of the functions that it calls."""
    modules = [inspect.getmodule(system.function)]
    modules += [inspect.getmodule(v) for v in vars(modules[0]).values() if inspect.isfunction(v)]
    names: set[str] = set()
    for module in modules:
        if module is None or module.__name__.startswith("srcgrad"):
            continue
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Name | ast.arg):
                names.add(node.id if isinstance(node, ast.Name) else node.arg)
    return names


@pytest.mark.parametrize("name", SYSTEMS)
def test_golden_source_has_nothing_needless(name):
    source = golden(name)
    assert unbroadcast_calls(source) == 0
    assert needless_zeros(source) == []
    assert needless_fills(source) == []
    assert single_use_temporaries(source, names_of_the_user(SYSTEMS[name])) == []
    assert unnamed(source) == []


def unnamed(source: str) -> list[str]:
    """Names made from ``_``, which is no name, but for what a loop counts by."""
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    return sorted(name for name in names if re.fullmatch(r"_+(bar)?(_?\d+)*", name) and name != "_")


@pytest.mark.parametrize("name", SYSTEMS)
def test_golden_source_is_laid_out_well(name):
    lines = golden(name).splitlines()
    assert max(map(len, lines)) <= 100
    assert all(line == line.rstrip() for line in lines)
    comments = [m[1] for line in lines if (m := re.search(r"# (\S*\d+: .*)$", line))]
    twice = [a for a, b in pairwise(comments) if a == b]
    assert twice == [], "neighbours quote one line of the user's"


def test_counters_find_what_they_count():
    bad = (
        "import numpy as np\n\n\n"
        "def f_grad(x, y):\n"
        "    # Backward\n"
        "    prod = np.cos(x)\n"
        "    z_bar = prod * y\n"
        "    x_bar = np.zeros_like(x)\n"
        "    x_bar += _unbroadcast(z_bar, x)\n"
        "    y_bar = np.zeros_like(y)\n"
        "    y_bar[0] += 1\n"
        "    __bar_1 = x_bar + z_bar\n"
        "    return __bar_1 * np.ones_like(x), y_bar, __bar_1\n"
    )
    assert unbroadcast_calls(bad) == 1
    assert needless_zeros(bad) == ["x_bar"]
    assert needless_fills(bad) == ["np.ones_like(x)"]
    assert single_use_temporaries(bad, {"x", "y", "z"}) == ["prod"]
    assert unnamed(bad) == ["__bar_1"]
