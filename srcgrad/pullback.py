"""What ``vjp`` gives back beside the value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from srcgrad.arguments import cotangent, form


class Pullback:
    """Takes a cotangent of the value to cotangents of the arguments; see :func:`srcgrad.vjp`.

    It checks what it is given and calls the generated function.  It holds no memory that the
    caller can reach, and may be called from any thread.
    """

    def __init__(self, function: Callable[[Any], tuple[Any, ...]], value: Any) -> None:
        self._function = function
        self._form = form(value)

    def __call__(self, y_bar: Any) -> tuple[Any, ...]:
        return self._function(cotangent(y_bar, self._form))

    def __repr__(self) -> str:
        return f"<{self._function.__qualname__}>"
