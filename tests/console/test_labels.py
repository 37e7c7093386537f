"""Labels on the command line: files to be printed."""

import json

from pypdf import PdfReader

from tests.console.asking import at_pickup
from tests.process import execute


def test_labels_are_written_to_be_printed(packline, picking, process, tmp_path):
    number, _ = picking
    assert "has no labels" in packline("labels", number, "--to", tmp_path)[2]
    at_pickup(process, number)
    status, said, _ = packline("labels", number, "--to", tmp_path / "new")
    assert status == 0
    (file,) = (tmp_path / "new").iterdir()
    assert f"order {number}, parcel 1: {file}" in said
    page = PdfReader(file).pages[0]
    assert (float(page.mediabox.width), float(page.mediabox.height)) == (288, 432)
    assert file.stem in page.extract_text().replace(" ", "")
    (told,) = json.loads(packline("labels", number, "--to", tmp_path, "--json")[1])
    assert told["tracking_number"] == file.stem


def test_labels_with_an_address_that_has_changed_are_not_written(
    packline, picking, process, tmp_path
):
    number, _ = picking
    at_pickup(process, number)
    execute("UPDATE shipment SET address_changed = true")
    assert "being replaced" in packline("labels", number, "--to", tmp_path)[2]
    assert not list(tmp_path.iterdir())


def test_a_folder_that_takes_no_labels_is_named(packline, picking, process, tmp_path):
    number, _ = picking
    at_pickup(process, number)
    (tmp_path / "taken").write_text("a file")
    status, _, said = packline("labels", number, "--to", tmp_path / "taken")
    assert status == 1
    assert f"cannot be written to {tmp_path / 'taken'} (File exists): give another folder" in said
    assert "no order 9" in packline("labels", 9)[2]
