"""Stock control."""
