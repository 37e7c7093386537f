"""A plugin for pytest: cases are collected, handed out to processes and named, and none is run."""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    pytest.skip("only handed out")
