"""Derivatives that users give for functions of their own."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from srcgrad.dispatch import Dispatch
from srcgrad.errors import RuleError
from srcgrad.handle import Gradient
from srcgrad.ir.ops import DERIVATIVES, Pullback
from srcgrad.specialise.structure import STRUCTURAL

_FUNCTIONS = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    np.ufunc,
    type(np.sum),  # NumPy's dispatched functions
)
F = TypeVar("F", bound=Callable[..., Any])


def register(function: Callable[..., Any]) -> Callable[[F], F]:
    """The decorator behind :func:`srcgrad.register_vjp`.

    Gradients that were compiled before are compiled again when they are called next.
    """
    if isinstance(function, Gradient) or not isinstance(function, _FUNCTIONS):
        kind = type(function).__name__
        raise TypeError(f"register_vjp takes a function, not {kind}: wrap it in one")
    if function in STRUCTURAL:
        name = getattr(function, "__name__", repr(function))
        raise TypeError(f"'{name}' is part of the language: give a rule to a function around it")

    def declare(rule: F) -> F:
        if isinstance(rule, Gradient) or not callable(rule):
            raise TypeError(f"a rule must be a function, not {type(rule).__name__}")
        _check(function, rule)
        DERIVATIVES[function] = Pullback(
            _called(rule) if _has_closure(rule) else rule, is_users=True
        )
        Dispatch.forget()
        return rule

    return declare


def _has_closure(rule: Callable[..., Any]) -> bool:
    return isinstance(rule, types.FunctionType) and rule.__closure__ is not None


def _called(rule: Callable[..., Any]) -> Callable[..., Any]:
    """``rule`` as an object that is called: inlined, its free names would mean something else."""
    return functools.update_wrapper(functools.partial(rule), rule)


def _check(function: Callable[..., Any], rule: Callable[..., Any]) -> None:
    name = getattr(function, "__name__", repr(function))
    given = list(inspect.signature(rule).parameters.values())
    try:
        wanted = [str(p) for p in inspect.signature(function).parameters.values()]
        names = list(inspect.signature(function).parameters)
    except ValueError:
        wanted, names = [], [p.name for p in given[2:]]  # a builtin that does not tell
    hint = f"def {name}_vjp({', '.join(('y_bar', 'y', *wanted))}): ..."
    if len(given) < 2 or any(p.kind >= p.VAR_POSITIONAL for p in given[:2]):
        message = f"the rule for {name} must take the cotangent, the result and the arguments"
        raise RuleError(message, hint=hint)
    if [p.name for p in given[2:]] != names[: len(given) - 2]:
        message = (
            f"the rule for {name} takes ({', '.join(p.name for p in given[2:])}) after the "
            f"cotangent and the result, and the function takes ({', '.join(names)})"
        )
        raise RuleError(message, hint=hint)
