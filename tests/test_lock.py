"""The locks hold exact versions that pyproject.toml allows, with hashes and nothing else."""

import re
import tomllib
from importlib.metadata import version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import PROJECT

PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())
GROUPS = PYPROJECT["dependency-groups"]
WANTED = {
    "requirements.lock": PYPROJECT["project"]["dependencies"] + GROUPS["dev"],
    "requirements-mutants.lock": GROUPS["mutants"],
}
LOCKS = {name: (PROJECT / name).read_text() for name in WANTED}
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+?)(?: ; (.+?))? \\$", re.MULTILINE)

locks = pytest.mark.parametrize("lock", LOCKS)


def pins(lock):
    """Name → versions, one per marker."""
    found = {}
    for name, pinned, _marker in PIN.findall(LOCKS[lock]):
        found.setdefault(canonicalize_name(name), []).append(pinned)
    return found


@locks
def test_the_lock_satisfies_the_project(lock):
    for requirement in map(Requirement, WANTED[lock]):
        versions = pins(lock)[canonicalize_name(requirement.name)]
        assert all(requirement.specifier.contains(v) for v in versions), requirement


@locks
def test_every_line_is_an_exact_version_with_hashes(lock):
    entries = [line for line in LOCKS[lock].splitlines() if line and line[0] not in " #"]
    assert len(entries) == sum(map(len, pins(lock).values()))
    assert LOCKS[lock].count("--hash=sha256:") >= len(entries)


@locks
def test_the_lock_names_no_index_and_no_address(lock):
    for forbidden in ("index-url", "find-links", "://", "file:", "git+"):
        assert forbidden not in LOCKS[lock]


def test_what_runs_here_is_what_the_lock_says():
    for name in ("prefect", "fastapi", "sqlalchemy", "psycopg", "sqlmodel"):
        assert version(name) in pins("requirements.lock")[name]


def test_what_makes_mutants_changes_nothing_else():
    """Whoever installs it has the same versions of everything as before."""
    project, mutants = pins("requirements.lock"), pins("requirements-mutants.lock")
    assert {name: project[name] for name in project.keys() & mutants.keys()} == {
        name: mutants[name] for name in project.keys() & mutants.keys()
    }
