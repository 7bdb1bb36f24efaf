"""The operations of the hand-built programs are declared for every test here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from building import operations  # noqa: E402

__all__ = ["operations"]
