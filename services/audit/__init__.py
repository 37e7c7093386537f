"""Whether all that must always hold does."""
