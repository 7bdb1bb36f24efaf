"""How long importing and compiling take.

    python benchmarks/compile_time.py [--quick]

* the import of srcgrad, less that of NumPy, which its users import anyway;
* the first gradient in a process, and further ones, of functions of ten lines;
* gradients of functions of 10, 100 and 1,000 statements, straight-line code and loops, and how
  the time grows from one to the next (10 would be linear).

Compile time is the time of a gradient's first call less that of its second.  Each measurement is
made in processes of its own; medians are shown.  These find byte code of srcgrad's modules, as
every process does but the first after an installation, wherever Python may write it or not: a
folder of its own is filled with it before anything is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

STATEMENTS = (10, 100, 1000)
FURTHER = 20  # gradients compiled after the first one in a process

# Run in a process of its own: compile the gradients of all functions of a module in turn.
CHILD = """
import importlib, json, sys, time
sys.path[:0] = [sys.argv[1], sys.argv[2]]
import numpy as np
from srcgrad import grad

module = importlib.import_module(sys.argv[3])
x = np.linspace(0.1, 0.9, 5)
times = []
for function in module.functions:
    gradient = grad(function)
    start = time.perf_counter()
    gradient(x)
    middle = time.perf_counter()
    gradient(x)
    times.append(middle - start - (time.perf_counter() - middle))
print(json.dumps(times))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure import and compile times.")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    repetitions = 3 if parser.parse_args().quick else 11
    with tempfile.TemporaryDirectory() as byte_code:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = byte_code
        measure(repetitions)
    return 0


def measure(repetitions: int) -> None:
    total, numpy, own = import_times(repetitions)
    print("import                                 ms")
    print(f"  srcgrad, all in all           {1e3 * total:9.1f}")
    print(f"  NumPy's part of it            {1e3 * numpy:9.1f}")
    print(f"  srcgrad less NumPy            {1e3 * own:9.1f}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        short_functions(Path(folder), repetitions)
        for kind, make in (("straight-line", straight_line), ("loops", loops)):
            long_functions(Path(folder), kind, make, max(repetitions // 3, 1))


def import_times(repetitions: int) -> tuple[float, float, float]:
    """Median seconds that importing srcgrad takes, NumPy in it takes, and the difference."""
    runs = []
    for _ in range(repetitions + 1):
        report = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", "import srcgrad"],
            stderr=subprocess.PIPE, text=True, check=True, cwd=root(),
        ).stderr  # fmt: skip
        cumulative = {}
        for line in report.splitlines():
            _, _, rest = line.partition("import time:")
            fields = rest.split("|")
            if len(fields) == 3 and fields[1].strip().isdigit():
                cumulative[fields[2].strip()] = int(fields[1]) * 1e-6
        total, numpy = cumulative["srcgrad"], cumulative.get("numpy", 0.0)
        runs.append((total, numpy, total - numpy))
    totals, numpys, owns = zip(*runs[1:])  # the first run may have had to write byte code
    return median(totals), median(numpys), median(owns)


def short_functions(folder: Path, repetitions: int) -> None:
    functions = [straight_line(f"f{i}", 10, i) for i in range(FURTHER + 1)]
    write_module(folder, "short", functions)
    run_child(folder, "short")
    runs = [run_child(folder, "short") for _ in range(repetitions)]
    print("gradient of a function of ten lines    ms")
    print(f"  the first in a process        {1e3 * median(run[0] for run in runs):9.1f}")
    further = [seconds for run in runs for seconds in run[1:]]
    print(f"  further ones                  {1e3 * median(further):9.1f}", flush=True)


def long_functions(folder: Path, kind: str, make: Any, repetitions: int) -> None:
    print(f"{kind + ', statements':32}       ms   growth")
    before = None
    for count in STATEMENTS:
        name = f"{kind.replace('-', '_')}_{count}"
        # The first function pays for what only the first gradient of a process needs.
        write_module(folder, name, [straight_line("first", 10, 0), make("f", count, 1)])
        seconds = median(run_child(folder, name)[1] for _ in range(repetitions))
        growth = "" if before is None else f"{seconds / before:9.1f}"
        print(f"  {count:5}                         {1e3 * seconds:9.1f}{growth}", flush=True)
        before = seconds


def run_child(folder: Path, module: str) -> list[float]:
    command = [sys.executable, "-c", CHILD, str(root()), str(folder), module]
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if finished.returncode != 0:
        raise SystemExit(f"the gradients of {module} could not be compiled")
    times: list[float] = json.loads(finished.stdout)
    return times


def root() -> Path:
    return Path(__file__).resolve().parent.parent


# ---- programs to compile ----


def straight_line(name: str, count: int, seed: int) -> str:
    """The source of a function with ``count`` statements, each of two values before it."""
    templates = (
        "a{i} = np.sin(a{j}) * a{k}",
        "a{i} = a{j} + 0.5 * a{k}",
        "a{i} = np.tanh(a{j} - a{k})",
        "a{i} = a{j} * a{k} / (1.0 + a{k} ** 2)",
        "a{i} = np.maximum(a{j}, 0.1) - a{k}",
    )
    lines = [f"def {name}(a0):"]
    for i in range(1, count):
        template = templates[(i * 7 + seed) % len(templates)]
        lines.append("    " + template.format(i=i, j=i - 1, k=max(i - 2 - (i * 5 + seed) % 3, 0)))
    lines.append(f"    return np.sum(a{count - 1})")
    return "\n".join(lines)


def loops(name: str, count: int, seed: int) -> str:
    """The source of a function with ``count`` statements in loops of four, one after another."""
    lines = [f"def {name}(a):", "    b = a"]
    for i in range((count - 2) // 4):
        lines += [
            f"    for t in range({2 + (i + seed) % 3}):",
            "        s = np.sin(b)",
            "        a = np.tanh(a * s + 0.1)",
            "        b = 0.5 * b + a",
        ]
    lines += ["    a = a + b"] * ((count - 2) % 4)
    lines.append("    return np.sum(a * b)")
    return "\n".join(lines)


def write_module(folder: Path, name: str, functions: list[str]) -> None:
    names = [function.split("(")[0].removeprefix("def ") for function in functions]
    text = "\n\n\n".join(["import numpy as np", *functions, f"functions = [{', '.join(names)}]"])
    (folder / f"{name}.py").write_text(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
