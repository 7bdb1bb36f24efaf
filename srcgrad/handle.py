"""What ``grad`` gives back: a function that compiles itself at the first call of each kind.

The handle is a ``functools.partial`` without arguments, the cheapest callable that can carry
attributes and pickle.  Behind it is the *entry*, a generated function with the parameters of the
user's, which tests that a specialisation fits and calls it (:mod:`srcgrad.backend.guards`).
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from srcgrad.errors import NoSourceError, UnsupportedSyntaxError
from srcgrad.request import Request


class Gradient(functools.partial):  # type: ignore[type-arg]
    """The derivative of a function; see :func:`srcgrad.grad`.

    Called like the function.  Has its name, docstring and signature.

    Attributes
    ----------
    source : str
        The generated source of the last specialisation; generic source before the first call.
    """

    function: types.FunctionType
    request: Request
    _what: str
    _dispatch: Any

    def __new__(cls, function: Any, request: Request, what: str) -> Gradient:
        function = _plain_function(function, what)
        _check_positions(function, request)
        miss = _Miss()
        code = _FIRST.replace(
            co_freevars=function.__code__.co_freevars,
            co_consts=tuple(miss if c == _MISS else c for c in _FIRST.co_consts),
        )
        name = function.__name__
        entry = types.FunctionType(code, function.__globals__, name, None, function.__closure__)
        handle: Gradient = super().__new__(cls, entry)
        miss.handle = weakref.ref(handle)
        handle.function = function
        handle.request = request
        handle._what = what
        handle._dispatch = None
        functools.update_wrapper(handle, function)
        return handle

    def dispatch(self) -> Any:
        """The compiler's side of the handle, loaded on first use."""
        if self._dispatch is None:
            from srcgrad.dispatch import Dispatch

            self._dispatch = Dispatch.of(self.function, self.request)
        return self._dispatch

    @property
    def source(self) -> str:
        """The generated source: of the last call, or generic if there was none."""
        return self.dispatch().source()  # type: ignore[no-any-return]

    def lower(self, *args: Any, **kwargs: Any) -> Any:
        """The stages of the compiler for these arguments: ``.ssa``, ``.adjoint``, ``.source``."""
        return self.dispatch().lower(args, kwargs)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __reduce__(self) -> Any:
        if _found_by_name(self):
            return self.__qualname__  # type: ignore[attr-defined]
        return (Gradient, (self.function, self.request, self._what))

    def __repr__(self) -> str:
        return f"<{self._what} of {self.function.__qualname__}>"

    def __copy__(self) -> Gradient:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Gradient:
        return self


class _Miss:
    """Called where no specialisation fits; finds or makes one.

    It knows its handle weakly, because what the code of an entry refers to is never collected.
    """

    handle: Callable[[], Gradient | None]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        handle = self.handle()
        assert handle is not None, "a handle is alive while it is called"
        return handle.dispatch().call(handle.func, handle.function, self, args, kwargs)


_MISS = "<srcgrad miss>"


def _first(*args: Any, **kwargs: Any) -> Any:
    miss: Any = "<srcgrad miss>"
    return miss(*args, **kwargs)


_FIRST = _first.__code__
"""The code of an entry before the first call."""


def _plain_function(function: Any, what: str) -> types.FunctionType:
    """The Python function that is to be differentiated.

    Raises
    ------
    TypeError
        If it is none.
    """
    if isinstance(function, Gradient):
        message = f"{what} of a gradient (a second derivative) is not supported yet"
        raise UnsupportedSyntaxError(message)
    if isinstance(function, types.FunctionType):
        return function
    if isinstance(function, types.BuiltinFunctionType | type(str.join) | np.ufunc | type(np.sum)):
        name = getattr(function, "__name__", repr(function))
        message = f"{what} needs the source of a function, and '{name}' is not written in Python"
        raise NoSourceError(message, hint=f"wrap it: {what}(lambda x: {name}(x))")
    if isinstance(function, types.MethodType):
        message = f"{what} takes a function, not a bound method"
        raise TypeError(f"{message}: write {what}(lambda x: obj.{function.__name__}(x))")
    raise TypeError(f"{what} takes a function, not {type(function).__name__} {function!r:.40}")


def _check_positions(function: types.FunctionType, request: Request) -> None:
    code = function.__code__
    takes_any = bool(code.co_flags & inspect.CO_VARARGS)
    count = code.co_argcount
    for position in request.positions:
        if position < -count or (position >= count and not takes_any):
            raise TypeError(
                f"argnums={request.argnums!r}, but {function.__name__}() takes "
                f"{count} positional argument{'' if count == 1 else 's'}"
            )


def _found_by_name(handle: Gradient) -> bool:
    """Whether the handle is what its module knows under its name, as with a decorator."""
    found: Any = sys.modules.get(handle.__module__)
    for part in handle.__qualname__.split("."):  # type: ignore[attr-defined]
        found = getattr(found, part, None)
    return found is handle
