"""The processes: composition only. Each file reads like the table in the README."""
