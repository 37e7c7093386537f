"""The lock holds exact versions that pyproject.toml allows, with hashes and nothing else."""

import re
import tomllib
from importlib.metadata import version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import PROJECT

LOCK = (PROJECT / "requirements.lock").read_text()
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+?)(?: ; (.+?))? \\$", re.MULTILINE)


def wanted():
    listed = PYPROJECT["project"]["dependencies"] + PYPROJECT["dependency-groups"]["dev"]
    return [Requirement(line) for line in listed]


def pins():
    """Name → versions, one per marker."""
    found = {}
    for name, pinned, _marker in PIN.findall(LOCK):
        found.setdefault(canonicalize_name(name), []).append(pinned)
    return found


def test_the_lock_satisfies_the_project():
    for requirement in wanted():
        versions = pins()[canonicalize_name(requirement.name)]
        assert all(requirement.specifier.contains(v) for v in versions), requirement


def test_every_line_is_an_exact_version_with_hashes():
    entries = [line for line in LOCK.splitlines() if line and line[0] not in " #"]
    assert len(entries) == sum(map(len, pins().values()))
    assert LOCK.count("--hash=sha256:") >= len(entries)


def test_the_lock_names_no_index_and_no_address():
    for forbidden in ("index-url", "find-links", "://", "file:", "git+"):
        assert forbidden not in LOCK


def test_what_runs_here_is_what_the_lock_says():
    for name in ("prefect", "fastapi", "sqlalchemy", "psycopg", "sqlmodel"):
        assert version(name) in pins()[name]
