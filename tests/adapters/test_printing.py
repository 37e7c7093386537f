"""Printing by a command of the machine."""

import sys

import pytest

from adapters.printing import BadPrintCommand, PrintCommand

PDF = b"%PDF-1.7 \x00\xff"
SECONDS = 20


def python(code: str, *words: str) -> str:
    return " ".join([sys.executable, "-c", f'"{code}"', *words])


def test_the_command_gets_the_paper_at_its_standard_input(tmp_path):
    code = f"import sys; open('{tmp_path}/out', 'wb').write(sys.stdin.buffer.read())"
    printed = PrintCommand(python(code)).run(PDF, "a.pdf", seconds=SECONDS)
    assert (printed.exit_status, printed.said) == (0, "")
    assert (tmp_path / "out").read_bytes() == PDF


def test_or_as_a_file_that_is_gone_afterwards(tmp_path):
    code = (
        f"import sys, shutil; shutil.copy(sys.argv[1], '{tmp_path}/out');"
        f" open('{tmp_path}/name', 'w').write(sys.argv[1])"
    )
    assert PrintCommand(python(code, "{file}")).run(PDF, "a.pdf", seconds=SECONDS).exit_status == 0
    assert (tmp_path / "out").read_bytes() == PDF
    name = (tmp_path / "name").read_text()
    assert name.endswith("/a.pdf")
    with pytest.raises(FileNotFoundError):
        open(name)  # noqa: SIM115


def test_what_went_wrong_is_its_status_and_first_line():
    code = "import sys; print('lp: no such printer\\nmore', file=sys.stderr); sys.exit(3)"
    printed = PrintCommand(python(code)).run(PDF, "a.pdf", seconds=SECONDS)
    assert (printed.exit_status, printed.said) == (3, "lp: no such printer")
    printed = PrintCommand("false").run(PDF, "a.pdf", seconds=SECONDS)
    assert (printed.exit_status, printed.said) == (1, "false ended with status 1")


def test_a_command_that_is_not_there_or_does_not_end_has_no_status():
    printed = PrintCommand("/no/such/lp").run(PDF, "a.pdf", seconds=SECONDS)
    assert (printed.exit_status, printed.said) == (None, "/no/such/lp: No such file or directory")
    printed = PrintCommand("sleep 60").run(PDF, "a.pdf", seconds=0.2)
    assert (printed.exit_status, printed.said) == (None, "sleep did not end in 0.2 seconds")


def test_a_command_that_reads_nothing_is_none_of_our_trouble():
    assert PrintCommand("true").run(PDF * 100_000, "a.pdf", seconds=SECONDS).exit_status == 0


def test_no_secret_is_in_its_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("PACKLINE_SECRET_KEY", "x" * 40)
    code = f"import os; open('{tmp_path}/out', 'w').write(' '.join(os.environ))"
    PrintCommand(python(code)).run(PDF, "a.pdf", seconds=SECONDS)
    assert "PACKLINE" not in (tmp_path / "out").read_text()


@pytest.mark.parametrize("command", ["", "  ", "lp -d 'Zebra"])
def test_what_is_no_command_is_refused(command):
    with pytest.raises(BadPrintCommand):
        PrintCommand(command)
