"""A page of an example says of what it was made, and when it is stale."""

import csv
from pathlib import Path

import compare
import pytest
from example_page import digest_of, stale, with_head

import perdure

EXAMPLES = Path(__file__).parents[2] / "examples"
PAGES = EXAMPLES.parent / "docs" / "examples"

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


def shown(table: str, column: str, **where: str) -> str:
    """One number of a page's table, in per cent."""
    with (PAGES / table).open(encoding="utf-8", newline="") as handle:
        (row,) = [
            row
            for row in csv.DictReader(handle)
            if all(row[name] == value for name, value in where.items())
        ]
    return f"{100 * float(row[column]):.0f}%"


def test_both_pages_say_how_far_their_digitisations_of_one_figure_are_apart() -> None:
    here = {"endpoint": "OS", "reference": "own"}
    nivolumab, ipilimumab = {"arm": "nivolumab", **here}, {"arm": "ipilimumab", **here}
    ici = (
        shown("ici-2019-arms.csv", "value", trial="CheckMate-057", **nivolumab),
        shown("ici-2019-arms.csv", "bound", trial="CA184-095", **ipilimumab),
    )
    kmdata = (
        shown("kmdata-arms.csv", "value", data_set="Checkmate057-1A", **nivolumab),
        shown("kmdata-arms.csv", "bound", data_set="CA184-095-2A", **ipilimumab),
    )
    said = {
        "ici-2019": f"nivolumab {kmdata[0]} there and {ici[0]} here, ipilimumab at most {kmdata[1]}"
        f" there and {ici[1]} here",
        "kmdata": f"nivolumab {ici[0]} there and {kmdata[0]} here, ipilimumab at most {ici[1]}"
        f" there and {kmdata[1]} here",
    }
    for example, sentence in said.items():
        for words in (EXAMPLES / example / f"{example}.md.in", PAGES / f"{example}.md"):
            assert sentence in " ".join(words.read_text(encoding="utf-8").split())


def test_the_page_on_kmdata_says_which_arm_the_slopes_leave_out() -> None:
    with (PAGES / "kmdata-arms.csv").open(encoding="utf-8", newline="") as handle:
        mine = [
            row
            for row in csv.DictReader(handle)
            if (row["endpoint"], row["reference"]) == ("PFS", "trial") and row["value"]
        ]
    zeros = [(row["data_set"], row["arm"]) for row in mine if float(row["value"]) == 0]
    assert zeros == [("TH3RESA-2A", "physicians-choice")]
    words = " ".join((PAGES / "kmdata.md").read_text(encoding="utf-8").split())
    assert f"counts {len(mine) - 1} arms here and {len(mine)} elsewhere" in words
