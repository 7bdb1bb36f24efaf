"""The command line: ``srcgrad demo``, ``srcgrad source``, ``srcgrad check``.

    srcgrad source model.py:loss
    srcgrad source package.model:loss --arg "np.ones((3, 4))" --arg 0.5 --argnums 0,1
    srcgrad check model.py:loss --arg "rng.normal(size=5)"
    srcgrad demo

The exit status is 0 if all went well, 1 if a program cannot be differentiated or a gradient
differs from finite differences, and 2 if the command line is wrong.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import inspect
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from srcgrad.errors import SrcgradError

DEFAULT_TOLERANCE = 1e-5
ENTRIES_CHECKED = 25  # of each array, at random places if it has more

Place = tuple[Any, ...]  # positions and keys that lead to a part of nested containers


class UsageError(Exception):
    """What was asked for on the command line is not there, or makes no sense."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except SrcgradError as error:
        print(f"srcgrad.{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except UsageError as error:
        print(f"srcgrad: {error}", file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="srcgrad", description="Derivatives of NumPy functions, as readable NumPy source."
    )
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    source = commands.add_parser("source", help="print the generated gradient of a function")
    _add_function(source)
    source.add_argument("--value", action="store_true", help="the value and the gradient together")
    source.set_defaults(run=_source)

    check = commands.add_parser("check", help="compare a gradient with finite differences")
    _add_function(check)
    check.add_argument(
        "--tolerance", type=float, default=DEFAULT_TOLERANCE, metavar="T",
        help="largest relative difference that passes (default: %(default)g)",
    )  # fmt: skip
    check.set_defaults(run=_check)

    demo = commands.add_parser("demo", help="train a network on images of digits")
    demo.add_argument("--epochs", type=int, default=20, metavar="N", help="passes over the data")
    demo.add_argument("--png", default="srcgrad-demo.png", metavar="FILE",
                      help="where to save the loss curve if matplotlib is installed "
                      "(default: %(default)s)")  # fmt: skip
    demo.set_defaults(run=_demo)
    return parser


def _add_function(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "function", metavar="MODULE:FUNCTION", help="such as package.model:loss or model.py:loss"
    )
    parser.add_argument(
        "--arg", action="append", default=[], metavar="EXPR", dest="args",
        help="an argument of the function, as a Python expression of np, math and rng "
        "(a random generator); repeat it for each argument",
    )  # fmt: skip
    parser.add_argument(
        "--argnums", type=_argnums, default=None, metavar="I[,J...]",
        help="which arguments to differentiate (default: source: the first; "
        "check: all that hold floating-point numbers)",
    )  # fmt: skip


def _argnums(text: str) -> int | tuple[int, ...]:
    try:
        numbers = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of positions as 0 or 0,2"
        ) from None
    return numbers[0] if len(numbers) == 1 else numbers


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"srcgrad {version('srcgrad')}"
    except PackageNotFoundError:
        return "srcgrad (not installed)"


# ---- commands ----


def _source(options: argparse.Namespace) -> int:
    from srcgrad import grad, value_and_grad

    function = load_function(options.function)
    argnums = 0 if options.argnums is None else options.argnums
    gradient = (value_and_grad if options.value else grad)(function, argnums=argnums)
    if options.args:
        text = gradient.lower(*evaluate(options.args)).source
    else:
        text = gradient.source
    print(text.rstrip())
    return 0


def _check(options: argparse.Namespace) -> int:
    from srcgrad import grad

    function = load_function(options.function)
    if not options.args:
        raise UsageError("check needs the function's arguments: --arg EXPR for each")
    args = evaluate(options.args)
    argnums = options.argnums
    if argnums is None:
        argnums = tuple(i for i, arg in enumerate(args) if _is_floating(arg))
        if not argnums:
            raise UsageError("no argument holds floating-point numbers (2.0 does, 2 does not)")
    positions = (argnums,) if isinstance(argnums, int) else argnums
    if max(positions) >= len(args) or min(positions) < 0:
        raise UsageError(f"--argnums {max(positions)}: there are {len(args)} arguments, from 0")
    gradients = grad(function, argnums=positions)(*args)
    rows = compare(function, args, positions, gradients, options.tolerance)
    print(table(rows))
    return 0 if all(row.passed for row in rows) else 1


def _demo(options: argparse.Namespace) -> int:
    from srcgrad.demo import run

    return run(epochs=options.epochs, png=Path(options.png))


# ---- what the command line names ----


def load_function(name: str) -> Callable[..., Any]:
    """The function that ``module:function`` or ``path/file.py:function`` names."""
    where, colon, attributes = name.rpartition(":")
    if not (where and colon and attributes):
        raise UsageError(f"{name!r} is not of the form MODULE:FUNCTION")
    found: Any = load_file(Path(where)) if where.endswith(".py") else _load_module(where)
    for attribute in attributes.split("."):
        if not hasattr(found, attribute):
            raise UsageError(f"{where} has no {attributes!r}")
        found = getattr(found, attribute)
    if not callable(found):
        raise UsageError(f"{name} is not a function but a {type(found).__name__}")
    return found  # type: ignore[no-any-return]


def load_file(path: Path) -> ModuleType:
    """Import a Python file that need not be in a package, as ``python file.py`` would find it."""
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    path = path.resolve()
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    # A file may have the name of a module that is there already, which must stay.
    name = path.stem
    while name in sys.modules:
        name += "_"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _load_module(name: str) -> ModuleType:
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        # An import that fails inside the module is the user's error, and keeps its traceback.
        if error.name is None or not (name == error.name or name.startswith(error.name + ".")):
            raise
        raise UsageError(f"there is no module {name!r}") from None


def evaluate(expressions: Sequence[str]) -> list[Any]:
    """The values of arguments given as Python expressions of np, math and rng."""
    names = {"np": np, "math": math, "rng": np.random.default_rng(0)}
    values = []
    for expression in expressions:
        try:
            values.append(eval(expression, dict(names)))
        except (SyntaxError, NameError, TypeError, ValueError, AttributeError) as error:
            raise UsageError(f"--arg {expression!r}: {error}") from None
    return values


def _is_floating(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and all(_is_floating(part) for part in value)
    if isinstance(value, dict):
        return bool(value) and all(_is_floating(part) for part in value.values())
    return np.asarray(value).dtype.kind == "f"


# ---- comparison with finite differences, entry by entry ----


@dataclass(frozen=True, slots=True)
class Row:
    """How the gradient of one number or array compares with central differences."""

    name: str
    shape: tuple[int, ...]
    entries: int
    largest: float
    difference: float
    relative: float
    passed: bool


def compare(
    function: Callable[..., Any],
    args: Sequence[Any],
    argnums: Sequence[int],
    gradients: Sequence[Any],
    tolerance: float = DEFAULT_TOLERANCE,
) -> list[Row]:
    """Compare gradients of ``function`` at ``args`` with central differences.

    ``gradients`` has one entry for each position in ``argnums``, of the structure of that argument.
    The difference of an array is that of its worst entry, relative to its largest entry.
    """
    rng = np.random.default_rng(0)
    names = _parameter_names(function, len(args))
    rows = []
    for argnum, gradient in zip(argnums, gradients, strict=True):
        for place, leaf in _leaves(args[argnum]):
            got = np.asarray(_at(gradient, place))
            name = names[argnum] + "".join(f"[{key!r}]" for key in place)
            if got.shape != np.shape(leaf):
                raise SrcgradError(f"{name} has shape {np.shape(leaf)}, its gradient {got.shape}")
            rows.append(_compare_leaf(function, args, (argnum, *place), name, got, tolerance, rng))
    return rows


def _compare_leaf(
    function: Callable[..., Any],
    args: Sequence[Any],
    place: Place,
    name: str,
    gradient: np.ndarray[Any, Any],
    tolerance: float,
    rng: np.random.Generator,
) -> Row:
    leaf = np.asarray(_at(args, place))
    if leaf.dtype.kind not in "fiu":
        raise SrcgradError(f"{name} does not hold real numbers, but {leaf.dtype}")
    eps = float(np.finfo(leaf.dtype if leaf.dtype.kind == "f" else float).eps)
    tolerance = max(tolerance, eps ** (1 / 3))  # differences are no better, in float32 above all
    count = min(leaf.size, ENTRIES_CHECKED)
    slopes, differences, noises = [0.0], [0.0], [0.0]
    for flat in rng.choice(leaf.size, size=count, replace=False):
        index = np.unravel_index(flat, leaf.shape)
        step = eps ** (1 / 3) * max(1.0, abs(float(leaf[index])))
        above = float(function(*_moved(args, place, index, step)))
        below = float(function(*_moved(args, place, index, -step)))
        numerical = (above - below) / (2 * step)
        slopes.append(abs(numerical))
        differences.append(abs(numerical - float(gradient[index])))
        # What cancellation leaves of a small slope of a large value says nothing.
        noises.append(10 * eps * abs(above) / step)
    # NumPy's max, unlike Python's, lets no NaN get lost.
    largest, difference = float(np.max(slopes)), float(np.max(differences))
    relative = difference / largest if largest > 0 else difference
    passed = math.isfinite(difference) and difference <= tolerance * largest + max(noises)
    return Row(name, leaf.shape, count, largest, difference, relative, passed)


def table(rows: Sequence[Row]) -> str:
    """The comparison as text, one line for each array."""
    width = max([8, *(len(row.name) for row in rows)])
    shapes = max([5, *(len(str(row.shape)) for row in rows)])
    head = (
        f"{'argument':{width}}  {'shape':>{shapes}}  checked  largest entry  difference  relative"
    )
    lines = [head]
    for row in rows:
        lines.append(
            f"{row.name:{width}}  {row.shape!s:>{shapes}}  {row.entries:7}  {row.largest:13.4g}"
            f"  {row.difference:10.1e}  {row.relative:8.1e}  {'ok' if row.passed else 'WRONG'}"
        )
    return "\n".join(lines)


def _parameter_names(function: Callable[..., Any], count: int) -> list[str]:
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        names = []
    return [*names, *(f"argument {i}" for i in range(len(names), count))]


def _leaves(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """The numbers and arrays in nested containers, each with its place."""
    if isinstance(value, list | tuple):
        for i, part in enumerate(value):
            yield from _leaves(part, (*place, i))
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, (*place, key))
    else:
        yield place, value


def _at(value: Any, place: Place) -> Any:
    for key in place:
        value = value[key]
    return value


def _moved(value: Any, place: Place, index: tuple[Any, ...], step: float) -> Any:
    """A copy of nested containers in which one entry of one array is moved by ``step``."""
    if not place:
        if isinstance(value, int | float):
            return value + step
        value = np.asarray(value)
        moved = value.astype(value.dtype if value.dtype.kind == "f" else float)
        moved[index] += step
        return moved
    key, rest = place[0], place[1:]
    if isinstance(value, dict):
        return {**value, key: _moved(value[key], rest, index, step)}
    parts = list(value)
    parts[key] = _moved(parts[key], rest, index, step)
    if isinstance(value, list):
        return parts
    return value._make(parts) if hasattr(value, "_make") else tuple(parts)
