"""Source-transformation automatic differentiation for NumPy code."""

from srcgrad.api import grad, register_vjp, value_and_grad, vjp
from srcgrad.errors import (
    AliasingError,
    MutationError,
    NoDerivativeError,
    NoSourceError,
    RuleError,
    SrcgradError,
    SubclassError,
    UnknownTypeError,
    UnsupportedSyntaxError,
)

__version__ = "0.1.0"

__all__ = [
    "AliasingError",
    "MutationError",
    "NoDerivativeError",
    "NoSourceError",
    "RuleError",
    "SrcgradError",
    "SubclassError",
    "UnknownTypeError",
    "UnsupportedSyntaxError",
    "grad",
    "register_vjp",
    "value_and_grad",
    "vjp",
]
