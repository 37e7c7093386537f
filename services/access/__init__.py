"""Who does something."""
