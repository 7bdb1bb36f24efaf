"""Which variables may show the same memory, and where each is read.

Every operation that makes a new array is a *site*; a variable may show the arrays of the sites
from which its value comes, and what lies outside the function if it comes from there.  So is what a
loop carries: what comes from there may be from the trip before.
"""

from __future__ import annotations

from srcgrad.analysis.memory import memory_of, sources
from srcgrad.ir.keeping import kept_by
from srcgrad.ir.nodes import Apply, Block, For, Function, If, Operand, Stmt, Var, While
from srcgrad.ir.ops import OPS, Memory
from srcgrad.ir.types import Scalar, Unknown, number_of
from srcgrad.ir.walk import blocks, params_of, targets, used, variables
from srcgrad.specialise.augmented import IN_PLACE
from srcgrad.specialise.builder import type_of

Where = tuple[int, ...]
"""A place in the program: statement, block of that statement, statement in it, and so on."""

OUTSIDE = Var("outside")
"""The site of all arrays that the function did not make."""

END = 1 << 30
_LIBRARIES = ("numpy", "math", "builtins", "_operator", "operator", "srcgrad")


class Sites:
    """The facts about one function.

    Attributes
    ----------
    sites : dict of Var to set of Var
        The sites whose arrays a variable may show, each named by the variable it defines.
    showing : dict of Var to list of Var
        The variables that may show the arrays of a site.
    reads : dict of Var to list
        Where each variable is read.
    defined : dict of Var to tuple
        Where each variable is defined: for what a statement gives, after all of its blocks; for
        the parameter of a block, at the block.
    loops : dict
        Where the loops are, each with the parameters of its body.
    kept : list
        What is left in objects from outside, with where that is done.
    """

    def __init__(self, function: Function, outside: set[Var]) -> None:
        self.sites: dict[Var, set[Var]] = {}
        self.showing: dict[Var, list[Var]] = {}
        self.reads: dict[Var, list[Where]] = {}
        self.defined: dict[Var, Where] = {}
        self.loops: dict[Where, tuple[Var, ...]] = {}
        self.kept: list[tuple[Var, Where]] = []
        for var in (*params_of(function), *outside):
            self.sites[var] = {OUTSIDE}
        self._places(function.body, ())
        while self._spread(function.body):
            pass
        for var, sites in self.sites.items():
            for site in sites:
                self.showing.setdefault(site, []).append(var)

    # --- places ---------------------------------------------------------------------------------

    def _places(self, block: Block, path: Where) -> None:
        for var in block.params:
            self.defined[var] = path
        for i, stmt in enumerate(block.body):
            here = (*path, i)
            for var in used(stmt):
                self.reads.setdefault(var, []).append(here)
            if isinstance(stmt, For | While):
                self.loops[here] = stmt.body.params
            kept = kept_by(stmt)
            if kept is not None:
                self.kept.extend((var, here) for var in variables(kept))
            for arm, inner in enumerate(blocks(stmt)):
                self._places(inner, (*here, arm))
            for var in targets(stmt):
                self.defined[var] = (*here, END)
        for result in block.results:
            for var in variables(result):
                self.reads.setdefault(var, []).append((*path, len(block.body)))

    # --- sites ----------------------------------------------------------------------------------

    def _spread(self, block: Block) -> bool:
        """Follows values once through a block; whether anything was learned."""
        changed = [self._statement(stmt) for stmt in block.body]
        return any(changed)

    def _statement(self, stmt: Stmt) -> bool:
        match stmt:
            case Apply():
                return self._apply(stmt)
            case If():
                changed = [self._spread(stmt.then), self._spread(stmt.orelse)]
                rows = zip(stmt.targets, stmt.then.results, stmt.orelse.results, strict=True)
                changed += [self._flow(target, a, b) for target, a, b in rows]
                return any(changed)
            case For() | While():
                return self._loop(stmt)
        return False

    def _loop(self, stmt: For | While) -> bool:
        params = stmt.carried if isinstance(stmt, For) else stmt.body.params
        changed = [self._spread(block) for block in blocks(stmt)]
        for i, (init, result) in enumerate(zip(stmt.init, stmt.body.results, strict=True)):
            changed.append(self._flow(params[i], params[i], init, result))
            changed.append(self._flow(stmt.targets[i], init, result))
            if isinstance(stmt, While):
                changed.append(self._flow(stmt.cond.params[i], init, result))
        return any(changed)

    def _apply(self, stmt: Apply) -> bool:
        if stmt.op in IN_PLACE:
            # A number does not become another by ``+=``, but an array that is made there.
            may_be_number = isinstance(type_of(stmt.args[0]), Unknown)
            own = (stmt.target,) if may_be_number else ()
            return self._flow(stmt.target, stmt.args[0], *own)
        if isinstance(number_of(stmt.target.type), Scalar):
            return False
        if stmt.op not in OPS and not _is_library(stmt.op):
            return self._flow(stmt.target, OUTSIDE)  # whatever that function may get hold of
        changed = False
        of_number = isinstance(number_of(type_of(stmt.args[0])), Scalar) if stmt.args else True
        if of_number or memory_of(stmt) not in (Memory.VIEW, Memory.LOCKED):
            changed = self._flow(stmt.target, stmt.target)
        changed |= self._flow(stmt.target, *sources(stmt))
        return changed

    def _flow(self, target: Var, *sources: Operand) -> bool:
        """Adds the sites of ``sources`` to ``target``, which as a source is a site itself."""
        sites = self.sites.setdefault(target, set())
        before = len(sites)
        for source in sources:
            for var in variables(source):
                sites.update((var,) if var in (target, OUTSIDE) else self.sites.get(var, ()))
        return len(sites) > before


def _is_library(op: object) -> bool:
    module = getattr(op, "__module__", None) or type(op).__module__
    return module.split(".")[0] in _LIBRARIES
