"""A panel shows what the patients say, whoever's labels and settings are at hand."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest

from perdure.plots import curve_panel
from perdure.records import AnalysisResult, Arm, ArmResult, Patients, Trial

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def drawn_steps(svg: str, colour: str) -> list[tuple[float, float]]:
    """Corners of the line of this colour that is drawn as steps, in the picture's points."""
    for path in ET.fromstring(svg).iter(f"{SVG}path"):
        style = path.get("style") or ""
        if f"stroke: {colour}" in style and "stroke-width: 1.15" in style:
            corners: list[tuple[float, float]] = []
            x = y = 0.0
            for letter, numbers in re.findall(r"([MLHV])([-\d. ]+)", path.get("d") or ""):
                values = [float(number) for number in numbers.split()]
                x = x if letter == "V" else values[0]
                y = y if letter == "H" else values[-1]
                corners.append((x, y))
            return corners
    raise AssertionError(f"no steps in {colour}")


def test_is_xml_and_the_same_to_the_byte(analysis: AnalysisResult, trial: Trial) -> None:
    first = curve_panel(analysis, trial, reference="own")
    with mpl.rc_context({"lines.linewidth": 9.0, "font.size": 30, "svg.fonttype": "path"}):
        second = curve_panel(analysis, trial, reference="own")
    assert first == second
    assert ET.fromstring(first).tag == f"{SVG}svg"


@pytest.mark.slow
def test_is_the_same_in_another_process() -> None:
    program = (
        "import hashlib\n"
        "from perdure.plots import curve_panel\n"
        "from perdure.records import *\n"
        "arm = ArmResult('a', 'patients', Patients([1, 2, 3], [1, 1, 0]), None, None, None)\n"
        "one = AnalysisResult('T', 'OS', '', True, (arm,), (), ())\n"
        "svg = curve_panel(one, Trial('T', 'T'), reference='own')\n"
        "print(hashlib.sha256(svg.encode()).hexdigest())\n"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


def test_leaves_the_settings_of_matplotlib_alone(analysis: AnalysisResult, trial: Trial) -> None:
    before = dict(mpl.rcParams)
    curve_panel(analysis, trial, reference="own")
    assert dict(mpl.rcParams) == before


def test_steps_are_the_hand_computed_survival(analysis: AnalysisResult, trial: Trial) -> None:
    svg = curve_panel(analysis, trial, reference="own")
    corners = np.array(drawn_steps(svg, "#4a4a4a"))
    left, top = corners[0]
    bottom = corners[-1][1]
    # The control arm falls from 1 to 0 by a tenth at each of 1, ..., 10.
    heights = (corners[:, 1] - bottom) / (top - bottom)
    months = (corners[:, 0] - left) / (corners[-1][0] - left) * 10
    want = 1 - np.floor(months + 1e-2) / 10
    after = np.append(np.diff(corners[:, 0]) != 0, True)
    assert heights[after] == pytest.approx(want[after], abs=1e-3)


def test_numbers_at_risk_are_counts_of_patients(analysis: AnalysisResult, trial: Trial) -> None:
    said = texts(curve_panel(analysis, trial, reference="own"))
    treated = said.index("treated <b>& co", said.index("At risk"))
    row = [text for text in said[treated + 1 :] if text.isdigit()]
    # Ticks every 2 months to 10: #{time >= tick} of the treated arm, then of the control arm.
    assert row == ["10", "9", "7", "6", "6", "10", "9", "7", "5", "3", "1"]


def test_says_why_there_is_no_number(analysis: AnalysisResult, trial: Trial) -> None:
    said = texts(curve_panel(analysis, trial, reference="own"))
    assert "median not reached" in said
    assert "40% (30–60) beyond 6.0 mo" in said


def test_labels_are_text_and_not_markup(analysis: AnalysisResult, trial: Trial) -> None:
    svg = curve_panel(analysis, trial, reference="own")
    assert "<b>" not in svg
    assert any(text.startswith("Trial “one” & $x_1$") for text in texts(svg))


@pytest.mark.parametrize("label", ["试验 研究", "a\x00\x08b", "x" * 400, "", "\u202eright to left"])
def test_any_label_gives_xml(analysis: AnalysisResult, trial: Trial, label: str) -> None:
    arms = tuple(replace(arm, label=label) for arm in trial.arms)
    svg = curve_panel(analysis, replace(trial, label=label, arms=arms), reference="own")
    ET.fromstring(svg)


def test_a_shared_threshold_is_named_with_its_time(analysis: AnalysisResult, trial: Trial) -> None:
    moved = tuple(
        replace(one, response=replace(one.response, reference="control", threshold=6.0))
        for one in analysis.estimates
    )
    said = texts(curve_panel(replace(analysis, estimates=moved), trial, reference="control"))
    assert any("3 times the control arm’s median = 6.0" in text for text in said)


def test_refuses_an_analysis_without_patients(trial: Trial) -> None:
    found = ArmResult("treated", "published", None, None, None, None)
    nothing = AnalysisResult(
        "T1", "PFS", "", primary=True, arms=(found,), estimates=(), contrasts=()
    )
    with pytest.raises(ValueError, match="no arm of T1, PFS has a curve"):
        curve_panel(nothing, trial, reference="own")


def test_an_arm_by_a_published_estimate_has_words_only(
    analysis: AnalysisResult, trial: Trial
) -> None:
    published = ArmResult("treated", "published", None, None, None, None)
    mixed = replace(analysis, arms=(published, analysis.arms[1]))
    assert "published estimate: no curve" in texts(curve_panel(mixed, trial, reference="own"))


@pytest.mark.parametrize("seed", range(3))
def test_a_large_trial_stays_small(seed: int) -> None:
    random = np.random.default_rng(seed)
    arms = []
    for name in ("a", "b"):
        time = random.exponential(12, 900)
        cut = random.uniform(20, 40, 900)
        patients = Patients(np.minimum(time, cut), time <= cut)
        arms.append(ArmResult(name, "patients", patients, None, None, None))
    one = AnalysisResult("T", "PFS", "", primary=True, arms=tuple(arms), estimates=(), contrasts=())
    trial = Trial("T", "T", arms=(Arm("T", "a", "a"), Arm("T", "b", "b")))
    assert len(curve_panel(one, trial, reference="own").encode()) <= 20_000


@pytest.mark.parametrize("time", [0.0, 1e-6, 0.02, 5000.0])
def test_any_length_of_follow_up_is_drawn(time: float) -> None:
    arm = ArmResult("a", "patients", Patients([time, time], [1, 0]), None, None, None)
    one = AnalysisResult("T", "PFS", "", primary=True, arms=(arm,), estimates=(), contrasts=())
    ET.fromstring(curve_panel(one, Trial("T", "T"), reference="own"))


def test_more_arms_than_colours() -> None:
    found = tuple(
        ArmResult(f"a{place}", "patients", Patients([1, place + 2], [1, 0]), None, None, None)
        for place in range(9)
    )
    one = AnalysisResult("T", "PFS", "", primary=True, arms=found, estimates=(), contrasts=())
    said = texts(curve_panel(one, Trial("T", "T"), reference="own"))
    assert all(arm.arm in said for arm in found)
