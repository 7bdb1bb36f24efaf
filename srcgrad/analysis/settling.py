"""After the specialiser, one type is enough of what may be of two.

What depends on whether a number is an ``int`` or a ``float`` is emitted by then.  The derivative
takes it for the float, which carries one; where it is an ``int`` it comes from constants, and the
cotangent leads to them.
"""

from __future__ import annotations

from srcgrad.ir.alternatives import settled
from srcgrad.ir.nodes import Function
from srcgrad.ir.walk import inner_params, params_of, statements, targets


def settle_types(function: Function) -> Function:
    """``function``, with types that do not say what its values may be instead."""
    found = [*params_of(function)]
    for stmt in statements(function.body.body):
        found += [*targets(stmt), *inner_params(stmt)]
    for var in found:
        var.type = settled(var.type)
    return function
