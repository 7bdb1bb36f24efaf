"""The program representation: nodes, types, operations, printer and verifier."""
