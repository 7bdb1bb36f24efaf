"""What may be differentiated with respect to, and what may be given to a pullback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from srcgrad.instances import (
    copy_with,
    counts,
    has_parameters,
    is_dataclass_instance,
    is_parameter,
    is_plain_instance,
    is_setting,
    part_names,
)


class Originals:
    """The containers that were given in place of the copies in which their ints are floats.

    A copy is another object, and what it stands for is the one that was given.
    """

    def __init__(self) -> None:
        self._given: dict[int, tuple[Any, Any]] = {}  # with the copy, whose identity is the key

    def note(self, made: Any, given: Any) -> None:
        """Notes that ``made`` is a copy of what was ``given``."""
        self._given[id(made)] = (made, given)

    def of(self, value: Any) -> Any:
        """What was given for ``value``, which is itself for all but copies."""
        found = self._given.get(id(value))
        return value if found is None else found[1]

    def is_one(self, a: Any, b: Any) -> bool:
        """Whether two containers are one of those that were given."""
        return self.of(a) is self.of(b)


def differentiable(
    value: Any, name: str, keep_ints: bool = False, originals: Originals | None = None
) -> Any:
    """``value`` as something to differentiate with respect to: ints as floats, all else checked.

    Instances of classes may have attributes that are no numbers, which have no derivative.  The
    ints of a dataclass become floats, in a copy of it, unless ``keep_ints`` or where it declares
    them to be ints; those, and the ints of other classes, which count and configure, stay what
    they are.  What is copied so is noted in ``originals``.

    Raises
    ------
    TypeError
        For what has no derivative, with what to do instead.
    """
    if is_plain_instance(value) and not has_parameters(value):
        raise _no_derivative(value, name)
    _refuse_cycles(value, name, ())
    return _Floats(keep_ints, Originals() if originals is None else originals).of(value, name)


class _Floats:
    """Makes floats of ints, in copies of the containers that have some, and checks all else."""

    def __init__(self, keep_ints: bool, originals: Originals) -> None:
        self.keep_ints = keep_ints
        self.originals = originals
        self.made: dict[int, Any] = {}
        """What was made of each dataclass, which may occur twice."""

    def of(self, value: Any, name: str) -> Any:
        if is_parameter(value) or is_plain_instance(value):
            return value
        if type(value) is int:
            return float(value)
        if is_dataclass_instance(value):
            return self._dataclass(value, name)
        if is_container(value):
            return self._mapped(value, name, self._item)
        raise _no_derivative(value, name)

    def _item(self, value: Any, name: str) -> Any:
        """A part of a container; what is not there (a node without children) has no derivative."""
        return None if value is None else self.of(value, name)

    def _field(self, value: Any, name: str) -> Any:
        """What is inside an instance, which may be no number."""
        if type(value) is not int and is_setting(value) and not _is_subclass_of_array(value):
            return value
        if is_container(value) and not is_dataclass_instance(value):
            return self._mapped(value, name, self._field)
        return self.of(value, name)

    def _dataclass(self, value: Any, name: str) -> Any:
        if self.keep_ints:
            return value
        if id(value) not in self.made:
            self.made[id(value)] = self._noted(_changed(value, name, self._field), value)
        return self.made[id(value)]

    def _mapped(self, value: Any, name: str, change: Callable[[Any, str], Any]) -> Any:
        """A container of what ``change`` makes of its parts; itself if nothing changes."""
        made = _changed(value, name, change)
        pairs = zip(parts(made), parts(value), strict=True)
        return value if all(new is old for new, old in pairs) else self._noted(made, value)

    def _noted(self, made: Any, given: Any) -> Any:
        if made is not given:
            self.originals.note(made, given)
        return made


def _changed(value: Any, name: str, change: Callable[[Any, str], Any]) -> Any:
    """A container of what ``change`` makes of its parts, without those declared to be ints."""
    kept = {f"{name}.{field}" for field in counts(value)}
    return map_parts(value, name, lambda part, path: part if path in kept else change(part, path))


def _is_subclass_of_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and type(value) is not np.ndarray


def _no_derivative(value: Any, name: str) -> TypeError:
    """What to say of what is no float, and no container."""
    what = f"argument '{name}' is a {type(value).__name__}"
    if type(value) is np.ndarray:
        return TypeError(
            f"argument '{name}' is an array of dtype {value.dtype}, and gradients are defined "
            f"for float64 and float32: pass {name}.astype(float)"
        )
    if isinstance(value, np.ndarray):
        return TypeError(
            f"{what}, a subclass of numpy.ndarray, which "
            f"may compute otherwise than arrays do: pass np.asarray({name})"
        )
    is_part = not name.isidentifier()
    is_flag = is_part and isinstance(value, bool | np.bool_)
    if not is_flag and isinstance(value, bool | np.bool_ | np.integer | np.inexact):
        return TypeError(
            f"{what}, and gradients are defined for floats, float64 and float32: pass float({name})"
        )
    cannot = f"{what}, which cannot be differentiated with respect to: "
    if not is_part:
        cannot += "pass floats, float arrays, or containers of those, or leave the argument out of "
        return TypeError(cannot + "argnums")
    return TypeError(
        cannot + "pass it as an argument of its own, or keep the parameters in a dataclass, whose "
        "strings, flags and functions are settings"
    )


def _refuse_cycles(value: Any, name: str, around: tuple[int, ...]) -> None:
    if id(value) in around:
        raise TypeError(
            f"argument '{name}' contains itself, and so does its gradient, which cannot be built: "
            "keep what leads back (a parent) elsewhere"
        )
    if is_container(value) or is_plain_instance(value):
        for key, part in zip(_keys(value), parts(value), strict=True):
            _refuse_cycles(part, f"{name}{key}", (*around, id(value)))


def _keys(value: Any) -> list[str]:
    """How the parts of a container are reached."""
    if isinstance(value, dict):
        return [f"[{key!r}]" for key in value]
    if isinstance(value, list | tuple):
        return [f"[{i}]" for i in range(len(value))]
    return [f".{name}" for name in part_names(value)]


Shapes: TypeAlias = "tuple[int, ...] | list[tuple[str, Shapes]]"
"""The shape of a number or an array, or those of the parts of a container by their keys."""


def shapes_of(value: Any) -> Shapes:
    """The shapes of an argument, which a call may change if it is an object."""
    if is_container(value) or is_plain_instance(value):
        rows = zip(_keys(value), parts(value), strict=True)
        return [(key, shapes_of(part)) for key, part in rows]
    shape: tuple[int, ...] = np.shape(value)
    return shape


def check_shapes(gradient: Any, shapes: Shapes, name: str) -> None:
    """Refuses a gradient that has not the ``shapes`` of its argument.

    That is so where the shapes in the function do not fit together: the function itself would
    raise, and its gradient, which computes only what it needs, may not.

    Raises
    ------
    ValueError
        With the shapes.
    """
    if gradient is None:
        return  # an attribute without a derivative
    if isinstance(shapes, list):
        for part, (key, own) in zip(parts(gradient), shapes, strict=True):
            check_shapes(part, own, f"{name}{key}")
    elif np.shape(gradient) != shapes:
        raise ValueError(
            f"the shapes of the arrays do not fit together: the gradient for '{name}', of shape "
            f"{shapes}, would have shape {np.shape(gradient)}"
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
        # Of rank zero it is a number, as every cotangent is, and not the caller's array.
        return array.astype(dtype, copy=False)[()]
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
    return is_dataclass_instance(value)


def map_parts(value: Any, name: str, change: Callable[[Any, str], Any]) -> Any:
    """A container like ``value`` of what ``change`` makes of each part and its name."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        rows = zip(value._fields, value, strict=True)
        return type(value)(*[change(part, f"{name}.{key}") for key, part in rows])
    if isinstance(value, list | tuple):
        return type(value)([change(part, f"{name}[{i}]") for i, part in enumerate(value)])
    if isinstance(value, dict):
        return {key: change(part, f"{name}[{key!r}]") for key, part in value.items()}
    old = {key: getattr(value, key) for key in part_names(value)}
    new = {key: change(part, f"{name}.{key}") for key, part in old.items()}
    others = {key: part for key, part in new.items() if part is not old[key]}
    return copy_with(value, others) if others else value


def parts(value: Any) -> list[Any]:
    """The parts of a container, in order."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list | tuple):
        return list(value)
    return [getattr(value, name) for name in part_names(value)]


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
