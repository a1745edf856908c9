"""A report's other formats go with its page: written again with it, never over what was edited."""

import json
from pathlib import Path

import pytest

from perdure.errors import InputError
from perdure.pipeline import run


def test_a_format_stays_and_is_written_again_with_the_page(done_study: Path) -> None:
    book = done_study / "report" / "tables.xlsx"
    summary = run(done_study, formats=["xlsx"])
    assert summary.documents == (book,)
    assert not run(done_study, formats=["html", "xlsx"]).stale
    before = book.read_bytes()
    arms = done_study / "arms.csv"
    arms.write_text(arms.read_text().replace("New drug", "Newer drug"))
    assert run(done_study).stale
    assert book.read_bytes() != before
    outputs = json.loads((done_study / "results" / "provenance.json").read_text())["outputs"]
    assert "report/tables.xlsx" in outputs


def test_a_document_that_was_edited_is_not_lost(done_study: Path) -> None:
    run(done_study, formats=["xlsx"])
    book = done_study / "report" / "tables.xlsx"
    book.write_bytes(b"edited")
    with pytest.raises(InputError, match="was edited after perdure wrote it"):
        run(done_study)
    assert book.read_bytes() == b"edited"
    book.rename(done_study / "mine.xlsx")
    run(done_study)
    assert not book.exists()
