"""perdure durable as a user runs it: options, what it prints, what it writes."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from perdure.cli.app import app

RUN = CliRunner()


@pytest.fixture
def patients(tmp_path: Path) -> Path:
    random = np.random.default_rng(3)
    path = tmp_path / "patients.csv"
    with path.open("w", newline="", encoding="utf-8") as handle:
        out = csv.writer(handle)
        out.writerow(["arm", "time", "event"])
        for arm, scale in (("chemo", 6.0), ("io", 12.0)):
            for time, end in zip(
                random.exponential(scale, 120), random.uniform(40, 60, 120), strict=True
            ):
                out.writerow([arm, round(min(time, end), 3), int(time <= end)])
    return path


def test_everything_beside_is_printed_written_and_json(patients: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    common = ["durable", str(patients), "--endpoint", "OS", "--control", "chemo"]
    found = RUN.invoke(app, [*common, "--with", "all", "--replicates", "300", "-o", str(out)])
    assert found.exit_code == 0, found.output
    for word in ("odds ratio", "bootstrap", "profile", "follow-up", "tail", "unverified"):
        assert word in found.output
    names = {path.name for path in out.iterdir()}
    assert {
        "estimates.csv",
        "contrasts.csv",
        "bootstrap.csv",
        "profile.csv",
        "profile_contrasts.csv",
        "follow_up.csv",
        "tail.csv",
        "models.csv",
        "awards.csv",
        "curves.svg",
        "profile.svg",
    } <= names
    with (out / "profile.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert {row["arm"] for row in rows} == {"chemo", "io"}
    printed = RUN.invoke(app, [*common, "--with", "profile", "--with", "awards", "--json"])
    content = json.loads(printed.stdout)
    assert {"arms", "contrasts", "profile", "profile_contrasts", "awards"} == set(content)
    assert content["contrasts"][0]["odds_ratio"] is not None
    assert all("unverified" in row["verified"] for row in content["awards"])


@pytest.mark.parametrize("kind", ["plain", "log", "log-log", "logit", "arcsin", "likelihood"])
def test_every_interval_can_be_asked_for(patients: Path, kind: str) -> None:
    found = RUN.invoke(app, ["durable", str(patients), "--k", "2", "--interval", kind, "--json"])
    arms = json.loads(found.stdout)["arms"]
    assert {arm["interval"] for arm in arms} == {kind}
    assert all(0 <= arm["ci_low"] < arm["proportion"] < arm["ci_high"] <= 1 for arm in arms)


def test_level_is_said(patients: Path) -> None:
    found = RUN.invoke(app, ["durable", str(patients), "--k", "2", "--level", "0.9"])
    assert "90% CI" in found.stdout


def test_a_value_framework_needs_a_control(patients: Path) -> None:
    found = RUN.invoke(app, ["durable", str(patients), "--endpoint", "OS", "--with", "awards"])
    assert found.exit_code == 0
    assert "no rule applies" in found.stdout


def test_what_cannot_be_asked_is_a_sentence(patients: Path) -> None:
    found = RUN.invoke(app, ["durable", str(patients), "--k", "2", "--with", "nothing"])
    assert found.exit_code == 2


def test_a_folder_that_is_a_file_is_refused_before_any_work(patients: Path, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("mine", encoding="utf-8")
    found = RUN.invoke(app, ["durable", str(patients), "--k", "2", "-o", str(path / "in")])
    assert "names a file" in str(found.exception)
    assert path.read_text(encoding="utf-8") == "mine"


def test_files_of_an_earlier_call_do_not_stay(patients: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    base = ["durable", str(patients), "--k", "2", "-o", str(out)]
    RUN.invoke(app, [*base, "--with", "profile", "--with", "tail"])
    (out / "mine.txt").write_text("kept", encoding="utf-8")
    RUN.invoke(app, base)
    assert {path.name for path in out.iterdir()} == {"estimates.csv", "curves.svg", "mine.txt"}


def test_all_files_or_none(patients: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "curves.svg").mkdir(parents=True)
    found = RUN.invoke(app, ["durable", str(patients), "--k", "2", "-o", str(out)])
    assert found.exception is not None
    assert [path.name for path in out.iterdir()] == ["curves.svg"]


def test_draws_say_which_history_a_number_is_of(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    path = tmp_path / "draws.csv"
    with path.open("w", newline="", encoding="utf-8") as handle:
        out = csv.writer(handle)
        out.writerow(["draw", "time", "event"])
        for draw in range(1, 6):
            for time in random.exponential(6, 80):
                out.writerow([draw, round(time, 3), 1])
    common = ["durable", str(path), "--k", "2", "--with", "bootstrap", "--with", "profile"]
    found = json.loads(RUN.invoke(app, [*common, "--replicates", "200", "--json"]).stdout)
    assert {row["histories"] for row in found["profile"]} == {"the first of 5 histories"}
    assert "histories" not in found["bootstrap"][0]
    assert found["arms"][0]["draws"] == 5


def test_an_arm_at_time_0_loses_the_tail_only(tmp_path: Path) -> None:
    path = tmp_path / "zero.csv"
    path.write_text("arm,time,event\na,0,1\nb,4,1\nb,6,1\nb,9,0\n", encoding="utf-8")
    found = RUN.invoke(app, ["durable", str(path), "--k", "1", "--with", "tail"])
    assert found.exit_code == 0
    assert "nobody is followed beyond time 0 in a" in found.stdout


def test_options_without_a_use_are_named(patients: Path) -> None:
    found = RUN.invoke(app, ["durable", str(patients), "--k", "2", "--time", "5"])
    assert "--time is not used" in found.output
    alone = RUN.invoke(app, ["durable", str(patients), "--k", "2", "--seed", "-1"])
    assert alone.exit_code == 2


def test_milestones_and_conditional_survival(patients: Path) -> None:
    common = ["durable", str(patients), "--k", "2", "--with", "tail", "--json"]
    found = RUN.invoke(app, [*common, "--milestone", "12", "--milestone", "24", "--beyond", "6"])
    rows = [row for row in json.loads(found.stdout)["tail"] if row["arm"] == "io"]
    assert [row["stop"] for row in rows if row["quantity"] == "milestone survival"] == [12, 24]
    conditional = [row for row in rows if row["quantity"] == "conditional survival"]
    assert len(conditional) == 1
    assert conditional[0]["stop"] == pytest.approx(conditional[0]["start"] + 6)
    refused = RUN.invoke(app, [*common, "--milestone", "-3"])
    assert refused.exit_code == 1
