"""What people look at: the stages of a compilation."""
