"""The picture of one reconstruction: what it says, in every kind of file, to the byte."""

import xml.etree.ElementTree as ET
from typing import Literal

import numpy as np
import pytest

from perdure.plots import reconstruction_plot
from perdure.reconstruct import reconstruct
from perdure.records import Curve, NumbersAtRisk

CURVE = Curve([0, 1, 3, 6, 9], [1.0, 0.9, 0.7, 0.5, 0.4])
TABLE = NumbersAtRisk([0, 4, 8], [20, 13, 7])


@pytest.mark.parametrize(
    ("kind", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_every_kind_of_file(kind: Literal["svg", "png", "pdf"], start: bytes) -> None:
    found = reconstruct(CURVE, TABLE, draws=5)
    drawn = reconstruction_plot(CURVE, found, title="Nivolumab", kind=kind)
    assert drawn.startswith(start)
    assert drawn == reconstruction_plot(CURVE, found, title="Nivolumab", kind=kind)


def words(found: bytes) -> list[str]:
    return [text.strip() for text in ET.fromstring(found).itertext() if text.strip()]


def test_it_says_what_was_printed_and_what_was_rebuilt() -> None:
    said = words(reconstruction_plot(CURVE, reconstruct(CURVE, TABLE, draws=5), title="Arm <A>"))
    assert "Arm <A>" in said
    assert said.count("13") >= 2  # printed and rebuilt
    assert "90% of 5 histories that fit" in said
    assert any(text.startswith("Published minus rebuilt") for text in said)


def test_without_table_and_without_ensemble() -> None:
    said = words(reconstruction_plot(CURVE, reconstruct(CURVE, n=20, method="guyot")))
    assert "none were given" in said
    assert not any("histories" in text for text in said)


def traced(columns: int) -> Curve:
    """Return a curve read in columns of pixels: a step now and then, level stretches between."""
    time = np.linspace(0, 30, columns)
    return Curve(time, np.round(np.exp(-np.floor(time) / 15) * 349) / 349)


def test_many_columns_make_a_small_file_in_which_every_point_is_drawn() -> None:
    curve = traced(450)
    found = reconstruct(curve, n=90, draws=3)
    drawn = reconstruction_plot(curve, found)
    assert len(drawn) < 30_000
    # Points of one level that touch are one line; every other point is a line of its own.
    levels = 1 + int((np.diff(curve.read) != 0).sum())
    paths = [part.get("d", "") for part in ET.fromstring(drawn).iter() if part.tag.endswith("path")]
    assert max(path.count("M") for path in paths) >= levels


def test_a_long_title_ends_within_the_picture() -> None:
    found = reconstruct(CURVE, TABLE, draws=2)
    said = words(reconstruction_plot(CURVE, found, title="A trial of many words " * 9))
    assert any(text.startswith("A trial of many words") and text.endswith("…") for text in said)


def test_numbers_at_risk_that_are_not_shown_are_counted() -> None:
    far = NumbersAtRisk([0, 4, 8, 12, 16], [20, 13, 7, 5, 2])
    said = words(reconstruction_plot(CURVE, reconstruct(CURVE, far, draws=2)))
    assert any(text.startswith("2 of 5 have no room here, or lie beyond") for text in said)
    assert not any(
        "no room" in text
        for text in words(reconstruction_plot(CURVE, reconstruct(CURVE, TABLE, draws=2)))
    )


def test_large_numbers_at_risk_do_not_run_into_each_other() -> None:
    curve, ticks = traced(200), np.arange(0, 30.0)
    table = NumbersAtRisk(ticks, np.linspace(12000, 10100, 30).astype(int))
    said = words(reconstruction_plot(curve, reconstruct(curve, table, method="guyot")))
    shown = [text for text in said if text.isdigit() and len(text) == 5]
    assert 10 <= len(shown) <= 2 * 13  # thirteen of five digits fit beside each other
