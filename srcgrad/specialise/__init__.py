"""From untyped to typed IR: types, calls, containers and iteration are resolved here.

One forward pass walks the lowered program with what is known about every value, inlines callees,
decides branches on constants before entering them, and emits the typed program.
"""
