"""Every code block of the documentation runs, and prints what its page shows."""

import csv
import re
from pathlib import Path

import pytest
from in_short import SUMMARIES, with_summary

import perdure
from pages import DOCS, PAGES, assert_printed, blocks_of, run_page

SLOW = {"tutorial.md"}
"""Pages that read figures."""


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=[pytest.mark.slow] * (page in SLOW)) for page in PAGES]
)
def test_every_block_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page(page, tmp_path)
    if page == "tutorial.md":
        assert_birch_as_told(tmp_path / "my-study/results")


def assert_birch_as_told(results: Path) -> None:
    """Assert that the page on references says of the tutorial's trial what its run found."""
    told = (DOCS / "explanation/references.md").read_text(encoding="utf-8")
    arms = {(row["arm"], row["reference"]): row for row in rows_of(results / "estimates.csv")}
    for arm, label in (("pembro", "pembrolizumab"), ("chemo", "chemotherapy")):
        cells = [
            f"{100 * float(arms[arm, name]['proportion']):.1f}%" for name in ("own", "control")
        ]
        assert f"| {label} | {cells[0]} | {cells[1]} |" in told
    pairs = {row["reference"]: row for row in rows_of(results / "contrasts.csv")}
    cells = []
    for name in ("own", "control"):
        value, low, high = (
            f"{100 * float(pairs[name][key]):+.1f}".replace("-", "−")
            for key in ("difference", "ci_low", "ci_high")
        )
        cells.append(f"{value} ({low} to {high})")
    assert f"| difference, points | {cells[0]} | {cells[1]} |" in told


def rows_of(table: Path) -> list[dict[str, str]]:
    """Return the rows of Birch's OS."""
    with table.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["trial"] == "BIRCH"]


def test_notes_that_are_explained_are_said() -> None:
    """Each note of the page stands in the source, where its string may be broken over lines."""
    source = "".join(path.read_text("utf-8") for path in (DOCS.parent / "src").rglob("*.py"))
    whole = re.sub(r'"\s*\n\s*f?"', "", source)
    rows = re.findall(r"^\| `([^`]+)` \|", (DOCS / "how-to/notes.md").read_text("utf-8"), re.M)
    assert len(rows) > 15
    assert [note for note in rows if note not in whole] == []


def test_every_fence_is_a_block() -> None:
    for page in PAGES:
        fences = re.findall(r"^\s*(?:```|~~~)", (DOCS / page).read_text("utf-8"), re.MULTILINE)
        assert len(fences) == 2 * len(blocks_of(page)), f"{page}: a fence that the test cannot see"


def test_links_lead_somewhere_where_pages_are_read_as_text() -> None:
    """In the repository too, where what `make docs` makes is not."""
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#\s]+)", (DOCS / page).read_text("utf-8")):
            if not re.match(r"\w+:", link):
                assert ((DOCS / page).parent / link).exists(), f"{page}: {link}"


def test_what_is_shown_must_be_printed() -> None:
    assert_printed("one\n...\nthree ... five\n", "zero\none\nthree four five\n", "here")
    with pytest.raises(AssertionError, match="is not in"):
        assert_printed("three\n", "three four five\n", "here")


def test_the_version_to_cite_is_this_one() -> None:
    assert f"\nversion: {perdure.__version__}\n" in (DOCS.parent / "CITATION.cff").read_text(
        "utf-8"
    )
    assert f"Version {perdure.__version__}." in (DOCS / "cite.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("shown", "truth"),
    [
        ("alder.pdf", "d24_base.pdf"),
        ("birch.png", "d31_ggplot_classic.png"),
        ("cedar.jpg", "d06_nejm.jpg"),
    ],
)
def test_figures_of_the_tutorial_are_those_with_known_truth(shown: str, truth: str) -> None:
    known = Path(__file__).parents[1] / "digitise" / "figures" / truth
    assert (DOCS / "tutorial" / shown).read_bytes() == known.read_bytes()


VALIDATION = DOCS.parent / "validation"


def test_every_validation_page_has_a_summary() -> None:
    assert set(SUMMARIES) == {page.stem for page in VALIDATION.glob("*.md")}


@pytest.mark.parametrize("name", SUMMARIES)
def test_a_summary_says_what_its_page_says(name: str) -> None:
    text = (VALIDATION / f"{name}.md").read_text(encoding="utf-8")
    assert with_summary(name, text) == text
