"""What people fill in at the gates of the process."""
