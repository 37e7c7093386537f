"""What waits for people: tasks, gates, lists."""
