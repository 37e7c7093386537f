"""A day of an invented shop."""
