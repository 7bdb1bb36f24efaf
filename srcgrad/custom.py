"""Derivatives that users give for functions of their own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from srcgrad.errors import RuleError
from srcgrad.ir.ops import DERIVATIVES, Pullback

F = TypeVar("F", bound=Callable[..., Any])


def register(function: Callable[..., Any]) -> Callable[[F], F]:
    """The decorator behind :func:`srcgrad.register_vjp`."""
    if not callable(function):
        raise TypeError(f"register_vjp takes a function, not {type(function).__name__}")

    def declare(rule: F) -> F:
        _check(function, rule)
        DERIVATIVES[function] = Pullback(rule)
        return rule

    return declare


def _check(function: Callable[..., Any], rule: Callable[..., Any]) -> None:
    try:
        wanted = list(inspect.signature(function).parameters)
    except ValueError:
        return  # a builtin that does not tell its parameters
    given = list(inspect.signature(rule).parameters)
    name = getattr(function, "__name__", repr(function))
    if len(given) < 2:
        message = f"the rule for {name} must take the cotangent, the result and the arguments"
        raise RuleError(message, hint=f"def {name}_vjp(y_bar, y, {', '.join(wanted)}): ...")
    if given[2:] != wanted[: len(given) - 2]:
        message = (
            f"the rule for {name} takes ({', '.join(given[2:])}) after the cotangent and the "
            f"result, and the function takes ({', '.join(wanted)})"
        )
        raise RuleError(message, hint=f"def {name}_vjp(y_bar, y, {', '.join(wanted)}): ...")
