"""One entry per gate: all that Packline knows of it but for what it accepts."""
