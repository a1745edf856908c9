"""`perdure digitise` as a user meets it: what it writes, what it believes, and what it refuses."""

import csv
import json
from pathlib import Path

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
