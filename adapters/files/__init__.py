"""Files: reading rows, and writing those that were rejected."""
