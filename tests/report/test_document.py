"""The page is whole, says what the records say, and needs nothing but itself."""

import csv
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from perdure.errors import OutputError
from perdure.records import ArmEstimate, NotEstimable, Proportion, Reference, Results
from perdure.report import write_report
from perdure.report.findings import Findings
from perdure.report.tables import file_name
from perdure.study import Study

VOID = {"meta", "img", "br", "link", "hr", "input"}
SVG = "{http://www.w3.org/2000/svg}"


class Page(HTMLParser):
    """Reads a page, refuses tags that do not nest, and keeps what tests ask for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.headings: list[int] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        assert len(attributes) == len(attrs), f"an attribute twice in {tag}"
        self.tags.append((tag, attributes))
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> in the wrong place"

    def handle_data(self, data: str) -> None:
        if "style" in self.open or "script" in self.open:
            return
        self.words.append(data)
        if "td" in self.open or "th" in self.open:
            self.tables[-1][-1][-1] += data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def table(self, *heads: str) -> list[list[str]]:
        """The first table that has these heads."""
        return next(rows for rows in self.tables if set(heads) <= set(rows[0]))


def study_of(findings: Findings) -> Study:
    return Study(Path(), findings.settings, findings.trials, (), (), ())


def written(findings: Findings, folder: Path) -> Path:
    return write_report(study_of(findings), findings.results, folder).parent


@pytest.fixture(scope="module")
def folder(findings: Findings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(findings, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def source(folder: Path) -> str:
    return (folder / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(source: str) -> Page:
    return Page(source)


def test_nothing_is_loaded_from_anywhere(page: Page, source: str) -> None:
    for tag, attributes in page.tags:
        for name in ("src", "srcset", "data", "poster", "background"):
            assert attributes.get(name, "data:").startswith("data:")
        assert tag not in ("link", "iframe", "object", "embed", "base", "form")
        if tag == "script":  # what they are is tested in test_interactive.py
            assert set(attributes) <= {"type", "id"}
        if "href" in attributes:
            assert tag == "a"
    assert "@import" not in source
    assert "url(" not in re.sub(r'src="data:[^"]*"', "", source)


def test_commas_stand_between_references_and_not_before_one(source: str) -> None:
    assert "sup::before" not in source
    assert source.count("<sup><a") > 3
    before = [source[place.start() - 6 : place.start()] for place in re.finditer("<sup>,", source)]
    assert before
    assert set(before) == {"</sup>"}


def test_links_lead_somewhere_and_ids_are_unique(page: Page, folder: Path) -> None:
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert [name for name, times in Counter(ids).items() if times > 1] == []
    for tag, attributes in page.tags:
        address = attributes.get("href", "")
        if tag == "a" and address.startswith("#"):
            assert address[1:] in ids
        elif tag == "a" and not address.startswith("https://doi.org/10."):
            assert (folder / unquote(address)).is_file()
        if "aria-labelledby" in attributes:
            assert attributes["aria-labelledby"] in ids


def test_can_be_read_without_eyes(page: Page) -> None:
    first = page.tags[0]
    assert first[0] == "html"
    assert first[1]["lang"] == "en-GB"
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    for one, after in zip(page.headings, page.headings[1:], strict=False):
        assert after <= one + 1
    for tag, attributes in page.tags:
        if tag == "img":
            assert len(attributes["alt"]) > 20
        if tag == "th":
            assert attributes["scope"] in ("col", "row", "rowgroup")


def test_no_broken_number_reaches_the_page(page: Page, folder: Path) -> None:
    said = page.text + " ".join(attributes.get("alt", "") for _, attributes in page.tags)
    said += " ".join(
        text.text or ""
        for path in (folder / "figures").glob("*.svg")
        for text in ET.parse(path).iter(f"{SVG}text")
    )
    for word in ("nan", "None", "inf", "NaN", "Undefined"):
        assert re.search(rf"(?<![\w-]){word}(?![\w-])", said) is None
    assert "-0.0" not in said
    cells = [cell for table in page.tables for row in table for cell in row]
    assert not [cell for cell in cells if re.fullmatch(r".*\d\.\d{4,}\D*", cell)]


def test_labels_are_text_and_not_markup(page: Page) -> None:
    assert '<script>alert("x")</script> & $x_1$' in page.text
    assert 'arm "<b>bold</b>" & co' in page.text
    assert "targeted <therapy> & others" in page.text
    assert not any(tag in ("b", "therapy", "other") for tag, _ in page.tags)
    assert [tag for tag, _ in page.tags].count("script") == 2  # the page's own data and script


def test_every_arm_stands_with_its_numbers(page: Page, findings: Findings) -> None:
    rows = page.table("Durable response (CI), %", "Excess, points")
    estimates = findings.estimates("PFS", "own")
    assert len(rows) == len(estimates) + 1
    for cells, one in zip(rows[1:], estimates, strict=True):
        response = one.response
        assert findings.arm_label(one.trial, response.arm) in cells
        assert ("–" if response.n is None else str(response.n)) in cells
        assert any(cell.startswith(shown(one)) for cell in cells)
        if response.threshold is not None:
            assert f"{response.threshold:.1f}" in cells
        if response.median is not None:
            limits = "" if response.median_low is None else f" ({response.median_low:.1f} to"
            assert any(cell.startswith(f"{response.median:.1f}{limits}") for cell in cells)
        assert cells[-1].split(":")[0] == response.status


def shown(one: ArmEstimate) -> str:
    """The cell of a durable response, worked out from the record."""
    found = one.response.estimate
    if isinstance(found, NotEstimable):
        return f"– [{100 * found.low:.1f} to {100 * found.high:.1f}]"
    return f"{100 * found.value:.1f} ({100 * found.ci_low:.1f} to {100 * found.ci_high:.1f})"


def test_every_state_of_an_arm_occurs_in_the_example(findings: Findings) -> None:
    states = {
        one.response.status for analysis in findings.results.analyses for one in analysis.estimates
    }
    assert states == {"estimable", "thin", "zero", "not estimable"}


def test_pooled_rows_are_those_of_the_record(page: Page, findings: Findings) -> None:
    rows = page.table("Plain mean, %", "Pooled (CI), %")
    [synthesis] = [one for one in findings.syntheses("PFS", "own") if one.by == "drug_class"]
    for cells, row in zip(rows[1:], synthesis.rows, strict=True):
        assert row.proportion is not None
        assert row.ci_low is not None
        assert row.ci_high is not None
        assert row.mean_of_proportions is not None
        limits = f"({100 * row.ci_low:.1f} to {100 * row.ci_high:.1f})"
        assert cells[0] == row.name
        assert cells[1:4] == [
            str(row.n_arms), str(row.n_estimable), f"{100 * row.mean_of_proportions:.1f}"
        ]  # fmt: skip
        assert f"{100 * row.proportion:.1f} {limits}" in cells


def test_what_is_not_estimable_is_listed_with_its_reason(page: Page, findings: Findings) -> None:
    for synthesis in findings.results.syntheses:
        if synthesis.by != "drug_class":
            continue
        for arm in synthesis.left_out:
            assert arm.reason in page.text
            assert findings.arm_label(arm.trial, arm.arm) in page.text
    assert "1 of 16 arms is not estimable (1 of 8 anti-PD-1/PD-L1)" in page.text


def test_what_was_repaired_is_said_once(page: Page) -> None:
    assert "arms.csv: separated by semicolons, read as such" in page.text
    assert page.text.count("curves/delta.PFS.suni.csv: read as percent") == 1


def test_figures_are_embedded_as_they_are_written(page: Page, folder: Path) -> None:
    embedded = {
        unquote(attributes["src"].removeprefix("data:image/svg+xml,"))
        for tag, attributes in page.tags
        if tag == "img"
    }
    files = {path.read_text(encoding="utf-8") for path in (folder / "figures").glob("*.svg")}
    assert embedded == files
    for svg in files:
        assert ET.fromstring(svg).tag == f"{SVG}svg"


def test_panels_are_small(folder: Path) -> None:
    sizes = [path.stat().st_size for path in (folder / "figures").glob("curves.*.svg")]
    assert len(sizes) == 9
    assert max(sizes) < 20_000


def test_tables_hold_the_record_in_full(folder: Path, findings: Findings) -> None:
    path = folder / "tables" / "durable-response.PFS.own.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row, one in zip(rows, findings.estimates("PFS", "own"), strict=True):
        assert (row["trial"], row["arm"]) == (one.trial, one.response.arm)
        found = one.response.estimate
        if isinstance(found, Proportion):
            assert float(row["proportion"]) == found.value
            assert float(row["ci_high"]) == found.ci_high
            assert row["bound_high"] == ""
        else:
            assert row["proportion"] == ""
            assert float(row["bound_high"]) == found.high
            assert row["reason"] == found.reason


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_what_stands_beside_an_interval_is_in_its_status(page: Page, findings: Findings) -> None:
    rows = page.table("Durable response (CI), %", "Excess, points")
    beside = 0
    for cells, one in zip(rows[1:], findings.estimates("PFS", "own"), strict=True):
        found = one.response.estimate
        if isinstance(found, NotEstimable):
            assert found.limit == found.high or f"limit {100 * found.limit:.1f}" in cells[-1]
        elif found.likelihood_low is not None and found.likelihood_high is not None:
            low, high = 100 * found.likelihood_low, 100 * found.likelihood_high
            assert f"likelihood {low:.1f} to {high:.1f}" in cells[-1]
            beside += 1
    assert beside
    assert "Thin bars beside them: likelihood intervals." in page.text


@pytest.mark.parametrize("endpoint", ["PFS", "OS"])
@pytest.mark.parametrize("reference", ["own", "control"])
def test_every_arm_is_in_the_profiles_or_has_a_reason(
    folder: Path, findings: Findings, endpoint: str, reference: Reference
) -> None:
    rows = rows_of(folder, f"profiles.{endpoint}.{reference}")
    looked_at = {
        (analysis.trial, analysis.analysis, arm.arm)
        for analysis in findings.analyses(endpoint)
        for arm in analysis.arms
        if arm.patients is not None
    }
    assert {(row["trial"], row["analysis"], row["arm"]) for row in rows} == looked_at
    for row in rows:
        assert (row["proportion"] == "") == (row["k"] == "")
        if row["k"]:
            assert float(row["band_low"]) <= float(row["ci_low"]) <= float(row["proportion"])
            assert float(row["proportion"]) <= float(row["ci_high"]) <= float(row["band_high"])
        else:
            assert row["last_k"] or row["reason"]


def test_profiles_are_pictures_and_say_who_has_none(folder: Path, findings: Findings) -> None:
    for reference in ("own", "control"):
        for analysis, found in findings.profiles("PFS", reference):
            name = file_name("profiles", analysis.trial, "PFS", reference, analysis.analysis)
            path = folder / "figures" / f"{name}.svg"
            assert path.exists() == bool(found.profiles)
            if not path.exists():
                continue
            said = " ".join(text.text or "" for text in ET.parse(path).iter(f"{SVG}text"))
            for arm, _ in found.missing:
                if any(one.arm == arm for one in analysis.arms):
                    assert f"Not drawn: {findings.arm_label(analysis.trial, arm)}" in said


def test_the_ladder_has_every_arm_of_the_first_reference(folder: Path, findings: Findings) -> None:
    assert not (folder / "figures" / "ladder.PFS.control.svg").exists()
    path = folder / "figures" / "ladder.PFS.own.svg"
    said = [text.text for text in ET.parse(path).iter(f"{SVG}text")]
    shown = [text for text in said if text and re.match(r"[\d.]+ \([\d.]+ to [\d.]+\)", text)]
    found = [one.response for one in findings.estimates("PFS", "own")]
    assert len(shown) == sum(one.proportion is not None for one in found)


@pytest.mark.parametrize("endpoint", ["PFS", "OS"])
def test_follow_up_and_tails_are_those_of_the_record(
    page: Page, folder: Path, findings: Findings, endpoint: str
) -> None:
    followed = [one for _, tail in findings.tails(endpoint) for one in tail.follow_up]
    for row, one in zip(rows_of(folder, f"follow-up.{endpoint}"), followed, strict=True):
        assert row["arm"] == one.arm
        assert row["verdict"] == one.verdict
        assert one.verdict in page.text
        for test in one.tests:
            shown = row[f"{test.test}_p"]
            assert shown == "" if test.p_value is None else float(shown) == test.p_value
    tails = [arm for _, tail in findings.tails(endpoint) if tail.tail for arm in tail.tail.tails]
    for row, arm in zip(rows_of(folder, f"tails.{endpoint}"), tails, strict=True):
        for measure, column in (
            (arm.measures[0], "mean_survival"),
            (arm.measures[1], "mean_time_lost"),
            (arm.measures[-1], "mean_residual_time"),
        ):
            assert row[column] == "" if measure.value is None else True
            assert row[column] == "" or float(row[column]) == measure.value
            assert measure.value is not None or (measure.reason or "?") in row["reasons"]
    pairs = [
        one for _, tail in findings.tails(endpoint) if tail.tail for one in tail.tail.contrasts
    ]
    assert len(rows_of(folder, f"tail-contrasts.{endpoint}")) == len(pairs)


@pytest.mark.parametrize("endpoint", ["PFS", "OS"])
def test_a_rule_that_was_not_checked_says_so_wherever_it_stands(
    page: Page, folder: Path, findings: Findings, endpoint: str
) -> None:
    awards = [
        award
        for _, tail in findings.tails(endpoint)
        for arms in tail.awards
        for award in arms.awards
    ]
    for row, award in zip(rows_of(folder, f"value-frameworks.{endpoint}"), awards, strict=True):
        assert row["verified"] == ("yes" if award.verified else "unverified")
        assert (row["probability"] == "") == (award.probability is None)
        assert award.caveat in page.text
    for cells in (row for table in page.tables for row in table):
        for cell in cells:
            if cell.startswith(("ASCO", "ESMO")):
                assert cell.endswith("(unverified)")


def test_without_tails_there_is_no_section_on_them(findings: Findings, tmp_path: Path) -> None:
    bare = tuple(replace(one, tail=None) for one in findings.results.analyses)
    changed = replace(findings, results=replace(findings.results, analyses=bare))
    folder = written(changed, tmp_path)
    text = Page((folder / "index.html").read_text(encoding="utf-8")).text
    assert "what the tails are made of" not in text
    assert "against k" not in text
    assert not [*folder.glob("tables/profiles*"), *folder.glob("figures/profiles*")]


def test_a_number_to_treat_needs_one_threshold(folder: Path, findings: Findings) -> None:
    assert "nnt" not in rows_of(folder, "contrasts.PFS.own")[0]
    pairs = findings.contrasts("PFS", "control")
    for row, one in zip(rows_of(folder, "contrasts.PFS.control"), pairs, strict=True):
        assert row["nnt"] == "" or float(row["nnt"]) == one.contrast.nnt
        assert (row["nnt_low"] == "") == (one.contrast.nnt_limits is None)
        assert row["odds_ratio"] == "" or float(row["odds_ratio"]) == one.contrast.odds_ratio


@pytest.mark.slow
def test_is_the_same_to_the_byte(findings: Findings, folder: Path, tmp_path: Path) -> None:
    again = written(findings, tmp_path)
    files = sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    for file in files:
        assert (again / file).read_bytes() == (folder / file).read_bytes()


def test_says_nothing_of_this_machine(source: str, folder: Path) -> None:
    assert str(folder) not in source
    assert str(Path.home()) not in source


def test_a_study_without_results_has_a_page(findings: Findings, tmp_path: Path) -> None:
    empty = replace(findings, results=Results((), (), {}, ()))
    page = Page((written(empty, tmp_path) / "index.html").read_text(encoding="utf-8"))
    assert "there is no durable response to report" in page.text


@pytest.mark.slow
def test_arms_without_a_class_are_not_pooled_and_said(findings: Findings, tmp_path: Path) -> None:
    bare = tuple(replace(one, rows=(), differences=()) for one in findings.results.syntheses)
    changed = replace(findings, results=replace(findings.results, syntheses=bare))
    page = Page((written(changed, tmp_path) / "index.html").read_text(encoding="utf-8"))
    assert "No arm has a drug class: nothing was pooled by it." in page.text


def test_an_analysis_is_called_by_its_label(findings: Findings) -> None:
    place = ("alpha", "PFS", "update-2018")
    labelled = replace(findings, analysis_labels={place: "cut-off of May 2018"})
    [analysis] = [one for one in findings.results.analyses if one.analysis]
    assert labelled.place_label(analysis) == "ALPHA-1 (cut-off of May 2018; not pooled)"
    assert findings.place_label(analysis) == "ALPHA-1 (update-2018; not pooled)"


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_said(findings: Findings, tmp_path: Path) -> None:
    blocked = tmp_path / "report"
    blocked.write_text("a file stands here")
    with pytest.raises(OutputError):
        written(findings, blocked)
    assert blocked.read_text() == "a file stands here"


def test_says_on_which_class_the_gaps_fall(findings: Findings, tmp_path: Path) -> None:
    synthesis = findings.syntheses("PFS", "own")[0]
    rows = (
        replace(synthesis.rows[0], n_arms=22, n_estimable=14),
        replace(synthesis.rows[1], n_arms=14, n_estimable=13),
    )
    uneven = replace(findings.results, syntheses=(replace(synthesis, rows=rows),))
    page = written(replace(findings, results=uneven), tmp_path) / "index.html"
    text = Page(page.read_text(encoding="utf-8")).text
    assert "9 of 36 arms are not estimable (8 of 22 anti-PD-1/PD-L1; 1 of 14 chemo" in text
    assert "largest in anti-PD-1/PD-L1: 36% of its arms, 7% of all others." in text
