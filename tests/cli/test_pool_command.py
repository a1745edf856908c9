"""``perdure pool`` with checks, robust errors and a folder of pictures, as its user runs it."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from perdure.cli.app import app

RUN = CliRunner()
REFERENCE = Path(__file__).parents[1] / "reference" / "pool"
ARMS = str(REFERENCE / "design_42_arms.csv")
WORDS = ["pool", ARMS, "--estimate", "yi", "--se", "se", "--trial", "trial"]


def test_a_folder_has_every_picture_and_loses_those_of_an_earlier_run(tmp_path: Path) -> None:
    out = tmp_path / "found"
    done = RUN.invoke(app, [*WORDS, "--checks", "--shown-as", "logit", "-o", str(out)])
    assert done.exit_code == 0, done.output
    names = {path.name for path in out.iterdir()}
    assert names >= {
        "pooled.json", "forest.svg", "funnel.svg", "leave-one-out.svg", "influence.svg",
        "baujat.svg", "leave_one_out.csv", "influence.csv",
    }  # fmt: skip
    assert all(path.stat().st_size > 500 for path in out.glob("*.svg"))
    (out / "mine.txt").write_text("kept", encoding="utf-8")
    again = RUN.invoke(app, [*WORDS, "--moderators", "class", "-o", str(out)])
    assert again.exit_code == 0, again.output
    left = {path.name for path in out.iterdir()}
    assert left == {"pooled.json", "forest.svg", "strip.svg", "mine.txt"}


def test_checks_are_in_the_json_and_say_why_one_is_missing() -> None:
    done = RUN.invoke(app, [*WORDS, "--checks", "--json"])
    found = json.loads(done.stdout)
    checks = found["checks"]
    rows = csv.DictReader(Path(ARMS).read_text(encoding="utf-8").splitlines())
    trials = {row["trial"] for row in rows}
    assert {row["name"] for row in checks["leave_one_out"]["rows"]} == trials
    assert checks["reasons"]["cumulative"] == "no years are given"
    assert checks["next_trial"]["sentence"]


@pytest.mark.parametrize("more", [[], ["--robust", "CR2"]])
def test_checks_say_that_they_take_effects_of_a_trial_as_independent(more: list[str]) -> None:
    done = RUN.invoke(app, [*WORDS, *more, "--checks", "--json"])
    said = [note for note in json.loads(done.stdout)["notes"] if "checks" in note]
    assert len(said) == 1
    assert "as independent" in said[0]
    alone = RUN.invoke(app, [*WORDS, *more, "--json"])
    assert not any("checks" in note for note in json.loads(alone.stdout)["notes"])


def test_checks_of_a_regression_are_refused_in_one_sentence() -> None:
    done = RUN.invoke(app, [*WORDS, "--checks", "--moderators", "class"])
    assert done.exit_code != 0
    assert "plain synthesis" in str(done.exception or done.output)


@pytest.mark.parametrize("kind", ["CR2", "CR0"])
def test_robust_errors_are_those_of_r(kind: str) -> None:
    words = [*WORDS, "--moderators", "class", "--reference-level", "class=control"]
    done = RUN.invoke(app, [*words, "--model", "three-level", "--robust", kind, "--json"])
    found = json.loads(done.stdout)
    nested = json.loads((REFERENCE / "nested.json").read_text(encoding="utf-8"))
    expected = nested["three_level"]["class"]["REML"]["robust"][kind]
    ours = {one["term"]: one["se"] for one in found["coefficients"]}
    assert ours["class = anti_pd1"] == pytest.approx(
        expected["se"][expected["terms"].index("classanti_pd1")], rel=1e-6
    )
    assert found["robust"] == kind


def test_a_number_as_moderator_is_drawn_with_its_line(tmp_path: Path) -> None:
    out = tmp_path / "bubble"
    done = RUN.invoke(app, [*WORDS, "--moderators", "n", "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert (out / "bubble.svg").stat().st_size > 2000


def test_years_accumulate(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    rows = [f"T{at},{2010 + at % 3},{at / 10},0.2" for at in range(6)]
    table.write_text("\n".join(["trial,year,y,se", *rows]) + "\n", encoding="utf-8")
    words = ["pool", str(table), "--estimate", "y", "--se", "se", "--trial", "trial"]
    done = RUN.invoke(app, [*words, "--checks", "--year", "year", "--json"])
    found = json.loads(done.stdout)["checks"]["cumulative"]
    assert found["orders"] == sorted(found["orders"])
    assert found["rows"][-1]["n_effects"] == 6
