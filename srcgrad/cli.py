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
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from srcgrad.errors import SrcgradError, UnknownTypeError
from srcgrad.testing import LeafComparison, compare, floating_positions


class UsageError(Exception):
    """What was asked for on the command line is not there, or makes no sense."""


class RefusedError(Exception):
    """A function or its arguments are nothing that a gradient is defined for."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except SrcgradError as error:
        print(f"srcgrad.{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except RefusedError as error:
        print(f"srcgrad: {error}", file=sys.stderr)
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
        "--tolerance", type=float, default=None, metavar="T",
        help="largest relative difference that passes (default: 1e-5, or what float32 allows)",
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
    gradient = _gradient(value_and_grad if options.value else grad, function, argnums)
    if options.args:
        text = _source_for(gradient, evaluate(options.args))
    else:
        text = _generic_source(gradient)
    print(text.rstrip())
    return 0


def _gradient(make: Callable[..., Any], function: Callable[..., Any], argnums: Any) -> Any:
    """``make(function)``, for arguments that it has."""
    try:
        return make(function, argnums=argnums)
    except TypeError as error:
        raise UsageError(str(error)) from error


def _source_for(gradient: Any, args: Sequence[Any]) -> str:
    """The source for these arguments.  Compiling runs nothing of the user's."""
    try:
        return gradient.lower(*args).source  # type: ignore[no-any-return]
    except TypeError as error:
        raise RefusedError(str(error)) from error


def _generic_source(gradient: Any) -> str:
    """The source for arguments of which nothing is known."""
    try:
        return gradient.source  # type: ignore[no-any-return]
    except UnknownTypeError as error:
        hint = "give the arguments that the function is called with: --arg EXPR for each"
        raise UnknownTypeError(error.message, error.loc, hint) from None


def _check(options: argparse.Namespace) -> int:
    from srcgrad import grad

    function = load_function(options.function)
    if not options.args:
        raise UsageError("check needs the function's arguments: --arg EXPR for each")
    args = evaluate(options.args)
    argnums = options.argnums
    if argnums is None:
        argnums = floating_positions(args)
        if not argnums:
            raise UsageError("no argument holds floating-point numbers (2.0 does, 2 does not)")
    positions = (argnums,) if isinstance(argnums, int) else argnums
    if max(positions) >= len(args) or min(positions) < 0:
        raise UsageError(f"--argnums {max(positions)}: there are {len(args)} arguments, from 0")
    _check_fit(function, args)
    gradient = _gradient(grad, function, positions)
    _source_for(gradient, args)
    gradients = gradient(*args)
    rows = compare(function, args, positions, gradients, options.tolerance)
    print(table(rows))
    return 0 if all(row.passed for row in rows) else 1


def _check_fit(function: Callable[..., Any], args: Sequence[Any]) -> None:
    """Whether a function can be called with these arguments."""
    try:
        inspect.signature(function, follow_wrapped=False).bind(*args)
    except TypeError as error:
        raise RefusedError(f"{getattr(function, '__name__', function)}(): {error}") from None
    except ValueError:
        pass  # it is not written in Python, which is refused in a moment


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


# ---- comparison with finite differences ----


def table(rows: Sequence[LeafComparison]) -> str:
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
