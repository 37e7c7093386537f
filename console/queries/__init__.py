"""What people look up: the rows behind each list, as plain values, each from one query."""
