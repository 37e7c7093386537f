"""Stock that comes in, is found wrong, moves or is counted."""
