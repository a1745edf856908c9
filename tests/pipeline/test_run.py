"""A study goes the whole way; only what is stale is done again."""

import csv
import json
from pathlib import Path

import pytest

from perdure import Study
from perdure.durable import durable_response
from perdure.errors import InputError, OutputError
from perdure.pipeline import RunSummary, run
from perdure.study import read_patients


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "results" / name).open(encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_every_arm_comes_out_once_for_each_reference(run_once: tuple[Path, RunSummary]) -> None:
    folder, summary = run_once
    rows = table(folder, "estimates.csv")
    own = {(row["trial"], row["endpoint"], row["arm"]) for row in rows if row["reference"] == "own"}
    assert own == {
        ("A", "PFS", "new"),
        ("A", "PFS", "old"),
        ("B", "OS", "new"),
        ("B", "OS", "old"),
        ("C", "PFS", "new"),
    }
    assert len(rows) == 4 * 4 + 1
    sources = {(row["trial"], row["source"]) for row in rows}
    assert sources == {("A", "curve"), ("B", "patients"), ("C", "published")}
    published = next(row for row in rows if row["trial"] == "C")
    assert published["median_months"] == ""
    page = summary.report.read_text(encoding="utf-8")
    said = page.count("median not reached") + page.count("what is not reached is missing")
    assert page.count("not reached") == said + 4
    left = next(
        row for row in rows if (row["trial"], row["arm"], row["reference"]) == ("B", "new", "own")
    )
    assert left["status"] == "not estimable"
    assert "median not reached" in left["reason"]
    assert left["proportion"] == ""
    assert 0 < float(left["bound_high"]) <= 1
    assert any("k = 3" in notice and "C, arm new, OS" in notice for notice in summary.notices)
    assert (summary.done, summary.kept) == (2, 0)
    assert summary.report.is_file()


def test_estimates_are_those_of_the_stages_own_function(done_study: Path) -> None:
    patients, _ = read_patients(done_study / "patients" / "B.OS.csv", time_unit="months")
    alone = durable_response(patients["old"], k=2)
    row = next(
        row
        for row in table(done_study, "estimates.csv")
        if (row["trial"], row["arm"], row["reference"]) == ("B", "old", "own")
    )
    assert float(row["proportion"]) == alone.proportion
    assert float(row["threshold_months"]) == alone.threshold


@pytest.mark.slow
def test_times_are_in_months_whatever_the_files_unit(done_study: Path) -> None:
    months = table(done_study, "estimates.csv")
    toml = done_study / "study.toml"
    toml.write_text(
        toml.read_text()
        .replace('"months"', '"years"')
        .replace("fixed_time = 12", "fixed_time = 1")
        .replace("fixed_time = 24", "fixed_time = 2")
    )
    for kind in ("patients", "curves", "risk"):
        for path in (done_study / kind).iterdir():
            in_years(path)
    run(done_study)
    years = table(done_study, "estimates.csv")
    for before, after in zip(months, years, strict=True):
        for column in ("median_months", "threshold_months", "proportion", "ci_low"):
            if before[column]:
                assert float(after[column]) == pytest.approx(float(before[column]), rel=1e-6)


def in_years(path: Path) -> None:
    with path.open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    for row in rows:
        row["time"] = repr(float(row["time"]) / 12)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_nothing_is_done_twice(done_study: Path) -> None:
    before = contents(done_study)
    again = run(done_study)
    assert not again.stale
    assert (again.done, again.kept) == (0, 2)
    assert contents(done_study) == before


def test_only_the_stale_analysis_is_done_again(done_study: Path) -> None:
    path = done_study / "patients" / "B.OS.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, "old,3.5,1"]) + "\n")
    again = run(done_study)
    assert (again.done, again.kept) == (1, 1)
    row = next(row for row in table(done_study, "estimates.csv") if row["trial"] == "B")
    assert row["n"] in ("120", "121")


@pytest.mark.slow
def test_a_label_moves_no_number(done_study: Path) -> None:
    estimates = (done_study / "results" / "estimates.csv").read_bytes()
    arms = done_study / "arms.csv"
    arms.write_text(arms.read_text().replace("New drug", "Newer drug"))
    again = run(done_study)
    assert (again.done, again.kept) == (0, 2)
    assert again.stale
    assert (done_study / "results" / "estimates.csv").read_bytes() == estimates
    assert "Newer drug" in again.report.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("lost", ["report/index.html", "results/pooled.csv", "results/patients"])
def test_what_was_deleted_is_made_again(done_study: Path, lost: str) -> None:
    before = contents(done_study)
    path = done_study / lost
    for found in [path] if path.is_file() else list(path.iterdir()):
        found.unlink()
    run(done_study)
    assert contents(done_study) == before


@pytest.mark.slow
def test_nothing_is_left_of_a_trial_that_was_taken_out(done_study: Path, tmp_path: Path) -> None:
    for name in ("trials.csv", "arms.csv"):
        path = done_study / name
        lines = path.read_text().splitlines()
        path.write_text("\n".join(line for line in lines if not line.startswith("A,")) + "\n")
    for path in [*(done_study / "curves").iterdir(), *(done_study / "risk").iterdir()]:
        path.unlink()
    run(done_study)
    assert not [name for name in contents(done_study) if "A.PFS" in name]
    assert "Trial A" not in (done_study / "report" / "index.html").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "{", '{"key": 1}', "[]"])
def test_a_damaged_result_is_stale_and_no_error(done_study: Path, text: str) -> None:
    before = contents(done_study)
    for name in ("provenance.json", "analyses/B.OS.json"):
        (done_study / "results" / name).write_text(text)
    again = run(done_study)
    assert again.done == 1
    assert contents(done_study) == before


@pytest.mark.slow
def test_workers_do_not_move_a_byte(done_study: Path, tmp_path: Path) -> None:
    alone = contents(done_study)
    for kind in ("results", "report"):
        for path in sorted((done_study / kind).rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
    run(done_study, jobs=2)
    assert contents(done_study) == alone


@pytest.mark.slow
def test_results_that_were_edited_by_hand_are_made_again(done_study: Path) -> None:
    before = contents(done_study)
    path = done_study / "results" / "patients" / "A.PFS.csv"
    path.write_text(path.read_text() + "new,99.0,1\n")
    assert run(done_study).done == 1
    assert contents(done_study) == before


def test_a_wrong_study_writes_nothing(small_study: Path) -> None:
    (small_study / "patients" / "B.OS.csv").write_text("arm,time,event\nold,-1,1\nnew,2,7\n")
    before = contents(small_study)
    with pytest.raises(InputError) as caught:
        run(small_study)
    assert [(problem.row, problem.column) for problem in caught.value.problems] == [
        (2, "time"),
        (3, "event"),
    ]
    assert contents(small_study) == before


@pytest.mark.slow
def test_a_full_disk_leaves_nothing_half_written(
    done_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = done_study / "patients" / "B.OS.csv"
    path.write_text(path.read_text() + "old,3.5,1\n")
    before = contents(done_study)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="disk is full"):
        run(done_study)
    assert contents(done_study) == before
    monkeypatch.undo()
    assert run(done_study).done == 1


@pytest.mark.slow
def test_what_was_finished_before_an_interrupt_is_kept(
    small_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(small_study, progress=stop)
    assert run(small_study).kept == 1


def test_a_control_without_survival_is_the_reason(small_study: Path) -> None:
    path = small_study / "patients" / "B.OS.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("old,")) + "\n")
    published = small_study / "published_estimates.csv"
    published.write_text(published.read_text() + "B,old,OS,2,own,0.2,0.1,0.3\n")
    run(small_study)
    row = next(
        row
        for row in table(small_study, "estimates.csv")
        if (row["trial"], row["arm"], row["reference"]) == ("B", "new", "control")
    )
    assert row["status"] == "not estimable"
    assert row["reason"] == "the survival of its control arm 'old' is not known in this analysis"


@pytest.mark.slow
def test_facts_that_cannot_be_met_are_said(small_study: Path) -> None:
    arms = small_study / "arms.csv"
    lines = arms.read_text().splitlines()
    lines = [lines[0] + ",events_PFS", *(f"{line}," for line in lines[1:])]
    lines[1] += "9"
    arms.write_text("\n".join(lines) + "\n")
    assert Study.open(small_study).trials[0].arms[0].reported["PFS"].events == 9
    run(small_study)
    row = table(small_study, "evidence.csv")[0]
    assert (row["arm"], row["events_reported"]) == ("new", "9")
    assert "9 events" in row["warnings"]
    assert any("A.PFS, arm new: 9 events" in notice for notice in run(small_study).notices)
    page = (small_study / "report" / "index.html").read_text(encoding="utf-8")
    assert "What does not fit, and what was repaired" in page


def test_provenance_says_what_a_run_can_be_repeated_with(done_study: Path) -> None:
    found = json.loads((done_study / "results" / "provenance.json").read_text())
    assert {"study.toml", "arms.csv", "patients/B.OS.csv", "curves/A.PFS.new.csv"} <= set(
        found["inputs"]
    )
    assert {"python", "numpy", "scipy", "matplotlib"} <= set(found["libraries"])
    assert found["seed"] == 20190519
    assert str(done_study) not in json.dumps(found)


@pytest.mark.slow
def test_ensembles_evidence_and_pictures_are_kept_and_made_again(done_study: Path) -> None:
    results = done_study / "results"
    ensembles = sorted(results.glob("ensembles/*.csv"))
    assert ensembles
    with ensembles[0].open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert {row["draw"] for row in rows} == {str(at) for at in range(1, 51)}
    pictures = sorted(results.glob("evidence/*.svg"))
    assert len(pictures) == len({(path.stem) for path in results.glob("evidence/*.csv")})
    before = {path: path.read_bytes() for path in (*ensembles, *pictures)}
    for path in before:
        path.unlink()
    run(done_study)
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.slow
def test_an_ensemble_is_not_kept_where_it_is_not_wanted(small_study: Path) -> None:
    toml = small_study / "study.toml"
    text = toml.read_text()
    table = "[reconstruct]\n"
    wish = f"{table}keep_ensemble = false\n"
    toml.write_text(text.replace(table, wish) if table in text else f"{text}\n{wish}")
    run(small_study)
    assert not (small_study / "results" / "ensembles").exists()
    assert not (small_study / "results" / "evidence").exists()
