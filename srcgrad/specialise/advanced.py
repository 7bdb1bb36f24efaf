"""Iterators that are gone on with: ``first = next(it)``, and then ``for v in it``.

An iterator is taken whole, by one loop or one function, as long as nobody asks it again.  If
somebody does, the specialiser begins again with an instance in its place that knows at which
element it is (``advanced_class.py``, ``advancing.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeGuard

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.specialise import asked_later
from srcgrad.specialise.advanced_class import Asked
from srcgrad.specialise.values import Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

Site: TypeAlias = tuple[str, int, int]
"""Where in the source an iterator is made."""


class NeedsPosition(Exception):
    """An iterator that is made at this ``site`` is asked for elements in several places."""

    def __init__(self, site: Site) -> None:
        super().__init__(str(site))
        self.site = site


def made(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """``value``, a new iterator; an instance if several places ask it for elements."""
    if not is_gone_on_with(sp, loc):
        return noted(sp, value, loc)
    asked_later.note(sp, value)
    from srcgrad.specialise import advancing

    return advancing.instance(sp, value, loc) or value


def is_gone_on_with(sp: Specialiser, loc: Loc) -> bool:
    """Whether an iterator that is made here is asked for elements in several places."""
    return not _is_own(sp) and _site(loc) in sp.advanced


def noted(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """``value``, a new iterator, of which it is noted where it is made."""
    asked_later.note(sp, value)
    if not _is_own(sp):
        sp.iterators[value] = _site(loc)
    return value


def _is_own(sp: Specialiser) -> bool:
    """Whether it is the compiler that says what is done."""
    return bool(sp.running) and sp.running[-1].frame.scope.trusted


def _site(loc: Loc) -> Site:
    return (loc.file, loc.line, loc.column)


def ask(sp: Specialiser, value: Value) -> None:
    """Asks for an iterator to be one that is gone on with.

    Raises
    ------
    NeedsPosition
        If it may be one.
    """
    site = sp.iterators.get(value)
    if site is not None:
        raise NeedsPosition(site)


def refuse(value: Value, loc: Loc) -> None:
    """Refuses to ask such an iterator for elements in another way than ``next`` and loops do."""
    if is_advanced(value):
        raise refused(loc)


def refused(loc: Loc) -> UnsupportedSyntaxError:
    message = "an iterator that is gone on with is iterated over here"
    return UnsupportedSyntaxError(message, loc, "make a list of what is left: rest = list(it)")


def is_advanced(value: Value) -> TypeGuard[Ref]:
    return isinstance(value, Ref) and issubclass(value.kind, Asked)
