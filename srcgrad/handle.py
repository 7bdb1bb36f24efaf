"""What ``grad`` gives back: a function that compiles itself at the first call of each kind.

The handle is a ``functools.partial`` without arguments, the cheapest callable that can carry
attributes and pickle.  Behind it is first an object that calls the compiler, and then the *entry*,
a generated function with the parameters of the user's, which tests that a specialisation fits and
calls it (:mod:`srcgrad.backend.guards`).
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

    function: Any  # a types.FunctionType, which as an annotation would mean a method
    request: Request
    miss: Miss
    installed: tuple[Any, ...]
    """The specialisations that the entry tries."""

    _what: str
    _dispatch: Any

    def __new__(cls, function: Any, request: Request, what: str) -> Gradient:
        function = _plain_function(function, what)
        _check_positions(function, request)
        miss = Miss()
        handle: Gradient = super().__new__(cls, miss)
        miss.handle = weakref.ref(handle)
        handle.function = function
        handle.request = request
        handle.miss = miss
        handle.installed = ()
        handle._what = what
        handle._dispatch = None
        functools.update_wrapper(handle, function)
        return handle

    def dispatch(self) -> Any:
        """The compiler's side of the handle, loaded on first use."""
        if self._dispatch is None:
            from srcgrad.dispatch import Dispatch

            self._dispatch = Dispatch.of(self)
        return self._dispatch

    def install(self, entry: Callable[..., Any], tries: tuple[Any, ...]) -> None:
        """From now on, calls go to ``entry``, which tries these specialisations."""
        self.installed = tries
        self.__setstate__((entry, (), {}, self.__dict__))  # type: ignore[attr-defined]

    def reset(self) -> None:
        """Forgets everything compiled."""
        self._dispatch = None
        self.install(self.miss, ())

    @property
    def source(self) -> str:
        """The generated source: of the last specialisation, or generic if there is none."""
        if self.installed:
            return self.installed[0].emitted.source  # type: ignore[no-any-return]
        return self.dispatch().source(self.function)  # type: ignore[no-any-return]

    def lower(self, *args: Any, **kwargs: Any) -> Any:
        """The stages of the compiler for these arguments: ``.ssa``, ``.adjoint``, ``.source``."""
        return self.dispatch().lower(self.function, args, kwargs)

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


class Miss:
    """Called where no specialisation fits; finds or makes one.

    It knows its handle weakly, so that a handle which is dropped is freed at once.
    """

    handle: Callable[[], Gradient | None]

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        handle = self.handle()
        assert handle is not None, "a handle is alive while it is called"
        return handle.dispatch().call(handle, args, kwargs)


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
    told = f"argnums={request.argnums!r}, but {function.__name__}()"
    for position in request.positions:
        if takes_any and (position < 0 or position >= count):
            raise TypeError(
                f"{told} takes {'*' if count == 0 else f'{count} and *'}arguments, and one that is "
                "taken by '*' cannot be differentiated on its own: give it a name"
            )
        if not -count <= position < count:
            plural = "" if count == 1 else "s"
            raise TypeError(f"{told} takes {count} positional argument{plural}")
    if len({position % count for position in request.positions if count}) < len(request.positions):
        raise TypeError(f"argnums names an argument twice: {request.argnums!r}")


def _found_by_name(handle: Gradient) -> bool:
    """Whether the handle is what its module knows under its name, as with a decorator."""
    found: Any = sys.modules.get(handle.__module__)
    for part in handle.__qualname__.split("."):  # type: ignore[attr-defined]
        found = getattr(found, part, None)
    return found is handle
