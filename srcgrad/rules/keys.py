"""The keys of dicts, and sets: what is in them varies with nothing that is differentiated."""

from __future__ import annotations

from srcgrad.ir.keys import (
    both,
    both_with,
    either,
    either_with,
    elements_apart,
    elements_kept,
    emptied,
    has_key,
    in_its_order,
    key_added,
    key_list,
    key_place,
    keys_of,
    less,
    less_element,
    less_elements,
    less_popped,
    less_with,
    next_place,
    popped,
    set_of,
    set_of_each,
    union,
    union_with,
    with_element,
    with_elements,
)
from srcgrad.ir.ops import zero_derivative

zero_derivative([keys_of, key_added, has_key, key_place, next_place, key_list])
zero_derivative([set_of, set_of_each, with_element, less_element, with_elements, less_elements])
zero_derivative([elements_kept, elements_apart, emptied, popped, less_popped, in_its_order])
zero_derivative([union, both, less, either, union_with, both_with, less_with, either_with])
