"""The picture of one reconstruction: what it says, in every kind of file, to the byte."""

import xml.etree.ElementTree as ET
from typing import Literal

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
