"""What decorators make: ``def wrapper(*args, **kwargs)``, whose ``__wrapped__`` has the parameters.

To be differentiated with respect to an argument, a function has to have a name for it::

    def f(x, *args, **kwargs):
        return wrapper(x, *args, **kwargs)
"""

from __future__ import annotations

import functools
import inspect
import linecache
import types
from typing import Any

_LEADING = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def with_names(function: types.FunctionType, count: int) -> types.FunctionType:
    """``function`` with names for its first ``count`` arguments, if what it wraps tells them; else
    as it is."""
    code = function.__code__
    if code.co_argcount >= count or not code.co_flags & inspect.CO_VARARGS:
        return function
    if not hasattr(function, "__wrapped__"):
        return function
    try:
        parameters = list(inspect.signature(function).parameters.values())[:count]
    except (TypeError, ValueError):
        return function  # what it wraps does not tell
    if len(parameters) < count or any(each.kind not in _LEADING for each in parameters):
        return function
    adapter = _adapter(function, [each.name for each in parameters])
    return functools.update_wrapper(adapter, function)  # type: ignore[return-value]


def _adapter(function: types.FunctionType, names: list[str]) -> types.FunctionType:
    """A function that hands on what it is given."""
    name = function.__name__ if function.__name__.isidentifier() else "function"
    wrapper, args, kwargs = (
        _unlike(each, [*names, name]) for each in ("wrapper", "args", "kwargs")
    )
    given = ", ".join((*names, f"*{args}", f"**{kwargs}"))
    lines = [
        f"def factory({wrapper}):\n",
        f"    def {name}({given}):\n",
        f"        return {wrapper}({given})\n",
        f"    return {name}\n",
    ]
    text = "".join(lines)
    filename = f"<{name}({given}) as it is wrapped>"
    # Without a time of modification, the entry is never thrown out.
    linecache.cache[filename] = (len(text), None, lines, filename)
    namespace: dict[str, Any] = {}
    exec(compile(text, filename, "exec", dont_inherit=True), namespace)
    made = namespace["factory"](function)
    adapter = types.FunctionType(made.__code__, function.__globals__, name, None, made.__closure__)
    adapter.__qualname__ = function.__qualname__
    return adapter


def _unlike(name: str, others: list[str]) -> str:
    """``name``, or one like it that is none of ``others``."""
    while name in others:
        name = f"{name}_"
    return name
