"""Operations on names of the program that may have no value on some way."""

from __future__ import annotations

from typing import Any


def name_read(value: Any, error: type[NameError], text: str) -> Any:
    """That a name is read: where it has no value, this raises ``error(text)``, whoever needs it."""


def name_asked(value: Any, error: type[NameError], text: str) -> Any:
    """The same of one that nothing else need read there."""
