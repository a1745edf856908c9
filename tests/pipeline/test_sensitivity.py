"""A row of the sensitivity table is what another run, or metafor, gives for that choice."""

import csv
import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest

from perdure.pipeline import RunSummary, run

from .conftest import write_rows

REFERENCE = Path(__file__).parents[1] / "reference" / "pool"
Rows = list[dict[str, str]]
NUMBERS = ("estimate", "ci_low", "ci_high", "tau2")
close = pytest.approx


def table(folder: Path, name: str) -> Rows:
    with (folder / "results" / name).open(encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def one(folder: Path, change: str, setting: str | None = None, **where: str) -> dict[str, str]:
    """The one row of sensitivity.csv with this change."""
    [row] = [
        row
        for row in table(folder, "sensitivity.csv")
        if row["change"] == change
        and setting in (None, row["setting"])
        and all(row[name] == value for name, value in where.items())
    ]
    return row


def number(row: dict[str, str], name: str) -> float | None:
    return float(row[name]) if row[name] else None


def assert_same(row: dict[str, str], other: dict[str, str], *names: str) -> None:
    """Two rows have the same numbers, and none where the other has none."""
    for name in names:
        mine, theirs = number(row, name), number(other, name)
        assert (mine is None) == (theirs is None), name
        assert mine is None or mine == close(theirs, rel=1e-9, abs=1e-12), name


def changed(folder: Path, to: Path, *edits: tuple[str, str]) -> Path:
    """A copy of a study without its results, with other words in study.toml."""
    shutil.copytree(folder, to, ignore=shutil.ignore_patterns("results", "report"))
    text = (to / "study.toml").read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    (to / "study.toml").write_text(text, encoding="utf-8")
    run(to)
    return to


def agrees(row: dict[str, str], other: Path, **where: str) -> None:
    """A row has the numbers of the primary row, and of the pooled tables, of another run."""
    found = one(other, "primary", name=row["name"], endpoint=row["endpoint"], **where)
    assert_same(row, found, *NUMBERS, "prediction_low", "prediction_high")
    assert [row[name] for name in ("n_effects", "n_patients")] == [
        found[name] for name in ("n_effects", "n_patients")
    ]
    if row["answer"] == "class":
        [pooled] = [
            each
            for each in table(other, "pooled.csv")
            if (each["endpoint"], each["reference"], each["class"], each["measure"])
            == (row["endpoint"], found["reference"], row["name"], "proportion")
        ]
    else:
        name = "all" if row["name"] == "all contrasts" else row["name"]
        [pooled] = [
            each
            for each in table(other, "pooled_contrasts.csv")
            if (each["endpoint"], each["reference"], each["group"], each["measure"])
            == (row["endpoint"], found["reference"], name, row["measure"])
        ]
    assert_same(row, pooled, *NUMBERS)


CLASS, CONTRAST = {"name": "inhibitor"}, {"name": "all contrasts"}


@pytest.mark.slow
def test_the_primary_rows_are_the_pooled_answers(run_once: tuple[Path, RunSummary]) -> None:
    folder, _ = run_once
    agrees(one(folder, "primary", endpoint="PFS", **CLASS), folder)
    agrees(one(folder, "primary", endpoint="PFS", **CONTRAST), folder)


@pytest.mark.slow
def test_another_k_is_what_a_study_with_that_k_gives(
    run_once: tuple[Path, RunSummary], tmp_path: Path
) -> None:
    folder, _ = run_once
    other = changed(folder, tmp_path / "k", ("[endpoints.PFS]\nk = 3", "[endpoints.PFS]\nk = 2"))
    for name in (CLASS, CONTRAST):
        row = one(folder, "k", "2", endpoint="PFS", **name)
        agrees(row, other)
        assert row["estimate"] != one(folder, "primary", endpoint="PFS", **name)["estimate"]


@pytest.mark.slow
def test_another_reference_is_what_a_study_with_that_reference_gives(
    run_once: tuple[Path, RunSummary], tmp_path: Path
) -> None:
    folder, _ = run_once
    four = 'reference = ["own", "control", "trial", "fixed"]'
    alone = changed(folder, tmp_path / "own", (four, 'reference = ["own"]'))
    for reference, words in (("trial", "trial’s median"), ("fixed", "12 months")):
        # computed for the table in one study, asked for by the other
        agrees(one(alone, "reference", words, endpoint="PFS", **CLASS), _first(folder, reference))


def _first(folder: Path, reference: str) -> Path:
    to = folder.parent / f"first {reference}"
    if to.is_dir():
        return to
    four = 'reference = ["own", "control", "trial", "fixed"]'
    return changed(folder, to, (four, f'reference = ["{reference}"]'))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pool", "change", "setting"),
    [
        ('model = "common"\ntest = "z"', "model", "common effect"),
        ('method = "PM"', "tau2 estimator", "PM"),
        ('test = "knha"', "test", "Hartung-Knapp"),
        ('test = "z"', "test", "normal"),
    ],
)
def test_another_model_is_what_a_study_with_that_model_gives(
    run_once: tuple[Path, RunSummary], tmp_path: Path, pool: str, change: str, setting: str
) -> None:
    folder, _ = run_once
    other = shutil.copytree(folder, tmp_path / "model")
    path = other / "study.toml"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n[pool]\n{pool}\n", encoding="utf-8")
    run(other)
    agrees(one(folder, change, setting, endpoint="PFS", **CLASS), other)
    # the one contrast is the same under every model: no row shows that as agreement
    alone = one(folder, change, setting, endpoint="PFS", **CONTRAST)
    assert alone["reason"] == "one effect: there is nothing to pool"
    agrees(one(folder, "primary", endpoint="PFS", **CONTRAST), other)
    # what was asked beside the study's question is kept with the analyses, which were not redone
    mine, theirs = (one(path, "k", "2", endpoint="PFS", **CLASS) for path in (folder, other))
    assert (mine["n_effects"], mine["n_patients"]) == (theirs["n_effects"], theirs["n_patients"])
    assert theirs["estimate"]


@pytest.mark.slow
def test_rebuilt_patients_as_if_observed_are_those_of_a_study_that_has_them_as_patients(
    small_study: Path, tmp_path: Path
) -> None:
    for path in (small_study / "curves").iterdir():
        # read coarsely: several histories fit
        with path.open(encoding="utf-8") as handle:
            points = [
                (float(one["time"]), float(one["survival"])) for one in csv.DictReader(handle)
            ]
        coarse = [(time, round(survival, 2)) for time, survival in points[::4]]
        write_rows(path, ("time", "survival"), *coarse)
    run(small_study)
    observed = tmp_path / "observed"
    shutil.copytree(small_study, observed, ignore=shutil.ignore_patterns("results", "report"))
    shutil.copy(small_study / "results" / "patients" / "A.PFS.csv", observed / "patients")
    shutil.rmtree(observed / "curves")
    shutil.rmtree(observed / "risk")
    run(observed)
    for name in (CLASS, CONTRAST):
        row = one(small_study, "reconstruction", endpoint="PFS", **name)
        assert_same(row, one(observed, "primary", endpoint="PFS", **name), *NUMBERS)
        assert row["estimate"] != one(small_study, "primary", endpoint="PFS", **name)["estimate"]
        none = one(observed, "reconstruction", endpoint="PFS", **name)
        assert none["reason"] == "no arm was rebuilt from a curve"


@pytest.mark.slow
def test_published_estimates_left_out_are_a_study_without_them(
    run_once: tuple[Path, RunSummary], tmp_path: Path
) -> None:
    folder, _ = run_once
    row = one(folder, "published estimates", endpoint="PFS", **CLASS)
    assert row["without"] == "C/new"
    found = {"n_effects": "1", "reason": ""}
    assert {name: row[name] for name in found} == found
    # one arm is left: its own interval on the logit scale
    [own] = [
        each
        for each in table(folder, "estimates.csv")
        if (each["trial"], each["endpoint"], each["arm"], each["reference"])
        == ("A", "PFS", "new", "own")
    ]
    assert number(row, "estimate") == close(float(own["proportion"]), rel=1e-9)


@pytest.mark.slow
def test_what_cannot_be_computed_says_why(run_once: tuple[Path, RunSummary]) -> None:
    folder, _ = run_once
    rows = table(folder, "sensitivity.csv")
    for row in rows:
        assert bool(row["estimate"]) != bool(row["reason"]), row
        assert row["reason"] != "None"
    places = [
        (*(row[name] for name in ("endpoint", "answer", "name", "change", "setting")),)
        for row in rows
    ]
    assert len(set(places)) == len(places)
    kinds = {row["change"] for row in rows}
    assert kinds >= {
        "primary", "reference", "k", "scale", "model", "tau2 estimator", "test", "reconstruction",
        "data", "thin arms", "published estimates",
    }  # fmt: skip
    thin = one(folder, "thin arms", endpoint="PFS", **CONTRAST)
    assert thin["reason"].startswith("no arm is thin") or float(thin["estimate"])


@pytest.fixture(scope="module")
def forty_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The 42 arms that metafor pooled, as a study of published estimates."""
    folder = tmp_path_factory.mktemp("arms") / "forty-two"
    folder.mkdir()
    (folder / "study.toml").write_text(
        'title = "Arms"\ntime_unit = "months"\n\n[endpoints.PFS]\nk = 3\n', encoding="utf-8"
    )
    with (REFERENCE / "design_42_arms.csv").open(encoding="utf-8") as handle:
        arms = list(csv.DictReader(handle))
    trials = dict.fromkeys(arm["trial"] for arm in arms)
    write_rows(folder / "trials.csv", ("trial", "label"), *((name, name) for name in trials))
    write_rows(
        folder / "arms.csv",
        ("trial", "arm", "drug_class", "n"),
        *((arm["trial"], arm["arm_id"], arm["class"], arm["n"]) for arm in arms),
    )
    write_rows(
        folder / "published_estimates.csv",
        ("trial", "arm", "endpoint", "k", "reference", "proportion", "ci_low", "ci_high"),
        *((arm["trial"], arm["arm_id"], "PFS", 3, "own", *_with_limits(arm)) for arm in arms),
    )
    run(folder)
    return folder


def _with_limits(arm: dict[str, str]) -> tuple[float, ...]:
    """The proportion with limits that have its standard error on the logit scale."""
    reach = 1.959963984540054 * float(arm["se"])
    return tuple(expit(float(arm["yi"]) + side * reach) for side in (0, -1, 1))


def expit(x: float) -> float:
    return 1 / (1 + math.exp(-x))


@pytest.mark.parametrize("name", ["anti_pd1", "anti_ctla4", "control"])
@pytest.mark.parametrize(
    ("change", "setting", "fit", "test"),
    [
        ("model", "common effect", "EE", "z"),
        ("test", "Hartung-Knapp", "REML", "knha"),
        ("test", "normal", "REML", "z"),
        ("tau2 estimator", "DL", "DL", None),
    ],
)
def test_rows_are_metafors(
    forty_two: Path, name: str, change: str, setting: str, fit: str, test: str | None
) -> None:
    design: dict[str, Any] = json.loads((REFERENCE / "design.json").read_text(encoding="utf-8"))
    expected = design["by_class"][name][fit]
    row = one(forty_two, change, setting, name=name)
    answer = expected["tests"][test or "z"]
    assert number(row, "estimate") == close(expit(answer["beta"][0]), rel=1e-6)
    assert number(row, "tau2") == close(expected["tau2"], rel=1e-6)
    assert row["n_effects"] == str(design["by_class"][name]["k"])
    if test is not None:
        assert number(row, "ci_low") == close(expit(answer["ci_lower"][0]), rel=1e-6)
        assert number(row, "ci_high") == close(expit(answer["ci_upper"][0]), rel=1e-6)


def test_patients_are_counted_once_and_differences_are_from_the_primary(forty_two: Path) -> None:
    with (REFERENCE / "design_42_arms.csv").open(encoding="utf-8") as handle:
        n = [int(arm["n"]) for arm in csv.DictReader(handle) if arm["class"] == "anti_pd1"]
    primary = one(forty_two, "primary", name="anti_pd1")
    assert (int(primary["n_effects"]), int(primary["n_patients"])) == (len(n), sum(n))
    for row in table(forty_two, "sensitivity.csv"):
        if row["name"] == "anti_pd1" and row["estimate"]:
            moved = float(row["estimate"]) - float(primary["estimate"])
            assert number(row, "difference") == close(moved, abs=1e-12)


def test_an_arm_published_at_the_studys_k_only_is_missed_at_another(forty_two: Path) -> None:
    row = one(forty_two, "k", "2", name="anti_pd1")
    assert (row["estimate"], row["n_effects"]) == ("", "0")
    assert row["reason"] == "none of its arms can be pooled"


def test_nothing_is_stale_after_a_run(forty_two: Path, tmp_path: Path) -> None:
    assert run(shutil.copytree(forty_two, tmp_path / "again")).stale is False


def test_the_report_shows_every_row_and_refers_to_its_table(forty_two: Path) -> None:
    path = forty_two / "report" / "tables" / "sensitivity.PFS.csv"
    with path.open(encoding="utf-8") as handle:
        shown = list(csv.DictReader(handle))
    stored = table(forty_two, "sensitivity.csv")
    assert len(shown) == len(stored) > 40
    for mine, theirs in zip(shown, stored, strict=True):
        for name in ("change", "setting", "estimate", "ci_low", "tau2", "difference", "reason"):
            assert mine[name] == theirs[name]
    page = (forty_two / "report" / "index.html").read_text(encoding="utf-8")
    assert "Sensitivity of the headline answers: PFS" in page
    values = [
        100 * float(row["estimate"])
        for row in stored
        if row["name"] == "anti_pd1" and row["estimate"]
    ]
    assert f"{min(values):.1f}% to {max(values):.1f}% over all {len(values)} analyses" in page


@pytest.mark.slow
def test_two_classes_are_compared_by_every_model_that_is_stored(
    run_once: tuple[Path, RunSummary],
) -> None:
    folder, _ = run_once
    rows = [
        row
        for row in table(folder, "sensitivity.csv")
        if (row["answer"], row["endpoint"]) == ("class difference", "PFS")
    ]
    [pooled] = [
        row
        for row in table(folder, "pooled.csv")
        if (row["endpoint"], row["reference"], row["measure"]) == ("PFS", "own", "odds ratio")
    ]
    assert rows[0]["name"] == f"{pooled['class']} v {pooled['against']}"
    assert number(rows[0], "estimate") == close(math.log(float(pooled["estimate"])), rel=1e-12)
    models = [
        row
        for row in table(folder, "class_models.csv")
        if (row["endpoint"], row["reference"]) == ("PFS", "own")
    ]
    assert len(models) > 3
    for model in models[1:]:
        [mine] = [row for row in rows if row["setting"] == f"{model['model']}; {model['error']}"]
        assert_same(mine, model, "estimate", "ci_low", "ci_high")
        assert mine["reason"] == model["reason"]
    for row in rows:
        if row["change"] == "scale":
            assert row["reason"] == "odds ratios are pooled on the logit scale only"
