"""Inlining functions of the user's where they are called, with their arguments bound to names."""

from __future__ import annotations

import inspect
import types
from contextlib import nullcontext
from typing import TYPE_CHECKING

from srcgrad.errors import (
    CertainError,
    Loc,
    MutationError,
    NoSourceError,
    SrcgradError,
    UnsupportedSyntaxError,
)
from srcgrad.frontend.mutation import writes_into_others
from srcgrad.instances import is_of_library
from srcgrad.ir.nodes import Const, If
from srcgrad.ir.ops import DERIVATIVES
from srcgrad.specialise import (
    calls,
    certain,
    containers,
    disturbed,
    presence,
    recursion,
    ruled,
    scopes,
)
from srcgrad.specialise.classes import class_of_instance
from srcgrad.specialise.places import module_of
from srcgrad.specialise.values import Args, Closure, Kwargs, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def inline(
    sp: Specialiser, function: types.FunctionType, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> Value:
    """Calls a user's function, by inlining it unless it has a derivative of its own."""
    if calls.find(DERIVATIVES, function) is not None:
        return ruled.call(sp, function, args, kwargs, loc, name)
    return inline_body(sp, function, args, kwargs, loc, name)


def inline_body(
    sp: Specialiser, function: types.FunctionType, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> Value:
    """Inlines a user's function; one that cannot be is called as it is, if its arguments allow."""
    mark, before, noted = len(sp.builder.body), sp.heap.save(), sp.inputs.log.save()
    try:
        return looked_into(sp, function, args, kwargs, loc, name)
    except (UnsupportedSyntaxError, NoSourceError) as error:
        if function.__code__ in sp.stack or isinstance(error, MutationError):
            raise
        if isinstance(error, CertainError) and (_is_raised_there(sp) or error.loc == loc):
            raise
        if any(class_of_instance(arg) and isinstance(arg, Ref) for arg in args):
            raise  # an instance made here cannot be handed over
        refuse_writing(function, error)
        del sp.builder.body[mark:]
        sp.inputs.log.restore(noted)
        sp.heap.restore(before)
        try:
            return calls.call_refused(sp, function, args, kwargs, loc, name, error)
        except disturbed.HandedOverError:
            if isinstance(error, NoSourceError | CertainError):
                raise
            raise error from None  # why it has to be called as it is


def _is_raised_there(sp: Specialiser) -> bool:
    """Whether what certainly raises becomes a ``raise`` of the arm, or the ``try``, that it is in,
    or is asked for by the compiler itself."""
    return sp.asking or any(isinstance(each.now, If) for each in sp.running)


def looked_into(
    sp: Specialiser, function: types.FunctionType, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> Value:
    """Inlines a user's function; if it cannot be, the error says why."""
    own = scopes.own(function)
    if own is not None:  # none of them calls itself
        given = _bind(sp, own, args, kwargs, loc, function.__qualname__)
        with sp.entered(function.__code__):
            return sp.inline(own, given, loc)
    with sp.entered(function.__code__):
        sp.inputs.rest_on_code(function)
        scope = scopes.scope_of(sp, function)
        lowered = presence.lowered(sp, function)
        closure = Closure(lowered, scope, {}, scopes.defaults_of(sp, function, scope.trusted))
        given = _bind(sp, closure, args, kwargs, loc, function.__qualname__)
        # Of what a library has wrapped around a function, the user knows the line that calls it.
        wraps = is_of_library(module_of(function))
        with sp.located(sp.loc or loc) if wraps else nullcontext():
            return recursion.call(sp, _identity(sp, function), closure, given, loc, name)


def inline_closure(
    sp: Specialiser, closure: Closure, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> Value:
    """Inlines a function that the program defines."""
    around = sp.stack[-1].co_qualname if sp.stack else ""  # where it mostly is defined, too
    qualname = f"{around}.<locals>.{closure.function.name}"
    given = _bind(sp, closure, args, kwargs, loc, qualname)
    return recursion.call(sp, closure.function, closure, given, loc, name)


def is_inlinable(function: types.FunctionType) -> bool:
    """Whether a function is the user's, rather than of a library."""
    return not is_of_library(function.__module__)


def _identity(sp: Specialiser, function: types.FunctionType) -> object:
    """What all calls of one function have in common.

    A decorator makes several functions of one code, which call each other without recursion.
    """
    shared = function.__closure__ is None or function.__code__ is sp.root
    return function.__code__ if shared else function


def refuse_writing(function: types.FunctionType, error: SrcgradError) -> None:
    """Refuses to call, unseen, a function that may write into what it has not made itself."""
    if isinstance(error, NoSourceError) or not writes_into_others(function):
        return
    why = f"'{function.__name__}' may write into what it has not made"
    message = f"{error.message} (and cannot be called as it is, since {why})"
    raise MutationError(message, error.loc, error.hint) from None


# --- arguments ------------------------------------------------------------------------------------


def _bind(
    sp: Specialiser, closure: Closure, args: Args, kwargs: Kwargs, loc: Loc, qualname: str
) -> dict[str, Value]:
    """The arguments of a call by the names of the parameters, as Python binds them."""
    from srcgrad.specialise import spread

    params = closure.function.params
    if not kwargs and len(args) == len(params) and all(p.kind is _USUAL for p in params):
        return dict(zip((param.name for param in params), args, strict=True))
    found = bound(_signature(closure), args, kwargs, qualname, loc).arguments
    result: dict[str, Value] = {}
    for param in params:
        if param.kind is inspect.Parameter.VAR_POSITIONAL:
            rest = tuple(found.get(param.name, ()))
            result[param.name] = spread.tuple_of(sp, rest, loc)
        elif param.kind is inspect.Parameter.VAR_KEYWORD:
            extra = found.get(param.name, {})
            result[param.name] = containers.make_dict(sp, extra)
        elif param.name in found:
            result[param.name] = found[param.name]
        else:
            result[param.name] = closure.defaults[param.name]
    return result


_USUAL = inspect.Parameter.POSITIONAL_OR_KEYWORD


def bound(
    signature: inspect.Signature, args: Args, kwargs: Kwargs, qualname: str, loc: Loc
) -> inspect.BoundArguments:
    """The arguments of a call of the function that has this name."""
    try:
        return signature.bind(*args, **kwargs)
    except TypeError as error:
        certain.computed(loc, _doing_nothing(signature, qualname), *args, **kwargs)
        raise CertainError(str(error), loc, error) from None


def _doing_nothing(signature: inspect.Signature, qualname: str) -> types.FunctionType:
    """A function that takes what one with this signature takes, and says the same of the rest."""
    groups = [[p for p in signature.parameters.values() if p.kind is kind] for kind in _KINDS]
    only, either, named, rest, keywords = groups
    params = [param for group in groups for param in group]
    code = (lambda: None).__code__.replace(
        co_posonlyargcount=len(only),
        co_argcount=len(only) + len(either),
        co_kwonlyargcount=len(named),
        co_nlocals=len(params),
        co_varnames=tuple(param.name for param in params),
        co_flags=_PLAIN | _REST * len(rest) | _KEYWORDS * len(keywords),
    )
    optional = [param.name for param in params if param.default is not param.empty]
    positional = sum(param.name in optional for param in (*only, *either))
    made = types.FunctionType(code, {}, qualname, (None,) * positional)
    made.__kwdefaults__ = {param.name: None for param in named if param.name in optional}
    made.__qualname__ = qualname
    return made


_KINDS = (
    *(inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD),
    *(inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_POSITIONAL),
    inspect.Parameter.VAR_KEYWORD,
)
"""In the order in which the code of a function names its parameters."""
_PLAIN = inspect.CO_OPTIMIZED | inspect.CO_NEWLOCALS
_REST, _KEYWORDS = inspect.CO_VARARGS, inspect.CO_VARKEYWORDS


def check_once(callee: Value, kwargs: Kwargs, more: Kwargs, loc: Loc) -> None:
    """Whether keywords are given once only."""
    repeated = next((key for key in more if key in kwargs), None)
    if repeated is not None:
        called = callee.value if isinstance(callee, Const) else None
        name = getattr(called, "__qualname__", "the function")
        text = f"{name}() got multiple values for keyword argument '{repeated}'"
        raise CertainError(text, loc, TypeError(text))


def _signature(closure: Closure) -> inspect.Signature:
    """How a function may be called; its defaults are those that it has by now."""
    empty = inspect.Parameter.empty
    return inspect.Signature(
        [
            inspect.Parameter(p.name, p.kind, default=None if p.name in closure.defaults else empty)
            for p in closure.function.params
        ]
    )
