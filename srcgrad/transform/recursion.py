"""The derivative of functions that call themselves: each gives its value and its pullback.

::

    def power(x, n):                    def power_vjp(x, n):
        if n == 0:                          if n == 0:
            return 1.0                          y = 1.0
        return x * power(x, n - 1)              power_pullback = None
                                            else:
                                                y_1, power_pullback = power_vjp(x, n - 1)
                                                y = x * y_1

                                            def pullback(y_bar):
                                                if n == 0:
                                                    x_bar = 0.0
                                                else:
                                                    x_bar = power_pullback(y_bar * x) + y_bar * y_1
                                                return x_bar

                                            return y, pullback

The pullback's closure is what the forward part saves.
"""

from __future__ import annotations

import itertools
import operator
import os
from collections.abc import Iterable
from dataclasses import replace

from srcgrad.analysis.activity import active
from srcgrad.errors import Loc
from srcgrad.ir.nodes import Apply, Block, Const, Define, Function, Operand, Pack, Param, Stmt, Var
from srcgrad.ir.recursion import PULLBACK, InPlace, Pulled, Recursive
from srcgrad.ir.types import UNKNOWN, Known, PackType, Type
from srcgrad.ir.walk import map_operand, params_of, statements, variables
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.engine import Specialiser
from srcgrad.transform import linear
from srcgrad.transform.by_reference import Site, in_place
from srcgrad.transform.cotangents import bar_of
from srcgrad.transform.playback import copy_written


def forward(sp: Specialiser, stmt: Apply) -> tuple[list[Stmt], Var]:
    """``stmt``, a call, as one that gives the pullback too, and the pullback."""
    assert isinstance(stmt.op, Recursive)
    return _forward(sp, stmt, stmt.target)


def forward_in_place(sp: Specialiser, site: Site) -> tuple[list[Stmt], Var]:
    """A call that writes into what it is given, as one that gives the pullback too."""
    return _forward(sp, site.call, site.value)


def _forward(sp: Specialiser, stmt: Apply, target: Var | None) -> tuple[list[Stmt], Var]:
    assert isinstance(stmt.op, Recursive)
    hint = target.name if target is not None else ""
    pullback = Var(f"{hint or stmt.op.name}_pullback", PULLBACK)
    if target is not None and not target.name:
        target.name = "value"
    kind: Type = Known(None) if target is None else target.type
    pair = Var("", PackType(tuple, (kind, PULLBACK)))
    made = [Apply(pair, stmt.op.pulled, stmt.args, stmt.kwargs, stmt.loc)]
    if target is not None:
        made.append(Apply(target, operator.getitem, (pair, Const(0)), (), stmt.loc))
    made.append(Apply(pullback, operator.getitem, (pair, Const(1)), (), stmt.loc))
    sp.builder.definitions.update((s.target, s) for s in made)
    return list[Stmt](made), pullback


def collected(stmt: Apply) -> list[Operand]:
    """The arguments of a call whose cotangents are collected in buffers."""
    assert isinstance(stmt.op, Recursive)
    return [stmt.args[i] for i in _collected(stmt.op)]


def _collected(op: Recursive) -> list[int]:
    return sorted(op.buffered | op.shadowed)


def _given_back(op: Recursive) -> list[int]:
    """The parameters whose cotangents a pullback gives."""
    return sorted(op.wanted - op.buffered - {*op.places})


def backward(
    sp: Specialiser,
    stmt: Apply,
    pullback: Var,
    y_bar: Operand,
    buffers: Iterable[Operand],
    loc: Loc,
) -> list[tuple[Operand, Operand]]:
    """Emits the call of the pullback; gives the other arguments, each with its cotangent."""
    assert isinstance(stmt.op, Recursive)
    args = [stmt.args[i] for i in _given_back(stmt.op)]
    kinds = tuple(linear.cotangent_type(type_of(arg)) for arg in args)
    names = [f"{arg.name}_bar" if isinstance(arg, Var) and arg.name else "" for arg in args]
    result = Var("", PackType(tuple, kinds))
    if len(args) == 1:
        result = Var("", kinds[0], names[0] or "part_bar")
    _emit(sp, Apply(result, stmt.op.pulled.pull, (pullback, y_bar, *buffers), (), loc))
    if len(args) == 1:
        return [(args[0], result)]
    pairs: list[tuple[Operand, Operand]] = []
    for i, (arg, kind, name) in enumerate(zip(args, kinds, names, strict=True)):
        part = Var(name or "part_bar", kind)
        _emit(sp, Apply(part, operator.getitem, (result, Const(i)), (), loc))
        pairs.append((arg, part))
    return pairs


def _emit(sp: Specialiser, stmt: Apply) -> None:
    sp.builder.definitions[stmt.target] = stmt
    sp.builder.emit(stmt)


def called(function: Function) -> list[Recursive | Pulled | InPlace]:
    """The functions of the program that ``function`` calls."""
    every = statements(function.body.body)
    ops = (stmt.op for stmt in every if isinstance(stmt, Apply))
    return list(dict.fromkeys(op for op in ops if isinstance(op, Recursive | Pulled | InPlace)))


def with_pullback(sp: Specialiser, op: Recursive, function: Function) -> Function:
    """``function`` giving its value and its pullback."""
    from srcgrad.transform.reverse import reverse

    loc = replace(function.loc, adjoint=True, text=())
    params = list(params_of(function))
    inputs = [params[i] for i in _given_back(op)]
    buffers = {params[i]: bar_of(params[i]) for i in _collected(op)}
    (value,) = function.body.results
    alive = active(function.body.body, [params[i] for i in op.wanted], variables(value))
    if op.places:
        function, given_as = in_place(op, function)
        alive.update(param for own, param in given_as.items() if own in alive)
        (value,) = function.body.results
    body = function.body.body
    if isinstance(value, Var):
        value.name = value.name or "y"
    seed = map_operand(
        value, lambda var: Var(f"{var.name or 'y'}_bar", linear.cotangent_type(var.type))
    )
    loc_, singular = function.loc, op.singular
    adjoint = reverse(
        sp, body, value, seed, inputs, alive, loc_, singular, buffers, later=True, follows=False
    )
    with sp.builder.nested() as zeros:
        cotangents = [
            linear.zero(sp, var, loc) if bar is None else bar
            for var, bar in zip(inputs, adjoint.cotangents, strict=True)
        ]
    result: Operand = Pack(tuple, tuple(cotangents)) if cotangents else Const(None)
    if len(cotangents) == 1:
        (result,) = cotangents
    backward_ = Block((), (*adjoint.backward, *zeros), (result,))
    unread: Type = UNKNOWN
    given = [Param("y_bar", seed if isinstance(seed, Var | Pack) else Var("y_bar", unread))]
    given = given if op.pulled.pull.has_value else []
    listed = [function.params[i].name for i in _collected(op)]
    for name, buffer in zip(listed, buffers.values(), strict=True):
        given.append(Param(_free(f"{name}_bar", given), buffer))
    pullback = Var("pullback", PULLBACK)
    define = Define(pullback, Function("pullback", tuple(given), backward_, loc), (), (), loc)
    copies, (value, _) = copy_written(function.body, (value, None), function.loc)
    block = Block((), (*adjoint.forward, *copies, define), (Pack(tuple, (value, pullback)),))
    names = ", ".join(param.name for i, param in enumerate(function.params) if i in op.wanted)
    where = f"{os.path.basename(loc.file)}:{loc.line}"
    doc = f"Value of {op.name} ({where}), and its pullback with respect to {names}."
    return replace(function, name=op.pulled.name, body=block, doc=doc)


def _free(name: str, params: Iterable[Param]) -> str:
    """``name``, with a number if one of ``params`` is called so."""
    taken = {param.name for param in params}
    numbered = (f"{name}_{number}" for number in itertools.count(2))
    return next(each for each in itertools.chain([name], numbered) if each not in taken)
