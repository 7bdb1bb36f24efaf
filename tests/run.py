"""Run the test suite on a machine that has nothing but Python 3.11 or newer.

    python3 tests/run.py [--here] [arguments of pytest ...]

makes a private environment (once), installs the project with its test tools, and runs pytest.
``--here`` uses the running interpreter and what is installed for it instead.  ``--long`` includes
the tests that take long.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / ".ci"))

import environment


def main(arguments: list[str]) -> int:
    here = "--here" in arguments
    arguments = [a for a in arguments if a != "--here"]
    python = sys.executable if here else str(environment.ensure("test"))
    if not any(a.startswith(("-n", "--numprocesses")) for a in arguments):
        # A few at a time and in their order: the long ones come first, so that all are done
        # at about the same time.
        share = ["-n", str(min(os.cpu_count() or 1, 4)), "--maxschedchunk", "4"]
        arguments = [*share, *arguments]
    return subprocess.run([python, "-m", "pytest", *arguments], cwd=environment.ROOT).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
