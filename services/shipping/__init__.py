"""Labels and pickups, looked up."""
