"""The bundled study: its real trials hold only what somebody read, and are told from the others."""

import csv
from pathlib import Path

import pytest

from perdure.pipeline import write_demo
from perdure.study import Study

EXAMPLE = Path(__file__).parents[2] / "examples" / "ici-2019"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "study"
    write_demo(folder)
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def facts(path: Path) -> dict[tuple[str, ...], dict[str, str]]:
    return {
        (row["trial"], row["arm"], row["endpoint"], row["fact"], row["time"]): row
        for row in rows(path)
    }


def test_it_is_a_study_of_eight_simulated_trials_and_two_real_ones(demo: Path) -> None:
    study = Study.open(demo)
    real = {trial.trial: trial for trial in study.trials if not trial.trial.startswith("SIM-")}
    assert len(study.trials) == 10
    assert [*real] == ["CheckMate-017", "CheckMate-057"]
    assert all(trial.label.endswith("(real)") and trial.registry_id for trial in real.values())
    assert [(one.trial, one.endpoint) for one in study.facts] == [(name, "OS") for name in real]
    assert study.settings.published_facts.pooled == "no"
    assert {row["trial"] for row in rows(demo / "truth.csv")} == {
        trial.trial for trial in study.trials if trial.trial not in real
    }


def test_every_number_of_a_real_trial_is_verified_at_an_address(demo: Path) -> None:
    mine, whole = facts(demo / "published_facts.csv"), facts(EXAMPLE / "published_facts.csv")
    assert len(mine) == 17
    for key, row in mine.items():
        assert row["source"].startswith("https://")
        assert row["certainty"] == "verified"
        assert row == whole[key] | {"source": row["source"]}
        assert row["source"] in whole[key]["source"]


def test_the_numbers_of_the_real_arms_are_those_of_their_facts(demo: Path) -> None:
    columns = {"n": "n", "median": "median_OS", "hazard ratio": "hr_OS"}
    arms = {(row["trial"], row["arm"]): row for row in rows(demo / "arms.csv")}
    compared = 0
    for (trial, arm, _, fact, _), row in facts(demo / "published_facts.csv").items():
        if fact in columns:
            assert float(arms[trial, arm][columns[fact]]) == float(row["value"])
            compared += 1
    assert compared == 10
