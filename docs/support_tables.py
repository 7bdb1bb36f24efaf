"""Writes the tables of docs/support.md that follow from the compiler itself.

    python docs/support_tables.py

The tables stand between a line ``<!-- begin NAME -->`` and one ``<!-- end NAME -->``; the text
around them is written by hand.  A test compares.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import srcgrad.rules  # noqa: F401  (fills the tables)
from srcgrad.backend.spelling import locate
from srcgrad.frontend.check import REFUSED
from srcgrad.ir.ops import DERIVATIVES, OPS, Partials, Pointwise, Pullback, ZeroDerivative

PAGE = Path(__file__).resolve().parent / "support.md"

GROUPS = ("NumPy functions", "Methods and attributes of arrays", "math", "Builtins", "Operators")


def spelled(op: Any) -> tuple[str, str] | None:
    """The group that an operation belongs to and what people write, None for what is internal."""
    if isinstance(op, types.MethodDescriptorType | types.GetSetDescriptorType):
        call = "()" if isinstance(op, types.MethodDescriptorType) else ""
        return GROUPS[1], f"x.{op.__name__}{call}"
    owner = getattr(op, "__self__", None)
    if isinstance(owner, np.ufunc):
        return GROUPS[0], f"np.{owner.__name__}.{op.__name__}"
    place = locate(op)
    if place is None:
        return None
    module, name = place
    if module.startswith("numpy"):
        return GROUPS[0], f"{module.replace('numpy', 'np', 1)}.{name}"
    if module == "math":
        return GROUPS[2], f"math.{name}"
    groups = {"builtins": GROUPS[3], "operator": GROUPS[4]}
    return (groups[module], name) if module in groups else None


def constant_arguments(op: Any) -> list[str]:
    """The arguments that a rule does not cover: they must keep their defaults."""
    derivative = DERIVATIVES[op]
    if op not in OPS or isinstance(derivative, ZeroDerivative):
        return []
    skipped = 1 if isinstance(derivative, Partials) else 2
    listed = list(inspect.signature(derivative.rule).parameters.values())[skipped:]
    takes_any = any(p.kind is p.VAR_POSITIONAL for p in listed)
    names = {p.name for p in listed}
    return [
        name
        for name, p in OPS[op].signature.parameters.items()
        if name not in names and not (takes_any and p.kind is not p.KEYWORD_ONLY)
    ]


def functions(group: str) -> str:
    """The operations of a group by what the compiler knows of their derivatives."""
    with_rule: dict[str, list[str]] = {}
    zero: set[str] = set()
    without: set[str] = set()
    for op in {**OPS, **DERIVATIVES}:
        place = spelled(op)
        if place is None or place[0] != group:
            continue
        match DERIVATIVES.get(op):
            case Partials() | Pointwise() | Pullback():
                with_rule[place[1]] = constant_arguments(op)
            case ZeroDerivative():
                zero.add(place[1])
            case _:
                without.add(place[1])
    parts = [f"**With a derivative:** {_listed(with_rule)}."] if with_rule else []
    limited = {name: args for name, args in with_rule.items() if args}
    if limited:
        rows = ", ".join(f"`{name}` ({', '.join(limited[name])})" for name in sorted(limited))
        parts.append(f"Of these, with the named arguments at their defaults only: {rows}.")
    if zero:
        parts.append(f"**Derivative zero:** {_listed(zero)}.")
    if without:
        parts.append(f"**Of values that are not differentiated only:** {_listed(without)}.")
    return "\n\n".join(parts)


def _listed(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names, key=str.lower))


def refused() -> str:
    """What the front end refuses, and what it tells people to write instead."""
    rows = dict(sorted(REFUSED.values(), key=lambda row: row[0].strip("'").removeprefix("a ")))
    lines = ["| refused | instead |", "| --- | --- |"]
    lines.extend(f"| {what} | {hint} |" for what, hint in rows.items())
    return "\n".join(lines)


def tables() -> Iterator[tuple[str, str]]:
    """The generated parts of the page by name."""
    yield "refused", refused()
    for group in GROUPS:
        yield group, functions(group)


def filled_in(page: str) -> str:
    """``page`` with its generated parts as they should be now."""
    for name, text in tables():
        pattern = rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)"
        page, count = re.subn(
            pattern, lambda m, text=text: f"{m[1]}\n{text}\n\n{m[2]}", page, flags=re.DOTALL
        )
        if count != 1:
            raise ValueError(f"the page must have one place for {name!r}, and has {count}")
    return page


if __name__ == "__main__":
    PAGE.write_text(filled_in(PAGE.read_text()))
