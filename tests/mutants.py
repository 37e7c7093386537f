"""Which small mistakes in the core the tests do not notice: mutmut makes them, one at a time.

    python -m tests.mutants [--sample NUMBER] [--seed NUMBER] [PATH…]

Without a path, all places below are looked at, which takes many hours: give a sample, drawn by
chance. A mistake is noticed when a test fails, or never ends. The others are survivors: their
names are printed, and what they change is in `var/mutants/survivors.diff`, to be read. Some change
nothing that matters.

It works on a copy of the project, with the tests that need no stack. Functions with a decorator are
left out, and so is what stands outside of functions, such as the audit's queries.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path

import psutil
from rich.console import Console

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / "var" / "mutants"
TREE = FOLDER / "packline"
SURVIVORS = FOLDER / "survivors.diff"

PLACES = {
    "domain/*.py": ("tests/domain",),
    "services/*.py": ("tests/tasks", "tests/flows", "tests/services"),
    "tasks/engine/*.py": ("tests/tasks", "tests/flows"),
    "deployments/worker/*.py": ("tests/deployments",),
    "deployments/dispatcher/*.py": ("tests/deployments", "tests/flows/test_holds.py"),
}
"""The core, and the tests that look at it."""

NOTICED = ("killed", "timeout", "segfault", "suspicious")
"""What mutmut says of a mistake after which some test did not pass."""

_MARK = "PACKLINE_MUTANTS"
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_NONE = "none.of.them"
"""A name that no mutant has."""

screen = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Make the mistakes and print which were noticed; 1 when mutmut itself does not work."""
    given = _arguments()
    paths = given.paths or list(PLACES)
    os.environ[_MARK] = uuid.uuid4().hex
    try:
        _copy_project(paths)
        chosen = _choose(_make(), given.sample, random.Random(given.seed))
        _mutmut("run", *chosen, quiet=not screen.is_terminal)
        _report({name: state for name, state in _states().items() if name in chosen})
    except subprocess.CalledProcessError as problem:
        screen.print(f"mutmut ended with {problem.returncode}.\n{_without_spinner(problem.stdout)}")
        return 1
    finally:
        _stop_leftovers()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Which mistakes do the tests not notice?")
    parser.add_argument("--sample", type=int, default=0, help="so many, by chance; 0: all")
    parser.add_argument("--seed", type=int, default=None, help="the same sample again")
    parser.add_argument("paths", nargs="*", help="files of the core, such as domain/tax.py")
    return parser.parse_args()


def _copy_project(paths: Sequence[str]) -> None:
    """All that git knows or would know, with mutmut's settings for these files."""
    shutil.rmtree(TREE, ignore_errors=True)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=PROJECT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, files.split("\0")):
        if (PROJECT / name).is_file():
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, TREE / name)
    shared = PROJECT.parent / "shared"
    if shared.is_dir():  # where the tests look for real data, seen from mutmut's own copy
        (TREE / "shared").symlink_to(shared)
    (TREE / "setup.cfg").write_text(_settings(paths))


def _settings(paths: Sequence[str]) -> str:
    beside = [entry.name for entry in TREE.iterdir() if entry.name not in ("shared", "tests")]
    given: dict[str, Iterable[str | int]] = {
        "source_paths": sorted({path.split("/")[0] for path in paths}),
        "only_mutate": paths,
        "also_copy": sorted(beside),
        "pytest_add_cli_args": ("-m", "not slow and not e2e", "-p", "no:cacheprovider", *_alone()),
        "pytest_add_cli_args_test_selection": sorted(_tests_of(paths)),
        "timeout_constant": [4],
        "timeout_multiplier": [10],
        "use_git_change_detection": ["false"],
    }
    lines = (f"{name} =\n" + "".join(f"    {value}\n" for value in given[name]) for name in given)
    return "[mutmut]\n" + "".join(lines)


def _alone() -> tuple[str, ...]:
    """The tests run in mutmut's own processes, and in no others."""
    return ("-n", "0") if find_spec("xdist") else ()


def _tests_of(paths: Iterable[str]) -> set[str]:
    found = {test for path in paths for test in PLACES.get(path, ())}
    return found | {
        test
        for path in paths
        for place, tests in PLACES.items()
        for test in tests
        if fnmatch(path, place)
    }


def _make() -> list[str]:
    """Make all mistakes, and find out which tests come by where; returns their names.

    mutmut does both before it looks which of them it was asked for.
    """
    screen.print("The tests run once without any mistake.")
    tried = _mutmut("run", _NONE, check=False, quiet=True)
    names = list(_states())
    if not names or "nothing matches" not in tried.stdout:
        raise subprocess.CalledProcessError(tried.returncode, "mutmut run", tried.stdout)
    return names


def _choose(names: list[str], sample: int, chance: random.Random) -> list[str]:
    chosen = chance.sample(names, sample) if 0 < sample < len(names) else names
    screen.print(f"{len(chosen)} of {len(names)} mistakes are tried.")
    return chosen


def _mutmut(
    *what: str, check: bool = True, quiet: bool = False
) -> subprocess.CompletedProcess[str]:
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} if quiet else {}
    program = [sys.executable, "-m", "mutmut", *what]
    return subprocess.run(program, cwd=TREE, check=check, text=True, **output)


def _without_spinner(output: str | None) -> str:
    lines = (output or "").splitlines()
    return "\n".join(line for line in lines if line[:1] not in _SPINNER or not line)


def _states() -> dict[str, str]:
    """What became of each mistake, by its name."""
    lines = _mutmut("results", "--all", "true", quiet=True).stdout.splitlines()
    found = (line.strip().rpartition(": ") for line in lines if "__mutmut_" in line)
    return {name: state for name, _, state in found}


def _report(states: dict[str, str]) -> None:
    noticed = Counter(_module(name) for name, state in states.items() if state in NOTICED)
    tried = Counter(map(_module, states))
    survivors = sorted(name for name, state in states.items() if state not in NOTICED)
    for module in sorted(tried):
        screen.print(f"{_share(noticed[module], tried[module])}  {module}")
    screen.print(f"{_share(noticed.total(), tried.total())}  in all")
    for name in survivors:
        screen.print(f"survived: {name} ({states[name]})")
    SURVIVORS.write_text("\n".join(_mutmut("show", name, quiet=True).stdout for name in survivors))
    if survivors:
        screen.print(f"What they change is in {SURVIVORS.relative_to(PROJECT)}.")


def _module(name: str) -> str:
    return name.rpartition(".")[0]


def _share(noticed: int, tried: int) -> str:
    return f"{noticed / tried:4.0%}  {noticed:4} of {tried:4} noticed"


def _stop_leftovers() -> None:
    """A mistake that never ends is killed, and its Postgres knows nothing of that."""
    for server in _leftovers():
        line = server.cmdline()
        server.kill()
        server.wait(10)
        data = Path(line[line.index("-D") + 1])
        shutil.rmtree(data.parent, ignore_errors=True)


def _leftovers() -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            ours = process.environ().get(_MARK) == os.environ[_MARK]
            if ours and process.name() == "postgres" and "-D" in process.cmdline():
                yield process
        except psutil.Error:
            continue


if __name__ == "__main__":
    sys.exit(main())
