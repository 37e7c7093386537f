"""What comes in from files, and what people ask for: checked before anything touches a table."""
