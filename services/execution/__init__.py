"""How a step happens once: ledger, events, runs, locks, wake-ups."""
