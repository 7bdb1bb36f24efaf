"""Names for the temporaries of a whole function."""

from __future__ import annotations

from srcgrad.ir.naming import describe
from srcgrad.ir.nodes import Apply, For, Function, If, Var
from srcgrad.ir.walk import params_of, statements


def describe_temporaries(function: Function) -> dict[Var, str]:
    """A name for each variable of ``function`` that has none."""
    names = {var: var.hint for var in params_of(function) if var.hint and not var.name}
    for stmt in statements(function.body.body):
        if isinstance(stmt, Apply) and not stmt.target.name:
            names[stmt.target] = describe(stmt, names)
        elif isinstance(stmt, If):
            names.update((var, "chosen") for var in stmt.targets if not var.name)
        elif isinstance(stmt, For) and not stmt.body.params[0].name:
            names[stmt.body.params[0]] = "i"
    return names
