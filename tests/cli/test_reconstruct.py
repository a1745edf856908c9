"""`perdure reconstruct` as a user meets it: options, files, and what is refused."""

import csv
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from commands import perdure
from perdure.errors import InputError
from perdure.study import read_patients

CURVE = "time,survival\n0,1\n1,0.92\n2,0.8\n3.1,0.62\n4,0.5\n6,0.42\n9,0.3\n13,0.24\n"
RISK = "time,nivo\n0,50\n4,24\n8,14\n12,6\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "curve.csv").write_text(CURVE)
    (tmp_path / "risk.csv").write_text(RISK)
    return tmp_path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as handle:
        return list(csv.DictReader(handle))


def test_everything_is_written_and_agrees(folder: Path) -> None:
    said = perdure(
        *("reconstruct", "curve.csv", "--risk", "risk.csv", "--arm", "nivo", "--events", "33"),
        *("-o", "out.csv", "--ensemble", "draws.csv", "--evidence", "evidence.json"),
        *("--picture", "fit.svg", "--draws", "20", "--seed", "4"),
        cwd=folder,
    )
    assert said.returncode == 0, said.stderr
    assert "50 patients, 33 events (90% of 20 histories: 33 to 33)" in said.stdout
    draws = rows(folder / "draws.csv")
    assert {row["draw"] for row in draws} == {str(at) for at in range(1, 21)}
    for at in range(1, 21):
        mine = [row for row in draws if row["draw"] == str(at)]
        assert (len(mine), sum(int(row["event"]) for row in mine)) == (50, 33)
        for time, n in ((4, 24), (8, 14), (12, 6)):
            assert sum(float(row["time"]) >= time for row in mine) == n
    evidence = json.loads((folder / "evidence.json").read_text())
    assert [check["rebuilt"] for check in evidence["risk"]] == [50, 24, 14, 6]
    assert (evidence["draws"], evidence["seed"], evidence["method"]) == (20, 4, "chain")
    table = rows(folder / "evidence.csv")
    assert [row["published"] for row in table if row["what"] == "survival"] == [
        line.split(",")[1] + (".0" if line.split(",")[1] == "1" else "")
        for line in CURVE.splitlines()[1:]
    ]
    for row in table:
        if row["what"] == "survival":
            assert float(row["low"]) <= float(row["high"])
            off = float(row["published"]) - float(row["rebuilt"])
            assert float(row["difference"]) == pytest.approx(off)
    words = "".join(ET.parse(folder / "fit.svg").getroot().itertext())
    assert "Numbers at risk" in words
    assert "90% of 20 histories that fit" in words


@pytest.mark.slow
def test_the_same_seed_writes_the_same_bytes(folder: Path) -> None:
    for name in ("one", "two"):
        said = perdure(
            *("reconstruct", "curve.csv", "--risk", "risk.csv", "--draws", "5"),
            *("-o", f"{name}.csv", "--ensemble", f"{name}.draws.csv"),
            *("--picture", f"{name}.png", "--evidence", f"{name}.evidence"),
            cwd=folder,
        )
        assert said.returncode == 0, said.stderr
    for end in (".csv", ".draws.csv", ".png", ".evidence.json", ".evidence.csv"):
        assert (folder / f"one{end}").read_bytes() == (folder / f"two{end}").read_bytes()


def test_a_median_keeps_its_digits_and_binds_only_when_it_is_the_curves_own(folder: Path) -> None:
    checked = perdure(
        *("reconstruct", "curve.csv", "--risk", "risk.csv", "-o", "out.csv"),
        *("--median", "7.50", "--survival-at", "9=0.30"),
        cwd=folder,
    )
    assert "the published median is 7.50 months" in checked.stderr
    assert "survival at 9" not in checked.stderr
    own = perdure(
        *("reconstruct", "curve.csv", "--risk", "risk.csv", "-o", "out.csv", "--json"),
        *("--own", "--survival-at", "9=0.9"),
        cwd=folder,
    )
    said = " ".join(json.loads(own.stdout)["warnings"])
    assert "contradict each other" in said
    assert "between 0.85 and 0.95" in said
    assert not {"limits", "reported values"} & set(json.loads(own.stdout)["used"])


def test_marks_are_facts(folder: Path) -> None:
    (folder / "marks.csv").write_text("time\n5\n7\n10\n11\n")
    said = perdure(
        *("reconstruct", "curve.csv", "--risk", "risk.csv", "-o", "out.csv", "--json"),
        *("--marks", "marks.csv"),
        cwd=folder,
    )
    assert said.returncode == 0, said.stderr
    assert "marks" in json.loads(said.stdout)["used"]


def test_a_digitisers_file_with_two_curves(folder: Path) -> None:
    (folder / "wpd.csv").write_text("a,,b,\nX,Y,X,Y\n0,1,0,1\n3,0.7,3,0.5\n9,0.4,9,0.2\n")
    asked = perdure("reconstruct", "wpd.csv", "--total", "40", "-o", "out.csv", cwd=folder)
    assert (asked.returncode, "--dataset" in asked.stderr) == (1, True)
    assert not (folder / "out.csv").exists()
    said = perdure(
        *("reconstruct", "wpd.csv", "--dataset", "b", "--total", "40", "-o", "out.csv"), cwd=folder
    )
    assert said.returncode == 0, said.stderr
    assert len(rows(folder / "out.csv")) == 40


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--picture", "fit.gif"), ".svg"),
        (("--ensemble", "out.csv"), "would be one file"),
        (("--evidence", "curve.csv"), "would replace an input"),
        (("--survival-at", "twelve"), "--survival-at 12=0.31"),
        (("--survival-at", "12=31"), "--survival-at 12=0.31"),
        (("--median", "about 7"), "rite it as printed"),
        (("--method", "magic"), "chain, guyot"),
        (("--method", "guyot", "--ensemble", "draws.csv"), "has no ensemble"),
        (("--draws", "0"), "1 or more"),
        (("--marks", "nowhere.csv"), "no such file"),
        (("--events", "51"), "more than the arm's 50"),
        (("--seed", "-1"), "a seed is not below 0"),
        (("--median", "0"), "published median is not above 0"),
        (("--own",), "Nothing was said to be the curve's own"),
        (("--risk-time-unit", "moons"), "Write one of days"),
        (("--resolution", "nan"), "not between 0 and 0.5"),
        (("--ensemble", "risk.csv/draws.csv"), "a file stands where a folder should be"),
        (("--picture", "curve.csv/fit.svg"), "a file stands where a folder should be"),
        (("-o", "."), "a folder stands where the file should be"),
        (("--evidence", "."), "Name a file in it, such as evidence.json"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    folder: Path, words: tuple[str, ...], says: str
) -> None:
    said = perdure(
        *("reconstruct", "curve.csv", "--risk", "risk.csv", "-o", "out.csv", *words), cwd=folder
    )
    assert said.returncode == 1, said.stderr
    assert says in said.stderr
    assert "Traceback" not in said.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["curve.csv", "risk.csv"]


def test_json_is_one_object_with_the_keys_that_are_promised(folder: Path) -> None:
    said = perdure(
        *("reconstruct", "curve.csv", "--risk", "risk.csv", "-o", "out.csv", "--json"),
        *("--draws", "1", "--events", "36"),
        cwd=folder,
    )
    assert (said.returncode, said.stderr) == (0, "")
    found = json.loads(said.stdout)
    promised = "n events median rmse max_distance risk_mismatch seconds seed warnings"
    assert set(promised.split()) <= set(found)
    assert (found["n"], found["events"], found["draws"], found["seed"]) == (50, 36, 1, 1)
    refused = perdure("reconstruct", "curve.csv", "-o", "out.csv", "--json", cwd=folder)
    assert (refused.returncode, refused.stdout) == (1, "")
    misused = perdure("reconstruct", "curve.csv", "--json", cwd=folder)
    assert (misused.returncode, misused.stdout) == (2, "")


def test_one_draw_has_no_interval(folder: Path) -> None:
    said = perdure(
        *("reconstruct", "curve.csv", "--risk", "risk.csv", "-o", "out.csv", "--draws", "1"),
        cwd=folder,
    )
    assert "90%" not in said.stdout


def test_curve_and_table_may_have_two_units_and_files_keep_the_curves(folder: Path) -> None:
    lines = [line.split(",") for line in CURVE.splitlines()[1:]]
    (folder / "years.csv").write_text(
        "time,survival\n" + "".join(f"{float(t) / 12:.8f},{s}\n" for t, s in lines)
    )
    said = perdure(
        *("reconstruct", "years.csv", "--risk", "risk.csv", "--time-unit", "years"),
        *("--risk-time-unit", "months", "-o", "out.csv", "--evidence", "fit.json", "--json"),
        cwd=folder,
    )
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout)
    assert found["time_unit"] == json.loads((folder / "fit.json").read_text())["time_unit"]
    assert (found["time_unit"], found["risk_mismatch"]) == ("years", 0)
    assert 0.25 < found["median"] < 0.5
    times = [float(row["time"]) for row in rows(folder / "out.csv")]
    assert 1 < max(times) < 1.1


def test_an_ensemble_that_is_empty_is_said(folder: Path) -> None:
    said = perdure(
        *("reconstruct", "curve.csv", "--total", "50", "-o", "out.csv", "--ensemble", "draws.csv"),
        *("--time-limit", "1e-6"),
        cwd=folder,
    )
    assert said.returncode == 0, said.stderr
    assert "cannot be sampled within 1e-06 seconds" in said.stderr
    assert (folder / "draws.csv").read_text() == "draw,time,event\n"
    assert "draws.csv holds no history" in said.stderr


def test_durable_combines_the_draws(folder: Path) -> None:
    perdure(
        *("reconstruct", "curve.csv", "--risk", "risk.csv", "-o", "out.csv"),
        *("--ensemble", "draws.csv"),
        cwd=folder,
    )
    one = perdure("durable", "out.csv", "--endpoint", "OS", "--json", cwd=folder)
    many = perdure("durable", "draws.csv", "--endpoint", "OS", "--json", cwd=folder)
    assert many.returncode == 0, many.stderr
    single, combined = (json.loads(said.stdout)["arms"][0] for said in (one, many))
    assert single["draws"] is None
    assert combined["draws"] == 50
    assert 0 < combined["rebuilt_share"] < 1
    assert combined["proportion"] == pytest.approx(single["proportion"], abs=0.03)


def test_a_studys_patients_are_no_draws(folder: Path) -> None:
    path = folder / "draws.csv"
    path.write_text("draw,time,event\n1,2,1\n2,2,0\n")
    with pytest.raises(InputError, match="draws of an ensemble"):
        read_patients(path, time_unit="months")
