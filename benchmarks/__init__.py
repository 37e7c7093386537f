"""Measuring Packline on stacks of its own."""
