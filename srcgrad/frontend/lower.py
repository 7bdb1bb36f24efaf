"""From the source of a function to the lowered dialect of the IR."""

from __future__ import annotations

import types

import gast

from srcgrad.frontend import functions
from srcgrad.frontend.builder import Builder
from srcgrad.frontend.check import check
from srcgrad.frontend.comprehensions import separate
from srcgrad.frontend.constant_sets import ConstantSets, frozensets
from srcgrad.frontend.imports import assign_imports
from srcgrad.frontend.locations import Locations
from srcgrad.frontend.managers import open_managers
from srcgrad.frontend.named_lambdas import name_lambdas
from srcgrad.frontend.names import analyse
from srcgrad.frontend.shared_names import share_names
from srcgrad.frontend.source import Source, find
from srcgrad.frontend.yields import make_generators
from srcgrad.ir.nodes import Function

_LOWERED: dict[tuple[object, ...], Function] = {}


def lower(function: object) -> Function:
    """The lowered form of a Python function.

    It depends on the code of ``function`` alone, neither on its globals nor on its closure, and is
    remembered.
    """
    if not isinstance(function, types.FunctionType):
        return lower_source(find(function))  # which says what is wrong with it
    code = function.__code__  # which is equal to others that have its sets in another order
    key = (code, code.co_filename, *map(tuple, frozensets(code)))
    lowered = _LOWERED.get(key)
    if lowered is None:
        lowered = _LOWERED[key] = lower_source(find(function))
    return lowered


def lower_source(source: Source) -> Function:
    """Lowers a function whose source was found."""
    node = source.node
    name = node.name if isinstance(node, gast.FunctionDef) else "<lambda>"
    locations = Locations(source.file, source.lines, name)
    make_generators(node)
    check(node, locations)
    open_managers(node)
    assign_imports(node)
    separate(node, locations)
    name_lambdas(node)
    share_names(node)
    sets, loc = ConstantSets(source.code), locations.statement(node)
    builder = Builder(analyse(node), locations, source.owner, sets, loc)
    return functions.function(builder, node)
