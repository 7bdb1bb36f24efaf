"""The types of what the methods of strings give: ``bin(i)[2:].zfill(3)`` is a string."""

from __future__ import annotations

from srcgrad.ir import types
from srcgrad.ir.nodes import Const, Var
from srcgrad.ir.types import PY_BOOL, PY_INT, TEXT, UNKNOWN, Type, members_of
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.values import Value

_TEXTS = (
    *("capitalize", "casefold", "center", "expandtabs", "format", "join", "ljust", "lower"),
    *("lstrip", "removeprefix", "removesuffix", "replace", "rjust", "rstrip", "strip"),
    *("swapcase", "title", "translate", "upper", "zfill"),
)
_NUMBERS = ("count", "find", "index", "rfind", "rindex")
_TRUTHS = (
    *("endswith", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier"),
    *("islower", "isnumeric", "isspace", "istitle", "isupper", "startswith"),
)
_GIVEN: dict[str, Type] = {
    **dict.fromkeys(_TEXTS, TEXT),
    **dict.fromkeys(_NUMBERS, PY_INT),
    **dict.fromkeys(_TRUTHS, PY_BOOL),
}


def type_of_method(receiver: Value, name: str) -> Type:
    """The type of what a method of a string gives, UNKNOWN if it is none."""
    return _GIVEN.get(name, UNKNOWN) if is_text(receiver) else UNKNOWN


def is_text(value: Value) -> bool:
    """Whether a value is a string, known or not."""
    return isinstance(value, Var | Const) and types.is_text(type_of(value))


def is_member(value: Value) -> bool:
    """Whether a value is a member of an enumeration, known or not, and nothing else."""
    return isinstance(value, Var | Const) and members_of(type_of(value)) is not None
