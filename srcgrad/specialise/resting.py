"""What a function of the program rests on, besides its parameters.

Its body is specialised once, and reads what was there then.  A later call may use it if all of that
is as it was: the values that the function reads from around it, what is in the program's objects,
what has been written into objects from outside, and what the variables hold that other functions
read, which may be among its arguments, in containers and in one another.  Elsewhere the call needs
a function of the program of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from srcgrad.errors import Loc
from srcgrad.specialise import reach
from srcgrad.specialise.cells import content
from srcgrad.specialise.contents import Content
from srcgrad.specialise.identity import from_outside
from srcgrad.specialise.join import same
from srcgrad.specialise.values import CellOf, Closure, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


@dataclass(frozen=True, eq=False)
class Ground:
    """What a function of the program rests on.

    Attributes
    ----------
    around : list
        The values that it reads from around it.
    heap : dict
        What is in the program's objects.
    cells : dict
        What the variables hold that functions among its arguments, or in containers, read.
    disturbed : int
        How many objects calls may have changed that the compiler does not look into.
    errstate : tuple
        The settings of ``with np.errstate(...)`` around its first call, which are around each of
        its statements.
    """

    around: list[Value]
    heap: dict[Ref, Content]
    cells: Mapping[CellOf, Value]
    disturbed: int
    errstate: tuple[tuple[str, str], ...]

    def serves(self, sp: Specialiser, closure: Closure, loc: Loc, lent: Collection[Ref]) -> bool:
        """Whether a call of ``closure`` may use the function."""
        same_settings = dict(self.errstate) == dict(loc.errstate)
        return same_settings and self.is_around(closure, loc) and self.holds(sp, lent)

    def is_around(self, closure: Closure, loc: Loc) -> bool:
        """Whether ``closure``, in the body of the function itself, reads the same values from
        around it, and is called under its settings at least."""
        now = around(closure)
        pairs = zip(self.around, now, strict=False)
        alike = len(now) == len(self.around) and all(same(a, b) for a, b in pairs)
        return alike and set(self.errstate) <= set(loc.errstate)

    def holds_within(self, sp: Specialiser, lent: Collection[Ref]) -> bool:
        """Whether objects are as they were, but for those that it takes as arguments, in the body
        of the function itself, which may change them for a while: ``path.append(k)``, a call,
        ``path.pop()``."""
        now = sp.heap.contents
        refs = (ref for ref in (*self.heap, *sp.outside.values()) if ref not in lent)
        pairs = ((now.get(ref), self.heap.get(ref)) for ref in refs)
        return all(a is b or (a is not None and b is not None and same(a, b)) for a, b in pairs)

    def holds(self, sp: Specialiser, lent: Collection[Ref] = ()) -> bool:
        """Whether objects and variables are as they were; also those objects from outside of which
        nothing had been written."""
        now = sp.heap.contents
        refs = [ref for ref in (*self.heap, *from_outside(sp)) if ref not in lent]
        if any(now.get(ref) is not self.heap.get(ref) for ref in refs):
            return False
        as_before = all(same(cell.content, value) for cell, value in self.cells.items())
        return as_before and len(sp.disturbed) == self.disturbed


def ground(sp: Specialiser, closure: Closure, args: Iterable[Value], loc: Loc) -> Ground:
    """What a call of a function rests on now, besides what is computed of ``args``."""
    read = around(closure)
    found = reach.reached((*read, *args), sp.heap.contents, sp.heap)
    cells = sp.cells.all if found is None else found.cells
    held = {cell: cell.content for cell in cells}
    return Ground(read, sp.heap.save(), held, len(sp.disturbed), loc.errstate)


def around(closure: Closure) -> list[Value]:
    """What a function reads from around it; its own defaults are among the arguments of a call."""
    return content(replace(closure, defaults={}))
