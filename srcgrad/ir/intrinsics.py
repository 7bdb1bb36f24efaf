"""Operations of the compiler's own, which have no name in NumPy.

Each is an ordinary function with a run-time meaning, so that a rule that uses one can be tested by
calling it.  In the IR they stand for what the compiler decides with types: ``unbroadcast`` becomes
nothing or a sum, ``select`` a product or a ``np.where``.  None survives into generated source.
"""

from __future__ import annotations

import itertools
import types
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import numpy as np

from srcgrad.ir.lists import list_copied

F = TypeVar("F", bound=Callable[..., Any])


# --- the language -------------------------------------------------------------------------------


def pack(kind: type, keys: tuple[Any, ...], *items: Any) -> Any:
    """A display with starred parts: ``[a, *b]`` is ``pack(list, (), a, *b)``.

    For a dict, ``items`` are alternately keys and values, and ``keys`` is empty; a key that is
    ``DOUBLE_STAR`` says that the value is a mapping to merge.
    """
    if kind is not dict:
        return kind(items)
    result: dict[Any, Any] = {}
    for key, value in zip(items[::2], items[1::2], strict=True):
        if key is DOUBLE_STAR:
            result.update(value)
        else:
            result[key] = value
    return result


class _DoubleStar:
    def __repr__(self) -> str:
        return "**"


DOUBLE_STAR = _DoubleStar()


def itself(value: Any) -> Any:
    """``value``: what ``iter(xs)``, which can be iterated over once, maps each element to."""
    return value


def truth(value: Any) -> Any:
    """What is as true as ``value``: a number itself, of a container whether it has elements."""
    return value


def nth(iterable: Any, index: int) -> Any:
    """Element number ``index`` of an iterable."""
    return next(itertools.islice(iterable, index, None))


def generated(function: Callable[[Any], Any], iterable: Any) -> Any:
    """A generator expression over ``iterable``: ``function`` makes the list of what it gives."""
    yield from function(iterable)


def generating(plain: Any, stopping: Any, *args: Any) -> Any:
    """What a generator function gives: ``plain(elements, *args)`` makes the list of what it
    yields, and ``stopping`` returns as soon as those have :func:`ended`."""
    yield from plain([], *args)


def yielded(elements: list[Any], element: Any) -> list[Any]:
    """``elements`` with one more, or what a loop carries after the trip for it."""
    return [*elements, element]


def ended(elements: Any) -> bool:
    """Whether the loop over the elements has come to its end in the trip for the last one."""
    return False


def leave(generator: Any) -> None:
    """What stands after the call to which a generator expression was given.

    Nobody may use it later, when the names that it reads may stand for something else.
    """


def entering(context: Any) -> None:
    """What stands where a ``with`` statement begins: ``context`` must be ``np.errstate``."""


def imported(module: str, name: str, level: int) -> Any:
    """What ``from module import name`` binds, or ``import module`` where ``name`` is empty; a dot
    stands for the outermost package, which ``import a.b`` binds.  ``level`` counts leading dots."""
    raise AssertionError("what an import binds is known when a program is compiled")


def manager(context: Any) -> Any:
    """What a ``with`` statement is about: an instance of a class of the user's own."""
    return context


def trace_of(error: BaseException) -> Any:
    """Where an error was raised, which ``__exit__`` is told."""
    return error.__traceback__


def passes_on(kept: Any) -> None:
    """What stands after ``__exit__`` has been given an error, which it may not keep back."""


def completes() -> bool:
    """Whether the ``Try`` that follows runs to its end: known there before it runs."""
    raise AssertionError("what a Try gives is not known outside a program")


def caught() -> BaseException:
    """The exception with which the first block of the ``Try`` around has ended."""
    raise AssertionError("there is nothing to handle outside a program")


def unpack(value: Any, before: int, after: int | None) -> tuple[Any, ...]:
    """The parts of ``value`` that ``before`` targets, a starred one and ``after`` targets take.

    ``after`` is None where no target is starred: ``value`` then has exactly ``before`` elements.
    The starred part, a list, is element ``before`` of the result.
    """
    items = list(value)
    if after is None:
        if len(items) != before:
            raise ValueError(f"cannot unpack {len(items)} values into {before} targets")
        return tuple(items)
    if len(items) < before + after:
        raise ValueError(f"not enough values to unpack (expected at least {before + after})")
    stop = len(items) - after
    return (*items[:before], items[before:stop], *items[stop:])


def join_text(*parts: str) -> str:
    """An f-string: the formatted parts, joined."""
    return "".join(parts)


def make_cell() -> types.CellType:
    """The cell of a variable that a nested function may read after it is assigned again."""
    return types.CellType()


def set_cell(cell: types.CellType, value: Any, perhaps: bool = False, there: bool = True) -> None:
    """Notes the value that the variable of a cell has from here on; ``perhaps`` it has none, which
    ``there`` tells where it is given."""
    cell.cell_contents = value


def clear_cell(cell: types.CellType) -> None:
    """Notes that the variable of a cell was deleted."""
    try:
        del cell.cell_contents
    except ValueError:
        raise UnboundLocalError("the variable is not assigned") from None


def defined(name: str, value: Any) -> None:
    """Notes what decorators have made of a nested function, which knows that by ``name``."""


def note_read(value: Any, name: str, there: bool = True) -> None:
    """Notes that a variable is read which has a value from the second trip of a loop on at the
    latest, or the function raises ``UnboundLocalError``; ``there`` tells whether it has one, where
    it is given."""


def note_perhaps(value: Any, name: str, error: type[NameError], there: bool = True) -> None:
    """Notes that a variable is read which has no value on some way, as after a loop of no trip:
    that raises ``error``.  ``there`` tells whether it has one, where it is given."""


def cell_value(cell: types.CellType) -> Any:
    """What a nested function reads: the value that the variable has when it is called."""
    try:
        return cell.cell_contents
    except ValueError:
        raise NameError("a captured variable is not assigned yet") from None


def call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A call of an object that is only known at run time."""
    return function(*args, **kwargs)


# --- cotangents ---------------------------------------------------------------------------------


def expand(v: Any, x: Any) -> Any:
    """``v`` broadcast to the shape of ``x``, in the dtype of ``x``."""
    return np.broadcast_to(np.asarray(v, dtype=np.asarray(x).dtype), np.shape(x))


def unbroadcast(v: Any, x: Any) -> Any:
    """``v`` summed over the axes along which ``x`` was broadcast to the shape of ``v``."""
    shape = np.shape(x)
    extra = np.ndim(v) - len(shape)
    if extra:
        v = np.sum(v, axis=tuple(range(extra)))
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and np.shape(v)[i] != 1)
    return np.sum(v, axis=axes, keepdims=True) if axes else v


def sum_to(v: Any, shape: Any) -> Any:
    """``v`` summed over the axes along which ``shape`` was broadcast to the shape of ``v``."""
    extra = np.ndim(v) - len(shape)
    if extra:
        v = np.sum(v, axis=tuple(range(extra)))
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and np.shape(v)[i] != 1)
    return np.sum(v, axis=axes, keepdims=True) if axes else v


def copied(x: Any) -> Any:
    """``x`` as it is at this point, with copies of the arrays that it is or that it holds.

    It is what a function holds of which nothing is known, and which may be called again.
    """
    return list_copied(x)


def own_cotangent(bar: Any, x: Any) -> Any:
    """What a rule gives for the array ``x``, as an array of its own; zeros for None."""
    own = np.zeros_like(x) if bar is None else np.array(bar, dtype=x.dtype)
    if own.shape != x.shape:
        raise ValueError(f"a rule gives shape {own.shape} for an array of shape {x.shape}")
    return own


def own_parts(bar: Any, keys: Any, needed: Any) -> Any:
    """What a rule gives for the parts of a container with these keys, in their order."""
    if bar is None:
        return (None,) * len(keys)
    if isinstance(bar, list | tuple) and (0 in keys or not hasattr(bar, "_fields")):
        found = dict(enumerate(bar) if len(bar) != len(keys) else zip(keys, bar, strict=True))
    else:
        found = bar._asdict() if hasattr(bar, "_asdict") else bar
        found = found if isinstance(found, dict) else vars(found)
    if not set(needed) <= set(found) <= set(keys):
        raise ValueError(f"a rule gives cotangents for {list(found)}, and not for {list(keys)}")
    return tuple(found.get(key) for key in keys)


def shaped(bar: Any, x: Any) -> Any:
    """What a rule gives for the array ``x``, which must have the shape of that."""
    if np.shape(bar) != np.shape(x):
        raise ValueError(f"a rule gives shape {np.shape(bar)} for an array of shape {np.shape(x)}")
    return bar


def of_shape(bar: Any, shape: Any) -> Any:
    """What a rule gives for an array of this shape, which it must have."""
    if np.shape(bar) != shape:
        raise ValueError(f"a rule gives shape {np.shape(bar)} for an array of shape {shape}")
    return bar


def scatter_add(x: Any, index: Any, v: Any) -> Any:
    """Zeros like ``x`` with ``v`` added at ``index``, once for each time an element is named."""
    result = np.zeros_like(x)
    np.add.at(result, index, v)
    return result


def select(mask: Any, v: Any) -> Any:
    """``v`` where ``mask``, zero elsewhere: by selection, so that nan and inf are dropped."""
    return np.where(mask, v, 0)


def masked(mask: Any, v: Any) -> Any:
    """``v`` where ``mask``, zero elsewhere, for a ``v`` that is finite outside the mask too."""
    return np.where(mask, v, 0)


def zero(x: Any) -> Any:
    """The cotangent of ``x`` when nothing depends on it."""
    return np.zeros_like(x)


def cast(v: Any, x: Any) -> Any:
    """``v`` in the dtype of ``x``."""
    return np.asarray(v).astype(np.asarray(x).dtype)


def fresh(v: Any, x: Any) -> Any:
    """``v`` as a gradient of ``x``: same type, dtype and shape, writable, memory of its own."""
    if type(x) in (float, int):
        return float(v)
    if isinstance(x, np.generic):
        return x.dtype.type(v)
    return np.array(np.broadcast_to(v, np.shape(x)), dtype=x.dtype)


def present(x: Any) -> Any:
    """``x``, an array or a number or None, which is not None where the program gets here: it
    raises an exception if it is."""
    return x


def tested(x: Any) -> Any:
    """``x``, an array or a number or None, which the program has found not to be None."""
    return x


def from_cache(x: Any, cache: Any) -> Any:
    """``x``, which a function with a cache has given, and may give again."""
    return x


def detached(v: Any) -> Any:
    """``v`` in memory of its own, or ``v`` itself where nobody can tell."""
    return v.copy()


def apart(v: Any) -> Any:
    """``v``, whose memory what is made of it does not share, as the program has found out."""
    return v


def taken(v: Any) -> Any:
    """``v``, which a loop has carried here, under another name: nobody has it under the old one."""
    return v


def flat_view(x: Any) -> Any:
    """``x.reshape(-1)``, which has to be a view: what is written into it is written into ``x``."""
    return x.reshape(-1)


def instance(cls: Any, /, **attributes: Any) -> Any:
    """An instance of ``cls`` with these attributes, made without its ``__init__``."""
    made = cls.__new__(cls)
    for name, value in attributes.items():
        object.__setattr__(made, name, value)
    return made


def last_writes(x: Any, index: Any) -> Any:
    """Which of the elements that ``x[index] = v`` writes hold afterwards what it wrote there.

    An element that is named more than once keeps what was written last.
    """
    places = np.arange(x.size).reshape(x.shape)[index]
    flat = places.ravel()[::-1]
    last = np.zeros(flat.shape, dtype=bool)
    last[np.unique(flat, return_index=True)[1]] = True
    return last[::-1].reshape(places.shape)


def collect(stack: Any) -> Any:
    """The values that a loop saved, as one array, in an order that is the same for all."""
    return np.array(stack)


def is_active(x: Any) -> bool:
    """Whether a derivative with respect to ``x`` is wanted; decided by the compiler."""
    return True


def refuse(message: str) -> NoReturn:
    """Ends the compilation with an error at the place of the user's operation.

    For the branch of a rule whose derivative is not known.
    """
    raise NotImplementedError(message)


def compile_time(function: F) -> F:
    """Marks a function that the compiler itself runs, on constants, while it inlines a rule."""
    COMPILE_TIME.add(function)
    return function


COMPILE_TIME: set[Callable[..., Any]] = set()
