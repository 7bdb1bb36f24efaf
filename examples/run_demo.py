"""Show srcgrad at work on a machine that has nothing but Python 3.11 or newer.

    python3 examples/run_demo.py [arguments of `srcgrad demo` ...]

makes a private environment (once), installs the project there, and runs ``srcgrad demo``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / ".ci"))

import environment


def main(arguments: list[str]) -> int:
    python = environment.ensure()
    return subprocess.run([str(python), "-m", "srcgrad", "demo", *arguments]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
