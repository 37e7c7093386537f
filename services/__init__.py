"""What Packline does, for whoever asks: steps, console, dispatcher. No Prefect here."""
