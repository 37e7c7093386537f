"""Batches: several pickings fetched in one walk, sorted into numbered totes on a cart."""
