"""The operations that the compiler knows, and their derivatives.

Importing this package fills the tables of :mod:`srcgrad.ir.ops`.  One module for each area; each
says for every operation what type its result has and, as an ordinary function, what its
derivative is.  The rules are never executed by the compiler: it compiles them like user code and
inlines them.
"""

from srcgrad.rules import (
    averages,
    cotangents,
    creation,
    cumulative,
    diagonals,
    einsum,
    elementwise,
    grids,
    indexing,
    joining,
    keys,
    lists,
    mapping,
    metadata,
    missing_values,
    norms,
    places,
    powers,
    products,
    reductions,
    scalars,
    shaping,
    static,
    typed,
    ufuncs,
    vectors,
)

__all__ = [
    "averages",
    "cotangents",
    "creation",
    "cumulative",
    "diagonals",
    "einsum",
    "elementwise",
    "grids",
    "indexing",
    "joining",
    "keys",
    "lists",
    "mapping",
    "metadata",
    "missing_values",
    "norms",
    "places",
    "powers",
    "products",
    "reductions",
    "scalars",
    "shaping",
    "static",
    "typed",
    "ufuncs",
    "vectors",
]
