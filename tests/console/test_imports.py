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
