"""The warm worker."""
