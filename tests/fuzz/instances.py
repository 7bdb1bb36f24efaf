"""What the interpreter does with a program's own classes: instances, attributes and operators.

Methods are walked like all functions; Python is asked only which of them it is.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.fuzz.dual import Dual, Watch, attribute, item, set_item
from tests.fuzz.frames import is_generated, is_library

_ORDER = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}
_ARITHMETIC = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
BINARY: dict[Any, tuple[str, str]] = {
    **{getattr(operator, n): (f"__{n}__", f"__r{n}__") for n in _ARITHMETIC},
    **{getattr(operator, n): (f"__{n}__", f"__{back}__") for n, back in _ORDER.items()},
}
"""Each operator with the method of its left operand and that of its right one."""
IN_PLACE = {getattr(operator, n): f"__i{n}__" for n in _ARITHMETIC}
ALONE = {
    operator.neg: "__neg__", operator.pos: "__pos__", operator.invert: "__invert__",
    abs: "__abs__", len: "__len__", float: "__float__",
}  # fmt: skip


def written(cls: type, name: str) -> Any:
    """The method of this name that is in the program's text; None if there is none."""
    found = getattr(cls, name, None)
    if not isinstance(found, types.FunctionType) or is_library(found) or is_generated(found):
        return None
    return found


class Instances:
    """The part of a run that knows the program's classes."""

    watch: Watch
    call: Callable[[Any, list[Any], dict[str, Any]], Any]
    outside: Callable[[Any], Any]
    true: Callable[[Any], bool]

    # --- making them

    def made(self, cls: type, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """``cls(*args, **kwargs)``, whose ``__init__`` is a function."""
        instance = cls.__new__(cls)
        init = cls.__init__  # type: ignore[misc]
        if is_generated(init):
            self.fill(instance, args, kwargs)
        else:
            self.call(init, [instance, *args], kwargs)
        return instance

    def fill(self, instance: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
        """What the ``__init__`` of a dataclass does."""
        fields = dataclasses.fields(instance)
        given = dict(zip([f.name for f in fields if f.init], args, strict=False)) | kwargs
        for field in fields:
            if field.name in given:
                new = given[field.name]
            elif field.default is not dataclasses.MISSING:
                new = self.outside(field.default)
            elif field.default_factory is not dataclasses.MISSING:
                new = self.call(field.default_factory, [], {})
            elif field.init:
                raise TypeError(f"{field.name} is missing")
            else:
                continue
            object.__setattr__(instance, field.name, new)
        if hasattr(instance, "__post_init__"):
            self.call(instance.__post_init__, [], {})

    def replaced(self, instance: Any, changes: dict[str, Any]) -> Any:
        """``dataclasses.replace(instance, **changes)``."""
        names = [f.name for f in dataclasses.fields(instance) if f.init and f.name not in changes]
        kept = {name: getattr(instance, name) for name in names}
        return self.call(type(instance), [], {**kept, **changes})

    # --- attributes

    def read(self, owner: Any, name: str) -> Any:
        """``owner.name``."""
        if isinstance(owner, Dual):
            return attribute(owner, name)
        receiver, found = owner, getattr(type(owner), name, None)
        if isinstance(owner, super):
            receiver, found = owner.__self__, _after(owner, name)
        if isinstance(found, property):
            return self.call(found.fget, [receiver], {})
        if isinstance(found, functools.cached_property):
            if name not in vars(receiver):
                vars(receiver)[name] = self.call(found.func, [receiver], {})
            return vars(receiver)[name]
        return getattr(owner, name)

    def write(self, owner: Any, name: str, new: Any) -> None:
        """``owner.name = new``."""
        found = getattr(type(owner), name, None)
        if isinstance(found, property) and found.fset is not None:
            self.call(found.fset, [owner, new], {})
        else:
            setattr(owner, name, new)

    # --- operators

    def special(self, receiver: Any, name: str, *args: Any) -> Any:
        """What a method of the class of ``receiver`` gives; NotImplemented if it has none."""
        found = written(type(receiver), name)
        if found is not None:
            return self.call(found, [receiver, *args], {})
        if name == "__ne__" and written(type(receiver), "__eq__") is not None:
            equal = self.special(receiver, "__eq__", *args)
            return equal if equal is NotImplemented else not self.true(equal)
        if name == "__eq__" and is_generated(getattr(type(receiver), name, None)):
            return self.alike(receiver, args[0])
        return NotImplemented

    def alike(self, left: Any, right: Any) -> Any:
        """What the ``__eq__`` of a dataclass says."""
        if type(left) is not type(right):
            return NotImplemented
        for field in dataclasses.fields(left):
            a, b = getattr(left, field.name), getattr(right, field.name)
            if a is not b and not self.true(self.binary(operator.eq, a, b)):
                return False
        return True

    def binary(self, op: Any, left: Any, right: Any) -> Any:
        raise NotImplementedError

    def operate(self, op: Any, left: Any, right: Any) -> Any:
        """What the methods of two operands say, asked in Python's order, or NotImplemented."""
        if op not in BINARY:
            return NotImplemented
        name, reflected = BINARY[op]
        turns = [(left, name, right), (right, reflected, _as_pythons(left))]
        compares, kinds = reflected[2:-2] in _ORDER, (type(left), type(right))
        if kinds[0] is kinds[1] and not compares:
            turns.pop()
        elif kinds[0] is not kinds[1] and issubclass(kinds[1], kinds[0]):
            if compares or getattr(kinds[0], reflected, 0) is not getattr(kinds[1], reflected, 1):
                turns.reverse()
        for receiver, method, other in turns:
            result = self.special(receiver, method, other)
            if result is not NotImplemented:
                return result
        return NotImplemented

    def get_item(self, owner: Any, index: Any) -> Any:
        """``owner[index]``."""
        found = self.special(owner, "__getitem__", index)
        return item(owner, index) if found is NotImplemented else found

    def put_item(self, owner: Any, index: Any, new: Any) -> None:
        """``owner[index] = new``."""
        if self.special(owner, "__setitem__", index, new) is NotImplemented:
            set_item(owner, index, new)

    def truth_of(self, thing: Any) -> bool:
        """What an instance is as a condition."""
        for name in ("__bool__", "__len__"):
            found = self.special(thing, name)
            if found is not NotImplemented:
                return bool(found)
        return bool(thing)


def _after(over: super, name: str) -> Any:
    """What ``super`` finds of this name in the classes after its own."""
    order = over.__self_class__.__mro__
    for cls in order[order.index(over.__thisclass__) + 1 :]:
        if name in vars(cls):
            return vars(cls)[name]
    return None


def _as_pythons(number: Any) -> Any:
    """A number as an instance on its right gets it: NumPy hands its own on as Python's."""
    if isinstance(number, Dual) and isinstance(number.v, np.floating):
        return Dual(float(number.v), number.t)
    return number.item() if isinstance(number, np.generic) else number
