"""Local derivatives, one module for each area of NumPy."""
import srcgrad.rules.metadata, srcgrad.rules.elementwise, srcgrad.rules.scalars, srcgrad.rules.powers, srcgrad.rules.reductions, srcgrad.rules.products
