"""What holds the variables that a function shares with functions in it, which assign them."""

from __future__ import annotations


class Shared:
    """The variables of one call of the function ``owner``; those without a value are not there."""

    owner = ""


def shared_by(owner: str) -> type[Shared]:
    """The class of what holds the variables of a function."""
    return type("Shared", (Shared,), {"owner": owner})
