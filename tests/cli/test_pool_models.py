"""``perdure pool``: outcomes, counts, likelihood, planning and pairs of classes, beside R."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from perdure.cli.app import app
from perdure.errors import InputError
from perdure.pool import pooled_power, trials_for_half_width

RUN = CliRunner()
REFERENCE = Path(__file__).parents[1] / "reference" / "pool"
R: dict[str, Any] = json.loads((REFERENCE / "table.json").read_text(encoding="utf-8"))
BINOMIAL: dict[str, Any] = json.loads((REFERENCE / "binomial.json").read_text(encoding="utf-8"))
ARMS = str(REFERENCE / "design_42_arms.csv")
WORDS = ["pool", ARMS, "--estimate", "yi", "--se", "se", "--trial", "trial"]
COUNTS = [
    "pool", str(REFERENCE / "dat.nielweise2007.csv"), "--events", "ai", "--n", "n1i",
    "--control-events", "ci", "--control-n", "n2i",
]  # fmt: skip
close = pytest.approx


def ran(words: list[str]) -> Result:
    done = RUN.invoke(app, words)
    assert done.exit_code == 0, done.output
    return done


def answer(words: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran([*words, "--json"]).stdout)
    return found


def refused(words: list[str]) -> str:
    done = RUN.invoke(app, words)
    assert done.exit_code != 0
    assert isinstance(done.exception, InputError)
    return str(done.exception)


@pytest.fixture
def berkey(tmp_path: Path) -> list[str]:
    with (REFERENCE / "dat.berkey1998.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    table = tmp_path / "berkey.csv"
    text = [f"{r['trial']},{r['outcome']},{r['yi']},{float(r['vi']) ** 0.5!r}" for r in rows]
    table.write_text("\n".join(["trial,outcome,yi,se", *text]) + "\n", encoding="utf-8")
    words = ["pool", str(table), "--estimate", "yi", "--se", "se", "--trial", "trial"]
    return [*words, "--model", "multivariate", "--outcome", "outcome"]


@pytest.mark.parametrize("expected", R["outcomes"])
def test_several_outcomes_are_metafors(berkey: list[str], expected: dict[str, Any]) -> None:
    options = ["--correlation", str(expected["correlation"]), "--structure", expected["structure"]]
    found = answer([*berkey, *options])
    assert found["model"] == "multivariate"
    rows = found["coefficients"]
    assert [row["term"] for row in rows] == ["PD", "AL"]
    assert [row["estimate"] for row in rows] == close(expected["beta"], rel=1e-5)
    assert [row["se"] for row in rows] == close(expected["se"], rel=1e-4)
    assert [row["p"] for row in rows] == close(expected["p"], rel=1e-3)
    sigma2 = expected["sigma2"]
    assert found["sigma2"] == close(sigma2 if isinstance(sigma2, list) else [sigma2], rel=1e-3)
    assert found["rho"] == close([expected["rho"]], rel=1e-3)
    # BFGS on a numerical slope stops short of the top
    assert found["log_likelihood"] == close(expected["logLik"], rel=1e-8)
    assert found["log_likelihood"] >= expected["logLik"] - 1e-10
    assert ("uncorrelated" in found["notes"][0]) == (expected["correlation"] == 0)


def test_several_outcomes_in_words_and_in_a_folder(berkey: list[str], tmp_path: Path) -> None:
    out = tmp_path / "found"
    said = ran([*berkey, "-o", str(out)]).stdout.splitlines()
    assert said[0].startswith("PD: 0.3446 (95% CI 0.2186 to 0.4705)")
    assert said[1].startswith("AL: -0.3254")
    assert "several outcomes" in said[2]
    assert "rho 0.775" in said[2]
    forest = (out / "forest.svg").read_text(encoding="utf-8")
    assert forest.index("PD") < forest.index("AL")


def test_several_outcomes_need_their_columns(berkey: list[str]) -> None:
    assert "column of the outcomes" in refused(berkey[:-2])
    assert "Several outcomes need the trials" in refused([*berkey[:6], *berkey[8:]])
    assert "not between -1 and 1" in refused([*berkey, "--correlation", "1"])


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_mantel_haenszel_of_a_table_is_metafors(measure: str) -> None:
    found = answer([*COUNTS, "--model", "mantel-haenszel", "--measure", measure])
    expected = BINOMIAL["mh"]["nielweise2007"][measure]
    mean = found["coefficients"][0]
    assert (mean["estimate"], mean["se"]) == (
        close(expected["beta"], rel=1e-10),
        close(expected["se"], rel=1e-10),
    )
    assert found["q"] == close(expected["QE"], rel=1e-10)
    assert found["model"] == "mantel-haenszel"
    assert set(found) >= {"method", "n_effects", "n_trials", "tau2", "sigma2", "i2", "q_p"}


def test_peto_of_a_table_is_metafors_and_names_tables_without_events(tmp_path: Path) -> None:
    words = [*COUNTS, "--model", "peto", "--trial", "author"]
    expected = BINOMIAL["peto"]["nielweise2007"]
    found = answer(words)
    assert found["coefficients"][0]["estimate"] == close(expected["beta"], rel=1e-10)
    assert found["uninformative"] == ["Yucel"]
    out = tmp_path / "found"
    said = ran([*words, "--shown-as", "ratio", "-o", str(out)]).stdout
    assert "Peto" in said
    assert "in both arms: Yucel" in said
    assert {path.name for path in out.iterdir()} == {"pooled.json", "forest.svg"}
    forest = (out / "forest.svg").read_text(encoding="utf-8")
    assert "Bach" in forest
    assert "odds ratio" in forest
    assert "log odds" not in forest


def test_a_difference_of_risks_is_not_shown_as_a_ratio(tmp_path: Path) -> None:
    words = [*COUNTS, "--model", "mantel-haenszel", "--measure", "RD", "-o", str(tmp_path / "a")]
    assert "use --shown-as plain or percent" in refused([*words, "--shown-as", "ratio"]).lower()
    ran([*words, "--shown-as", "percent"])


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (
            "T2,10,9,1,8",
            "t.csv, row 3, column a or n: the arm has events outside 0 to n (found '10",
        ),
        ("T2,1,9,-1,8", "t.csv, row 3, column c or m: the control has events outside 0 to n"),
        ("T2,1,0,1,8", "t.csv, row 3, column a or n: the arm has no number of patients"),
        ("T2,1,1e30,1,8", "t.csv, row 3, column a or n: the arm has more than 1e+10 patients"),
        ("T2,x,9,1,8", "t.csv, row 3, column a: a is not a number"),
        ("T2,,9,1,8", "t.csv, row 3, column a: a is empty"),
        (",1,9,1,8", "t.csv, row 3, column t: t is empty"),
    ],
)
def test_counts_that_are_none_are_told_by_row_and_column(
    tmp_path: Path, cells: str, said: str
) -> None:
    table = tmp_path / "t.csv"
    table.write_text(f"t,a,n,c,m\nT1,1,9,2,8\n{cells}\n", encoding="utf-8")
    columns = ["--events", "a", "--n", "n", "--control-events", "c", "--control-n", "m"]
    words = ["pool", str(table), *columns, "--trial", "t", "--model", "peto"]
    assert said in refused(words)


def test_counts_need_their_four_columns() -> None:
    assert "--control-n" in refused([*COUNTS[:-2], "--model", "peto"])
    done = RUN.invoke(app, COUNTS)
    assert done.exit_code == 2
    assert "Missing option '--estimate'" in done.output


def test_options_that_have_nothing_to_do_are_named() -> None:
    done = ran([*WORDS, "--margin", "0.2", "--events", "n", "--measure", "RR", "--year", "n"])
    for option, owner in (
        ("--margin", "--by"),
        ("--events", "--model mantel-haenszel or peto"),
        ("--measure", "--planned or counts"),
        ("--year", "--checks"),
    ):
        assert f"note: {option} is not used: it belongs to {owner}" in done.stderr
    done = ran([*COUNTS, "--model", "peto", "--checks"])
    assert "note: --checks is not used: it belongs to a table of estimates" in done.stderr


def test_levels_are_tested_by_metafors_likelihoods() -> None:
    found = answer([*WORDS, "--model", "three-level", "--profile"])["profile"]
    levels = {row["level"]: row["found"] for row in found["levels"]}
    likelihoods = R["levels"]
    for level in ("trial", "effect"):
        gain = 2 * (likelihoods["both"] - likelihoods[f"without_{level}"])
        assert levels[level]["statistic"] == close(gain, rel=1e-6)
        assert levels[level]["df"] == 1
        assert "edge" in levels[level]["caution"]
    assert [row["name"] for row in found["components"]] == ["trial", "effect"]
    for row in found["components"]:
        assert row["low"] <= row["estimate"] <= row["high"]
    said = ran([*WORDS, "--model", "three-level", "--profile"]).stdout
    assert "without the level trial: likelihood ratio 0.0018" in said


def test_tau2_has_profile_limits_and_a_common_effect_none() -> None:
    found = answer([*WORDS, "--profile"])["profile"]
    [tau2] = found["components"]
    assert tau2["low"] < tau2["estimate"] < tau2["high"]
    assert not found["levels"]
    assert "no variance between true effects" in refused([*WORDS, "--profile", "--model", "common"])


def test_pairs_are_adjusted_and_judged_as_in_r() -> None:
    words = [*WORDS, "--by", "class", "--margin", "1.2"]
    found = answer(words)["pairs"]
    expected = R["pairs"]
    for name, ours in (
        ("estimate", "estimate"),
        ("se", "se"),
        ("p", "p"),
        ("holm", "p_adjusted"),
        ("alike_holm", "p_alike_adjusted"),
    ):
        assert [row[ours] for row in found["rows"]] == close(expected[name], rel=1e-6)
    assert [row["verdict"] for row in found["rows"]] == [
        "different", "different, but alike", "different, but alike",
    ]  # fmt: skip
    other = answer([*words, "--adjust", "bonferroni"])["pairs"]["rows"]
    assert [row["p_adjusted"] for row in other] == close(expected["bonferroni"], rel=1e-6)
    said = ran(words).stdout
    assert "p = 0.0015, adjusted (holm) p = 0.003, within 1.2 p = 0.0126: different, but" in said


def test_pairs_of_a_moderator_are_adjusted_too() -> None:
    words = [*WORDS, "--moderators", "class"]
    factor = answer(words)["factors"][0]
    assert [one["p"] for one in factor["differences"]] == close(R["pairs"]["p"], rel=1e-6)
    assert factor["p_adjusted"] == close(R["pairs"]["holm"], rel=1e-6)
    assert "adjusted (holm) p = 0.003" in ran(words).stdout


def test_two_classes_are_one_pair_with_nothing_to_adjust() -> None:
    said = ran([*WORDS, "--by", "line"]).stdout
    assert " v " in said
    assert "adjusted" not in said


def test_power_and_trials_needed_are_those_of_the_functions() -> None:
    with Path(ARMS).open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    y, v = [float(row["yi"]) for row in rows], [float(row["se"]) ** 2 for row in rows]
    planned = ["--planned", "0.3,0.15,100,100"]
    words = [*WORDS, "--true-effect", "0.3", "--half-width", "0.2", *planned]
    plan = answer(words)["plan"]
    # log odds ratio: 1 / (n p (1 - p)) of each arm
    assert plan["planned_v"] == close(1 / 21 + 1 / 12.75)
    tau2 = answer(WORDS)["tau2"]
    assert plan["power"]["power"] == close(pooled_power(0.3, v, tau2=tau2, test="knha").power)
    more = pooled_power(0.3, [*v, plan["planned_v"]], tau2=tau2, test="knha")
    assert plan["power_with_one_more"]["power"] == close(more.power)
    needed = trials_for_half_width(y, v, plan["planned_v"], 0.2)
    assert plan["needed"]["n_trials"] == needed.n_trials > 0
    said = ran(words).stdout
    assert "power: a true effect of 0.3" in said
    assert f"trials needed for a half-width of 0.2: {needed.n_trials} more" in said


def test_one_large_trial_is_told_in_patients(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("y,se\n0.1,0.1\n0.12,0.1\n0.11,0.1\n", encoding="utf-8")
    words = ["pool", str(table), "--estimate", "y", "--se", "se", "--model", "common"]
    words += ["--half-width", "0.08", "--planned", "0.3,0.2,50,50", "--measure", "RD"]
    plan = answer(words)["plan"]
    # 1.96^2 / 0.08^2 = 600.2 of information, of which the three trials have 300
    assert plan["needed"]["single_v"] == close(1 / (600.228 - 300), rel=1e-3)
    patients = (0.3 * 0.7 + 0.2 * 0.8) / plan["needed"]["single_v"]
    assert plan["patients_per_arm"] == int(patients) + 1
    assert f"{plan['patients_per_arm']} patients an arm" in ran(words).stdout


@pytest.mark.parametrize("text", ["0.3,0.15,100", "a,b,c,d", "0.3;0.15;100;100"])
def test_a_plan_that_cannot_be_read(text: str) -> None:
    assert "planned trial cannot be read" in refused(
        [*WORDS, "--half-width", "0.2", "--planned", text]
    )


def test_planning_is_of_a_plain_synthesis() -> None:
    words = [*WORDS, "--model", "three-level", "--true-effect", "0.3"]
    assert "plain synthesis" in refused(words)


def test_effects_that_share_a_trial_are_said_to_be_taken_as_independent() -> None:
    said = ran(WORDS).stdout
    assert "42 effects of 19 trials are pooled as if independent" in said
    assert "--model three-level" in said
    assert "as if independent" not in ran([*WORDS, "--model", "three-level"]).stdout
    assert "as if independent" not in ran([*WORDS, "--robust", "CR2"]).stdout


def test_a_standard_error_that_no_model_takes_is_told_by_row_and_column(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("y,se\n0.1,0.1\n0.12,1e-9\n0.11,0.1\n", encoding="utf-8")
    said = refused(["pool", str(table), "--estimate", "y", "--se", "se"])
    assert said.startswith("t.csv, row 3, column se: its square, the variance, is less than 1e-10")
