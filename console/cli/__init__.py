"""The command `packline`."""
