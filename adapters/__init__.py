"""The outside world: settings, database, mail, carriers, documents, Prefect's API."""
