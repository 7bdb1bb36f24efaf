"""What a wheel carries: the demo must work where only the wheel was installed."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The names of the files in the wheel, and what declares its commands."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        (entry_points,) = (name for name in names if name.endswith("entry_points.txt"))
        return names, archive.read(entry_points).decode()


def test_wheel_carries_the_whole_package(wheel):
    names, _ = wheel
    modules = {p.relative_to(ROOT).as_posix() for p in (ROOT / "srcgrad").rglob("*.py")}
    assert modules <= names


def test_wheel_carries_templates_and_what_the_demo_needs(wheel):
    names, _ = wheel
    templates = {
        f"srcgrad/templates/{p.relative_to(ROOT / 'templates').as_posix()}"
        for p in (ROOT / "templates").rglob("*")
        if p.is_file()
    }
    assert templates <= names
    for needed in ("digits_network.py", "optimizers.py", "data/digits.npz", "data/README.md"):
        assert f"srcgrad/examples/{needed}" in names


def test_wheel_carries_nothing_else(wheel):
    names, _ = wheel
    assert {name.split("/")[0] for name in names} == {"srcgrad", "srcgrad-0.1.0.dist-info"}


def test_wheel_declares_the_command(wheel):
    _, entry_points = wheel
    assert "srcgrad = srcgrad.cli:main" in entry_points
