"""Gradients in the structure of the arguments that they belong to.

The gradient with respect to an object is an object of its class, whose attributes are gradients.
That of a dataclass is called with them; of another class an instance is made without ``__init__``,
which may take anything.  An object that occurs twice in an argument is one in the gradient too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from srcgrad.errors import Loc
from srcgrad.instances import is_just_fields
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Const, Operand, Pack, Var
from srcgrad.ir.types import Object
from srcgrad.specialise.builder import Builder
from srcgrad.specialise.differentiated import is_object


def arranged(
    builder: Builder, structures: tuple[Operand, ...], leaves: Mapping[Var, Operand], loc: Loc
) -> tuple[Operand, ...]:
    """For each of ``structures`` the same of the gradients of its leaves."""
    arranging = _Arranging(builder, leaves, loc)
    for structure in structures:
        arranging.count(structure)
    return tuple(arranging.operand(structure) for structure in structures)


class _Arranging:
    def __init__(self, builder: Builder, leaves: Mapping[Var, Operand], loc: Loc) -> None:
        self.builder = builder
        self.leaves = leaves
        self.loc = loc
        self.counts: Counter[int] = Counter()
        """How often each object occurs."""
        self.made: dict[int, Operand] = {}

    def count(self, structure: Operand) -> None:
        if not isinstance(structure, Pack):
            return
        if is_object(structure):
            self.counts[id(structure)] += 1
            if self.counts[id(structure)] > 1:
                return
        for item in structure.items:
            self.count(item)

    def operand(self, structure: Operand) -> Operand:
        if isinstance(structure, Var):
            return self.leaves[structure]
        if not isinstance(structure, Pack):
            return structure
        if id(structure) not in self.made:
            made = self._container(structure)
            if not is_object(structure):
                return made
            self.made[id(structure)] = made
        return self.made[id(structure)]

    def _container(self, pack: Pack) -> Operand:
        items = tuple(map(self.operand, pack.items))
        if not is_object(pack) or (self.counts[id(pack)] == 1 and is_just_fields(pack.kind)):
            return Pack(pack.kind, items, pack.keys)
        target = Var(f"{pack.kind.__name__.lower()}_bar", Object(pack.kind))
        attributes = tuple(zip(pack.keys, items, strict=True))
        stmt = Apply(target, intrinsics.instance, (Const(pack.kind),), attributes, self.loc)
        self.builder.definitions[target] = stmt
        self.builder.emit(stmt)
        return target
