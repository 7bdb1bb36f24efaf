"""What ``grad`` gives back: a function that compiles itself at the first call of each kind.

The handle is a ``functools.partial``, the cheapest callable that can carry attributes and pickle.
Its arguments are those that the user's callable holds already: the object of a bound method, what a
``functools.partial`` fixes. Behind it is first an object that calls the compiler, and then the
*entry*, a generated function with the parameters of the user's, which tests that a specialisation
fits and calls it (:mod:`srcgrad.backend.guards`).
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from srcgrad.errors import NoSourceError, UnsupportedSyntaxError
from srcgrad.request import Request
from srcgrad.wrappers import with_names


class Gradient(functools.partial):  # type: ignore[type-arg]
    """The derivative of a function; see :func:`srcgrad.grad`.

    Called like the function.  Has its name, docstring and signature.

    Attributes
    ----------
    source : str
        The generated source of the last specialisation; generic source before the first call.
    """

    original: Any
    """What was given to be differentiated."""
    function: Any  # a types.FunctionType, which as an annotation would mean a method
    """The Python function behind it."""
    request: Request
    """What is asked of that function."""
    miss: Miss
    installed: tuple[Any, ...]
    """The specialisations that the entry tries."""

    _asked: Request
    _what: str
    _called: Called | None
    _dispatch: Any

    def __new__(cls, function: Any, request: Request, what: str) -> Gradient:
        original = function
        function, args, keywords, called = _taken_apart(function, what)
        function = _with_positions(function, request, len(args))
        miss = Miss()
        handle: Gradient = super().__new__(cls, miss, *args, **keywords)
        miss.handle = weakref.ref(handle)
        handle.original = original
        handle.function = function
        handle.request = request.behind(len(args))
        handle._asked = request
        handle.miss = miss
        handle.installed = ()
        handle._what = what
        handle._called = called
        handle._dispatch = None
        functools.update_wrapper(handle, function)
        handle.__dict__["__wrapped__"] = original
        return handle

    def dispatch(self) -> Any:
        """The compiler's side of the handle, loaded on first use."""
        if self._called is not None and not self._called.is_current():
            self._call_anew(self._called)
        if self._dispatch is not None and self._dispatch.code is not self.function.__code__:
            # Somebody has given the function other code.
            if _parameters(self._dispatch.code) != _parameters(self.function.__code__):
                name = self.function.__name__
                raise TypeError(f"{name}() has other parameters now: call {self._what} again")
            self.reset()
        if self._dispatch is None:
            from srcgrad.dispatch import Dispatch

            self._dispatch = Dispatch.of(self)
        return self._dispatch

    def _call_anew(self, called: Called) -> None:
        """Differentiates the ``__call__`` that the class of an object has now."""
        before = _parameters(self.function.__code__)
        function, args, _, self._called = _taken_apart(self.original, self._what)
        self.function = _with_positions(function, self._asked, len(args))
        if _parameters(self.function.__code__) != before:
            name = f"{type(called.object).__qualname__}.__call__"
            raise TypeError(f"{name}() has other parameters now: call {self._what} again")
        self.reset()

    def install(self, entry: Callable[..., Any], tries: tuple[Any, ...]) -> None:
        """From now on, calls go to ``entry``, which tries these specialisations."""
        self.installed = tries
        self.__setstate__((entry, self.args, self.keywords, self.__dict__))  # type: ignore[attr-defined]

    def reset(self) -> None:
        """Forgets everything compiled."""
        self._dispatch = None
        self.install(self.miss, ())

    @property
    def source(self) -> str:
        """The generated source: of the last specialisation, or generic if there is none."""
        dispatch = self.dispatch()
        if self.installed:
            return self.installed[0].emitted.source  # type: ignore[no-any-return]
        return dispatch.source(self.function, self.args, self.keywords)  # type: ignore[no-any-return]

    def lower(self, *args: Any, **kwargs: Any) -> Any:
        """The stages of the compiler for these arguments: ``.ssa``, ``.adjoint``, ``.source``."""
        named = {**self.keywords, **kwargs}
        return self.dispatch().lower(self.function, (*self.args, *args), named)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if instance is None or self.original is not self.function:
            return self  # what holds its object already, or is no function, is not bound again
        return types.MethodType(self, instance)

    def __reduce__(self) -> Any:
        if _found_by_name(self):
            return self.__qualname__  # type: ignore[attr-defined]
        return (Gradient, (self.original, self._asked, self._what))

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


@dataclass(frozen=True)
class Called:
    """An object that is called, and the ``__call__`` that its class had when that was looked up."""

    object: Any
    call: types.FunctionType

    def is_current(self) -> bool:
        """Whether a call of the object calls that still."""
        return inspect.getattr_static(type(self.object), "__call__", None) is self.call


def _taken_apart(
    function: Any, what: str
) -> tuple[types.FunctionType, tuple[Any, ...], dict[str, Any], Called | None]:
    """The Python function that a callable calls, the arguments that it gives by itself, and the
    object that is called, if it is no function.

    Raises
    ------
    TypeError
        If it calls none.
    """
    args: tuple[Any, ...] = ()
    keywords: dict[str, Any] = {}
    while True:
        if type(function) is functools.partial:
            args, keywords = (*function.args, *args), {**function.keywords, **keywords}
            function = function.func
        elif isinstance(function, types.MethodType):
            args, function = (function.__self__, *args), function.__func__
        elif isinstance(function, _CACHED):
            function = function.__wrapped__  # which computes what the cache keeps
        else:
            break
    called = None
    call = inspect.getattr_static(type(function), "__call__", None)
    if isinstance(call, types.FunctionType) and not isinstance(function, Gradient):
        called = Called(function, call)
        args, function = (function, *args), call
    return _plain_function(function, what), args, keywords, called


_CACHED = type(functools.lru_cache(lambda: None))


def _plain_function(function: Any, what: str) -> types.FunctionType:
    """``function``, if it is a Python function."""
    if isinstance(function, Gradient):
        message = f"{what} of a gradient (a second derivative) is not supported yet"
        raise UnsupportedSyntaxError(message)
    if isinstance(function, types.FunctionType):
        return function
    if isinstance(function, types.BuiltinFunctionType | type(str.join) | np.ufunc | type(np.sum)):
        name = getattr(function, "__name__", repr(function))
        message = f"{what} needs the source of a function, and '{name}' is not written in Python"
        raise NoSourceError(message, hint=f"wrap it: {what}(lambda x: {name}(x))")
    raise TypeError(f"{what} takes a function, not {type(function).__name__} {function!r:.40}")


def _with_positions(
    function: types.FunctionType, request: Request, given: int
) -> types.FunctionType:
    """``function`` with names for the arguments asked for, after those that are ``given``."""
    function = with_names(function, given + 1 + max(request.positions, default=-1))
    _check_positions(function, request, given)
    return function


def _check_positions(function: types.FunctionType, request: Request, given: int) -> None:
    """Checks the positions asked for, of a function of which ``given`` arguments are known."""
    code = function.__code__
    takes_any = bool(code.co_flags & inspect.CO_VARARGS)
    count = max(code.co_argcount - given, 0)
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


def _parameters(code: types.CodeType) -> tuple[Any, ...]:
    """The names of the parameters, and how each may be given."""
    flags = code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)
    count = code.co_argcount + code.co_kwonlyargcount + flags.bit_count()
    kinds = (code.co_posonlyargcount, code.co_argcount, code.co_kwonlyargcount, flags)
    return (code.co_varnames[:count], kinds)


def _found_by_name(handle: Gradient) -> bool:
    """Whether the handle is what its module knows under its name, as with a decorator."""
    found: Any = sys.modules.get(handle.__module__)
    for part in handle.__qualname__.split("."):  # type: ignore[attr-defined]
        found = getattr(found, part, None)
    return found is handle
