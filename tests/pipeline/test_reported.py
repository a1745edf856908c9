"""What arms.csv says was published, in a study: checks, constraints, and what the report says."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from perdure.errors import InputError
from perdure.pipeline import run
from perdure.records import months_per
from perdure.records.time_unit import TimeUnit

ARMS = "trial,arm,label,drug_class,comparator,n"


def exponential(n: int, median: float) -> list[float]:
    """Return the event times of an arm whose median is near this one; nobody is censored."""
    return [float(-np.log2(1 - (at + 0.5) / n) * median) for at in range(n)]


def write_study(folder: Path, unit: TimeUnit, arms: str, own: str = "") -> None:
    """Write a trial of two arms, medians 10 and 6 months, in any unit of time."""
    (folder / "curves").mkdir(parents=True)
    (folder / "study.toml").write_text(
        f'title = "One"\ntime_unit = "{unit}"\n[endpoints.PFS]\nk = 2\n[reconstruct]\n{own}\n'
    )
    (folder / "trials.csv").write_text("trial\nT\n")
    (folder / "arms.csv").write_text(arms)
    scale = 1 / months_per(unit)
    for arm, median in (("new", 10.0), ("old", 6.0)):
        time = exponential(60, median)
        points = [(at, np.mean([one > at for one in time])) for at in np.linspace(0, 30, 151)]
        lines = [f"{at * scale:.6f},{share:.4f}" for at, share in points]
        (folder / "curves" / f"T.PFS.{arm}.csv").write_text("\n".join(["time,survival", *lines]))


def evidence(folder: Path) -> list[dict[str, str]]:
    with (folder / "results" / "evidence.csv").open() as handle:
        return list(csv.DictReader(handle))


@pytest.mark.parametrize("unit", ["days", "weeks", "months", "years"])
def test_a_published_median_is_in_the_studys_unit(tmp_path: Path, unit: TimeUnit) -> None:
    folder = tmp_path / "study"
    median = 10 / months_per(unit)
    write_study(
        folder, unit, f"{ARMS},median_PFS\nT,new,New,a,old,60,{median:.5f}\nT,old,Old,b,,60,\n"
    )
    summary = run(folder)
    assert float(evidence(folder)[0]["median_reported_months"]) == pytest.approx(10, abs=1e-3)
    assert not any("published median" in notice for notice in summary.notices)


def test_survival_at_a_time_is_a_check_and_the_report_names_what_it_contradicts(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "study"
    ten, twenty = 10 / months_per("weeks"), 20 / months_per("weeks")
    write_study(
        folder,
        "weeks",
        f"{ARMS},survival_PFS\nT,new,New,a,old,60,{ten:.6g}=0.50 {twenty:.6g}=0.40\n"
        "T,old,Old,b,,60,\n",
    )
    summary = run(folder)
    said = f"survival at {twenty:.6g} weeks is published as 0.40 and rebuilt as 0.2"
    assert sum(said in notice for notice in summary.notices) == 1
    assert not any(f"survival at {ten:.5g}" in notice for notice in summary.notices)
    assert said in summary.report.read_text(encoding="utf-8")
    with (folder / "results" / "evidence" / "T.PFS.new.csv").open() as handle:
        rows = [row for row in csv.DictReader(handle) if row["what"] == "reported survival"]
    assert [float(row["time"]) for row in rows] == pytest.approx([ten, twenty], rel=1e-4)
    assert [row["published"] for row in rows] == ["0.5", "0.4"]
    assert float(rows[0]["rebuilt"]) == pytest.approx(0.5, abs=0.02)


def test_what_is_the_curves_own_constrains_and_the_rest_checks(tmp_path: Path) -> None:
    arms = f"{ARMS},median_PFS,survival_PFS\nT,new,New,a,old,60,10.0,20=0.25\nT,old,Old,b,,60,,\n"
    used: dict[str, str] = {}
    for own in ("", 'own = "survival"', 'own = ["median", "survival"]'):
        folder = tmp_path / f"study{len(used)}"
        write_study(folder, "months", arms, own)
        run(folder)
        used[own] = evidence(folder)[0]["used"]
    assert "reported values" not in used[""]
    assert "reported values" in used['own = "survival"']
    assert "reported values" in used['own = ["median", "survival"]']


def test_a_published_hazard_ratio_keeps_its_trailing_zero(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    write_study(folder, "months", f"{ARMS},hr_PFS\nT,new,New,a,old,60,0.30\nT,old,Old,b,,60,\n")
    notices = run(folder).notices
    assert any(
        "the published hazard ratio is 0.30; the rebuilt one is 0.6" in one for one in notices
    )


def test_a_german_spreadsheet_writes_survival_with_commas(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    text = f"{ARMS},survival_PFS\nT,new,New,a,old,60,10=0@50 20=0@40\nT,old,Old,b,,60,\n"
    write_study(folder, "months", text.replace(",", ";").replace("@", ","))
    assert any("published as 0.40 and rebuilt as" in one for one in run(folder).notices)


@pytest.mark.parametrize("cell", ["0.5", "12=31", "12=0.5,24=0.3", "twelve=0.5", "inf=0.5"])
def test_a_survival_that_cannot_be_read_is_named(tmp_path: Path, cell: str) -> None:
    folder = tmp_path / "study"
    write_study(
        folder, "months", f'{ARMS},survival_PFS\nT,new,New,a,old,60,"{cell}"\nT,old,Old,b,,60,\n'
    )
    with pytest.raises(InputError) as caught:
        run(folder)
    (problem,) = caught.value.problems
    assert (problem.file, problem.row, problem.column) == ("arms.csv", 2, "survival_PFS")
    assert "12=0.31" in problem.remedy
    assert not (folder / "results").exists()


def test_every_rebuilt_arm_leaves_its_files_in_the_inputs_unit(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    weeks = 10 / months_per("weeks")
    write_study(
        folder, "weeks", f"{ARMS},median_PFS\nT,new,New,a,old,60,{weeks:.3f}\nT,old,Old,b,,60,\n"
    )
    run(folder)
    for arm in ("new", "old"):
        place = folder / "results" / "evidence" / f"T.PFS.{arm}"
        record = json.loads(place.with_name(f"{place.name}.json").read_text())
        assert record["time_unit"] == "weeks"
        with place.with_name(f"{place.name}.csv").open() as handle:
            rows = list(csv.DictReader(handle))
        times = [float(row["time"]) for row in rows if row["what"] == "survival"]
        assert max(times) == pytest.approx(30 / months_per("weeks"), rel=1e-6)
        (median,) = [float(row["rebuilt"]) for row in rows if row["what"] == "median"]
        assert median == pytest.approx(record["median"])
        assert median == pytest.approx({"new": 10, "old": 6}[arm] / months_per("weeks"), rel=0.1)
        assert "Time, weeks" in place.with_name(f"{place.name}.svg").read_text()


def test_every_reconstruction_is_shown_in_the_report(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    write_study(folder, "weeks", f"{ARMS}\nT,new,New,a,old,60\nT,old,Old,b,,60\n")
    page = run(folder).report.read_text(encoding="utf-8")
    assert "Each reconstruction beside its figure" in page
    for arm in ("new", "old"):
        name = f"T.PFS.{arm}.svg"
        kept = (folder / "results" / "evidence" / name).read_bytes()
        assert (folder / "report" / "figures" / f"reconstruction.{name}").read_bytes() == kept
        assert f"T.PFS.{arm}" in page
    (folder / "results" / "evidence" / "T.PFS.new.json").unlink()
    (folder / "results" / "evidence" / "T.PFS.old.svg").unlink()
    assert run(folder).done == 1
    assert (folder / "results" / "evidence" / "T.PFS.new.json").is_file()
    assert (folder / "results" / "evidence" / "T.PFS.old.svg").is_file()


@pytest.mark.slow
def test_what_is_not_kept_any_more_is_taken_away(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    write_study(folder, "weeks", f"{ARMS}\nT,new,New,a,old,60\nT,old,Old,b,,60\n")
    run(folder)
    toml = folder / "study.toml"
    toml.write_text(toml.read_text() + "keep_ensemble = false\n")
    page = run(folder).report.read_text(encoding="utf-8")
    assert "Each reconstruction beside its figure" not in page
    assert not list((folder / "results" / "evidence").glob("*"))
    assert not list((folder / "results" / "ensembles").glob("*"))


@pytest.mark.slow
def test_more_pictures_than_a_page_can_hold_are_the_farthest(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    write_study(folder, "months", f"{ARMS}\nT,new,New,a,old,60\nT,old,Old,b,,60\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("perdure.report.figures.MOST_PICTURES", 1)
        page = run(folder).report.read_text(encoding="utf-8")
    assert "The 1 of 2 that are farthest from their curve; all are in results/evidence." in page
    far = {row["arm"]: float(row["max_distance"]) for row in evidence(folder)}
    shown = [path.name for path in (folder / "report" / "figures").glob("reconstruction.*")]
    assert shown == [f"reconstruction.T.PFS.{max(far, key=lambda arm: far[arm])}.svg"]


def test_a_contradiction_is_told_in_the_unit_that_was_printed(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    write_study(folder, "weeks", f"{ARMS},median_PFS\nT,new,New,a,old,60,70.0\nT,old,Old,b,,60,\n")
    said = [one for one in run(folder).notices if "published median" in one]
    assert len(said) == 1
    assert "the published median is 70.0 weeks; the rebuilt one is 4" in said[0]


def test_patients_leave_at_the_very_times_that_were_read(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    write_study(folder, "years", f"{ARMS}\nT,new,New,a,old,60\nT,old,Old,b,,60\n")
    for arm in ("new", "old"):
        (folder / "curves" / f"T.PFS.{arm}.csv").write_text(
            "time,survival\n0,1\n0.1,0.9\n0.3,0.7\n0.7,0.6\n1.1,0.5\n"
        )
    (folder / "analyses.csv").write_text("trial,endpoint,primary,resolution\nT,PFS,yes,0.0001\n")
    run(folder)
    for name in ("patients", "ensembles"):
        with (folder / "results" / name / "T.PFS.csv").open() as handle:
            died = {row["time"] for row in csv.DictReader(handle) if row["event"] == "1"}
        assert died == {"0.1", "0.3", "0.7", "1.1"}
