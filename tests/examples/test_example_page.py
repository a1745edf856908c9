"""A page of an example says of what it was made, and when it is stale."""

from pathlib import Path

import compare
import pytest
from example_page import digest_of, stale, with_head

import perdure

WORDS = "# Title\n\nTwo arms.\n\n| a | b |\n"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A page of a table, with its text."""
    (tmp_path / "arms.csv").write_text("arm\na\n", encoding="utf-8")
    page = tmp_path / "page.md"
    text = with_head(WORDS, digest_of(tmp_path, ("arms.csv",)))
    page.write_text(text, encoding="utf-8")
    return page


def test_a_page_is_fresh_until_its_table_its_results_or_the_version_change(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = digest_of(made.parent, ("arms.csv",))
    assert stale(made, digest, WORDS) == []
    assert stale(made, digest, WORDS.replace("Two", "Three")) == [
        "the results are others than those of the page"
    ]
    (made.parent / "arms.csv").write_text("arm\nb\n", encoding="utf-8")
    (reason,) = stale(made, digest_of(made.parent, ("arms.csv",)))
    assert reason.startswith("the example's tables have changed since 2")
    monkeypatch.setattr(perdure, "__version__", "99.0")
    (reason,) = stale(made, digest)
    assert reason.endswith("this is 99.0")


def test_no_page_and_a_page_of_unknown_origin_are_stale(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    assert stale(page, "0" * 16) == ["there is no page yet"]
    page.write_text("# Title\n", encoding="utf-8")
    assert stale(page, "0" * 16) == ["the page does not say how it was made"]


def test_the_page_of_ici_2019_is_of_its_inputs() -> None:
    assert stale(compare.PAGE, digest_of(compare.HERE, compare.INPUTS)) == []
