"""Paper: packing slips, pick lists, and the printers that they go to."""
