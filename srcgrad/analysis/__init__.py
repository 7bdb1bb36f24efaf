"""Facts about an IR program; no analysis changes it."""
