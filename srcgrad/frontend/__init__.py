"""From Python source to the lowered dialect of the IR.

:func:`lower` finds the source of a function (:mod:`.source`), refuses what is not supported
(:mod:`.check`), finds out which names each statement reads and assigns (:mod:`.names`), and lowers
statements (:mod:`.statements`, :mod:`.control`, :mod:`.functions`) and expressions
(:mod:`.expressions`).
"""

from srcgrad.frontend.lower import lower
from srcgrad.frontend.source import Source, find

__all__ = ["Source", "find", "lower"]
