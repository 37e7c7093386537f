"""The processes, played without Prefect's server."""

from tests.process import process

__all__ = ["process"]
