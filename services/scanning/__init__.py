"""Scans of goods and bins: what they mean, what they count, and what is told of them."""
