"""Comparison of gradients with finite differences, number by number.

:func:`check_grads` is for tests; :func:`compare` gives the figures behind it, and the command line
prints them.
"""

from __future__ import annotations

import dataclasses
import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from srcgrad.errors import SrcgradError
from srcgrad.handle import Gradient
from srcgrad.request import Mode, Request
from srcgrad.trees import Place, at, found_at, leaves, own, replaced, spelled

__all__ = ["LeafComparison", "check_grads", "compare", "floating_positions"]

ENTRIES_CHECKED = 25  # of each array, at random places if it has more

Array = np.ndarray[Any, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class LeafComparison:
    """How the gradient of one number or array compares with central differences.

    Attributes
    ----------
    name : str
        Such as ``params['W'][0]``.
    shape : tuple of int
        Of the number or array.
    entries : int
        How many of its entries were compared.  One that has more was also compared along a random
        direction that moves all of them.
    largest : float
        The largest of the compared derivatives.
    difference, relative : float
        The largest difference, and the same divided by ``largest``.
    passed : bool
        Whether it is within the tolerances.
    where : str
        The place of the largest difference.
    expected, got : float
        The derivative there: by differences, and of the gradient.
    """

    name: str
    shape: tuple[int, ...]
    entries: int
    largest: float
    difference: float
    relative: float
    passed: bool
    where: str
    expected: float
    got: float


@dataclasses.dataclass(frozen=True, slots=True)
class _Tolerances:
    """What may differ: ``step`` is that of the differences, ``noise`` the precision of values."""

    rtol: float
    atol: float
    step: float
    noise: float


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    argnums: int | Sequence[int] | None = None,
    order: int = 1,
    modes: Sequence[str] = ("rev",),
    *,
    rtol: float | None = None,
    atol: float | None = None,
    eps: float | None = None,
    rng: np.random.Generator | None = None,
) -> None:
    """Checks the gradient of a function against central differences.

    Parameters
    ----------
    f : function
        Its value is a number, an array, or a container of those.  For anything but a number, the
        pullback of a random cotangent is checked.
    args : sequence
        The arguments to check it at.
    argnums : int or sequence of int, optional
        The positions of the arguments to differentiate; all that hold floating-point numbers only
        if not given.
    order : int
        Only 1 so far.
    modes : sequence of str
        Only ``("rev",)`` so far.
    rtol, atol : float, optional
        How much a derivative may differ: ``atol`` plus ``rtol`` times the largest derivative with
        respect to the same array.  By default what the least precise of the floating-point types
        among the arguments and results allows.
    eps : float, optional
        The step of the differences, relative to values larger than 1.
    rng : numpy.random.Generator, optional
        Chooses the entries, the directions and the cotangent; by default always the same.

    Raises
    ------
    AssertionError
        If the gradient is wrong: which argument, where in it, what was expected; or if the value
        that ``value_and_grad`` or ``vjp`` gives with it is not that of ``f``.
    """
    if order != 1:
        raise ValueError(f"check_grads checks first derivatives only: order=1, not {order!r}")
    if tuple(modes) != ("rev",):
        raise ValueError(f"check_grads checks reverse mode only: modes=('rev',), not {modes!r}")
    rng = np.random.default_rng(0) if rng is None else rng
    args = tuple(args)
    positions = _positions(args, argnums)
    scalar, gradients, value = _gradients(f, args, positions, rng)
    names = _parameter_names(f, len(args))
    for position, gradient in zip(positions, gradients, strict=True):
        _check_form(gradient, args[position], names[position])
    precision = _precision((args, value))
    rows = _rows(scalar, args, positions, gradients, names, rng, rtol, atol, eps, precision)
    wrong = [row for row in rows if not row.passed]
    if wrong:
        name = getattr(f, "__name__", repr(f))
        raise AssertionError("\n".join(_describe(name, row) for row in wrong))


def compare(
    f: Callable[..., Any],
    args: Sequence[Any],
    argnums: Sequence[int],
    gradients: Sequence[Any],
    rtol: float | None = None,
    atol: float | None = None,
    eps: float | None = None,
    rng: np.random.Generator | None = None,
) -> list[LeafComparison]:
    """Compares gradients of a scalar function with central differences.

    Parameters
    ----------
    f : function
        Gives a number.
    args : sequence
        Where.
    argnums : sequence of int
        The positions of the arguments that were differentiated.
    gradients : sequence
        One for each position, in the structure of that argument.
    rtol, atol, eps, rng : optional
        As in :func:`check_grads`.

    Returns
    -------
    list of LeafComparison
        One for each number and array in those arguments.

    Raises
    ------
    SrcgradError
        If an argument holds anything but real numbers, or a gradient has another shape.
    """
    args = tuple(args)
    rng = np.random.default_rng(0) if rng is None else rng
    names = _parameter_names(f, len(args))
    precision = _precision((args, _value(f, args)))
    return _rows(f, args, argnums, gradients, names, rng, rtol, atol, eps, precision)


def _value(f: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """``f(*args)`` on arrays of its own: the function may write into what it is given."""
    return f(*own(args))


def floating_positions(args: Sequence[Any]) -> tuple[int, ...]:
    """The positions of the arguments that hold floating-point numbers, and nothing else."""
    return tuple(i for i, arg in enumerate(args) if _is_floating(arg))


def _is_floating(value: Any) -> bool:
    found = [leaf for _, leaf in leaves(value)]
    return bool(found) and all(np.asarray(leaf).dtype.kind == "f" for leaf in found)


def _positions(args: tuple[Any, ...], argnums: int | Sequence[int] | None) -> tuple[int, ...]:
    if argnums is None:
        positions = floating_positions(args)
        if not positions:
            raise ValueError("no argument holds floating-point numbers (2.0 does, 2 does not)")
        return positions
    given = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for number in given:
        if not -len(args) <= number < len(args):
            raise ValueError(f"argnums={argnums!r}, but there are {len(args)} arguments")
    return tuple(number % len(args) for number in given)


def _gradients(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    positions: tuple[int, ...],
    rng: np.random.Generator,
) -> tuple[Callable[..., Any], tuple[Any, ...], Any]:
    """A scalar function, srcgrad's gradients of it, and the value of ``f``."""
    value = _value(f, args)
    if isinstance(value, float | np.floating):
        # What ``value_and_grad`` itself asks for, so that nothing is compiled twice.
        argnums = positions[0] if len(positions) == 1 else positions
        request = Request(Mode.VALUE_AND_GRAD, argnums)
        returned, gradients = Gradient(f, request, "value_and_grad")(*own(args))
        _check_value(returned, value)
        return f, gradients if isinstance(argnums, tuple) else (gradients,), value
    results = [(place, np.asarray(leaf)) for place, leaf in leaves(value)]
    cotangents = [rng.normal(size=leaf.shape).astype(leaf.dtype) for _, leaf in results]

    def scalar(*arguments: Any) -> float:
        parts = [np.asarray(leaf, float) for _, leaf in leaves(_value(f, arguments))]
        rows = zip(parts, cotangents, strict=True)
        return float(sum(np.vdot(part, cotangent.astype(float)) for part, cotangent in rows))

    cotangent = value
    for (place, leaf), new in zip(results, cotangents, strict=True):
        cotangent = replaced(cotangent, place, new if leaf.ndim else new[()])
    returned, pullback, *_ = Gradient(f, Request(Mode.VJP, positions), "vjp")(*own(args))
    _check_form(returned, value, "the value returned by vjp")
    _check_value(returned, value)
    return scalar, pullback(cotangent), value


def _check_form(gradient: Any, argument: Any, name: str) -> None:
    """Asserts that a gradient has the structure, shapes and types of what it belongs to."""
    known = [(p, leaf) for p, leaf in leaves(argument) if not _is_kept(gradient, p, leaf)]
    wanted = [(place, _form(leaf)) for place, leaf in known]
    got = [(place, _form(leaf)) for place, leaf in leaves(gradient)]
    if [place for place, _ in wanted] != [place for place, _ in got]:
        raise AssertionError(f"{name}: the gradient has another structure: {gradient!r:.200}")
    for (place, want), (_, have) in zip(wanted, got, strict=True):
        if want != have:
            part = name + spelled(place)
            raise AssertionError(f"{part} is {want}, and its gradient is {have}")


def _check_value(returned: Any, value: Any) -> None:
    """Asserts that the numbers that come with a gradient are those of the function itself."""
    close = _precision(value) ** (2 / 3)
    for place, leaf in leaves(value):
        got, expected = np.asarray(at(returned, place)), np.asarray(leaf)
        if not np.allclose(got, expected, rtol=close, atol=close, equal_nan=True):
            what = f"the value{spelled(place)} that comes with the gradient is {got!r:.200}"
            raise AssertionError(f"{what}, and the function gives {expected!r:.200}")


def _is_kept(gradient: Any, place: Place, leaf: Any) -> bool:
    """Whether a number is an int of an object that the function changes: it has no gradient."""
    return type(leaf) is int and found_at(gradient, place) is None


def _form(leaf: Any) -> str:
    if isinstance(leaf, np.ndarray):
        return f"an array of shape {leaf.shape} and dtype {leaf.dtype}"
    return "a float" if type(leaf) is int else f"a {type(leaf).__name__}"


def _describe(function: str, row: LeafComparison) -> str:
    return (
        f"the gradient of {function} is wrong for {row.name}, of shape {row.shape}: "
        f"{row.where}, expected {row.expected:.10g}, got {row.got:.10g} "
        f"(difference {row.difference:.2g}, relative {row.relative:.2g})"
    )


# --- differences --------------------------------------------------------------------------------


def _precision(value: Any) -> float:
    """The coarsest precision among the floating-point numbers in ``value``."""
    dtypes = {np.asarray(leaf).dtype for _, leaf in leaves(value)}
    known = [float(np.finfo(dtype).eps) for dtype in dtypes if dtype.kind == "f"]
    return max([float(np.finfo(float).eps), *known])


def _rows(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    positions: Sequence[int],
    gradients: Sequence[Any],
    names: Sequence[str],
    rng: np.random.Generator,
    rtol: float | None,
    atol: float | None,
    eps: float | None,
    precision: float,
) -> list[LeafComparison]:
    step = precision ** (1 / 3) if eps is None else eps
    tolerances = _Tolerances(
        max(1e-5, precision ** (1 / 3)) if rtol is None else rtol,
        10 * precision ** (2 / 3) if atol is None else atol,
        step,
        precision,
    )
    rows = []
    for position, gradient in zip(positions, gradients, strict=True):
        for place, leaf in leaves(args[position]):
            name = names[position] + spelled(place)
            if _is_kept(gradient, place, leaf):
                continue
            got = np.asarray(at(gradient, place))
            if np.asarray(leaf).dtype.kind not in "fiu":
                dtype = np.asarray(leaf).dtype
                raise SrcgradError(f"{name} does not hold real numbers, but {dtype}")
            if got.shape != np.shape(leaf):
                raise SrcgradError(f"{name} has shape {np.shape(leaf)}, its gradient {got.shape}")
            rows.append(_compare_leaf(f, args, (position, *place), name, got, tolerances, rng))
    return rows


def _compare_leaf(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    place: Place,
    name: str,
    gradient: Array,
    tolerances: _Tolerances,
    rng: np.random.Generator,
) -> LeafComparison:
    shape = gradient.shape
    wheres: list[str] = []
    figures: list[tuple[float, float, float]] = []  # expected, got, noise
    for where, direction in _directions(shape, rng):
        expected, noise = _slope(f, args, place, direction, tolerances)
        wheres.append(where)
        moved = direction != 0  # and elsewhere the gradient may be infinite
        got = float(np.sum(gradient[moved] * direction[moved]))
        figures.append((expected, got, noise))
    if not figures:
        return LeafComparison(name, shape, 0, 0.0, 0.0, 0.0, True, "nowhere", 0.0, 0.0)
    numbers = np.array(figures)
    differences = np.abs(numbers[:, 0] - numbers[:, 1])
    # NumPy's argmax, unlike Python's max, finds a NaN.
    worst = int(np.argmax(differences))
    largest, difference = float(np.max(np.abs(numbers[:, 0]))), float(differences[worst])
    allowed = tolerances.rtol * largest + tolerances.atol + float(np.max(numbers[:, 2]))
    passed = math.isfinite(difference) and difference <= allowed
    relative = difference / largest if largest > 0 else difference
    expected, got, _ = figures[worst]
    entries = min(gradient.size, ENTRIES_CHECKED)
    return LeafComparison(
        name, shape, entries, largest, difference, relative, passed, wheres[worst], expected, got
    )


def _directions(shape: tuple[int, ...], rng: np.random.Generator) -> Iterator[tuple[str, Array]]:
    """Directions to move an array in: single entries, and all at once if there are many."""
    size = math.prod(shape)
    for flat in rng.choice(size, size=min(size, ENTRIES_CHECKED), replace=False) if size else ():
        index = np.unravel_index(flat, shape)
        direction = np.zeros(shape)
        direction[index] = 1.0
        at = ", ".join(str(int(i)) for i in index)
        yield (f"at [{at}]" if index else "there"), direction
    if size > ENTRIES_CHECKED:
        direction = rng.normal(size=shape)
        yield "along a random direction", direction / np.linalg.norm(direction)


def _slope(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    place: Place,
    direction: Array,
    tolerances: _Tolerances,
) -> tuple[float, float]:
    """The derivative along a direction, and what cancellation may have done to it."""
    leaf = np.asarray(at(args, place))
    size = float(np.max(np.abs(leaf) * (direction != 0)))
    step = tolerances.step * max(1.0, size)
    above = float(_value(f, replaced(args, place, _moved(at(args, place), direction * step))))
    below = float(_value(f, replaced(args, place, _moved(at(args, place), direction * -step))))
    noise = 10 * tolerances.noise * max(abs(above), abs(below)) / step
    return (above - below) / (2 * step), noise


def _moved(leaf: Any, change: Array) -> Any:
    """``leaf`` moved by ``change``: of its own type, integers as floats."""
    if isinstance(leaf, int | float) and not isinstance(leaf, np.generic):
        return leaf + float(change)
    leaf = np.asarray(leaf) if not isinstance(leaf, np.generic) else leaf
    dtype = leaf.dtype if leaf.dtype.kind == "f" else np.dtype(float)
    moved = (leaf + change).astype(dtype)
    return moved[()] if isinstance(leaf, np.generic) else np.asarray(moved)


def _parameter_names(function: Callable[..., Any], count: int) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        parameters = {}.values()  # a builtin that does not tell
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [*names[:count], *(f"argument {i}" for i in range(len(names), count))]
