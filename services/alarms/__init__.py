"""Services outside: who is out, since when, and whom it concerns."""
