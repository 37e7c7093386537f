"""Pure rules on values: no I/O, no clock, no Prefect, no SQL."""
