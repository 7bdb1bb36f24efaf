"""Loops whose condition changes something: ``while opt.step() > tol``, ``while q and q.pop() > 0``.

The condition of a ``while`` is evaluated once more than its body, and the derivative undoes the
body.  One that changes objects, lists or arrays is evaluated in the body: ``while True``, and
``if not ...: break``.
"""

from __future__ import annotations

from dataclasses import replace

from srcgrad.ir.nodes import Block, Const, If, Var, While
from srcgrad.ir.walk import substitute

_TRUE, _FALSE = Const(True), Const(False)


class ChangingTest(Exception):
    """The condition of a loop changes what was there before."""


def within(loop: While) -> While:
    """A loop of the lowered program that evaluates its condition in its body.

    The first parameter of the body of one that exits is False in there, and no parameter any more.
    Whether it is over is one carried value more, the first.  That the body has ended the loop,
    for which its ``else`` asks, stays what it was.
    """
    first = Var(loop.body.params[0].name) if loop.exits else None
    ended = () if first is None else (first,)
    params = (*ended, *loop.body.params[len(ended) :])
    test = substitute(loop.cond, dict(zip(loop.cond.params, params, strict=True)))
    body = loop.body
    over = body.results[0] if loop.exits else _FALSE
    results = tuple(Var(var.name) for var in (Var("over"), *loop.targets))
    then = Block((), body.body, (over, *body.results))
    stop = (_FALSE, *params[1:]) if loop.exits else params
    orelse = Block((), (), (_TRUE, *stop))
    (cond,) = test.results
    choice = If(results, cond, then, orelse, loop.loc)
    made = Block((Var("over"), *params), (*test.body, choice), results)
    always = Block(tuple(Var(var.name) for var in made.params), (), (_TRUE,))
    targets = (Var("over"), *loop.targets)
    return replace(
        loop, targets=targets, init=(_FALSE, *loop.init), cond=always, body=made, exits=True
    )
