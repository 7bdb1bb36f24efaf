"""What may be differentiated with respect to, and what may be given to a pullback."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

FLOATS = (np.float64, np.float32)


def differentiable(value: Any, name: str) -> Any:
    """``value`` as something to differentiate with respect to: ints as floats, all else checked.

    Raises
    ------
    TypeError
        For what has no derivative, with what to do instead.
    """
    if type(value) is float or type(value) in FLOATS:
        return value
    if type(value) is int:
        return float(value)
    if type(value) is np.ndarray:
        if value.dtype in FLOATS:
            return value
        raise TypeError(
            f"argument '{name}' is an array of dtype {value.dtype}, and gradients are defined "
            f"for float64 and float32: pass {name}.astype(float)"
        )
    if is_container(value):
        return map_parts(value, name, _differentiable_part)
    if isinstance(value, np.ndarray):
        raise TypeError(
            f"argument '{name}' is a {type(value).__name__}, a subclass of numpy.ndarray, which "
            f"may compute otherwise than arrays do: pass np.asarray({name})"
        )
    if isinstance(value, bool | np.bool_ | np.integer | np.inexact):
        raise TypeError(
            f"argument '{name}' is a {type(value).__name__}, and gradients are defined for "
            f"floats, float64 and float32: pass float({name})"
        )
    raise TypeError(
        f"argument '{name}' is a {type(value).__name__}, which cannot be differentiated with "
        "respect to: pass floats, float arrays, or containers of those, or leave the argument "
        "out of argnums"
    )


def _differentiable_part(value: Any, name: str) -> Any:
    """A part of a container; what is not there (a node without children) has no derivative."""
    return None if value is None else differentiable(value, name)


def check_shapes(gradient: Any, value: Any, name: str) -> None:
    """Refuses a gradient that has not the shape of its argument.

    That is so where the shapes in the function do not fit together: the function itself would
    raise, and its gradient, which computes only what it needs, may not.

    Raises
    ------
    ValueError
        With the shapes.
    """
    if is_container(value):
        for i, (part, own) in enumerate(zip(parts(gradient), parts(value), strict=True)):
            check_shapes(part, own, f"{name}[{i}]")
    elif np.shape(gradient) != np.shape(value):
        raise ValueError(
            f"the shapes of the arrays do not fit together: the gradient for '{name}', of shape "
            f"{np.shape(value)}, would have shape {np.shape(gradient)}"
        )


def cotangent(given: Any, value: Any, name: str = "the cotangent") -> Any:
    """``given`` as a cotangent of ``value``: in its structure, shapes and dtypes.

    Raises
    ------
    TypeError
        If the structure is another, or what is given is not a real number.
    ValueError
        If a shape is another.
    """
    if is_container(value):
        _check_structure(given, value, name)
        pairs = _pairs(given, value)
        return map_parts(value, name, lambda part, path: cotangent(next(pairs), part, path))
    if type(value) is np.ndarray or isinstance(value, np.generic | int | float):
        if type(value) is float and type(given) is float:
            return given
        dtype = np.asarray(value).dtype
        if dtype.kind != "f":
            return given  # of an integer or a truth value: never read
        return _real(given, value, dtype, name)
    return given


def _real(given: Any, value: Any, dtype: np.dtype[Any], name: str) -> Any:
    if not isinstance(given, np.ndarray | np.generic | int | float):
        what = f"an array of shape {value.shape}" if np.ndim(value) else "a number"
        raise TypeError(f"{name} must be {what}, not {type(given).__name__} {given!r:.40}")
    array = np.asarray(given)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must be real, not of dtype {array.dtype}")
    if array.shape != np.shape(value):
        raise ValueError(
            f"{name} has shape {array.shape}, and the value that it belongs to has shape "
            f"{np.shape(value)}"
        )
    if type(value) is np.ndarray:
        return array.astype(dtype, copy=False)
    return type(value)(array[()])


def form(value: Any, name: str = "") -> Any:
    """What :func:`cotangent` must know of a value, holding none of its memory."""
    if is_container(value):
        return map_parts(value, name, form)
    if type(value) is np.ndarray:
        return np.broadcast_to(np.zeros((), value.dtype), value.shape)
    return value


# --- containers ---------------------------------------------------------------------------------


def is_container(value: Any) -> bool:
    """Whether ``value`` is a tuple, list, dict, named tuple or dataclass."""
    if type(value) in (list, tuple, dict):
        return True
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return True
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def map_parts(value: Any, name: str, change: Callable[[Any, str], Any]) -> Any:
    """A container like ``value`` of what ``change`` makes of each part and its name."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        rows = zip(value._fields, value, strict=True)
        return type(value)(*[change(part, f"{name}.{key}") for key, part in rows])
    if isinstance(value, list | tuple):
        return type(value)([change(part, f"{name}[{i}]") for i, part in enumerate(value)])
    if isinstance(value, dict):
        return {key: change(part, f"{name}[{key!r}]") for key, part in value.items()}
    fields = [f.name for f in dataclasses.fields(value)]
    new = {key: change(getattr(value, key), f"{name}.{key}") for key in fields}
    same = all(new[key] is getattr(value, key) for key in fields)
    return value if same else dataclasses.replace(value, **new)


def parts(value: Any) -> list[Any]:
    """The parts of a container, in order."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list | tuple):
        return list(value)
    return [getattr(value, f.name) for f in dataclasses.fields(value)]


def _pairs(given: Any, value: Any) -> Any:
    if isinstance(value, dict):
        return iter([given[key] for key in value])
    return iter(parts(given))


def _check_structure(given: Any, value: Any, name: str) -> None:
    if type(given) is not type(value):
        raise TypeError(
            f"{name} must have the structure of the value, here a {type(value).__name__}, "
            f"not {type(given).__name__} {given!r:.40}"
        )
    if isinstance(value, dict):
        if given.keys() != value.keys():
            raise TypeError(f"{name} has the keys {list(given)}, the value {list(value)}")
    elif len(parts(given)) != len(parts(value)):
        raise TypeError(
            f"{name} has {len(parts(given))} parts, and the value has {len(parts(value))}"
        )
