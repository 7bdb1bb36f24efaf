"""Names for the temporaries of a whole function."""

from __future__ import annotations

from collections.abc import Iterator

from srcgrad.ir.naming import describe
from srcgrad.ir.nodes import Apply, For, Function, If, Var, is_absent
from srcgrad.ir.walk import params_of, statements


def describe_temporaries(function: Function) -> dict[Var, str]:
    """A name for each variable of ``function`` that has none."""
    names = {var: var.hint for var in params_of(function) if var.hint and not var.name}
    alone: list[tuple[Var, Var]] = []
    for stmt in statements(function.body.body):
        if isinstance(stmt, Apply) and not stmt.target.name:
            names[stmt.target] = describe(stmt, names)
        elif isinstance(stmt, If):
            names.update((var, "chosen") for var in stmt.targets if not var.name)
            alone.extend(_given_by_one_arm(stmt))
        elif isinstance(stmt, For) and not stmt.body.params[0].name:
            names[stmt.body.params[0]] = "i"
    for target, result in reversed(alone):  # from the inside out
        names[target] = result.name or names.get(result, names[target])
    return names


def _given_by_one_arm(stmt: If) -> Iterator[tuple[Var, Var]]:
    """The values without a name that a branch gives in one arm alone."""
    rows = zip(stmt.targets, stmt.then.results, stmt.orelse.results, strict=True)
    for target, *results in rows:
        there = [result for result in results if not is_absent(result)]
        if not target.name and len(there) == 1 and isinstance(there[0], Var):
            yield target, there[0]
