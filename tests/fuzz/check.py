"""Checks what the compiler gives for one program, in every respect."""

from __future__ import annotations

import contextlib
import copy
import linecache
import re
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from srcgrad import SrcgradError, grad, value_and_grad, vjp
from srcgrad.ir.verifier import InvalidIR
from tests.fuzz.generate import Program
from tests.fuzz.interpreter import jvp

WRT = (0, 1, 2, 3)
STEP = 2e-4
NEAR = 20 * STEP  # a kink within so many steps makes finite differences unsure
ATTEMPTS = 8

# What a gradient raises at run time where an array is not laid out as writes through views need.
NO_VIEW = ("is a copy of an array that is written", "is written through what may be a view of it")

OK, REFUSED, WRONG, CRASHED, REJECTED = "ok", "refused", "wrong", "crashed", "rejected"


class Wrong(Exception):
    """Something that the compiler gives is not what it should be."""


@dataclass(frozen=True)
class Verdict:
    """What came out: ``kind`` is one of the words above, ``reason`` says more.

    ``tags`` are the constructs that the accepted run of the program went through.
    """

    seed: int
    kind: str
    reason: str = ""
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Known:
    """A program at arguments that suit, and what is true of it there."""

    args: tuple[Any, ...]
    directions: tuple[Any, ...]
    result: Any
    tangent: float
    slope: float
    tags: frozenset[str]


# --- loading ------------------------------------------------------------------------------------


@contextlib.contextmanager
def loaded(program: Program) -> Iterator[dict[str, Any]]:
    """The names of the program's module; it and its source can be found while this lasts."""
    file = f"<random program {program.seed}>"
    linecache.cache[file] = (len(program.text), None, program.text.splitlines(True), file)
    module = types.ModuleType(f"random_program_{program.seed}")
    sys.modules[module.__name__] = module
    try:
        exec(compile(program.text, file, "exec"), module.__dict__)
        yield module.__dict__
    finally:
        linecache.cache.pop(file, None)
        sys.modules.pop(module.__name__, None)


# --- what is true -------------------------------------------------------------------------------


def value_of(result: Any, aux: bool) -> Any:
    return result[0] if aux else result


def slope(
    f: Callable[..., Any], args: tuple[Any, ...], directions: tuple[Any, ...], aux: bool
) -> float:
    """The derivative along the directions by central differences, extrapolated once."""

    def at(step: float) -> float:
        moved = [a + step * d for a, d in zip(args[: len(WRT)], directions, strict=True)]
        return float(value_of(f(*moved, *copy.deepcopy(args[len(WRT) :])), aux))

    def central(step: float) -> float:
        return (at(step) - at(-step)) / (2 * step)

    return (4 * central(STEP / 2) - central(STEP)) / 3


def direction(arg: Any, rng: np.random.Generator) -> Any:
    """A random direction, in the order of the elements of ``arg``."""
    if isinstance(arg, float):
        return float(rng.normal())
    found = np.empty_like(arg)
    found[...] = rng.normal(size=arg.shape)
    return found


def known(program: Program, f: Callable[..., Any], attempt: int) -> Known | Exception | str:
    """The program at the arguments of this attempt; what it raises there, or why they do not suit,
    if they do not."""
    args = program.arguments(attempt)
    rng = np.random.default_rng((program.seed, attempt, 1))
    directions = tuple(direction(args[i], rng) for i in WRT)
    try:
        result = f(*copy.deepcopy(args))
    except (
        ValueError,
        LookupError,
        TypeError,
        NameError,
        ArithmeticError,
        AttributeError,
    ) as error:
        return error
    value, tangent, run = jvp(f, args, dict(zip(WRT, directions, strict=True)))
    tangent = float(value_of(tangent, program.aux))
    if not same(value, result):
        raise AssertionError(f"seed {program.seed}: the interpreter gives another value")
    if run.watch.margin < NEAR:
        return "near a kink"
    if not run.watch.largest < 1e3:
        return "large values"
    if not 1e-6 < abs(tangent) < 1e4:
        return "a slope of zero" if abs(tangent) < 1 else "a large slope"
    by_differences = slope(f, args, directions, program.aux)
    if abs(by_differences - tangent) > 2e-7 * abs(tangent):
        return "differences are unsure"
    return Known(args, directions, result, tangent, by_differences, program.tags(run.lines))


# --- what the compiler gives --------------------------------------------------------------------


def check(program: Program) -> Verdict:
    """Everything that can be said about the derivatives of one program."""
    with loaded(program) as names, np.errstate(all="ignore"):
        reason = ""
        for attempt in range(ATTEMPTS):
            truth = known(program, names["f"], attempt)
            if isinstance(truth, Known):
                break
            if isinstance(truth, str):
                reason = truth
            elif not reason.startswith("raises"):
                verdict = raised(program, names["f"], attempt, truth)
                if verdict.kind == WRONG:
                    return verdict
                reason = verdict.reason
        else:
            return Verdict(program.seed, REJECTED, reason)
        try:
            compare(program, names, truth)
        except InvalidIR as error:
            return Verdict(program.seed, CRASHED, f"InvalidIR: {_head(error)}", truth.tags)
        except SrcgradError as error:
            return Verdict(
                program.seed, REFUSED, f"{type(error).__name__}: {_head(error)}", truth.tags
            )
        except Wrong as error:
            return Verdict(program.seed, WRONG, str(error), truth.tags)
        except ValueError as error:
            kind = REFUSED if any(said in str(error) for said in NO_VIEW) else CRASHED
            return Verdict(program.seed, kind, f"ValueError: {error}", truth.tags)
        except Exception as error:
            # Whatever else it raises, the function itself does not.
            return Verdict(program.seed, CRASHED, f"{type(error).__name__}: {error}", truth.tags)
    return Verdict(program.seed, OK, "", truth.tags)


def raised(program: Program, f: Callable[..., Any], attempt: int, error: Exception) -> Verdict:
    """The verdict on a program that raises: so has the gradient to, if it needs what raises."""
    said = f"{type(error).__name__}: {error}"
    try:
        value_and_grad(f, WRT, has_aux=program.aux)(*program.arguments(attempt))
    except SrcgradError as refusal:
        return Verdict(program.seed, REJECTED, f"raises, and is refused: {_head(refusal)}")
    except type(error):
        return Verdict(program.seed, REJECTED, f"raises {type(error).__name__}, both do")
    except Exception as other:
        found = f"{type(other).__name__}: {other}"
        return Verdict(program.seed, WRONG, f"f raises {said}, the gradient {found}")
    kind = WRONG if program.whole else REJECTED
    return Verdict(program.seed, kind, f"raises {said}, and the gradient does not")


def compare(program: Program, names: dict[str, Any], truth: Known) -> None:
    """Raises ``Wrong`` at the first thing that is.

    What a program is differentiated by is told by its number.  Both ways go through the same stages
    but for the last, so that as many programs again find more than both ways for each do.
    """
    if program.seed % 2 == 0:
        differentiate(program, names, truth)
    else:
        pull_back(program, names, truth)


def differentiate(program: Program, names: dict[str, Any], truth: Known) -> None:
    """Checks ``value_and_grad``, and ``grad`` of some programs."""
    f, args, aux = names["f"], truth.args, program.aux
    twin = copy.deepcopy(args)
    both = value_and_grad(f, WRT, has_aux=aux)
    first = both(*args)
    require(same(args, twin), "an argument was changed")
    result, gradient = first
    agree(result, truth.result, "the value")
    along(gradient, truth)
    owned(gradient, (args, names["W"]), "the gradient")
    if aux:
        owned(result[1], (gradient, args), "aux", loosely=True)
    kept = copy.deepcopy(first)
    scribble(first)
    require(same(both(*args), kept), "the second call gives something else")
    require(same(args, twin), "an argument was changed by the second call")
    if program.seed % 8 == 0:
        only = grad(f, WRT, has_aux=aux)(*args)
        agree(only[0] if aux else only, kept[1], "the gradient without the value")


def pull_back(program: Program, names: dict[str, Any], truth: Known) -> None:
    """Checks ``vjp``, and its pullback called several times."""
    names["kept_k"], names["kept_T"] = truth.args[len(WRT) :]
    primals = truth.args[: len(WRT)]
    twin = copy.deepcopy(truth.args)
    value, pullback, *aux = vjp(names["g"], *primals, has_aux=program.aux)
    agree((value, *aux) if aux else value, truth.result, "the value of vjp")
    scribble(aux)
    once = pullback(1.0)
    along(once, truth)
    owned(once, (truth.args, names["W"]), "what the pullback gives")
    kept = copy.deepcopy(once)
    scribble(once)
    require(same(pullback(1.0), kept), "the pullback gives something else when called again")
    agree(scaled(pullback(2.0)), kept, "the pullback of another cotangent")
    require(same(truth.args, twin), "an argument was changed by vjp or its pullback")
    again = vjp(names["g"], *primals, has_aux=program.aux)
    agree((again[0], *again[2:]) if aux else again[0], truth.result, "the second value of vjp")
    require(same(again[1](1.0), kept), "the second pullback gives something else")


def along(gradient: Any, truth: Known) -> None:
    """The gradient's product with the directions is the tangent, and the slope."""
    require(len(gradient) == len(WRT), "the gradient has another number of parts")
    for bar, arg in zip(gradient, truth.args, strict=False):
        require(type(bar) is type(arg), f"the gradient is a {type(bar)}, not a {type(arg)}")
        require(np.shape(bar) == np.shape(arg), "the gradient has another shape")
        require(bool(np.all(np.isfinite(bar))), "the gradient is not finite")
    parts = [np.sum(bar * d) for bar, d in zip(gradient, truth.directions, strict=True)]
    found = float(sum(parts))
    size = max(abs(truth.tangent), float(sum(map(abs, parts))))
    if abs(found - truth.tangent) > 1e-9 * size:
        raise Wrong(f"the derivative is {truth.tangent:.10g}, not {found:.10g}")
    if abs(found - truth.slope) > 1e-6 * size:
        raise Wrong(f"by differences the derivative is {truth.slope:.10g}, not {found:.10g}")


# --- comparing ----------------------------------------------------------------------------------


def require(right: bool, what: str) -> None:
    if not right:
        raise Wrong(what)


def leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, list | tuple):
        for part in tree:
            yield from leaves(part)
    else:
        yield tree


def same(a: Any, b: Any) -> bool:
    """Whether two containers hold the same bits."""
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray):
        same_kind = isinstance(b, np.ndarray) and a.dtype == b.dtype and a.shape == b.shape
        return same_kind and a.tobytes() == b.tobytes()
    return type(a) is type(b) and repr(a) == repr(b)


def agree(found: Any, wanted: Any, what: str) -> None:
    """Of the same structure and types, and equal but for rounding."""
    pairs = list(leaves(found)), list(leaves(wanted))
    require(len(pairs[0]) == len(pairs[1]), f"{what} has another structure")
    for a, b in zip(*pairs, strict=True):
        require(type(a) is type(b), f"{what} is a {type(a).__name__}, not a {type(b).__name__}")
        require(np.shape(a) == np.shape(b), f"{what} has another shape")
        if not np.allclose(a, b, rtol=1e-10, atol=1e-12):
            raise Wrong(f"{what} is {a}, not {b}")


def owned(tree: Any, others: Any, what: str, loosely: bool = False) -> None:
    """Arrays that are writable and share memory with nothing; aux may share among itself."""
    foreign = [leaf for leaf in leaves(others) if isinstance(leaf, np.ndarray)]
    for leaf in leaves(tree):
        if not isinstance(leaf, np.ndarray):
            continue
        require(leaf.flags.writeable, f"{what} is read-only")
        for other in foreign:
            require(not np.may_share_memory(leaf, other), f"{what} shares memory")
        if not loosely:
            foreign.append(leaf)


def scribble(tree: Any) -> None:
    """What was given away is the caller's to write to."""
    for leaf in leaves(tree):
        if isinstance(leaf, np.ndarray):
            leaf[...] = 17.0


def scaled(cotangents: Any) -> Any:
    return tuple(0.5 * part for part in cotangents)


def _head(error: SrcgradError) -> str:
    """The message without the numbers in the names of variables."""
    return re.sub(r"'([a-zA-Z]{1,3})\d+'", r"'\1'", error.message.partition("\n")[0])[:90]
