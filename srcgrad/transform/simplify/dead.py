"""Dead code: statements whose results nobody reads and that have no effect.

::

    a = np.exp(x)
    b = np.sin(x)          ->    b = np.sin(x)
    return b                     return b

A write into an array matters if something alive reads the array after it, and before the write that
undoes it.  A write and its undoing are dropped together or kept together::

    s = np.sum(np.sin(A))
    A_saved = A[1:-1].copy()
    A[1:-1] = 0.5 * A[:-2]       ->    (nothing: A still holds what its sine was taken of)
    A_bar = ...
    A[1:-1] = A_saved
    A_bar += s_bar * np.cos(A)
"""

from __future__ import annotations

from dataclasses import replace

from srcgrad.analysis.attempts import deciding
from srcgrad.analysis.elements import Rows, are_apart, trips_later
from srcgrad.analysis.memory import MemoryClasses, is_fresh, reads_content
from srcgrad.instances import is_plain_error
from srcgrad.ir.facts import fact, note, noted
from srcgrad.ir.nodes import (
    Apply,
    Block,
    Define,
    For,
    Function,
    If,
    Operand,
    Raise,
    Record,
    Stmt,
    Store,
    Var,
    While,
)
from srcgrad.ir.ops import OPS
from srcgrad.ir.walk import (
    blocks,
    changed,
    free_in_block,
    inner_params,
    targets,
    used,
    variables,
)


def remove_dead(function: Function) -> Function:
    """``function`` without the statements that do not matter to its result or its effects."""
    body = remove_dead_in(function.body)
    return changed(function, body=body)


def remove_dead_in(block: Block) -> Block:
    """``block`` without dead statements; the same object if there are none.

    Writes into memory from outside the block count as effects.
    """
    if noted(block, _LEAN):
        return block
    lean = _Sweep(_Marking(block)).block(block, tuple(range(len(block.results))))
    note(lean, _LEAN)
    return lean


def alive_in(block: Block) -> set[Stmt]:
    """The statements of a block, and of blocks in it, that matter."""
    return _Marking(block).kept


_LEAN = "no statement is dead"
"""Noted of blocks: most passes leave most programs as they are."""


def rows_of(block: Block) -> Rows:
    """The rows that the statements of a block read and write."""
    return _Order(block).rows()


@fact
def is_pure(stmt: Apply) -> bool:
    """Whether an operation does nothing but give its result."""
    op = OPS.get(stmt.op)
    if op is None:
        return is_plain_error(stmt.op)
    return op.pure


def _has_effect(stmt: Stmt) -> bool:
    """Whether a statement matters whoever reads its results.  A loop may be one that never ends."""
    return isinstance(stmt, Raise | While) or (isinstance(stmt, Apply) and not is_pure(stmt))


class _Marking:
    """The statements, variables and carried values of a block that are alive."""

    def __init__(self, block: Block) -> None:
        self.live: set[Var] = set()
        self.kept: set[Stmt] = set()
        self.order = _Order(block)
        self.rows = self.order.rows()
        self.deciding = deciding(block.body)
        self.memory = MemoryClasses(block)
        self.stores: dict[Var, list[Store]] = {}
        self.recorded: dict[Record, list[Store]] = {}
        self.undoing: dict[Record, list[Store]] = {}
        self.wanted: set[Record] = set()
        """The records whose undoing somebody reads, if there is something to undo."""
        self._work: list[Var | Stmt] = []
        self._roots(block)
        self._spread()

    def _roots(self, block: Block) -> None:
        outer: set[Var] = set()
        if self.memory.any_written():
            given = (s for s in self.order.statements if isinstance(s, Define))
            inputs = (
                *free_in_block(block),
                *block.params,
                *(v for s in given for v in inner_params(s)),
            )
            outer.update(map(self.memory.root, inputs))
        for stmt in self.order.statements:
            if isinstance(stmt, Store):
                root = self.memory.root(stmt.buffer)
                self.stores.setdefault(root, []).append(stmt)
                if stmt.record is not None:
                    by_record = self.undoing if stmt.undoing else self.recorded
                    by_record.setdefault(stmt.record, []).append(stmt)
                if root in outer or (stmt in self.deciding and not self.order.is_nested(stmt)):
                    self._keep(stmt)
            elif (_has_effect(stmt) or stmt in self.deciding) and not self.order.is_nested(stmt):
                self._keep(stmt)
        end = len(self.order.statements)
        for result in block.results:
            for var in variables(result):
                self._mark(var)
                self._read(var, end, ())

    # --- marking --------------------------------------------------------------------------------

    def _mark(self, var: Var) -> None:
        if var not in self.live:
            self.live.add(var)
            self._work.append(var)

    def _mark_all(self, *operands_: Operand | None) -> None:
        for operand in operands_:
            if operand is not None:
                for var in variables(operand):
                    self._mark(var)

    def _keep(self, stmt: Stmt) -> None:
        if stmt not in self.kept:
            self.kept.add(stmt)
            self._work.append(stmt)

    def _spread(self) -> None:
        """Marks what is needed by what is marked."""
        work, kept, origins = self._work, self.kept, self.order.origins
        while work:
            item = work.pop()
            if not isinstance(item, Var):
                self._statement(item)
            elif item in origins:
                stmt, slot = origins[item]
                if stmt not in kept:
                    kept.add(stmt)
                    work.append(stmt)
                if not isinstance(stmt, Apply):
                    self._origin(item, stmt, slot)

    def _origin(self, var: Var, stmt: Stmt, slot: int) -> None:
        """Marks what flows into ``var``: slot ``slot`` of ``stmt``, which has blocks."""
        match stmt:
            case If():
                self._mark_all(stmt.then.results[slot], stmt.orelse.results[slot])
            case For() | While():
                count = len(stmt.init)
                if isinstance(stmt, For) and var in stmt.body.params and slot >= count:
                    self._mark_all(stmt.stacks[slot - count])
                    return
                self._mark_all(stmt.body.results[slot])
                if slot < count:
                    self._mark_all(stmt.init[slot])
                    params = stmt.carried if isinstance(stmt, For) else stmt.body.params
                    self._mark(params[slot])

    def _statement(self, stmt: Stmt) -> None:
        live, kept, work = self.live, self.kept, self._work
        for outer in self.order.around(stmt):
            if outer not in kept:
                kept.add(outer)
                work.append(outer)
        match stmt:
            case Apply() | Store() | Raise():
                for var in used(stmt):
                    if var not in live:
                        live.add(var)
                        work.append(var)
            case If():
                self._mark_all(stmt.cond)
            case For():
                self._mark_all(stmt.start, stmt.stop, stmt.step)
                self._exit_flag(stmt, stmt.carried)
            case While():
                self._mark_all(*stmt.cond.results)
                self._exit_flag(stmt, stmt.body.params)
            case Define():
                self._define(stmt)
        if isinstance(stmt, Store) and stmt.record is not None and stmt.record in self.wanted:
            for undo in self.undoing[stmt.record]:
                self._keep(undo)
        if self.stores:
            place = self.order.position[stmt]
            for var in reads_content(stmt):
                self._read(var, place, self.order.loops(stmt), stmt)

    def _exit_flag(self, stmt: For | While, params: tuple[Var, ...]) -> None:
        """The first value that a loop with exits carries says whether to leave it."""
        if stmt.exits:
            self._mark(params[0])

    def _define(self, stmt: Define) -> None:
        """The body of a function that is wanted: its results, and its effects."""
        body = stmt.function.body
        end = self.order.position[stmt] + len(self.order.inside(stmt)) + 1
        for result in body.results:
            for var in variables(result):
                self._mark(var)
                self._read(var, end, self.order.loops(stmt))
        for inner in self.order.inside(stmt):
            if _has_effect(inner) or inner in self.deciding:
                self._keep(inner)

    # --- memory ---------------------------------------------------------------------------------

    def _read(
        self, var: Var, place: int, loops: tuple[Stmt, ...], reader: Stmt | None = None
    ) -> None:
        """Marks the writes that somebody who reads ``var`` at ``place`` may see."""
        stores = self.stores.get(self.memory.root(var))
        if stores is None:
            return
        trips = self.order.trips_of(var)
        for store in stores:
            around = loops
            if trips and store.buffer is var:  # in other trips it is another array
                around = tuple(loop for loop in loops if loop not in trips)
            if store in self.kept or not self._before(store, place, around):
                continue
            if reader is not None and self._comes_too_late(store, reader, var):
                continue
            undone = () if store.record is None else self.undoing.get(store.record, ())
            if store.undoing and store.record is not None:
                self._want(store.record)
            elif not undone or any(self._after(undo, place, around) for undo in undone):
                self._keep(store)

    def _comes_too_late(self, store: Store, reader: Stmt, var: Var) -> bool:
        """Whether what ``reader`` reads is written by a loop only after that, or not at all."""
        if self.order.is_nested(store) or self.order.is_nested(reader):
            return False  # the function may be called again
        written, read = self.rows.written(store), self.rows.read(reader, var)
        if are_apart(read, written):
            return True
        around = self.order.loops(store), self.order.loops(reader)
        if written is None or any(loops[:1] != (written.loop,) for loops in around):
            return False
        trips = trips_later(read, written)
        if trips == 0:
            inner = set(around[0]) & set(around[1]) - {written.loop}
            return not inner and self.order.position[store] > self.order.position[reader]
        return trips is not None and trips > 0

    def _want(self, record: Record) -> None:
        if record in self.wanted:
            return
        self.wanted.add(record)
        if any(store in self.kept for store in self.recorded.get(record, ())):
            for undo in self.undoing[record]:
                self._keep(undo)

    def _before(self, store: Store, place: int, loops: tuple[Stmt, ...]) -> bool:
        if self.order.position[store] < place:
            return True
        return any(loop in self.order.loops(store) for loop in loops)

    def _after(self, store: Store, place: int, loops: tuple[Stmt, ...]) -> bool:
        if self.order.position[store] > place:
            return True
        return any(loop in self.order.loops(store) for loop in loops)


class _Order:
    """Where the statements of a block stand: their order, and what is around them."""

    def __init__(self, block: Block) -> None:
        self.statements: list[Stmt] = []
        self.position: dict[Stmt, int] = {}
        self.origins: dict[Var, tuple[Stmt, int]] = {}
        self.indices: dict[Var, For] = {}
        """The loops, by their indices."""
        self._around: dict[Stmt, tuple[tuple[Stmt, ...], tuple[Stmt, ...]]] = {}
        """The statements around each, and the loops among them."""
        self._sizes: dict[Stmt, int] = {}
        self._visit(block, (), ())

    def _visit(self, block: Block, outer: tuple[Stmt, ...], loops: tuple[Stmt, ...]) -> None:
        here = (outer, loops)
        for stmt in block.body:
            self.position[stmt] = len(self.statements)
            self.statements.append(stmt)
            self._around[stmt] = here
            if isinstance(stmt, Apply):
                self.origins[stmt.target] = (stmt, 0)
                continue
            for slot, var in enumerate(targets(stmt)):
                self.origins[var] = (stmt, slot)
            for slot, var in enumerate(_slots(stmt)):
                self.origins[var] = (stmt, slot)
            if isinstance(stmt, While):
                for slot, var in enumerate(stmt.cond.params):
                    self.origins[var] = (stmt, slot)
            if isinstance(stmt, For):
                self.indices[stmt.body.params[0]] = stmt
            around = (*loops, stmt) if isinstance(stmt, For | While) else loops
            for inner in blocks(stmt):
                self._visit(inner, (*outer, stmt), around)
            self._sizes[stmt] = len(self.statements) - self.position[stmt]

    def definition(self, var: Var) -> Stmt | None:
        """The statement that ``var`` is the result of, None if it is a parameter."""
        stmt, _ = self.origins.get(var, (None, 0))
        return stmt

    def trips_of(self, var: Var) -> tuple[Stmt, ...]:
        """The loops in each trip of which ``var`` is an array of its own, made in it or kept for
        it."""
        stmt, slot = self.origins.get(var, (None, 0))
        if isinstance(stmt, Apply):
            return self.loops(stmt) if is_fresh(stmt) else ()
        reading: list[Stmt] = []
        while isinstance(stmt, For) and var in stmt.body.params[1 + len(stmt.init) :]:
            reading.append(stmt)
            kept = stmt.stacks[slot - len(stmt.init)]
            if not isinstance(kept, Var):
                return ()
            var, (stmt, slot) = kept, self.origins.get(kept, (None, 0))
        # What has been read is what each trip of so many loops has kept.
        for _ in reading:
            if not isinstance(stmt, For | While) or var not in stmt.targets[len(stmt.init) :]:
                return ()
            made = stmt.body.results[slot]
            if not isinstance(made, Var):
                return ()
            loop, var, (stmt, slot) = stmt, made, self.origins.get(made, (None, 0))
            if stmt is None or self.loops(stmt)[-1:] != (loop,):
                return ()
        return tuple(reading) if isinstance(stmt, Apply) and is_fresh(stmt) else ()

    def rows(self) -> Rows:
        """The rows that the statements read and write."""
        return Rows(self.definition, self.around, self.indices)

    def around(self, stmt: Stmt) -> tuple[Stmt, ...]:
        """The statements in whose blocks ``stmt`` stands."""
        return self._around[stmt][0]

    def loops(self, stmt: Stmt) -> tuple[Stmt, ...]:
        """The loops around ``stmt``."""
        return self._around[stmt][1]

    def is_nested(self, stmt: Stmt) -> bool:
        """Whether ``stmt`` runs only when a function is called that the block defines."""
        return any(isinstance(outer, Define) for outer in self.around(stmt))

    def inside(self, stmt: Stmt) -> list[Stmt]:
        """The statements in the blocks of ``stmt``."""
        first = self.position[stmt]
        return self.statements[first + 1 : first + self._sizes[stmt]]


def _slots(stmt: Stmt) -> tuple[Var, ...]:
    """The parameters of a loop's body that something flows into."""
    if isinstance(stmt, For):
        return stmt.body.params[1:]
    return stmt.body.params if isinstance(stmt, While) else ()


class _Sweep:
    """Rebuilds blocks from what is alive."""

    def __init__(self, alive: _Marking) -> None:
        self.alive = alive

    def block(self, block: Block, chosen: tuple[int, ...], params: tuple[Var, ...] = ()) -> Block:
        body = tuple(self.stmt(stmt) for stmt in block.body if stmt in self.alive.kept)
        params = params or block.params
        same = len(body) == len(block.body) and all(
            a is b for a, b in zip(body, block.body, strict=True)
        )
        if same and len(chosen) == len(block.results) and len(params) == len(block.params):
            return block
        return Block(params, body, tuple(block.results[i] for i in chosen))

    def stmt(self, stmt: Stmt) -> Stmt:
        match stmt:
            case If():
                return self._if(stmt)
            case For():
                return self._for(stmt)
            case While():
                return self._while(stmt)
            case Define():
                body = self.block(stmt.function.body, (0,))
                return changed(stmt, function=changed(stmt.function, body=body))
            case _:
                return stmt

    def _if(self, stmt: If) -> If:
        live = self.alive.live
        chosen = tuple(i for i, target in enumerate(stmt.targets) if target in live)
        then, orelse = self.block(stmt.then, chosen), self.block(stmt.orelse, chosen)
        if then is stmt.then and orelse is stmt.orelse:
            return stmt
        targets_ = tuple(stmt.targets[i] for i in chosen)
        return replace(stmt, targets=targets_, then=then, orelse=orelse)

    def _slots(self, stmt: For | While, params: tuple[Var, ...]) -> tuple[list[int], list[int]]:
        """The carried values and the stacked outputs that are alive."""
        live, count = self.alive.live, len(stmt.init)
        kept = [i for i in range(count) if params[i] in live or stmt.targets[i] in live]
        stacked = [i for i in range(count, len(stmt.targets)) if stmt.targets[i] in live]
        return kept, stacked

    def _for(self, stmt: For) -> For:
        kept, stacked = self._slots(stmt, stmt.carried)
        elements = stmt.body.params[1 + len(stmt.init) :]
        stacks = [j for j, element in enumerate(elements) if element in self.alive.live]
        params = (
            stmt.body.params[0],
            *(stmt.carried[i] for i in kept),
            *(elements[j] for j in stacks),
        )
        body = self.block(stmt.body, (*kept, *stacked), params)
        if body is stmt.body:
            return stmt
        return replace(
            stmt,
            targets=tuple(stmt.targets[i] for i in (*kept, *stacked)),
            init=tuple(stmt.init[i] for i in kept),
            stacks=tuple(stmt.stacks[j] for j in stacks),
            body=body,
        )

    def _while(self, stmt: While) -> While:
        kept, stacked = self._slots(stmt, stmt.body.params)
        chosen = (*kept, *stacked)
        if len(kept) == len(stmt.init):
            body = self.block(stmt.body, chosen)
            cond = self.block(stmt.cond, (0,))
        else:
            inner = [s for s in stmt.body.body if s in self.alive.kept]
            tests = [s for s in stmt.cond.body if s in self.alive.kept]
            body = Block(
                tuple(stmt.body.params[i] for i in kept),
                tuple(map(self.stmt, inner)),
                tuple(stmt.body.results[i] for i in chosen),
            )
            cond = Block(
                tuple(stmt.cond.params[i] for i in kept),
                tuple(map(self.stmt, tests)),
                stmt.cond.results,
            )
        if body is stmt.body and cond is stmt.cond:
            return stmt
        return replace(
            stmt,
            targets=tuple(stmt.targets[i] for i in chosen),
            init=tuple(stmt.init[i] for i in kept),
            cond=cond,
            body=body,
        )
