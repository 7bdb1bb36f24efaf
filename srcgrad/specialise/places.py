"""Where a specialised program reads its inputs, and what it may rest on.

A *place* is a parameter, a global or a closure cell of the function, and a path into it:
``params[0]["W"]``, ``helpers.SCALE``.  Whatever the compiler learns from the value found at a
place becomes a *guard*: the generated code is only used while all its guards hold.
"""

from __future__ import annotations

import enum
import math
import types
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from srcgrad.ir.facts import immutable_value


@immutable_value
class Parameter:
    """The argument of a parameter of the differentiated function."""

    name: str


@immutable_value
class Global:
    """A global name of a module."""

    module: str
    name: str


@immutable_value
class Builtin:
    """A builtin name, as a module sees it as long as it has no global of that name."""

    module: str
    name: str


@immutable_value
class Cell:
    """A name that the differentiated function closes over."""

    name: str


@immutable_value
class Attribute:
    """``.name`` of the value before it on the path."""

    name: str

    def __str__(self) -> str:
        return f".{self.name}"


@immutable_value
class Item:
    """``[key]`` of the value before it on the path."""

    key: Any

    def __str__(self) -> str:
        is_member = isinstance(self.key, enum.Enum)
        key = f"{type(self.key).__name__}.{self.key.name}" if is_member else repr(self.key)
        return f"[{key}]"


Root: TypeAlias = Parameter | Global | Builtin | Cell
Step: TypeAlias = Attribute | Item


@immutable_value
class Place:
    """A root and a path from there."""

    root: Root
    path: tuple[Step, ...] = ()

    def attribute(self, name: str) -> Place:
        return Place(self.root, (*self.path, Attribute(name)))

    def item(self, key: Any) -> Place:
        return Place(self.root, (*self.path, Item(key)))

    @property
    def owner(self) -> Place:
        """Where that is of which the last step takes a part."""
        return Place(self.root, self.path[:-1])

    def members(self) -> Iterator[enum.Enum]:
        """The members of enumerations that are keys on the path."""
        for step in self.path:
            if isinstance(step, Item) and isinstance(step.key, enum.Enum):
                yield step.key

    def __str__(self) -> str:
        return self.root.name + "".join(map(str, self.path))


def is_fixed(place: Place) -> bool:
    """Whether a function at a place, at a global name, is the same object from call to call."""
    return isinstance(place.root, Global) and not place.path


@immutable_value
class Computed:
    """An integer that is computed from integers at places: ``op(*args)``."""

    op: Callable[..., int]
    args: tuple[Expression, ...]

    def __str__(self) -> str:
        return f"{self.op.__name__}({', '.join(map(str, self.args))})"


Expression: TypeAlias = Computed | Place | int | None
"""An integer; ``None`` is the bound of a slice that is not given."""


def places_in(expression: Expression) -> Iterator[Place]:
    """The places that an expression reads, from left to right."""
    if isinstance(expression, Place):
        yield expression
    elif isinstance(expression, Computed):
        for arg in expression.args:
            yield from places_in(arg)


def slice_length(length: int, start: int | None, stop: int | None, step: int | None) -> int:
    """How many elements ``start:stop:step`` takes from an axis."""
    return len(range(length)[start:stop:step])


def quotient(a: int, b: int) -> int:
    """``a // b``, zero where that is an error."""
    return a // b if b else 0


def remainder(a: int, b: int) -> int:
    """``a % b``, zero where that is an error."""
    return a % b if b else 0


def root(a: int) -> float:
    """The square root of ``a``, zero where that is an error."""
    return math.sqrt(a) if 0 <= a < _LARGE else 0.0


def power(a: int, exponent: float) -> float:
    """``a ** exponent``, zero where that may be an error."""
    return a**exponent if 0 < a < _LARGE and abs(exponent) <= 1 else 0.0


_LARGE = 2**1000


def two_if_equal(a: int, b: int) -> int:
    """Two where ``a`` is ``b``, zero elsewhere: it exceeds one where they are equal."""
    return 2 * (a == b)


def least_in(start: int, stop: int, step: int) -> int:
    """The least value in a range, ``start`` if there is none."""
    return min(start, _last_in(start, stop, step))


def largest_in(start: int, stop: int, step: int) -> int:
    """The largest value in a range, ``start`` if there is none."""
    return max(start, _last_in(start, stop, step))


def _last_in(start: int, stop: int, step: int) -> int:
    values = range(start, stop, step) if step else range(0)
    return values[-1] if values else start


class Test(enum.Enum):
    """What a guard asks of the value at a place."""

    TYPE = "type(x) is value"
    IDENTITY = "x is value"
    EQUAL = "type and value are those of value"
    LENGTH = "len(x) == value"
    AT_LEAST = "len(x) >= value"
    KEYS = "tuple(x) == value"
    SPELLED = "repr(tuple(x)) == value"
    LAID_OUT = "layout(x) == value"
    PRESENT = "whether there is anything at the place is value"
    FILLED = "the slot value of the object whose attribute the place is has something in it"
    CODE = "x is a function with code value"
    ARRAY = "x is an array with the dtype and unit dimensions of value"
    APART = "x shares no memory with what is at the places of value"
    AWAY = "x leads to nothing that is at the places of value, and to no memory of it"
    SAME = "x is what is at the place value"
    DISTINCT = "x and what is at the places of value are as many objects"
    SETTING = "x holds no parameters"
    ELEMENTS = "the elements of x, and there are some, are of type value, or all of value"
    ROWS = "the elements of x, and there are some, are tuples whose elements are of the types value"
    LONG = "each of the integers value exceeds one"


@immutable_value
class ArrayForm:
    """What a guard asks of an array: its dtype, and each dimension that is zero or one.

    None stands for one that is longer.
    """

    dtype: np.dtype[Any]
    dims: tuple[int | None, ...]


@immutable_value
class Guard:
    """``test`` of the value at ``place`` against ``value``."""

    place: Place
    test: Test
    value: Any


def module_of(function: types.FunctionType) -> str:
    """The name of the module whose globals a function reads.

    Its ``__module__`` says another where :func:`functools.wraps` was used.
    """
    return str(function.__globals__.get("__name__", "__main__"))


def layout(elements: set[Any] | frozenset[Any]) -> tuple[object, ...]:
    """What can be told of how a set is laid out: the size of its table, and the order of a copy,
    which is its own only where nothing was taken out of it."""
    return elements.__sizeof__(), tuple(set(elements))


def form_of(array: np.ndarray[Any, Any]) -> ArrayForm:
    """The form of an array, as a guard asks for it."""
    return ArrayForm(array.dtype, tuple(n if n < 2 else None for n in array.shape))
