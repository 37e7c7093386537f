"""Who is at a page: from a cookie to an actor."""
