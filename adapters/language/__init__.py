"""Sentences in the reader's language, from the catalogue. How to translate: `extraction`."""
