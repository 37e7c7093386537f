"""The day's figures."""
