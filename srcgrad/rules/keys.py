"""The keys of dicts: which there are varies with nothing that is differentiated."""

from __future__ import annotations

from srcgrad.ir.keys import has_key, key_added, key_list, key_place, keys_of, next_place
from srcgrad.ir.ops import zero_derivative

zero_derivative([keys_of, key_added, has_key, key_place, next_place, key_list])
