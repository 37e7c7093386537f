"""Tests run side by side, and those with a whole stack do so in one process."""

import re
import subprocess
import sys
from pathlib import Path

from deployments.stack.ports import free_port
from tests.conftest import PROJECT, WITH_A_STACK

STARTS_A_STACK = re.compile(r"\bStack\(|\b_stack\b|\bprocesses_of\(|\"console\", \"(demo|bench)\"")
"""What a module of tests says that starts a stack or shares one."""


def test_every_case_with_a_stack_lies_where_it_is_kept_with_the_others(request):
    for item in request.session.items:
        if item.get_closest_marker("e2e") or "_stack" in getattr(item, "fixturenames", ()):
            assert item.nodeid.startswith(WITH_A_STACK)


def test_every_module_that_starts_a_stack_says_so_and_lies_there_too():
    modules = [path for path in (PROJECT / "tests").rglob("test_*.py") if path != Path(__file__)]
    starting = [path for path in modules if STARTS_A_STACK.search(path.read_text())]
    assert len(starting) > 3
    for path in starting:
        assert "pytest.mark.e2e" in path.read_text(), path
        assert path.relative_to(PROJECT).as_posix().startswith(WITH_A_STACK)


def test_one_process_gets_all_cases_with_a_stack_and_begins_with_them():
    """Two processes collect a few modules, and say what they were given."""
    with_a_stack = [f"tests/e2e/test_{name}.py" for name in ("bench", "demo", "replay")]
    handed_out = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "tests.nothing_runs", "-n", "2",
         "-m", "slow or not slow", "tests/domain/test_places.py", *with_a_stack],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    given = re.findall(r"^\[(gw\d)\] .*SKIPPED (\S+::.+?) *$", handed_out, re.MULTILINE)
    stacked = [worker for worker, case in given if case.startswith(WITH_A_STACK)]
    others = {worker for worker, case in given if not case.startswith(WITH_A_STACK)}
    assert len(stacked) > 5, handed_out
    assert len(set(stacked)) == 1
    assert others - set(stacked)
    first = next(case for worker, case in given if worker == stacked[0])
    assert first.startswith(WITH_A_STACK)


def test_a_port_is_given_to_one_process_only():
    port = free_port()
    program = f"from deployments.stack.ports import free_port; print(free_port({port}))"
    other = subprocess.check_output([sys.executable, "-c", program], cwd=PROJECT, text=True)
    assert int(other) != port
    assert free_port(port) == port
