"""The back end: a program in the typed dialect becomes Python source, and a function.

The stages, each a module: saved values become lists (``stacks``), lists that nobody else holds are
changed in place (``mutation``), loop variables become variables
that are assigned (``unify``), temporaries go back into expressions (``nest``), statements and
expressions become Python (``statements``, ``expressions``), variables get names (``liveness``,
``names``), and text is printed and laid out (``writer``, ``comments``, ``layout``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from srcgrad.backend.describe import describe_temporaries
from srcgrad.backend.exits import place_exits
from srcgrad.backend.expressions import Expressions
from srcgrad.backend.layout import Emitted, find_templates, lay_out
from srcgrad.backend.load import load
from srcgrad.backend.mutation import mutate_lists
from srcgrad.backend.names import assign_names
from srcgrad.backend.nest import nest
from srcgrad.backend.signature import open_places
from srcgrad.backend.spelling import Spelling
from srcgrad.backend.stacks import lists_for_stacks
from srcgrad.backend.statements import Statements
from srcgrad.backend.unify import unify_loops
from srcgrad.ir.nodes import Define, Function, Var
from srcgrad.ir.walk import statements

__all__ = ["Emitted", "emit", "find_templates", "load"]


def emit(
    function: Function,
    doc: str,
    places: Mapping[Var, str] | None = None,
    modules: Mapping[str, str] | None = None,
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
    """
    places, modules = places or {}, modules or {}
    function = unify_loops(place_exits(mutate_lists(lists_for_stacks(function))))
    taken = {*_parameter_names(function), *_roots(places)}
    spelling = Spelling(taken | set(modules), modules)
    expressions = Expressions(nest(function), spelling)
    fixed, opening = open_places(places, function.body, expressions)
    scope = Statements(expressions, fixed).function(function)
    scope.body[:0] = opening
    scope.doc = doc
    hints = {**describe_temporaries(function), **expressions.hints}
    # Helpers read numpy, which therefore must have its name before variables get theirs.
    if spelling.helpers:
        spelling.module("numpy")
    reserved = spelling.reserved() | set(modules) | _roots(places)
    names = assign_names(scope, hints, fixed, reserved)
    expressions.fill_in(names)
    return lay_out(scope, names, spelling, modules, function.loc)


def _roots(places: Mapping[Var, str]) -> set[str]:
    """The names outside that the places start from."""
    return {re.split(r"\W", text)[0] for text in places.values()}


def _parameter_names(function: Function) -> Iterator[str]:
    yield from (param.name for param in function.params)
    for stmt in statements(function.body.body):
        if isinstance(stmt, Define):
            yield from (param.name for param in stmt.function.params)
