"""Gradients as an expert writes them by hand: what generated code is measured against.

Each returns what srcgrad's gradient of the same function returns: fresh arrays in the structure of
the arguments, and Python floats for Python floats.  They do what a person who wants speed does,
and stay the adjoints of the programs as these were written: nested expressions, work in place on
arrays that nobody else holds, nothing computed that the gradient does not need, known shapes, no
checks.
"""
