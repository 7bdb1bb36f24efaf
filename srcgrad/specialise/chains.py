"""Linked lists that a loop makes: ``head = Node(v, head)``, where data tell how many there are.

A node leads to one more of its class, and that to another.  What is behind the first one is a
chain, a list of unknown length: of what is in each node but for the one that it leads to, the last
node first.  So ``Node(v, head)`` appends to that list, and ``node.next`` is a node with what is
last in it, and with the list without that, or None where there is nothing in it.  Such a node has
no identity: it may be read, and not be changed.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir import lists as ops
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.records import Record, can_be_record
from srcgrad.ir.types import NEVER, Known, ListOf, PackType, Type
from srcgrad.specialise import compiled, lists, objects, perhaps
from srcgrad.specialise.carried import Entry, as_anew
from srcgrad.specialise.carried_shapes import Anew, Carried, Fixed, Perhaps, Shape, Tree
from srcgrad.specialise.heap import Heap
from srcgrad.specialise.values import PartialOf, PerhapsOf, Ref, Value, is_undefined

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


class Link(Record):
    """What is in a node of the class ``of()`` with the attributes ``names``, but for the one that
    it leads to by its attribute ``by``."""

    __slots__ = ()
    names: ClassVar[tuple[str, ...]] = ()
    by: ClassVar[str] = ""


_KINDS: weakref.WeakKeyDictionary[type, dict[tuple[tuple[str, ...], str], type[Link]]]
_KINDS = weakref.WeakKeyDictionary()


def _link_of(cls: type, names: tuple[str, ...], by: str) -> type[Link]:
    kinds = _KINDS.setdefault(cls, {})
    if (names, by) not in kinds:
        fields = tuple(name for name in names if name != by)
        content = {"_fields": fields, "of": weakref.ref(cls), "names": names, "by": by}
        kinds[names, by] = type(cls.__name__, (Link,), {"__slots__": (), **content})
    return kinds[names, by]


def kind_of(value: Value) -> type[Link] | None:
    """The class of what is in the nodes of a chain; None of what is none."""
    return _kind_in(value.type) if isinstance(value, Var) else None


def _kind_in(type_: Type) -> type[Link] | None:
    item = type_.item if isinstance(type_, ListOf) else None
    is_link = isinstance(item, PackType) and issubclass(item.kind, Link)
    return item.kind if is_link else None  # type: ignore[union-attr]


def is_chain(type_: Type) -> bool:
    return _kind_in(type_) is not None


def refuse(parts: Iterable[Value], loc: Loc) -> None:
    """Refuses a node with these parts, if it leads to a chain, where it would have to be there when
    the program runs."""
    kind = next(filter(None, map(kind_of, parts)), None)
    if kind is not None:
        message = f"a {kind.__name__} that leads to others, of which data tell how many there are, "
        message += "goes where it cannot be followed"
        raise UnsupportedSyntaxError(message, loc, "pass on lists of what is in them")


# --- reading --------------------------------------------------------------------------------------


def opened(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """The first node of a chain, or None where there is none; what is no chain stays as it is."""
    if kind_of(value) is None:
        return value
    return compiled.run(sp, _first, (value, Const(ops.list_without_last), Const(_made)), loc)


def _first(links: Any, shorter: Any, made: Any) -> Any:
    if len(links):
        return made(links[-1], shorter(links))
    return None


def _made(link: Any, others: Any) -> Any:
    """The node with what is in ``link``, and which leads to ``others``; made by the compiler."""


def _make(sp: Specialiser, args: Any, kwargs: Any, loc: Loc, name: str) -> Value | None:
    link, others = args
    kind = kind_of(others)
    assert kind is not None
    cls = kind.of()
    assert isinstance(link, Pack)
    assert cls is not None
    found = {**dict(zip(link.keys, link.items, strict=True)), kind.by: others}
    pack = Pack(cls, tuple(found[n] for n in kind.names), () if cls is tuple else kind.names)
    if cls is tuple or objects.is_frozen(cls):
        return pack
    ref = sp.heap.make(pack)
    sp.heap.seal(ref)
    return ref


# --- making ---------------------------------------------------------------------------------------


def closed(sp: Specialiser, kind: type[Link], value: Value, loc: Loc) -> Operand:
    """A node, or None, as the chain that begins with it."""
    if kind_of(value) is kind or is_undefined(value):
        assert isinstance(value, Var | Const)
        return value
    if perhaps.is_none(value):
        return _empty(sp, kind, loc)
    if isinstance(value, PerhapsOf):
        ways = (value.content, Const(None))
        made = (PartialOf(Const(_closed), (Const(kind), way), {}) for way in ways)
        chain = compiled.run(sp, _closed_if, (value.there, *made), loc)
        assert isinstance(chain, Var)
        return chain
    sp.heap.seal(value)
    pack = sp.heap.view(value)
    if not isinstance(pack, Pack) or not _is_node(pack, kind):
        message = f"what a {kind.__name__} leads to is not always a {kind.__name__}, or None"
        raise UnsupportedSyntaxError(message, loc, "append to a list, and loop over that")
    found = dict(zip(_names(pack), pack.items, strict=True))
    others = closed(sp, kind, found.pop(kind.by), loc)
    items = tuple(lists.element(sp, found[name], loc) for name in kind._fields)
    link = Pack(kind, items, kind._fields)
    return sp.builder.apply(ops.list_append, (others, link), (), loc)


def _is_node(pack: Pack, kind: type[Link]) -> bool:
    return pack.kind is kind.of() and set(_names(pack)) == set(kind.names)


def _closed_if(there: Any, close: Any, empty: Any) -> Any:
    if there:
        return close()
    return empty()


def _closed(kind: Any, value: Any) -> Any:
    """A node as the chain that begins with it; made by the compiler."""


def _close(sp: Specialiser, args: Any, kwargs: Any, loc: Loc, name: str) -> Value | None:
    return closed(sp, args[0].value, args[1], loc)


def _empty(sp: Specialiser, kind: type[Link], loc: Loc) -> Var:
    """The chain without a node."""
    made = sp.builder.apply(ops.as_list, (Pack(list, ()),), (), loc)
    assert isinstance(made, Var)
    made.type = ListOf(PackType(kind, (NEVER,) * len(kind._fields), kind._fields), 0)
    return made


CHAINS: dict[Any, Any] = {_made: _make, _closed: _close}


# --- where values meet ----------------------------------------------------------------------------


def differ(a: Any, b: Any) -> bool:
    """Whether two nodes lead to others, one of them to a chain."""
    return _kind_for(a, b) is not None


def _kind_for(a: Any, b: Any) -> type[Link] | None:
    """The class of the links of the chain to which one of two nodes leads."""
    if not isinstance(a, Pack) or not isinstance(b, Pack) or a.kind is not b.kind:
        return None
    for pack, other in ((a, b), (b, a)):
        for name, item in zip(_names(pack), pack.items, strict=True):
            kind = kind_of(item)
            if kind is not None and name in _names(other):
                apart = other.items[_names(other).index(name)]
                if kind_of(apart) is None and not is_undefined(apart):
                    return kind
    return None


def alike(sp: Specialiser, pack: Pack, loc: Loc, kind: type[Link]) -> Pack:
    """What is in a node, as it is in one that leads to a chain."""
    at = _names(pack).index(kind.by)
    items = list(pack.items)
    items[at] = closed(sp, kind, items[at], loc)
    return Pack(pack.kind, tuple(items), pack.keys)


def kind_for(a: Any, b: Any) -> type[Link]:
    found = _kind_for(a, b)
    assert found is not None
    return found


# --- loops ----------------------------------------------------------------------------------------


def carried(
    sp: Specialiser,
    shape: Shape,
    value: Value,
    name: str,
    loc: Loc,
    entry: Entry,
    is_new: bool = False,
) -> Shape:
    """``shape``, of a node that leads to one more after each trip, as one that leads to a chain.

    What a trip puts into an object that was there is no growth: ``is_new`` says that the trip has
    made the node in which ``value`` is.
    """
    if entry.unrollable or entry.countable or is_undefined(value):
        return shape
    if isinstance(shape, Perhaps):
        _, content = perhaps.parts(value, Const(None), shape.kind)
        inside = carried(sp, shape.content, content, name, loc, entry)
        return shape if inside is shape.content else replace(shape, content=inside)
    anew = as_anew(shape, value, name, loc, entry)
    if isinstance(anew, Anew) and isinstance(value, Ref):
        if entry.heap.is_from(value, entry.before):
            return shape  # a walk along objects that were there: unrolled, it has an end
        content = entry.heap.contents[value]
        inside = carried(sp, anew.content, content, name, loc, entry.inside, is_new=True)
        return shape if inside is anew.content else replace(anew, content=inside)
    if not isinstance(shape, Tree) or not isinstance(value, Pack) or value.kind is not shape.kind:
        return shape
    if value.keys != shape.keys or len(value.items) != len(shape.items):
        return shape
    is_new = is_new or shape.kind is tuple or objects.is_frozen(shape.kind)
    items = list(shape.items)
    for i, (old, new) in enumerate(zip(shape.items, value.items, strict=True)):
        if isinstance(old, Carried) and is_chain(old.type) and kind_of(new) is None:
            items[i] = replace(old)  # from the next trip on, it is carried as the chain that it is
        elif (
            is_new and _leads_on(entry.heap, old, new, shape.kind) and _is_alike(new, len(items), i)
        ):
            kind = _link_of(shape.kind, _names(value), _names(value)[i])
            first = lists.first_of(old)
            init = _empty(sp, kind, loc) if is_undefined(first) else closed(sp, kind, first, loc)
            items[i] = Carried(init, _empty(sp, kind, loc).type, name)
            break
        else:
            items[i] = carried(sp, old, new, name, loc, entry.inside)
    same = all(old is new for old, new in zip(shape.items, items, strict=True))
    return shape if same else Tree(shape.kind, shape.keys, tuple(items))


def _names(pack: Pack) -> tuple[str, ...]:
    """The attributes of a node, or the places in a tuple."""
    return tuple(map(str, pack.keys or range(len(pack.items))))


def _leads_on(heap: Heap, shape: Shape, value: Value, cls: type) -> bool:
    """Whether what a loop carries in a node of a class is None or a node of it, and now is one that
    leads to more of them."""
    if not can_be_record(cls) and cls is not tuple:
        return False
    if isinstance(shape, Fixed):
        is_none = perhaps.is_none(shape.value) or is_undefined(shape.value)
    elif isinstance(shape, Carried):
        is_none = shape.type == Known(None)
    else:
        inside = shape.content if isinstance(shape, Perhaps) else shape
        is_none = isinstance(inside, Anew | Tree) and inside.kind is cls
    inner = value.content if isinstance(value, PerhapsOf) else value
    is_node = isinstance(inner, Ref | Pack) and inner.kind is cls
    return is_none and is_node and _depth(heap, inner, cls) > _depth_of(shape, heap, cls)


def _depth(heap: Heap, value: Value, cls: type, around: tuple[Value, ...] = ()) -> int:
    """How many nodes of a class there are one behind the other, as far as is known."""
    value = value.content if isinstance(value, PerhapsOf) else value
    if value in around or not isinstance(value, Ref | Pack) or value.kind is not cls:
        return 0
    content = heap.contents[value] if isinstance(value, Ref) else value
    parts = content.items if isinstance(content, Pack) else ()
    return 1 + max((_depth(heap, part, cls, (*around, value)) for part in parts), default=0)


def _depth_of(shape: Shape, heap: Heap, cls: type) -> int:
    """The same of what a loop carries."""
    if isinstance(shape, Fixed):
        return _depth(heap, shape.value, cls)
    if isinstance(shape, Perhaps | Anew):
        return _depth_of(shape.content, heap, cls)
    if not isinstance(shape, Tree) or shape.kind is not cls:
        return 0
    return 1 + max((_depth_of(item, heap, cls) for item in shape.items), default=0)


def _is_alike(value: Value, count: int, at: int) -> bool:
    """Whether what a tuple leads to is a tuple of as many elements, which leads to another or to
    None by the same one; nodes of a class are alike."""
    inner = value.content if isinstance(value, PerhapsOf) else value
    if not isinstance(inner, Pack) or inner.kind is not tuple:
        return True
    if len(inner.items) != count:
        return False
    last: Value = inner.items[at]
    if isinstance(last, PerhapsOf):
        last = last.content
    is_tuple = isinstance(last, Pack) and last.kind is tuple
    return is_tuple or perhaps.is_none(last) or is_undefined(last) or kind_of(last) is not None


def fitted(sp: Specialiser, shape: Carried, value: Value, loc: Loc) -> Value:
    """What a trip carries on as a chain, if the loop carries one."""
    kind = _kind_in(shape.type)
    return value if kind is None else closed(sp, kind, value, loc)
