"""The keys of dicts, and sets: what is in them varies with nothing that is differentiated."""

from __future__ import annotations

from srcgrad.ir.keys import (
    has_key,
    key_added,
    key_list,
    key_place,
    keys_of,
    less_element,
    next_place,
    set_of,
    with_element,
)
from srcgrad.ir.ops import zero_derivative

zero_derivative([keys_of, key_added, has_key, key_place, next_place, key_list])
zero_derivative([set_of, with_element, less_element])
