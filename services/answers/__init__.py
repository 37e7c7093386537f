"""People's answers: taken, checked, and what they change."""
