"""`perdure digitise` as a user meets it: what it writes, what it believes, and what it refuses."""

import csv
import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from commands import perdure

ARMS = {
    "Nivolumab": ([0.0, 2.0, 5.0, 9.0, 14.0, 20.0], [1.0, 0.85, 0.7, 0.52, 0.4, 0.31], "#0072b5"),
    "Docetaxel": ([0.0, 1.0, 3.0, 6.0, 10.0, 16.0], [1.0, 0.8, 0.55, 0.33, 0.2, 0.1], "#bc3c29"),
}
RISK = {"Nivolumab": (120, 80, 60, 40, 9), "Docetaxel": (118, 39, 20, 11, 2)}
TIMES = (0, 6, 12, 18, 24)


@pytest.fixture(scope="module")
def figure(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("figure") / "trial.svg"
    with mpl.rc_context({"svg.fonttype": "none"}):
        drawn = Figure(figsize=(7, 5))
        axes = drawn.add_axes((0.2, 0.35, 0.75, 0.6))
        for name, (time, survival, colour) in ARMS.items():
            axes.step(
                [*time, 24], [*survival, survival[-1]], where="post", color=colour, label=name
            )
        axes.set(xlim=(0, 25), ylim=(0, 1.03), xticks=TIMES, xlabel="Months")
        axes.set_ylabel("Overall survival")
        axes.legend()
        drawn.text(0.02, 0.19, "No. at risk")
        for row, (name, cells) in enumerate(RISK.items()):
            drawn.text(0.02, 0.13 - 0.06 * row, name)
            for tick, n in zip(TIMES, cells, strict=True):
                place = 0.2 + 0.75 * tick / 25
                drawn.text(place, 0.13 - 0.06 * row, str(n), ha="center")
        drawn.savefig(path)
    return path


def column(path: Path, name: str) -> list[float]:
    with path.open() as handle:
        return [float(row[name]) for row in csv.DictReader(handle)]


def test_curves_names_and_numbers_at_risk_are_written(figure: Path, tmp_path: Path) -> None:
    said = perdure("digitise", figure, "-o", tmp_path / "read")
    assert said.returncode == 0, said.stderr
    assert "time 0 to 24 months, survival 0 to 1, read from paths" in said.stdout
    for name, (time, survival, _) in ARMS.items():
        read = tmp_path / "read" / "curves" / f"{name}.csv"
        times, heights = column(read, "time"), column(read, "survival")
        grid = np.linspace(0.05, 23.9, 300)
        true = np.array(survival)[np.searchsorted(time, grid, side="right") - 1]
        found = np.array(heights)[np.searchsorted(times, grid, side="right") - 1]
        assert float(np.abs(found - true).mean()) < 0.001
        assert column(tmp_path / "read" / "risk.csv", name) == list(RISK[name])
    assert column(tmp_path / "read" / "risk.csv", "time") == list(TIMES)
    with Image.open(tmp_path / "read" / "overlay.png") as picture:
        assert picture.width >= 1500
    kept = json.loads((tmp_path / "read" / "digitised.json").read_text())
    assert [arm["label"] for arm in kept["arms"]] == list(ARMS)
    assert kept["to_check"] == []


def test_json_has_the_keys_that_are_promised(figure: Path, tmp_path: Path) -> None:
    said = perdure("digitise", figure, "-o", tmp_path, "--json")
    found = json.loads(said.stdout)
    assert found["axes"]["x"] == [0, 24]
    assert found["axes"]["time_unit"] == "months"
    assert {"axes", "calibration", "arms", "risk", "risk_cells", "warnings"} <= set(found)
    assert {"arm", "label", "curve", "certainty", "flagged"} <= set(found["arms"][0])
    assert {"arm", "time", "n", "certainty", "flagged"} <= set(found["risk_cells"][0])
    for arm in found["arms"]:
        assert (tmp_path / arm["curve"]).is_file()


def test_what_a_person_knows_is_believed(figure: Path, tmp_path: Path) -> None:
    said = perdure(
        *("digitise", figure, "-o", tmp_path / "named", "--arms", "new,old", "--json"),
        *("--time-unit", "weeks"),
    )
    found = json.loads(said.stdout)
    assert [arm["label"] for arm in found["arms"]] == ["new", "old"]
    assert found["axes"]["time_unit"] == "weeks"
    said = perdure("digitise", figure, "-o", tmp_path / "one", "--colours", "#bc3c29", "--json")
    assert [arm["label"] for arm in json.loads(said.stdout)["arms"]] == ["Docetaxel"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nothing.png", "-o", "out"), "there is no such file"),
        (("text.png", "-o", "out"), "not a picture that can be read"),
        (("text.png", "-o", "text.png"), "-o names a file"),
        (("text.png", "-o", "out", "--axes", "0,36"), "--axes takes four numbers"),
        (("text.png", "-o", "out", "--colours", "red"), "takes colours as #1f77b4"),
        (("text.png", "-o", "out", "--arms", "A,,B"), "a name of --arms is empty"),
        (("text.png", "-o", "out", "--page", "2"), "only a PDF has pages"),
    ],
)
def test_what_cannot_be_is_a_sentence(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    (tmp_path / "text.png").write_text("no picture")
    said = perdure("digitise", *words, cwd=tmp_path)
    assert said.returncode == 1
    assert says.lower() in said.stderr.lower()
    assert "Traceback" not in said.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"text.png"}


def test_more_arms_than_there_are_is_refused(figure: Path, tmp_path: Path) -> None:
    said = perdure("digitise", figure, "-o", tmp_path / "out", "--arms", "3")
    assert said.returncode == 1
    assert "3 curves are asked for and 2 were found" in said.stderr
    assert not (tmp_path / "out").exists()


def drawn(
    path: Path,
    plots: int = 1,
    *,
    titles: tuple[str, str] = ("Months", "Overall survival"),
    named: tuple[str, ...] = tuple(ARMS),
) -> Path:
    """Write a figure of plots beside each other, the curves of each a little lower than before."""
    with mpl.rc_context({"svg.fonttype": "none"}):
        figure = Figure(figsize=(6 * plots, 4.5))
        for panel, axes in enumerate(np.atleast_1d(figure.subplots(1, plots)), start=1):
            for name, (time, survival, colour) in ARMS.items():
                lower = [1.0, *(0.9 ** (panel - 1) * np.array(survival[1:]))]
                label = name if name in named else None
                line = {"where": "post", "color": colour, "label": label}
                axes.step([*time, 24], [*lower, lower[-1]], **line)
            axes.set(xlim=(0, 25), ylim=(0, 1.03), xticks=TIMES)
            axes.set(xlabel=titles[0], ylabel=titles[1])
            axes.legend()
        figure.savefig(path)
    return path


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "digitised.json").read_text())
    return found


def box_in(folder: Path) -> str:
    """Return the plot of a reading, from its calibration, in pixels of the file."""
    (a, b), (c, d) = (record(folder)["calibration"][one] for one in "xy")
    corners = ((0 - a) / b, (1.03 - c) / d, (25 - a) / b, (0 - c) / d)
    return ",".join(f"{one:.0f}" for one in corners)


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_box_chooses_the_panel_that_it_lies_in(tmp_path: Path, ending: str) -> None:
    path = drawn(tmp_path / f"two.{ending}", 2)
    both = tmp_path / "both"
    assert perdure("digitise", path, "-o", both).returncode == 0
    for panel in (1, 2):
        out = tmp_path / f"box-{panel}"
        said = perdure("digitise", path, "-o", out, "--box", box_in(both / f"panel-{panel}"))
        assert said.returncode == 0, said.stderr
        assert record(out)["panel"] == panel
        for name, (time, survival, _) in ARMS.items():
            times, heights = (
                column(out / "curves" / f"{name}.csv", one) for one in ("time", "survival")
            )
            at = float(np.mean(time[-2:]))
            found = heights[int(np.searchsorted(times, at, side="right")) - 1]
            assert found == pytest.approx(0.9 ** (panel - 1) * survival[-2], abs=0.012)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn(tmp_path_factory.mktemp("two") / "two.svg", 2)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--box", "5000,5000,6000,6000"), "outside the picture, which is"),
        (("--box", "0,0,10,10"), "too small for a plot"),
        (("--box", "2,2,120,40"), "the plot whose axes were found, at"),
        (("--box", "300,60,1500,500"), "the plot whose axes were found, at"),
        (("--box", "nan,0,5,9"), "--box takes four finite numbers"),
        (("--axes", "0,inf,0,1"), "--axes takes four finite numbers"),
        (("--axes", "nan,24,0,1"), "--axes takes four finite numbers"),
        (("--arms", "0"), "whole number of 1 or more"),
        (("--arms=-1",), "whole number of 1 or more"),
        (("--arms", "2.5"), "whole number of 1 or more"),
        (("--colours", "#00ff00"), "the curves' colours are #0072b5, #bc3c29"),
        (("--colours", "#0072b5,#00ff00"), "no curve was found in a colour that is given"),
        (("--colours", "#0072b5,#0073b6,#bc3c29"), "3 colours are given and 2 were found"),
    ],
)
def test_what_a_person_gives_wrongly_is_a_sentence(
    two: Path, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    said = perdure("digitise", two, "-o", tmp_path / "out", *words)
    assert said.returncode == 1
    assert says.lower() in said.stderr.lower()
    assert "Traceback" not in said.stderr
    assert len(said.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [("--arms", "4"), ("--colours", "#0072b5,#bc3c29,#e18727,#20854e")]
)
def test_curves_that_a_legend_does_not_name_are_kept_where_they_are_asked_for(
    tmp_path: Path, words: tuple[str, str]
) -> None:
    path = tmp_path / "four.svg"
    with mpl.rc_context({"svg.fonttype": "none"}):
        figure = Figure(figsize=(7, 5))
        axes = figure.add_axes((0.2, 0.2, 0.75, 0.75))
        more = {"third": "#e18727", "fourth": "#20854e"}
        for power, (name, colour) in enumerate(
            {**{one: arm[2] for one, arm in ARMS.items()}, **more}.items(), start=1
        ):
            heights = [*np.power([1.0, 0.86, 0.71, 0.6, 0.5, 0.42], power), 0.42**power]
            label = None if name in more else name
            axes.step([0, 2, 5, 9, 14, 20, 24], heights, where="post", color=colour, label=label)
        axes.set(xlim=(0, 25), ylim=(0, 1.03), xticks=TIMES, xlabel="Months")
        axes.set_ylabel("Overall survival")
        axes.legend()
        figure.savefig(path)
    alone = perdure("digitise", path, "-o", tmp_path / "alone")
    assert len(record(tmp_path / "alone")["arms"]) == 2, alone.stderr
    said = perdure("digitise", path, "-o", tmp_path / "asked", *words)
    found = record(tmp_path / "asked")
    assert {arm["colour"] for arm in found["arms"]} == {"#0072b5", "#bc3c29", *more.values()}
    assert said.stderr.count("is kept because so many curves are asked for") == 2
    assert "left out:" not in said.stderr


def test_of_more_curves_than_are_asked_for_the_surest_is_taken(
    figure: Path, tmp_path: Path
) -> None:
    perdure("digitise", figure, "-o", tmp_path / "two")
    arms = record(tmp_path / "two")["arms"]
    said = perdure("digitise", figure, "-o", tmp_path / "one", "--arms", "A")
    assert said.returncode == 0
    (arm,) = record(tmp_path / "one")["arms"]
    assert arm["label"] == "A"
    assert arm["certainty"] == max(one["certainty"] for one in arms)


def test_numbers_at_risk_typed_by_hand_do_not_rise(figure: Path, tmp_path: Path) -> None:
    path = tmp_path / "risk.csv"
    path.write_text("time,Nivolumab,Docetaxel\n0,90,80\n6,180,60\n")
    said = perdure("digitise", figure, "-o", tmp_path / "out", "--risk", path)
    assert said.returncode == 1
    assert "risk.csv, row 3, column Nivolumab: the number at risk rises from 90" in said.stderr
    assert not (tmp_path / "out").exists()


def names_in(folder: Path) -> set[str]:
    return {one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()}


def test_a_reading_takes_the_place_of_the_one_before(
    figure: Path, two: Path, tmp_path: Path
) -> None:
    out, fresh = tmp_path / "out", tmp_path / "fresh"
    for folder in (out, fresh):
        perdure("digitise", two, "-o", folder, "--panel", "2", "--arms", "new,old")
    (out / "notes.txt").write_text("mine")
    assert "curves/new.csv" in names_in(out)
    said = perdure("digitise", figure, "-o", out)
    assert said.returncode == 0, said.stderr
    assert "held what was read of two.svg: it was replaced" in said.stderr
    perdure("digitise", figure, "-o", tmp_path / "other")
    assert names_in(out) == {*names_in(tmp_path / "other"), "notes.txt"}
    assert "replaced" not in perdure("digitise", figure, "-o", out).stderr


@pytest.mark.parametrize("name", ["curves/Nivolumab.csv", "digitised.json", "risk.csv"])
def test_what_a_person_edited_is_not_lost(figure: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    perdure("digitise", figure, "-o", out)
    edited = (out / name).read_text().replace("1", "2")
    (out / name).write_text(edited)
    before = {one: (out / one).read_bytes() for one in names_in(out)}
    said = perdure("digitise", figure, "-o", out, "--arms", "new,old")
    assert said.returncode == 1
    assert f"{name}: was not written by perdure, or edited since" in said.stderr
    assert {one: (out / one).read_bytes() for one in names_in(out)} == before


@pytest.mark.parametrize(
    ("titles", "says"),
    [
        (("1 - Specificity", "Sensitivity"), "a ROC curve"),
        (("Threshold probability", "Net benefit"), "net benefit of a decision"),
        (("Months", "Tumour size (% of baseline)"), "size of tumours"),
    ],
)
def test_axes_of_something_else_are_refused(
    tmp_path: Path, titles: tuple[str, str], says: str
) -> None:
    path = drawn(tmp_path / "other.svg", titles=titles)
    said = perdure("digitise", path, "-o", tmp_path / "out")
    assert said.returncode == 1
    assert says in said.stderr
    assert "and not survival" in said.stderr


def test_a_word_of_survival_is_enough(tmp_path: Path) -> None:
    path = drawn(tmp_path / "own.svg", titles=("Months", "Survival by tumour size (%)"))
    assert perdure("digitise", path, "-o", tmp_path / "out").returncode == 0


def test_a_folder_and_a_blank_picture_are_called_so(tmp_path: Path) -> None:
    said = perdure("digitise", tmp_path, "-o", tmp_path / "out")
    assert "this is a folder" in said.stderr
    Image.new("RGB", (800, 600), "white").save(tmp_path / "blank.png")
    said = perdure("digitise", tmp_path / "blank.png", "-o", tmp_path / "out")
    assert "no plot was found in the picture" in said.stderr
