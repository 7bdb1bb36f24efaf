"""Derivatives of the compiler's own operations, for derivatives of derivatives."""

from __future__ import annotations

from typing import Any

from srcgrad.ir import intrinsics
from srcgrad.ir.intrinsics import cast, expand, select, unbroadcast
from srcgrad.ir.ops import vjp, zero_derivative


@vjp(intrinsics.expand)
def expand_(y_bar: Any, y: Any, v: Any, x: Any) -> Any:
    return unbroadcast(y_bar, v)


@vjp(intrinsics.unbroadcast)
def unbroadcast_(y_bar: Any, y: Any, v: Any, x: Any) -> Any:
    return expand(y_bar, v)


@vjp(intrinsics.scatter_add)
def scatter_add_(y_bar: Any, y: Any, x: Any, index: Any, v: Any) -> Any:
    return None, None, y_bar[index]


@vjp(intrinsics.select)
def select_(y_bar: Any, y: Any, mask: Any, v: Any) -> Any:
    return None, unbroadcast(select(mask, y_bar), v)


@vjp(intrinsics.cast)
def cast_(y_bar: Any, y: Any, v: Any, x: Any) -> Any:
    return cast(y_bar, v)


@vjp(intrinsics.fresh)
def fresh_(y_bar: Any, y: Any, v: Any, x: Any) -> Any:
    return cast(y_bar, v)


@vjp(intrinsics.present, intrinsics.tested, intrinsics.copied)
def present_(y_bar: Any, y: Any, x: Any) -> Any:
    return y_bar


@vjp(intrinsics.detached, intrinsics.apart)
def detached_(y_bar: Any, y: Any, v: Any) -> Any:
    return y_bar


zero_derivative([intrinsics.zero, intrinsics.join_text, intrinsics.is_active])
