"""``with`` a context manager of the user's own: a ``try`` whose ``finally`` leaves it.

::

    with Timer() as t:              manager = Timer()
        body                        t = manager.__enter__()
                            ->      try:
                                        body
                                    finally:
                                        manager.__exit__(None, None, None)

After an error, ``__exit__`` is given that instead, and must not keep it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gast

from srcgrad.frontend.trees import walk
from srcgrad.ir import intrinsics


def is_errstate(item: Any) -> bool:
    """Whether a ``with`` item may be ``np.errstate`` with settings that are known."""
    call = item.context_expr
    if not isinstance(call, gast.Call) or call.args or item.optional_vars is not None:
        return False
    named = getattr(call.func, "attr", getattr(call.func, "id", "")) == "errstate"
    return (named or bool(call.keywords)) and all(map(_is_setting, call.keywords))


def _is_setting(keyword: Any) -> bool:
    value = keyword.value
    known = isinstance(value, gast.Constant) and type(value.value) is str
    return known and keyword.arg in ("all", "divide", "over", "under", "invalid")


def open_managers(root: Any) -> None:
    """Rewrites the ``with`` statements in a function whose managers are no ``np.errstate``."""
    count = 0
    for node in walk(root):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and any(isinstance(stmt, gast.With) for stmt in block):
                made: list[Any] = []
                for stmt in block:
                    if isinstance(stmt, gast.With) and not all(map(is_errstate, stmt.items)):
                        count += len(stmt.items)
                        made.extend(_opened(stmt, stmt.items, count))
                    else:
                        made.append(stmt)
                block[:] = made


def _opened(stmt: Any, items: list[Any], count: int) -> Iterator[Any]:
    """The statements for a ``with`` of some items."""
    item, *others = items
    body = list(_opened(stmt, others, count - 1)) if others else stmt.body
    if is_errstate(item):
        yield gast.copy_location(gast.With(items=[item], body=body, type_comment=None), stmt)
        return
    name = f"<manager {count}>"
    manager = _call(gast.Constant(value=intrinsics.manager, kind=None), item.context_expr)
    yield _at(gast.Assign(targets=[_name(name, True)], value=manager, type_comment=None), stmt)
    entered = _call(_method(name, "__enter__"))
    if item.optional_vars is None:
        yield _at(gast.Expr(value=entered), stmt)
    else:
        target = [item.optional_vars]
        yield _at(gast.Assign(targets=target, value=entered, type_comment=None), stmt)
    nothing = (gast.Constant(value=None, kind=None) for _ in range(3))
    leave = gast.Expr(value=_call(_method(name, "__exit__"), *nothing))
    attempt = gast.Try(body=body, handlers=[], orelse=[], finalbody=[leave])
    attempt.manager = name
    yield _at(attempt, stmt)


def _name(name: str, stores: bool = False) -> Any:
    ctx = gast.Store() if stores else gast.Load()
    return gast.Name(id=name, ctx=ctx, annotation=None, type_comment=None)


def _method(name: str, method: str) -> Any:
    return gast.Attribute(value=_name(name), attr=method, ctx=gast.Load())


def _call(function: Any, *args: Any) -> Any:
    return gast.Call(func=function, args=list(args), keywords=[])


def _at(node: Any, place: Any) -> Any:
    """A new node, with the place of another for what has none."""
    for each in walk(node):
        if getattr(each, "lineno", None) is None:
            gast.copy_location(each, place)
    return node
