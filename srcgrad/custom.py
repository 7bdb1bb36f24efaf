"""Derivatives that users give for functions of their own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from srcgrad.dispatch import Dispatch
from srcgrad.errors import RuleError
from srcgrad.handle import Gradient
from srcgrad.ir.ops import DERIVATIVES, Pullback

F = TypeVar("F", bound=Callable[..., Any])


def register(function: Callable[..., Any]) -> Callable[[F], F]:
    """The decorator behind :func:`srcgrad.register_vjp`.

    Gradients that were compiled before are compiled again when they are called next.
    """
    if isinstance(function, Gradient) or not callable(function):
        raise TypeError(f"register_vjp takes a function, not {type(function).__name__}")
    try:
        hash(function)
    except TypeError:
        kind = type(function).__name__
        raise TypeError(f"register_vjp takes a function, not an unhashable {kind}") from None

    def declare(rule: F) -> F:
        if isinstance(rule, Gradient) or not callable(rule):
            raise TypeError(f"a rule must be a function, not {type(rule).__name__}")
        _check(function, rule)
        DERIVATIVES[function] = Pullback(rule)
        Dispatch.forget()
        return rule

    return declare


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
