"""What a wheel carries, and that it works where nothing but the wheel was installed."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel_file(tmp_path_factory):
    """The wheel, built from the working tree."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def wheel(wheel_file):
    """The names of the files in the wheel, and what declares its commands."""
    with zipfile.ZipFile(wheel_file) as archive:
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


# --- installed ----------------------------------------------------------------------------------

PROGRAM = """
import pathlib
import sys

import numpy as np

import srcgrad
from srcgrad import grad

assert pathlib.Path(srcgrad.__file__).is_relative_to(sys.argv[1]), srcgrad.__file__


def loss(w, X):
    return np.sum(np.tanh(X @ w) ** 2)


loss_grad = grad(loss)
w, X = np.array([0.5, -0.25]), np.array([[1.0, 2.0], [3.0, 4.0], [-1.0, 0.5]])
t = np.tanh(X @ w)
np.testing.assert_allclose(loss_grad(w, X), X.T @ (2 * t * (1 - t * t)), rtol=1e-12)
print(loss_grad.source)
"""


@pytest.fixture(scope="module")
def installed(wheel_file, tmp_path_factory):
    """A folder that the wheel was installed in, far from the repository."""
    pytest.importorskip("pip")
    folder = tmp_path_factory.mktemp("installed")
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
        "--no-deps", "--no-index", "--target", str(folder), str(wheel_file),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    return folder


def run_installed(folder, cwd, *arguments):
    """Run Python with what was installed in front of everything else."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, "-P", *map(str, arguments)],
        cwd=cwd, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_installed_wheel_differentiates_a_function(installed, tmp_path):
    assert (installed / "srcgrad" / "templates").is_dir()
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    run = run_installed(installed, tmp_path, program, installed)
    assert run.returncode == 0, run.stderr
    assert "def loss_grad(w, X):" in run.stdout
    assert "# Backward" in run.stdout


def test_installed_wheel_runs_the_demo(installed, tmp_path):
    command = ("-m", "srcgrad", "demo", "--epochs", "6", "--png", tmp_path / "curve.png")
    run = run_installed(installed, tmp_path, *command)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "def digits_loss_" in run.stdout
