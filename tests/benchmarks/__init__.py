"""Measurements that take minutes: each is run as `python -m tests.benchmarks.NAME`."""
