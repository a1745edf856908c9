"""The evidence plot names every rebuilt arm, the worst first, and counts what agrees."""

from xml.etree import ElementTree as ET

import pytest

from perdure.plots import evidence_plot
from perdure.records import (
    AnalysisResult,
    Arm,
    ArmResult,
    Curve,
    Evidence,
    Patients,
    RiskCheck,
    Trial,
)

SVG = "{http://www.w3.org/2000/svg}"


def rebuilt(arm: str, distance: float, *, risk: bool = True) -> ArmResult:
    checks = (RiskCheck(0.0, 50, 50), RiskCheck(6.0, 20, 19)) if risk else ()
    fit = Evidence(distance / 2, distance, None, checks, 50, 30, 50, None, 6.0, None, ("curve",))
    curve = Curve([0, 5], [1, 0.5])
    return ArmResult(arm, "curve", Patients([1.0, 5.0], [1, 0]), curve, fit, "guyot")


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def study(count: int, *, risk: bool = True) -> tuple[list[AnalysisResult], list[Trial]]:
    arms = tuple(rebuilt(f"a{place}", 0.001 * (place + 1), risk=risk) for place in range(count))
    trial = Trial("T", "T & <co>", arms=tuple(Arm("T", arm.arm, arm.arm) for arm in arms))
    return [AnalysisResult("T", "PFS", "", primary=True, arms=arms, estimates=(), contrasts=())], [
        trial
    ]


def test_the_worst_comes_first_and_every_arm_is_named() -> None:
    svg = evidence_plot(*study(5))
    assert svg is not None
    named = [text for text in texts(svg) if text.endswith(", PFS")]
    assert named == [f"T & <co>, a{place}, PFS" for place in (4, 3, 2, 1, 0)]
    assert "5 of 10 agree" in texts(svg)


@pytest.mark.parametrize("count", [1, 46, 700])
def test_any_number_of_arms(count: int) -> None:
    svg = evidence_plot(*study(count))
    assert svg is not None
    root = ET.fromstring(svg)
    assert float((root.get("height") or "").removesuffix("pt")) < 700


def test_says_that_there_is_no_table() -> None:
    svg = evidence_plot(*study(2, risk=False))
    assert svg is not None
    assert "no numbers at risk were given" in texts(svg)


def test_nothing_rebuilt_is_no_figure() -> None:
    assert evidence_plot([], []) is None
