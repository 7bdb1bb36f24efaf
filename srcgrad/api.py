"""What users call: ``grad``, ``value_and_grad``, ``vjp`` and ``register_vjp``.

This module says what, not how: the compiler behind it is loaded on first use.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from srcgrad.handle import Gradient
from srcgrad.pullback import Pullback
from srcgrad.request import Mode, Request, check_argnums

F = TypeVar("F", bound=Callable[..., Any])


@overload
def grad(
    f: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Gradient: ...
@overload
def grad(
    f: None = None, argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[[Callable[..., Any]], Gradient]: ...
def grad(
    f: Callable[..., Any] | None = None,
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
) -> Any:
    """The gradient of a scalar function, as a function compiled from its source.

    Usable as ``grad(f)``, ``@grad`` and ``@grad(argnums=(0, 1))``.

    Parameters
    ----------
    f : function
        Takes floats, arrays of floats, and nested tuples, lists, dicts, named tuples and
        dataclasses of those; returns a real scalar.
    argnums : int or tuple of int
        The positions of the arguments to differentiate with respect to.
    has_aux : bool
        Whether ``f`` returns a pair ``(value, aux)`` of which only the value is differentiated.

    Returns
    -------
    Gradient
        Called like ``f``, gives the gradient in the structure, shapes and dtypes of the argument;
        a tuple of gradients if ``argnums`` is a tuple; ``(gradient, aux)`` with ``has_aux``.

    Raises
    ------
    TypeError
        If ``f`` is not a function, ``argnums`` does not fit it, an argument cannot be
        differentiated with respect to, or the result is not a real scalar.
    SrcgradError
        If the function cannot be compiled.  Both are raised at the first call.
    """
    return _decorate(f, Request(Mode.GRAD, argnums, has_aux), "grad")


@overload
def value_and_grad(
    f: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Gradient: ...
@overload
def value_and_grad(
    f: None = None, argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[[Callable[..., Any]], Gradient]: ...
def value_and_grad(
    f: Callable[..., Any] | None = None,
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
) -> Any:
    """The value of a scalar function together with its gradient, in one pass.

    Parameters and errors are those of :func:`grad`.

    Returns
    -------
    Gradient
        Called like ``f``, gives ``(value, gradient)``; ``((value, aux), gradient)`` with
        ``has_aux``.
    """
    return _decorate(f, Request(Mode.VALUE_AND_GRAD, argnums, has_aux), "value_and_grad")


def _decorate(f: Any, request: Request, what: str) -> Any:
    check_argnums(request.argnums)
    if f is None:
        return lambda function: Gradient(function, request, what)
    return Gradient(f, request, what)


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The value of a function and its pullback.

    Parameters
    ----------
    f : function
        Of one or more arguments; its value may be an array or a container of arrays.
    *primals
        The arguments, all of which are differentiated with respect to.
    has_aux : bool
        Whether ``f`` returns a pair ``(value, aux)``.

    Returns
    -------
    value
        ``f(*primals)``.
    pullback : function
        Takes a cotangent in the structure of the value and gives a tuple of cotangents, one for
        each primal.  It can be called any number of times.
    aux
        Only with ``has_aux``.

    Raises
    ------
    TypeError, SrcgradError
        As :func:`grad`.
    """
    request = Request(Mode.VJP, tuple(range(len(primals))), has_aux)
    value, pullback, *aux = Gradient(f, request, "vjp")(*primals)
    return (value, Pullback(pullback, value), *aux)


def register_vjp(function: Callable[..., Any]) -> Callable[[F], F]:
    """Gives ``function`` the decorated function as its derivative.

    ::

        @register_vjp(f)
        def f_vjp(y_bar, y, x, a):
            return x_bar, a_bar

    Parameters
    ----------
    function : callable
        The function that the rule is for.  From then on it is called, and nobody looks for another
        derivative in it; its source tells the type of what it gives, and what it writes.

    Returns
    -------
    decorator
        For a rule that takes the cotangent of the result, the result and the arguments of
        ``function``, and returns the cotangent of each argument: a tuple if there are several,
        None for one without derivative.  That of an array has its shape, and that of a dict has
        its keys.  The rule is inlined in the gradient if it can be
        compiled, and called otherwise.

    Raises
    ------
    RuleError
        If the parameters of the rule do not fit those of the function.
    """
    from srcgrad.custom import register

    return register(function)
