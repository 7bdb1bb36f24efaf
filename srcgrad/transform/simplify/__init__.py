"""The simplifier: small passes over the typed IR, each a function."""
