"""Late work: reminders and escalations."""
