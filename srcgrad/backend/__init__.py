"""The back end: a program in the typed dialect becomes Python source, and a function.

The stages, each a module: saved values become lists (``stacks``), lists that nobody else holds are
changed in place (``mutation``), and so are arrays in lists (``elements``), loop variables become
variables that are assigned (``unify``), temporaries go back into expressions (``nest``), statements
and expressions become Python (``statements``, ``expressions``), variables get names (``liveness``,
``names``), and text is printed and laid out (``writer``, ``comments``, ``layout``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from srcgrad.backend.arms import lists_in_arms
from srcgrad.backend.counters import count_by_lists
from srcgrad.backend.describe import describe_temporaries
from srcgrad.backend.elements import add_to_elements
from srcgrad.backend.exits import place_exits
from srcgrad.backend.expressions import Expressions
from srcgrad.backend.laid_out import asks_for_orders
from srcgrad.backend.layout import Emitted, find_templates, lay_out
from srcgrad.backend.load import load
from srcgrad.backend.mutation import mutate_lists
from srcgrad.backend.names import assign_names
from srcgrad.backend.nest import nest
from srcgrad.backend.plan import Scope
from srcgrad.backend.signature import open_places
from srcgrad.backend.spelling import Spelling
from srcgrad.backend.stacks import lists_for_stacks
from srcgrad.backend.statements import Statements
from srcgrad.backend.unify import unify_loops
from srcgrad.ir.nodes import Define, Function, Loc, Var
from srcgrad.ir.recursion import InPlace, Pulled, Recursive
from srcgrad.ir.walk import statements

__all__ = ["Emitted", "emit", "find_templates", "load"]


def emit(
    function: Function,
    doc: str,
    places: Mapping[Var, str] | None = None,
    modules: Mapping[str, str] | None = None,
    functions: Mapping[Recursive | Pulled | InPlace, Function] | None = None,
) -> Emitted:
    """The Python source of a function in the typed dialect.

    Parameters
    ----------
    function : Function
        The program.
    doc : str
        The docstring of the generated function.
    places : mapping of Var to str, optional
        Variables that the function reads from outside, with the expressions that read them.
    modules : mapping of str to str, optional
        The modules that those expressions name, with their dotted paths.
    functions : mapping of operation to Function, optional
        The functions that it calls, which are defined before it.
    """
    places, modules, functions = places or {}, modules or {}, functions or {}
    roots = _roots(places)
    taken = {name for f in (function, *functions.values()) for name in _parameter_names(f)}
    spelling = Spelling(taken | roots | set(modules) | {function.name}, modules)
    named = [replace(f, name=spelling.define(op)) for op, f in functions.items()]
    planned = [_plan(f, f.doc, places, spelling) for f in named]
    planned.append(_plan(function, doc, places, spelling))
    # Helpers read numpy, which therefore must have its name before variables get theirs.
    if spelling.helpers:
        spelling.module("numpy")
    errstate = None
    every = (s for f in (function, *named) for s in statements(f.body.body))
    if any(stmt.loc.errstate for stmt in every):
        errstate = spelling.object(np.errstate)
    reserved = spelling.reserved() | set(modules) | roots
    texts = []
    for plan in planned:
        names = assign_names(plan.scope, plan.hints, plan.fixed, reserved)
        plan.expressions.fill_in(names)
        texts.append((plan.scope, names, plan.loc))
    return lay_out(texts, spelling, modules, errstate)


def refuse_copied_sets(function: Function) -> None:
    """Refuses a program which asks for the order of a set that its text would have to copy."""
    if asks_for_orders(function):
        _with_lists(function)


def _with_lists(function: Function) -> Function:
    return mutate_lists(count_by_lists(lists_for_stacks(lists_in_arms(function))))


@dataclass(frozen=True)
class _Planned:
    """A function whose variables still have to get names."""

    scope: Scope
    expressions: Expressions
    hints: Mapping[Var, str]
    fixed: Mapping[Var, str]
    loc: Loc


def _plan(
    function: Function, doc: str | None, places: Mapping[Var, str], spelling: Spelling
) -> _Planned:
    function = unify_loops(place_exits(add_to_elements(_with_lists(function))))
    expressions = Expressions(nest(function), spelling)
    fixed, opening = open_places(places, function.body, expressions)
    scope = Statements(expressions, fixed).function(function)
    scope.body[:0] = opening
    scope.doc = doc
    hints = {**describe_temporaries(function), **expressions.hints}
    return _Planned(scope, expressions, hints, fixed, function.loc)


def _roots(places: Mapping[Var, str]) -> set[str]:
    """The names outside that the places start from, and those in their keys."""
    keys = {name for text in places.values() for name in re.findall(r"\[([^\W\d]\w*)\.", text)}
    return keys | {re.split(r"\W", text)[0] for text in places.values()}


def _parameter_names(function: Function) -> Iterator[str]:
    yield from (param.name for param in function.params)
    for stmt in statements(function.body.body):
        if isinstance(stmt, Define):
            yield from (param.name for param in stmt.function.params)
