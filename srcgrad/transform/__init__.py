"""IR to IR: reverse mode, and the passes that make programs lean."""
