"""Importing files on the command line."""

import pytest

from deployments.demo.sample import sample_files
from tests.console.asking import as_json


def test_the_sample_day_imports_and_importing_it_again_changes_nothing(packline):
    for file in sample_files():
        assert as_json(packline("import", file, "--json"))["rejected"] == 0
    for file in sample_files():
        _, out, _ = packline("import", file)
        assert "Nothing changed" in out


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("missing.csv", None, "does not exist"),
        ("empty.csv", b"", "empty"),
        ("latin.csv", "sku,näme".encode("latin-1"), "UTF-8"),
        ("other.csv", b"a,b\n1,2\n", "columns"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_in_one_sentence(
    packline, tmp_path, name, content, sentence
):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    status, _, err = packline("import", tmp_path / name)
    assert status == 1
    assert sentence in err
    assert name in err


def test_a_folder_is_no_file(packline, tmp_path):
    status, _, err = packline("import", tmp_path)
    assert status == 1
    assert "folder" in err


def test_what_a_file_was_taken_for_is_said(packline, tmp_path):
    path = tmp_path / "rates.csv"
    path.write_text("country;rate\nDE;0,19\n", encoding="utf-16")
    _, out, _ = packline("import", path)
    assert "  read as UTF-16 with ; between fields and 12,50 for 12.50" in out.splitlines()
    (note,) = as_json(packline("import", path, "--json"))["notes"]
    assert note.startswith("read as UTF-16")


def test_an_encoding_may_be_named(packline, tmp_path):
    path = tmp_path / "staff.csv"
    path.write_bytes("name,roles\nZoë,packer\n".encode("windows-1252"))
    status, _, err = packline("import", path)
    assert (status, "`packline import --encoding windows-1252` would read 'Zoë'" in err) == (
        1,
        True,
    )
    status, out, _ = packline("import", path, "--encoding", "windows-1252")
    assert (status, "read as Windows-1252" in out) == (0, True)
    status, _, err = packline("import", path, "--encoding", "klingon")
    assert (status, "'klingon' is no encoding that Packline can read" in err) == (1, True)
