"""The table of functions that the compiler itself evaluates on what it knows.

Each handler takes ``(sp, args, kwargs, loc, name)`` and gives a value, or None where it does not
apply and the call is an ordinary operation.
"""

from __future__ import annotations

from typing import Any

from srcgrad.specialise import unbound
from srcgrad.specialise.advancing import ADVANCED
from srcgrad.specialise.assignment import ASSIGNMENTS
from srcgrad.specialise.attributes import ATTRIBUTES
from srcgrad.specialise.augmented import AUGMENTED
from srcgrad.specialise.bisecting import BISECTING
from srcgrad.specialise.callables import CALLABLES
from srcgrad.specialise.cells import CELLS
from srcgrad.specialise.chains import CHAINS
from srcgrad.specialise.classes import CLASSES
from srcgrad.specialise.comparisons import COMPARISONS
from srcgrad.specialise.composed import COMPOSED
from srcgrad.specialise.constructors import CONSTRUCTORS
from srcgrad.specialise.container_operators import OPERATORS
from srcgrad.specialise.copies import COPIES
from srcgrad.specialise.default_dicts import DEFAULT_DICTS
from srcgrad.specialise.deques import DEQUES
from srcgrad.specialise.fields import FIELDS
from srcgrad.specialise.folds import FOLDS
from srcgrad.specialise.functional import FUNCTIONAL
from srcgrad.specialise.grouping import GROUPING
from srcgrad.specialise.heaps import HEAPS
from srcgrad.specialise.imports import IMPORTS
from srcgrad.specialise.instance_tests import TESTS
from srcgrad.specialise.internal import INTERNAL
from srcgrad.specialise.items import ITEMS
from srcgrad.specialise.iterating import ITERATING
from srcgrad.specialise.made_classes import MADE_CLASSES
from srcgrad.specialise.object_ids import OBJECT_IDS
from srcgrad.specialise.object_keys import OBJECT_KEYS
from srcgrad.specialise.printed import PRINTED
from srcgrad.specialise.repeated import REPEATED
from srcgrad.specialise.searches import SEARCHES
from srcgrad.specialise.values import Handler
from srcgrad.specialise.yielding import YIELDING

STRUCTURAL: dict[Any, Handler] = {
    **ITEMS,
    **ATTRIBUTES,
    **CLASSES,
    **TESTS,
    **COMPARISONS,
    **OBJECT_IDS,
    **OBJECT_KEYS,
    **CONSTRUCTORS,
    **DEFAULT_DICTS,
    **ADVANCED,
    **DEQUES,
    **FIELDS,
    **FOLDS,
    **OPERATORS,
    **AUGMENTED,
    **ASSIGNMENTS,
    **CALLABLES,
    **FUNCTIONAL,
    **GROUPING,
    **HEAPS,
    **ITERATING,
    **BISECTING,
    **SEARCHES,
    **REPEATED,
    **COPIES,
    **PRINTED,
    **CELLS,
    **CHAINS,
    **unbound.READS,
    **COMPOSED,
    **IMPORTS,
    **MADE_CLASSES,
    **INTERNAL,
    **YIELDING,
}
