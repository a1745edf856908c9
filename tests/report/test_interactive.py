"""What the page shows where a reader points is what was computed, and nothing else is run."""

import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html import unescape
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from perdure.records import AnalysisResult, Patients, Proportion, classes_of
from perdure.report.blocks import Document, Picture
from perdure.report.class_filter import ClassFilter
from perdure.report.findings import Findings
from perdure.report.formats.page import report_page

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def page(document: Document) -> str:
    return report_page(document)


@pytest.fixture(scope="module")
def data(page: str) -> dict[str, Any]:
    [text] = re.findall(r'<script type="application/json" id="hover-data">(.*?)</script>', page)
    found: dict[str, Any] = json.loads(text)
    return found


def pictures(document: Document) -> dict[str, Picture]:
    return {one.name: one for figure in document.figures for one in figure.pictures}


def own_curve(patients: Patients, at: float) -> tuple[float, int]:
    """The product-limit estimate at a time, and how many are at risk then: by the definition."""
    survival = 1.0
    for time in np.unique(patients.time[(patients.event == 1) & (patients.time <= at)]):
        at_risk = (patients.time >= time).sum()
        died = ((patients.time == time) & (patients.event == 1)).sum()
        survival *= 1 - died / at_risk
    return survival, int((patients.time >= at).sum())


def test_one_script_is_run_and_the_policy_names_it(page: str) -> None:
    scripts = re.findall(r"<script(?: [^>]*)?>(.*?)</script>", page, flags=re.DOTALL)
    assert len(scripts) == 2
    digest = b64encode(sha256(scripts[1].encode()).digest()).decode()
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert unescape(policy).split("; ") == [
        "default-src 'none'",
        "img-src data:",
        "style-src 'unsafe-inline'",
        f"script-src 'sha256-{digest}'",
    ]
    assert re.search(r"<[^>]* on[a-z]+=", page) is None
    for word in ("fetch(", "XMLHttpRequest", "import(", "WebSocket", "eval(", "innerHTML"):
        assert word not in scripts[1]
    assert "Permission is hereby granted, free of charge" in scripts[1]


def test_what_is_not_ours_is_what_was_published_and_small() -> None:
    folder = files("perdure.report") / "templates" / "vendor" / "floating-ui"
    said = re.findall(r"\| (\S+\.js) \| .* \| (\w{64}) \|", (folder / "README.md").read_text())
    assert len(said) == 2
    for name, digest in said:
        assert sha256((folder / name).read_bytes()).hexdigest() == digest
    assert "MIT License" in (folder / "LICENSE").read_text()
    assert sum(len((folder / name).read_bytes()) for name, _ in said) < 60_000


def test_every_curve_and_forest_has_its_values_and_they_belong_to_an_image(
    document: Document, data: dict[str, Any], page: str
) -> None:
    named = re.findall(r'<img [^>]*data-name="([^"]*)"', page)
    assert sorted(named) == sorted(data["figures"])
    for name in pictures(document):
        if name.startswith(("curves.", "forest.", "forest-contrasts.")):
            assert name in data["figures"], name


def _drawn(findings: Findings) -> list[tuple[str, AnalysisResult]]:
    return [
        (".".join(part for part in (one.trial, one.endpoint, one.analysis) if part), one)
        for one in findings.results.analyses
        if any(arm.patients is not None for arm in one.arms)
    ]


def test_curves_say_what_the_patients_give(findings: Findings, data: dict[str, Any]) -> None:
    checked = 0
    for stem, analysis in _drawn(findings):
        curves = data["figures"][f"curves.{stem}"]["curves"]
        arms = [arm for arm in analysis.arms if arm.patients is not None]
        assert len(curves) == len(arms)
        for curve, arm in zip(curves, arms, strict=True):
            assert arm.patients is not None
            assert len(curve["leaves"]) == arm.patients.n
            assert curve["label"]
            time, survival = np.array(curve["time"]), np.array(curve["survival"])
            events = np.unique(arm.patients.time[arm.patients.event == 1])
            assert np.unique(survival).size == events.size + 1  # every step, and 1 before them
            for exact in events[:: max(1, len(events) // 6)]:
                at = round(float(exact), 3)
                expected, at_risk = own_curve(arm.patients, float(exact))
                last = np.searchsorted(time, at, side="right") - 1
                assert survival[last] == pytest.approx(expected, abs=1e-5)
                assert sum(one >= at for one in curve["leaves"]) == at_risk
                checked += 1
    assert checked > 50


def test_curves_lie_where_the_page_looks_for_them(document: Document, data: dict[str, Any]) -> None:
    """The axis of the drawing has its ticks where the embedded box says."""
    for name, picture in pictures(document).items():
        if not name.startswith("curves."):
            continue
        found = data["figures"][name]
        width, height = picture.points
        left, top, _, down = found["box"]
        words: dict[str, list[tuple[float, float]]] = {}
        for text in ET.fromstring(picture.svg).iter(f"{SVG}text"):
            words.setdefault((text.text or "").strip(), []).append(_place(text))
        x_of_zero, y_of_zero = left * width, (top + down) * height
        y_of_half = (top + down * (1 - 0.5 / found["top"])) * height
        assert any(abs(y - y_of_half) < 4 and x < x_of_zero for x, y in words["50"])
        assert any(abs(x - x_of_zero) < 4 and y_of_zero < y < y_of_zero + 14 for x, y in words["0"])


def test_rows_of_forests_lie_where_their_words_are_drawn(
    document: Document, data: dict[str, Any]
) -> None:
    checked = 0
    for name, picture in pictures(document).items():
        if name not in data["figures"] or "rows" not in data["figures"][name]:
            continue
        _, height = picture.points
        drawn = [
            (_place(text)[1], " ".join((text.text or "").split()))
            for text in ET.fromstring(picture.svg).iter(f"{SVG}text")
        ]
        for row in data["figures"][name]["rows"]:
            first = row["words"][0].split(",")[0].split(" (")[0]
            lines = [text for y, text in drawn if abs(y - 2.6 - row["at"] * height) < 0.5]
            # a long name may be drawn shorter
            assert any(text.startswith(first[:7]) for text in lines), (name, first, lines)
            checked += 1
    assert checked > 40


def _place(text: ET.Element) -> tuple[float, float]:
    moved = re.search(r"translate\(([-\d.]+)[ ,]([-\d.]+)\)", text.get("transform", ""))
    if moved:
        return float(moved[1]), float(moved[2])
    return float(text.get("x", "nan")), float(text.get("y", "nan"))


def test_rows_of_a_forest_say_the_arms_numbers(findings: Findings, data: dict[str, Any]) -> None:
    said = ["; ".join(row["words"]) for row in data["figures"]["forest.PFS.own.drug_class"]["rows"]]
    known = 0
    for one in findings.estimates("PFS", "own"):
        found = one.response.estimate
        if one.primary and isinstance(found, Proportion):
            values = [100 * value for value in (found.value, found.ci_low, found.ci_high)]
            numbers = "{:.1f}% (95% CI {:.1f} to {:.1f})".format(*values)
            size = "–" if one.response.n is None else str(one.response.n)
            assert any(numbers in text and f"n {size}" in text for text in said), numbers
            known += 1
    assert known > 8


def test_rows_of_tables_know_their_class(
    findings: Findings, document: Document, page: str, data: dict[str, Any]
) -> None:
    classes = classes_of(findings.trials, "drug_class")
    assert data["classes"] == list(dict.fromkeys(name for name in classes.values() if name))
    for block in document.tables:
        table = block.table
        found = list(document.filter.of_records(table.columns, table.records))
        assert len(found) == len(table.records)
        for record, mine in zip(table.records, found, strict=True):
            row = dict(zip(table.columns, record, strict=True))
            own_class = classes.get((str(row.get("trial")), str(row.get("arm"))))
            if own_class:
                own = data["classes"].index(own_class)
                assert own in mine, table.name
                if "comparator" not in row or "drug_class" in row:
                    assert mine == (own,), table.name
            elif row.get("class") in data["classes"] and "against" not in row:
                assert mine == (data["classes"].index(row["class"]),), table.name
    assert page.count("<tr data-classes=") == sum(
        bool(one)
        for block in document.tables
        for one in document.filter.of_records(block.table.columns, block.table.records)
    )


def test_labels_cannot_end_the_element_that_holds_the_values(page: str) -> None:
    [text] = re.findall(r'id="hover-data">(.*?)</script>', page)
    assert "<" not in text
    assert ">" not in text
    assert "\\u003cscript\\u003ealert" in text


def test_a_study_of_one_class_has_no_filter(document: Document) -> None:
    page = report_page(replace(document, filter=ClassFilter()))
    assert "<tr data-classes=" not in page
    assert '"classes":[]' in page
