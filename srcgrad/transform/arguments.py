"""The arguments of an operation as its derivative rule takes them, and what is refused."""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Callable, Container
from typing import Any

import numpy as np

from srcgrad.analysis.makers import FLOAT, INDICES
from srcgrad.errors import CertainError, NoDerivativeError
from srcgrad.instances import is_users
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Const, Operand, Pack, Stmt, Var
from srcgrad.ir.ops import OPS, Op, Ruled
from srcgrad.ir.types import PY_FLOAT, Known, Object, Unknown, dtype_of, number_of
from srcgrad.ir.walk import targets
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.caught import ATTRIBUTE, ELSEWHERE, is_error
from srcgrad.specialise.engine import Specialiser


def check_call(stmt: Apply) -> None:
    """Raises ``NoDerivativeError`` if an operation is called with arguments that nothing is known
    of: what it gives may be a view then, or none."""
    op = OPS.get(stmt.op)
    try:
        if op is not None:
            op.signature.bind(*stmt.args, **dict(stmt.kwargs))
    except TypeError as error:
        raise NoDerivativeError(f"{spelled(stmt.op)}: {error}", stmt.loc) from None


def bind_rule(stmt: Apply, rule: Callable[..., object], skipped: int) -> inspect.BoundArguments:
    """The arguments of an operation by the names of its rule's parameters.

    Raises
    ------
    NoDerivativeError
        If an argument is given that the rule does not account for.
    """
    signature = _signature(rule, skipped)
    parameters = signature.parameters.values()
    # Of what has a rule of the user's, the rule alone knows the arguments.
    op = None if isinstance(stmt.op, Ruled) else OPS.get(stmt.op)
    form = _form(op, rule, skipped, len(stmt.args), tuple(name for name, _ in stmt.kwargs))
    if form is not None:
        values = (*stmt.args, *(value for _, value in stmt.kwargs))
        arguments = {name: values[number] for name, number in form}
        return inspect.BoundArguments(signature, arguments)
    try:
        if op is None:
            return signature.bind(*stmt.args, **dict(stmt.kwargs))
        given = op.signature.bind(*stmt.args, **dict(stmt.kwargs))
    except TypeError as error:
        raise NoDerivativeError(f"{spelled(stmt.op)}: {error}", stmt.loc) from None
    names = {p.name for p in parameters}
    takes_any = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    for name in list(given.arguments):
        parameter = op.signature.parameters[name]
        if name in names or (takes_any and parameter.kind is not parameter.KEYWORD_ONLY):
            continue
        if Known(parameter.default) == type_of(given.arguments[name]):
            del given.arguments[name]
            continue
        message = f"the derivative of {spelled(stmt.op)} does not cover its argument '{name}'"
        raise NoDerivativeError(message, stmt.loc, "leave it out, or compute the same without it")
    return signature.bind(*given.args, **given.kwargs)


@functools.lru_cache(maxsize=4096)
def _form(
    op: Op | None, rule: Callable[..., object], skipped: int, count: int, names: tuple[str, ...]
) -> tuple[tuple[str, int], ...] | None:
    """Which argument of an operation each parameter of its rule is given, by its number, in a call
    with ``count`` arguments and keywords of these names; None where it takes more to tell."""
    if op is None:
        return None
    signature = _signature(rule, skipped)
    try:
        numbers = {name: count + i for i, name in enumerate(names)}
        given = op.signature.bind(*range(count), **numbers)
        if not given.arguments.keys() <= signature.parameters.keys():
            return None
        bound = signature.bind(*given.args, **given.kwargs).arguments
    except TypeError:
        return None
    return tuple(bound.items()) if all(type(n) is int for n in bound.values()) else None


@functools.lru_cache(maxsize=1024)
def _signature(rule: Callable[..., object], skipped: int) -> inspect.Signature:
    """The signature of ``rule`` without its first parameters."""
    return inspect.Signature(list(inspect.signature(rule).parameters.values())[skipped:])


def by_parameter(arguments: inspect.BoundArguments) -> list[Any]:
    """The argument of each parameter in order, None for one that was not given.

    Those of ``*args`` are a tuple, and those of ``**kwargs`` a dict.
    """
    given = (arguments.arguments.get(name) for name in arguments.signature.parameters)
    return [_packed(value) for value in given]


def _packed(value: Any) -> Any:
    if isinstance(value, dict):
        return Pack(dict, tuple(value.values()), tuple(value))
    return Pack(tuple, value) if isinstance(value, tuple) else value


def is_open(arguments: inspect.BoundArguments) -> bool:
    """Whether the last parameter takes all arguments that are left."""
    parameters = tuple(arguments.signature.parameters.values())
    return bool(parameters) and parameters[-1].kind is inspect.Parameter.VAR_POSITIONAL


def no_derivative(sp: Specialiser, stmt: Apply) -> Exception:
    """The error for an operation that a derivative cannot pass through."""
    refused = sp.refused.get(stmt.target)
    if refused is not None:
        return refused
    callee = stmt.args[0] if stmt.op is intrinsics.call else None
    method = sp.builder.definitions.get(callee) if isinstance(callee, Var) else None
    if method is not None and method.op is getattr and isinstance(method.args[1], Const):
        name = method.args[1].value
        message = f"the method '{name}' receives a differentiated value, and is not looked into"
        return NoDerivativeError(message, stmt.loc, "use a list, a dict or an array")
    if reads_unknown_dict(stmt):
        message = "a differentiated value is read from a dict of which it is not known who made it"
        hint = "let the function that has a rule make the dict that it gives"
        return NoDerivativeError(message, stmt.loc, hint)
    if stmt.op is getattr and is_error(sp, stmt.args[0]):
        return NoDerivativeError(ATTRIBUTE, stmt.loc, ELSEWHERE)
    if callee is not None:
        message = f"{_called(callee)} receives a differentiated value, and is not looked into"
        return NoDerivativeError(message, stmt.loc, "write out what it does, in a function")
    if isinstance(stmt.op, type) and issubclass(stmt.op, list | dict) and is_users(stmt.op):
        message = f"'{stmt.op.__name__}', a subclass of {_base(stmt.op).__name__}, receives a "
        hint = f"let a class keep a {_base(stmt.op).__name__} in an attribute"
        message += "differentiated value, and is not looked into"
        return NoDerivativeError(message, stmt.loc, hint)
    what, name = spelled(stmt.op), stmt.args[1] if len(stmt.args) > 1 else None
    if stmt.op is getattr and isinstance(name, Const):
        what = f"'.{name.value}' of an array or a number"
    message = f"{what} has no derivative rule and receives a differentiated value"
    return NoDerivativeError(message, stmt.loc, "register one with srcgrad.register_vjp")


def _base(cls: type) -> type:
    return list if issubclass(cls, list) else dict


def reads_unknown_dict(stmt: Apply) -> bool:
    """Whether an operation reads by a text what nothing is known of: no array then, but a dict."""
    if stmt.op is not operator.getitem or not isinstance(stmt.args[1], Const):
        return False
    return isinstance(stmt.args[1].value, str) and isinstance(type_of(stmt.args[0]), Unknown)


def _called(callee: Operand) -> str:
    """What an object that is called is, in messages."""
    name = callee.name if isinstance(callee, Var) else ""
    type_ = type_of(callee)
    kind = f"an instance of '{type_.cls.__name__}'" if isinstance(type_, Object) else ""
    if name and kind:
        return f"'{name}', {kind},"
    return f"'{name}'" if name else kind or "what is called here"


def refuse_complex(stmt: Stmt, active: Container[Var]) -> None:
    """Refuses complex values on the way from real arguments to a real result.

    The rules are those of real numbers: a cotangent of a complex one would have to be conjugated.
    """
    for var in targets(stmt):
        dtype = dtype_of(var.type)
        if dtype is not None and dtype.kind == "c" and var in active:
            message = "a complex number that depends on a differentiated value"
            hint = "compute with the real and the imaginary part"
            raise NoDerivativeError(message, stmt.loc, hint)


def without_cotangent(stmt: Apply, name: str) -> Exception:
    """The error for an argument that is differentiated and that a rule has no cotangent for."""
    if stmt.op is operator.getitem and number_of(type_of(stmt.args[1])) == PY_FLOAT:
        return NoDerivativeError(FLOAT, stmt.loc, INDICES)
    joined = stmt.args[0].value if isinstance(stmt.args[0], Const) else None
    if joined is np.r_ or joined is np.c_:
        message = f"numpy.{'r_' if joined is np.r_ else 'c_'} of these parts has no derivative rule"
        hint = "write np.concatenate or np.stack, of arrays that np.asarray makes with dtype=float"
        return NoDerivativeError(message, stmt.loc, hint)
    message = (
        f"the derivative of {spelled(stmt.op)} does not cover its argument '{name}', "
        "which is differentiated"
    )
    return NoDerivativeError(message, stmt.loc, "compute the same without it")


def raised_by_rule(stmt: Apply, error: CertainError) -> Exception:
    """The error for a rule that certainly raises, of which the program knows nothing."""
    message = f"the derivative of {spelled(stmt.op)} does not fit here: {error.message}"
    hint = "let its operands have one type and one rank on every way"
    return NoDerivativeError(message, stmt.loc, hint)


def spelled(op: object) -> str:
    """The name of an operation in messages."""
    name = getattr(op, "__qualname__", None) or getattr(op, "__name__", repr(op))
    module = getattr(op, "__module__", None) or ""
    return f"{module}.{name}" if module not in ("", "builtins") else str(name)
