"""Files of a figure that was read: the next stage takes them for what they are."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from perdure.digitise.found import Axes, Axis, Digitised, DigitisedArm, FoundCurve, PrintedFacts
from perdure.digitise.given import box_given
from perdure.digitise.sources import FigureSource
from perdure.errors import InputError
from perdure.figure.page import Picture
from perdure.reconstruct import reconstruct
from perdure.study import read_curve
from perdure.study.digitised import digitised_files
from perdure.survival import kaplan_meier, median

WIDTH, HEIGHT, MONTHS = 720.0, 500.0, 36.0


def axis(low: float, high: float, first: float, last: float) -> Axis:
    step = (high - low) / (last - first)
    return Axis(low - step * first, step, low, high, (low, high), 0.0, 1.0)


def read(vector: bool, scale: float = 1.0, offset: tuple[float, float] = (0.0, 0.0)) -> Digitised:
    """Return what an arm of 100 patients, all with the event, is read as."""
    x, y = axis(0, MONTHS, 50, 50 + WIDTH), axis(1, 0, 20, 20 + HEIGHT)
    times = np.sort(np.random.default_rng(4).exponential(14, 100))
    times = times[times < MONTHS]
    time = np.concatenate([[0.0], times, [MONTHS]])
    heights = 1 - np.arange(times.size + 1) / 100
    survival = np.append(heights, heights[-1])
    found = FoundCurve(
        np.asarray(x.pixel(time[:-1])),
        np.asarray(y.pixel(heights)),
        float(x.pixel(MONTHS)),
        (0, 0, 0),
        dashed=False,
        width=2.0,
        marks=np.array([]),
        certainty=1.0,
    )
    arm = DigitisedArm("new", "New", time, survival, 0.001, found, np.array([]), (), 1.0)
    axes = Axes(x, y, 50, 20, 770, 520, "months", percent=False)
    picture = Picture(np.zeros((600, 800, 3), np.uint8), scale=scale)
    return Digitised(
        "a.png", axes, (arm,), None, PrintedFacts(), "months", picture, offset=offset, vector=vector
    )


@pytest.mark.parametrize(("vector", "kind"), [(False, "columns"), (True, "steps")])
def test_a_curve_is_taken_for_what_it_is(tmp_path: Path, *, vector: bool, kind: str) -> None:
    found = read(vector)
    for path, content in digitised_files(found, tmp_path, None).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    curve, _ = read_curve(tmp_path / "curves" / "new.csv", time_unit="months")
    rebuilt = reconstruct(curve, None, n=100, draws=5, seed=1)
    assert rebuilt.evidence.reading == kind
    arm = found.arms[0]
    left = round(100 * float(arm.survival[-1]))
    events = arm.time[1:-1]
    true = kaplan_meier([*events, *[MONTHS] * left], [*np.ones(events.size), *np.zeros(left)])
    patients = rebuilt.patients
    # a column of pixels is 0.05 months; written as bare corners the median was 0.1 to 0.5 off
    assert median(kaplan_meier(patients.time, patients.event)).value == pytest.approx(
        median(true).value, abs=0.06
    )


@pytest.mark.parametrize(("scale", "offset"), [(1.0, (0.0, 0.0)), (2.5, (40.0, 300.0))])
def test_calibration_is_in_the_files_own_pixels(scale: float, offset: tuple[float, float]) -> None:
    found = read(vector=False, scale=scale, offset=offset)
    files = digitised_files(found, Path("out"), None)
    kept = json.loads(files[Path("out") / "digitised.json"])["calibration"]
    for name, axis_of, shift in (("x", found.axes.x, offset[0]), ("y", found.axes.y, offset[1])):
        for value in (axis_of.low, axis_of.high):
            pixel = (float(axis_of.pixel(value)) + shift + 0.5) * scale
            start, step = kept[name]
            assert start + step * pixel == pytest.approx(value, abs=1e-5)


def test_a_box_is_in_the_files_own_pixels() -> None:
    picture = Picture(np.zeros((600, 800, 3), np.uint8), scale=2.0)
    source = FigureSource(picture, (), None, offset=(100.0, 30.0))
    assert box_given((301, 101, 1301, 901), source) == (50.0, 20.0, 550.0, 420.0)
    with pytest.raises(InputError, match="box given is empty"):
        box_given((10, 10, 10, 20), replace(source, offset=(0.0, 0.0)))
