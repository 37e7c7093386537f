"""The steps of the processes: load, decide, save."""
