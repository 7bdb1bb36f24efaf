"""Which operations that may copy an array have to give a view of it.

``np.reshape`` and ``np.ravel`` give a view where the order in memory allows one, and a copy
elsewhere.  Nobody can tell which unless the array, or what they gave, is written afterwards::

    a = u.reshape(n, n)        # a view or a copy: nobody writes into ``u``
    for _ in range(T):
        b = np.zeros_like(a)
        b[1:-1] = a[:-2]       # a new array in each trip
        a = b

Arrays are told apart by where they are made, and what a trip of a loop makes from what an earlier
one made: what is carried into a trip is written in it only if it is reached there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from srcgrad.analysis.memory import MemoryClasses, has_memory, memory_of, passing
from srcgrad.ir.nodes import Apply, Block, Define, For, Function, Stmt, Var, While
from srcgrad.ir.ops import Made, Memory
from srcgrad.ir.recursion import stored_by
from srcgrad.ir.walk import blocks, statements, targets, variables


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a statement stands in the program, and in which loops and nested functions."""

    number: int
    around: tuple[Stmt, ...]


def must_be_views(function: Function) -> list[Apply]:
    """The operations that may give a view or a copy, where it may matter which."""
    found = [s for s in statements(function.body.body) if _may_copy(s)]
    made = [stmt for stmt in found if isinstance(stmt, Apply)]
    if not made or any(_is_call(stmt) for stmt in statements(function.body.body)):
        return made  # other functions may write into what is handed to them
    memory = MemoryClasses(function.body)
    made = [stmt for stmt in made if memory.is_written(stmt.target)]
    return _Passing(function).seen(made) if made else []


def _may_copy(stmt: Stmt) -> bool:
    return isinstance(stmt, Apply) and memory_of(stmt) is Memory.MAYBE_VIEW


def _is_call(stmt: Stmt) -> bool:
    return isinstance(stmt, Apply) and isinstance(stmt.op, Made)


class _Passing:
    """How a program passes arrays on."""

    def __init__(self, function: Function) -> None:
        self.places: dict[Stmt, _Place] = {}
        self.made_at: dict[Var, _Place] = {}
        self.behind: dict[Var, list[Var]] = {}
        """What a variable may show the memory of."""
        self.onward: dict[Var, list[tuple[Var, Stmt | None]]] = {}
        """Which variables may show what one shows; if only after a trip of a loop, of which."""
        self.stores: list[tuple[Stmt, Var]] = []
        self._walk(function.body, ())

    def _walk(self, block: Block, around: tuple[Stmt, ...]) -> None:
        for stmt in block.body:
            place = self.places[stmt] = _Place(len(self.places), around)
            self.made_at.update(dict.fromkeys(targets(stmt), place))
            self.stores += [(stmt, buffer) for buffer in stored_by(stmt)]
            for target, source, loop in _passed(stmt):
                self.behind.setdefault(target, []).append(source)
                self.onward.setdefault(source, []).append((target, loop))
            inside = (*around, stmt) if isinstance(stmt, For | While | Define) else around
            for inner in blocks(stmt):
                self.made_at.update(dict.fromkeys(inner.params, _Place(place.number, inside)))
                self._walk(inner, inside)

    def seen(self, made: list[Apply]) -> list[Apply]:
        """Those of the operations ``made`` after which what they are given, or give, is written."""
        written = set(self._roots(buffer for _, buffer in self.stores))
        found: list[Apply] = []
        reached: dict[Var, set[tuple[Var, bool]]] = {}
        for stmt in made:
            for root in self._roots([stmt.target]):
                if root in written:
                    if root not in reached:
                        reached[root] = self._reached(root)
                    if self._is_written_after(stmt, root, reached[root]):
                        found.append(stmt)
                        break
        return found

    def _roots(self, starts: Iterable[Var]) -> list[Var]:
        """The arrays that variables may show, each as what it is made as."""
        waiting, seen = list(starts), dict[Var, None]()
        while waiting:
            var = waiting.pop()
            if var not in seen:
                seen[var] = None
                waiting.extend(self.behind.get(var, ()))
        return [var for var in seen if not self.behind.get(var)]

    def _reached(self, root: Var) -> set[tuple[Var, bool]]:
        """What may show the array made as ``root``, each with whether that was made in an earlier
        trip of a loop, or in a loop that has ended."""
        at = self.made_at.get(root)
        inside = () if at is None else at.around
        waiting, seen = [(root, False)], set[tuple[Var, bool]]()
        while waiting:
            item = waiting.pop()
            if item not in seen:
                seen.add(item)
                var, is_older = item
                for target, loop in self.onward.get(var, ()):
                    waiting.append((target, is_older or loop in inside))
        return seen

    def _is_written_after(self, stmt: Apply, root: Var, reached: set[tuple[Var, bool]]) -> bool:
        """Whether the array made as ``root``, of which an operation takes what may be a view, may
        be written after."""
        at = self.made_at.get(root)
        inside = () if at is None else at.around
        taken = self.places[stmt]
        ages = [is_older for is_older in (False, True) if (stmt.target, is_older) in reached]
        for store, buffer in self.stores:
            for is_older in (False, True):
                if (buffer, is_older) in reached and any(
                    self._may_follow(taken, was_older, self.places[store], is_older, inside)
                    for was_older in ages
                ):
                    return True
        return False

    def _may_follow(
        self,
        taken: _Place,
        was_older: bool,
        store: _Place,
        is_older: bool,
        inside: tuple[Stmt, ...],
    ) -> bool:
        if _functions(taken) != _functions(store):
            return True
        if was_older and not is_older:
            return False  # the trip that made it wrote into it
        if is_older and not was_older:
            return True
        both = [loop for loop in taken.around if loop in store.around]
        again = any(loop not in inside for loop in both) if not is_older else bool(both)
        return again or store.number > taken.number


def _functions(place: _Place) -> list[Stmt]:
    return [stmt for stmt in place.around if isinstance(stmt, Define)]


def _passed(stmt: Stmt) -> Iterator[tuple[Var, Var, Stmt | None]]:
    """The variables that a statement passes memory to, each with that of which it is; if only after
    a trip of a loop, with the loop."""
    results: set[Var] = set()
    if isinstance(stmt, For | While):
        results.update(var for result in stmt.body.results for var in variables(result))
    conds = stmt.cond.params if isinstance(stmt, While) else ()
    for into, of in passing(stmt):
        for target in variables(into):
            for source in variables(of):
                if target is source or not has_memory(target) or not has_memory(source):
                    continue
                is_same = target in conds and isinstance(stmt, While) and source in stmt.carried
                yield target, source, stmt if source in results and not is_same else None
                if is_same:
                    yield source, target, None
