"""A private Python environment with this project installed in it.

The commands of the README call this, so that they need nothing but a Python: the standard library
makes the environment in ``.envs/`` and pip installs the project there, in place.  It is made again
when ``pyproject.toml`` or the Python that runs it has changed, else used as it is, without network.
``SRCGRAD_ENVS`` names another folder to keep environments in.

    python3 .ci/environment.py test,dev     # make it, and print its interpreter
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
STAMP = "srcgrad-stamp"


def ensure(extras: str = "") -> Path:
    """Make the environment for ``extras`` ("test,dev") if need be; give its interpreter."""
    if sys.version_info < OLDEST:
        wanted, found = ".".join(map(str, OLDEST)), sys.version.split()[0]
        raise SystemExit(f"srcgrad needs Python {wanted} or newer; this is {found}")
    parent = Path(os.environ.get("SRCGRAD_ENVS") or ROOT / ".envs")
    folder = parent / (extras.replace(",", "-") or "plain")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / STAMP
    if not (python.exists() and stamp.exists() and stamp.read_text() == _fingerprint()):
        print(f"making an environment in {folder} ...", file=sys.stderr, flush=True)
        _make(folder, python, extras)
        stamp.write_text(_fingerprint())
    return python


def _fingerprint() -> str:
    """What an environment was made from: a change of it makes a new one."""
    project = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    return f"{ROOT}\n{sys.version}\n{project}\n"


def _make(folder: Path, python: Path, extras: str) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    pip = [str(python), "-m", "pip"]
    if importlib.util.find_spec("ensurepip") is not None:
        venv.create(folder, with_pip=True)
    elif importlib.util.find_spec("pip") is not None:
        # Some distributions leave ensurepip out: let the outer pip install into the environment.
        venv.create(folder, with_pip=False)
        pip = [sys.executable, "-m", "pip", "--python", str(python)]
    else:
        raise SystemExit("this Python has no pip: install python3-venv (or python3-pip)")
    what = f"{ROOT}[{extras}]" if extras else str(ROOT)
    command = [*pip, "install", "--quiet", "--disable-pip-version-check", "--editable", what]
    status = subprocess.run(command, stdout=sys.stderr).returncode
    if status != 0:
        raise SystemExit(f"pip could not install srcgrad (status {status})")


if __name__ == "__main__":
    print(ensure(*sys.argv[1:2]))
