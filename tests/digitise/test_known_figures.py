"""Whole figures are read with nothing given, and are what was drawn: on any clone."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from digitising_cases import truth_of
from digitising_compare import axes_error, cells_of, marks_of
from digitising_durable import durable_of

from perdure.digitise import Digitised, DigitisedArm, digitise

FIGURES = Path(__file__).parent / "figures"
VECTORS = ("d12_samecolour.svg", "d24_base.pdf")
RASTERS = ("d06_nejm.jpg", "d19_scan.jpg", "d31_ggplot_classic.png")
MARKED = ("d24_base.pdf", *RASTERS)

every_figure = pytest.mark.parametrize(
    "file", [*VECTORS, *(pytest.param(name, marks=pytest.mark.slow) for name in RASTERS)]
)


@cache
def read(file: str) -> Digitised:
    (found,) = digitise(FIGURES / file)
    return found


def truth_beside(file: str) -> Mapping[str, Any]:
    return truth_of(FIGURES / f"{file.partition('.')[0]}.truth.json")


def arms_of(file: str) -> list[tuple[Mapping[str, Any], DigitisedArm]]:
    """Return each true arm with the one that was read under its name."""
    named = {arm.label: arm for arm in read(file).arms}
    return [(arm, named[arm["label"]]) for arm in truth_beside(file)["arms"]]


def survival_at(times: Any, time: Any, survival: Any) -> Any:
    return np.asarray(survival)[np.searchsorted(time, times, side="right") - 1]


@every_figure
def test_every_arm_is_found_by_its_name_and_no_other(file: str) -> None:
    names = [arm["label"] for arm in truth_beside(file)["arms"]]
    assert sorted(arm.label for arm in read(file).arms) == sorted(names)


@every_figure
def test_curves_are_those_that_were_drawn(file: str) -> None:
    within = 0.0005 if file in VECTORS else 0.005
    axis = truth_beside(file)["axes"]["x"]["max"]
    for arm, found in arms_of(file):
        times = np.linspace(0, min(arm["follow_up_end"], axis), 500)
        true = survival_at(times, arm["km"]["time"], arm["km"]["survival"])
        assert np.abs(survival_at(times, found.time, found.survival) - true).mean() < within
        assert not found.flagged


@every_figure
def test_axes_are_right_at_the_corners_of_the_plot(file: str) -> None:
    raster = file in RASTERS
    apart = axes_error(read(file), truth_beside(file), raster=raster)
    if file == "d24_base.pdf":  # base R does not say where on the page it drew
        assert apart is None
    else:
        assert apart is not None
        assert max(apart) < 0.002


@every_figure
def test_every_number_at_risk_is_read(file: str) -> None:
    for arm, found in arms_of(file):
        printed = zip(arm["risk_table"]["times"], arm["risk_table"]["n"], strict=True)
        cells = cells_of(found.risk, printed, truth_beside(file)["axes"]["x"]["max"])
        assert [cell.read for cell in cells] == arm["risk_table"]["n"]
        assert not any(cell.flagged for cell in cells)
        assert len(found.risk) == len(cells)


@every_figure
def test_marks_are_of_censored_patients(file: str) -> None:
    axis = truth_beside(file)["axes"]["x"]["max"]
    for arm, found in arms_of(file):
        times = [time for time in arm["censor_times"] if time <= axis] if file in MARKED else []
        drawn, seen, marks, right = marks_of(found.marks.tolist(), times, axis)
        if file in VECTORS:
            assert (seen, right) == (drawn, marks)
        else:
            assert right >= 0.6 * marks
            assert right > 0


@pytest.mark.slow
@every_figure
def test_durable_response_is_that_of_the_patients(file: str, tmp_path: Path) -> None:
    truth = truth_beside(file)
    chosen = [found for _, found in arms_of(file)]
    answers = durable_of(FIGURES / file, [read(file)], chosen, truth, tmp_path / "study")
    both = [
        abs(one.read - one.true)
        for arm in answers
        for one in arm
        if one.true is not None and one.read is not None
    ]
    assert all(
        (one.read is not None) == (one.true is not None and one.shown)
        for arm in answers
        for one in arm
    )
    assert both
    assert max(both) < 0.01
