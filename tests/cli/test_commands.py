"""The command line as its user meets it: what is printed where, and the exit status."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from commands import perdure
from perdure.survival import kaplan_meier, median

CURVE = "time,survival\n0,1\n2,0.9\n4,0.6\n6,0.4\n9,0.3\n14,0.3\n"
RISK = "time,n_at_risk\n0,50\n4,40\n8,14\n12,6\n"


@pytest.fixture
def patients(tmp_path: Path) -> Path:
    path = tmp_path / "patients.csv"
    rows = [("new", float(t), int(t % 3 != 0)) for t in range(1, 41)]
    rows += [("old", t / 2, int(t % 5 != 0)) for t in range(1, 41)]
    with path.open("w", newline="") as handle:
        csv.writer(handle).writerows([("arm", "time", "event"), *rows])
    return path


def test_help_names_every_command() -> None:
    said = perdure("--help")
    assert said.returncode == 0
    for command in ("demo", "new", "check", "run", "report", "reconstruct", "durable", "pool"):
        assert f"  {command} " in said.stdout


def test_wrong_usage_exits_with_2() -> None:
    for words in (["nothing"], ["run"], ["durable"], ["run", "x", "--jobs", "0"]):
        said = perdure(*words)
        assert said.returncode == 2
        assert "Traceback" not in said.stderr


def test_new_then_check_says_what_to_fill_in(tmp_path: Path) -> None:
    study = tmp_path / "mine"
    assert perdure("new", study).returncode == 0
    said = perdure("check", study)
    assert said.returncode == 1
    assert "trials.csv" in said.stdout
    assert "arms.csv" in said.stdout
    assert "Traceback" not in said.stderr
    assert perdure("new", study).returncode == 1


def test_check_as_json(tmp_path: Path) -> None:
    said = perdure("check", tmp_path, "--json")
    assert said.returncode == 1
    found = json.loads(said.stdout)
    assert not found["ok"]
    assert "perdure new" in found["problems"][0]["remedy"]


@pytest.mark.slow
def test_demo_goes_the_whole_way(tmp_path: Path) -> None:
    said = perdure("demo", tmp_path / "demo")
    assert said.returncode == 0, said.stderr
    assert "Durable response (PFS beyond 3 times the own median)" in said.stdout
    assert "Against the truth" in said.stdout
    assert (tmp_path / "demo" / "report" / "index.html").is_file()
    with (tmp_path / "demo" / "results" / "estimates.csv").open(encoding="utf-8") as handle:
        real = [row for row in csv.DictReader(handle) if row["trial"].startswith("CheckMate")]
    assert len(real) == 8
    assert {(row["source"], row["certainty"], row["primary"]) for row in real} == {
        ("facts", "verified", "no")
    }
    again = perdure("demo", tmp_path / "demo")
    assert "nothing was stale" in again.stderr
    assert again.stdout == said.stdout
    as_json = json.loads(perdure("run", tmp_path / "demo", "--json").stdout)
    assert as_json["analyses"] == {"done": 0, "kept": 14}


def test_a_format_that_is_not_known_is_refused_before_any_work(tmp_path: Path) -> None:
    said = perdure("report", tmp_path, "--format", "pdf,odt")
    assert said.returncode == 1
    assert "found 'odt'" in said.stderr
    assert "html, pdf, docx, xlsx, figures" in said.stderr


def test_demo_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    said = perdure("demo", tmp_path)
    assert said.returncode == 1
    assert said.stderr.startswith("error: The folder holds something else")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_reconstruct(tmp_path: Path) -> None:
    (tmp_path / "curve.csv").write_text(CURVE)
    (tmp_path / "risk.csv").write_text(RISK)
    words = ("reconstruct", "curve.csv", "--risk", "risk.csv", "-o", "out.csv", "--json")
    said = perdure(*words, cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout)
    assert {
        "n",
        "events",
        "median",
        "rmse",
        "max_distance",
        "risk_mismatch",
        "seconds",
        "seed",
    } <= (set(found))
    assert found["n"] == 50
    with (tmp_path / "out.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    curve = kaplan_meier([float(r["time"]) for r in rows], [int(r["event"]) for r in rows])
    assert curve.n == 50
    assert curve.at_risk([0, 4, 8, 12]).tolist() == [50, 40, 14, 6]
    assert median(curve).value == found["median"]


def test_a_curve_that_rises_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "curve.csv").write_text(CURVE.replace("9,0.3", "9,0.7"))
    said = perdure("reconstruct", "curve.csv", "--total", "50", "-o", "out.csv", cwd=tmp_path)
    assert said.returncode == 1
    assert said.stdout == ""
    assert said.stderr.startswith("error: curve.csv, row 6, column survival: ")
    assert not (tmp_path / "out.csv").exists()


def test_reconstruct_never_replaces_its_input(tmp_path: Path) -> None:
    (tmp_path / "curve.csv").write_text(CURVE)
    said = perdure("reconstruct", "curve.csv", "--total", "50", "-o", "curve.csv", cwd=tmp_path)
    assert said.returncode == 1
    assert "the input would be lost" in said.stderr
    assert (tmp_path / "curve.csv").read_text() == CURVE


def test_durable_asks_for_what_a_reference_needs(patients: Path) -> None:
    said = perdure("durable", patients, "--k", "2", "--reference", "control")
    assert (said.returncode, "--control" in said.stderr) == (1, True)
    said = perdure("durable", patients, "--reference", "fixed")
    assert (said.returncode, "--time" in said.stderr) == (1, True)


def test_durable_as_json_has_the_keys_of_the_design(patients: Path) -> None:
    said = perdure("durable", patients, "--endpoint", "OS", "--control", "old", "--json")
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout)
    keys = {
        *("arm", "n", "events", "median", "k", "reference", "threshold", "proportion"),
        *("se", "ci_low", "ci_high", "n_at_risk", "status", "reason"),
    }
    assert [arm["arm"] for arm in found["arms"]] == ["new", "old"]
    assert all(keys <= set(arm) for arm in found["arms"])
    assert found["arms"][0]["k"] == 2
    assert found["contrasts"][0]["comparator"] == "old"


def test_durable_without_k_guesses_nothing(patients: Path) -> None:
    said = perdure("durable", patients)
    assert said.returncode == 1
    assert "--endpoint PFS" in said.stderr


def test_durable_in_words(patients: Path) -> None:
    said = perdure("durable", patients, "--k", "1.5", "--control", "old", "--reference", "control")
    assert said.returncode == 0, said.stderr
    assert "new: 40 patients" in said.stdout
    assert "new v old: difference" in said.stdout
    missing = perdure("durable", patients, "--k", "2", "--control", "odl")
    assert missing.returncode == 1
    assert "use one of new, old" in missing.stderr.lower()


def test_median_not_reached_says_so(tmp_path: Path) -> None:
    path = tmp_path / "patients.csv"
    path.write_text("time,event\n1,1\n2,0\n3,0\n")
    said = perdure("durable", path, "--k", "3")
    assert said.returncode == 0
    assert "not estimable (median not reached" in said.stdout
    found = json.loads(perdure("durable", path, "--k", "3", "--json").stdout)["arms"][0]
    assert (found["proportion"], found["se"], found["threshold"]) == (None, None, None)
    assert found["reason"]


def test_pool(tmp_path: Path) -> None:
    path = tmp_path / "effects.csv"
    path.write_text("trial,y,se,kind\nA,0.1,0.1,x\nB,0.3,0.1,x\nC,0.9,0.2,y\nD,1.1,0.2,y\n")
    words = ("pool", path, "--estimate", "y", "--se", "se", "--trial", "trial", "--by", "kind")
    said = perdure(*words, "--json")
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout)
    keys = {
        *("model", "method", "n_effects", "n_trials", "coefficients", "tau2", "sigma2", "i2", "q"),
        *("q_p", "log_likelihood", "prediction_low", "prediction_high"),
    }
    assert keys <= set(found)
    assert (found["model"], found["method"], found["n_effects"]) == ("random", "REML", 4)
    words_only = perdure(*words)
    assert words_only.returncode == 0
    assert "x v y" in words_only.stdout or "y v x" in words_only.stdout


def test_pool_names_the_nearest_column_and_the_bad_row(tmp_path: Path) -> None:
    path = tmp_path / "effects.csv"
    path.write_text("trial,estimate,se\nA,0.1,0.1\nB,0.3,-0.1\n")
    said = perdure("pool", path, "--estimate", "estimat", "--se", "se")
    assert said.returncode == 1
    assert "Give --estimate estimate." in said.stderr
    said = perdure("pool", path, "--estimate", "estimate", "--se", "se")
    assert said.returncode == 1
    assert "effects.csv, row 3, column se" in said.stderr


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    said = perdure("durable", tmp_path / "gone.csv", "--k", "3")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == "error: gone.csv: there is no such file. Check the name.\n"


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_interrupt_stops_with_a_sentence(tmp_path: Path) -> None:
    code = (
        "import perdure.pipeline, time\n"
        "def run(*_, **__):\n"
        "    print('running', flush=True)\n"
        "    time.sleep(30)\n"
        "perdure.pipeline.run = run\n"
        "from perdure.cli import main; main()"
    )
    command = [sys.executable, "-c", code, "run", str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "running\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert "stopped: what was finished is kept" in process.stderr.read()


def test_pool_with_moderators(tmp_path: Path) -> None:
    path = tmp_path / "effects.csv"
    rows = [f"{at / 10},0.2,T{at // 2},{'ab'[at % 2]},{at}" for at in range(8)]
    path.write_text("\n".join(["y,se,trial,kind,year", *rows]) + "\n", encoding="utf-8")
    words = ("pool", path, "--estimate", "y", "--se", "se", "--trial", "trial")
    said = perdure(*words, "--moderators", "kind + year", "--reference-level", "kind=b", "--json")
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout)
    assert [one["term"] for one in found["coefficients"]] == ["intercept", "kind = a", "year"]
    assert [test["terms"] for test in found["tests"]] == [["kind"], ["year"]]
    assert found["heterogeneity"]["interval"] == "Q-profile"
    nested = perdure(*words, "--model", "three-level", "--json")
    assert nested.returncode == 0, nested.stderr
    three = json.loads(nested.stdout)
    assert three["tau2"] is None
    assert len(three["sigma2"]) == 2
    plain = perdure(*words, "--moderators", "kind")
    assert "kind: F" in plain.stdout
    exact = [one for one in found["tests"] if one["terms"] == ["year"]]
    assert exact[0]["statistic"] is None  # year fits without error: no finite F
    wrong = perdure(*words, "--moderators", "knd")
    assert wrong.returncode == 1
    assert "no moderator knd" in wrong.stderr
    assert "Traceback" not in wrong.stderr
