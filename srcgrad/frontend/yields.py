"""Generator functions: functions that make the list of what they yield, or hand it on at once.

::

    def pairs(n):                       def pairs(n):
        for i in range(n):                  def <plain>(<elements>, n):
            for j in range(i):                  for i in range(n):
                yield i, j          ->              for j in range(i):
                                                        <elements> = yielded(<elements>, (i, j))
                                                return <elements>
                                            ...
                                            return generating(<plain>, <stopping>, n)

Whoever asks for all elements calls ``<plain>`` with a list, to which each is added.  A loop over
them calls it with the values that the loop carries, and makes a trip in the place of each
``yielded``; where it may end before, it calls ``<stopping>``, which returns after the trip that has
ended it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import gast

from srcgrad.frontend.names import parameters
from srcgrad.frontend.trees import children, walk
from srcgrad.ir import intrinsics

_ELEMENTS, _PLAIN, _STOPPING = "<elements>", "<plain>", "<stopping>"


def make_generators(root: Any) -> None:
    """Rewrites the generator functions among ``root`` and the functions in it."""
    nodes = walk(root)
    if not any(isinstance(node, gast.Yield | gast.YieldFrom) for node in nodes):
        return
    for node in reversed(nodes):  # inner ones first
        if isinstance(node, gast.FunctionDef) and _generates(node):
            _rewrite(node)


def _generates(function: Any) -> bool:
    """Whether a function yields, and only in statements of which the rest can follow a trip."""
    yields = list(_own_yields(function.body))
    if not yields or not all(yields) or any(map(_returns_something, _own(function.body))):
        return False
    return not any(map(_may_end_iterator, _unguarded(function.body)))


def _own(body: list[Any]) -> Iterator[Any]:
    """The nodes in a body, without those of functions in it."""
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, gast.FunctionDef | gast.Lambda | gast.ClassDef):
            waiting.extend(children(node))


def _unguarded(body: list[Any]) -> Iterator[Any]:
    """The nodes in a body of which no ``try`` catches that an iterator has ended."""
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, gast.Try) and any(map(_catches_the_end, node.handlers)):
            waiting.extend([*node.handlers, *node.orelse, *node.finalbody])
        elif not isinstance(node, gast.FunctionDef | gast.Lambda | gast.ClassDef):
            waiting.extend(children(node))


def _catches_the_end(handler: Any) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, gast.Tuple) else [handler.type]
    return any(kind is None or getattr(kind, "id", "") in _OF_THE_END for kind in kinds)


_OF_THE_END = ("StopIteration", "Exception", "BaseException")


def _may_end_iterator(node: Any) -> bool:
    """Whether it is ``next(it)``, whose error would become another one as it leaves a generator."""
    is_next = isinstance(node, gast.Call) and getattr(node.func, "id", "") == "next"
    return is_next and len(node.args) == 1


def _returns_something(node: Any) -> bool:
    return isinstance(node, gast.Return) and not (
        node.value is None or (isinstance(node.value, gast.Constant) and node.value.value is None)
    )


def _own_yields(body: list[Any], plain: bool = True) -> Iterator[bool]:
    """Of each ``yield`` in a body whether it is a statement, and in no ``try`` or ``with``."""
    for stmt in body:
        if isinstance(stmt, gast.FunctionDef | gast.ClassDef):
            continue
        inside = [child for name in ("body", "orelse") for child in getattr(stmt, name, [])]
        if isinstance(stmt, gast.If | gast.For | gast.While):
            yield from _own_yields(inside, plain)
            others = [node for node in children(stmt) if node not in inside]
        elif isinstance(stmt, gast.Expr) and isinstance(stmt.value, gast.Yield | gast.YieldFrom):
            yield plain
            others = children(stmt.value)
        else:
            others = children(stmt)
        yield from (False for node in _own(others) if isinstance(node, gast.Yield | gast.YieldFrom))


def _rewrite(function: Any) -> None:
    """Makes a function that gives a generator of one that yields."""
    names = [node.id for node in parameters(function.args)]
    doc = function.body[:1] if _is_text(function.body[0]) else []
    body = function.body[len(doc) :]
    for node in _own(body):
        if names and _is_bare_super(node):  # whose first parameter will not be that of the parts
            node.args = [_at(_name("__class__"), node), _at(_name(names[0]), node)]
    made = [_version(function, copy.deepcopy(body), names, stops) for stops in (False, True)]
    read = [_name(name) for name in (_PLAIN, _STOPPING, *names)]
    result = gast.Return(value=_call(intrinsics.generating, *read))
    function.body = [*doc, *made, _at(result, function)]


def _is_bare_super(node: Any) -> bool:
    is_super = isinstance(node, gast.Call) and getattr(node.func, "id", "") == "super"
    return is_super and not node.args and not node.keywords


def _is_text(stmt: Any) -> bool:
    return isinstance(stmt, gast.Expr) and isinstance(stmt.value, gast.Constant)


def _version(function: Any, body: list[Any], names: list[str], stops: bool) -> Any:
    """The function of the elements before and of the parameters that gives all elements."""
    end = _at(gast.Return(value=_name(_ELEMENTS)), function)
    params = [_at(_name(name, gast.Param()), function) for name in (_ELEMENTS, *names)]
    arguments = gast.arguments(
        args=params,
        posonlyargs=[],
        vararg=None,
        kwonlyargs=[],
        kw_defaults=[],
        kwarg=None,
        defaults=[],
    )
    fields = dict.fromkeys(gast.FunctionDef._fields)
    fields.update(name=_STOPPING if stops else _PLAIN, args=arguments, decorator_list=[])
    made = gast.FunctionDef(**{**fields, "body": [*_block(body, stops), end], "type_params": []})
    return gast.copy_location(made, function)


def _block(body: list[Any], stops: bool) -> list[Any]:
    return [new for stmt in body for new in _statement(stmt, stops)]


def _statement(stmt: Any, stops: bool) -> Iterator[Any]:
    if isinstance(stmt, gast.Return):
        yield _at(gast.Return(value=_name(_ELEMENTS)), stmt)
        return
    if isinstance(stmt, gast.Expr) and isinstance(stmt.value, gast.Yield):
        value = stmt.value.value or gast.Constant(value=None, kind=None)
        yield from _yielded(stmt, value, stops)
        return
    if isinstance(stmt, gast.Expr) and isinstance(stmt.value, gast.YieldFrom):
        element = "<element>"
        target = _name(element, gast.Store())
        inner = list(_yielded(stmt, _name(element), stops))
        loop = gast.For(
            target=target, iter=stmt.value.value, body=inner, orelse=[], type_comment=None
        )
        yield _at(loop, stmt)
        return
    if isinstance(stmt, gast.If | gast.For | gast.While):
        stmt.body, stmt.orelse = _block(stmt.body, stops), _block(stmt.orelse, stops)
    elif isinstance(stmt, gast.Try | gast.With):
        _only_returns(stmt)
    yield stmt


def _only_returns(stmt: Any) -> None:
    """Rewrites what returns in a ``try`` or a ``with``, which do not yield."""
    for node in _own([stmt]):
        if isinstance(node, gast.Return):
            node.value = _at(_name(_ELEMENTS), node)


def _yielded(stmt: Any, value: Any, stops: bool) -> Iterator[Any]:
    """What stands for a ``yield``."""
    target = _name(_ELEMENTS, gast.Store())
    put = gast.Assign(
        targets=[target],
        value=_call(intrinsics.yielded, _name(_ELEMENTS), value),
        type_comment=None,
    )
    yield _at(put, stmt)
    if stops:
        leave = gast.Return(value=_name(_ELEMENTS))
        test = _call(intrinsics.ended, _name(_ELEMENTS))
        yield _at(gast.If(test=test, body=[leave], orelse=[]), stmt)


def _name(name: str, ctx: Any = None) -> Any:
    return gast.Name(id=name, ctx=ctx or gast.Load(), annotation=None, type_comment=None)


def _call(function: Any, *args: Any) -> Any:
    callee = gast.Constant(value=function, kind=None)
    return gast.Call(func=callee, args=list(args), keywords=[])


def _at(node: Any, place: Any) -> Any:
    """A new node, with the place of another for what has none."""
    for each in walk(node):
        if getattr(each, "lineno", None) is None:
            gast.copy_location(each, place)
    return node
