"""What Packline keeps: tables, enums, the forms people fill in, and the results of steps."""
