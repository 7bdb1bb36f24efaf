"""The operations of the hand-built programs are declared for every test here."""

from tests.backend.building import operations

__all__ = ["operations"]
