"""How it runs: worker, dispatcher, local stack, demo."""
