"""What the pages say is so."""

from __future__ import annotations

import importlib.util
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from srcgrad import testing
from tests.verifying import verified_passes

ROOT = Path(__file__).resolve().parents[1]
SUPPORT = (ROOT / "docs" / "support.md").read_text()
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


@pytest.fixture(autouse=True)
def passes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the passes whose output was verified in this test."""
    return verified_passes(monkeypatch)


def test_architecture_names_every_pass():
    text = (ROOT / "docs" / "architecture.md").read_text()
    passes = (ROOT / "srcgrad" / "transform" / "simplify").glob("[a-z]*.py")
    assert [path.stem for path in passes if f"`{path.stem}." not in text] == []


def test_tables_are_those_of_the_compiler():
    filled_in = runpy.run_path(str(ROOT / "docs" / "support_tables.py"))["filled_in"]
    assert filled_in(SUPPORT) == SUPPORT, "run: python docs/support_tables.py"


def test_tables_list_the_common_functions():
    for name in ("np.sin", "np.sum", "np.matmul", "np.where", "x.reshape()", "math.exp", "matmul"):
        assert f"`{name}`" in SUPPORT


def _constructs() -> dict[str, list[str]]:
    """The examples of the language, by what they are examples of."""
    section = SUPPORT.partition("## The language")[2].partition("## Functions")[0]
    rows = re.findall(r"^\| ([^|]+) \| (`.*`) \|$", section, re.MULTILINE)
    return {what: re.findall(r"`([^`]*)`", code) for what, code in rows}


CONSTRUCTS = _constructs()


def test_there_are_examples():
    assert len(CONSTRUCTS) > 20


@pytest.mark.parametrize("what", CONSTRUCTS)
def test_construct_is_differentiated(what, tmp_path):
    lines = ["import math", "", "import numpy as np", "", "", "def f(x, v, w, A, params, opts):"]
    lines += [f"    {line}" for line in CONSTRUCTS[what]]
    path = tmp_path / "constructs.py"
    path.write_text("\n".join([*lines, "    return np.sum(y)", ""]))
    spec = importlib.util.spec_from_file_location("constructs", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rng = np.random.default_rng(1)
    v, w, a, b = rng.normal(size=(4, 3))
    arguments = (0.7, v, w, rng.normal(size=(3, 3)), [a, b], {"scale": 1.5, "shift": 0.5})
    testing.check_grads(module.f, arguments)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


def test_readme_shows_what_comes_out(tmp_path, request):
    readme = ROOT / "README.md"
    text = readme.read_text()
    program, shown = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[:2]
    path = tmp_path / "example.py"
    path.write_text(program)
    arrays = {"W1": np.ones((5, 4)), "W2": np.ones((4, 3)), "X": np.ones((6, 5))}
    namespace = runpy.run_path(str(path), {**arrays, "__name__": "example"})
    source = namespace["loss_grad"].source.removeprefix("import numpy as np\n\n\n")
    if request.config.getoption("--update-golden"):
        readme.write_text(text.replace(shown, source))
        shown = source
    assert shown == source
