"""A study whose curves are in figures: read, matched by name, and never lost in silence."""

import csv
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from perdure import digitise
from perdure.durable import durable_response
from perdure.errors import InputError, PerdureError, Problem
from perdure.pipeline import RunSummary, figures, patients_of, run
from perdure.records import Arm, Patients
from perdure.study import CurveInFigure, ReadPanel, Study, curves_of_rows
from perdure.study.readings import ReadArm
from vector_figures import new_figure, save

Floats = NDArray[np.float64]

STUDY = """\
title = "A study of figures"
time_unit = "months"
reference = ["own"]

[endpoints.PFS]
k = 2

[endpoints.OS]
k = 2

[reconstruct]
draws = 5
"""
TICKS = tuple(range(0, 37, 6))


def simulated(seed: int, **scales: float) -> dict[str, Patients]:
    rng = np.random.default_rng(seed)
    found = {}
    for label, scale in scales.items():
        time, limit = rng.exponential(scale, 121), rng.uniform(24, 36, 121)
        found[label] = Patients(np.minimum(time, limit), time <= limit)
    return found


def survival_steps(patients: Patients) -> tuple[Floats, Floats]:
    order = np.argsort(patients.time)
    time, event = patients.time[order], patients.event[order]
    left = time.size - np.arange(time.size)
    survival = np.cumprod(1 - event / left)
    return np.array([0.0, *time]), np.array([1.0, *survival])


def draw(
    path: Path, arms: dict[str, Patients], *, table: bool = True, printed: Sequence[str] = ()
) -> Path:
    """Write a vector figure with a legend, and numbers at risk beneath."""
    figure, plot = new_figure(7.0, 5.5)
    plot.set_position((0.2, 0.35, 0.75, 0.6))
    plot.set_xlabel("Time (months)")
    for row, line in enumerate(printed):
        plot.text(19, 0.72 - 0.06 * row, line)
    for (label, patients), colour in zip(arms.items(), ("#1f77b4", "#d62728"), strict=False):
        plot.step(*survival_steps(patients), where="post", color=colour, label=label)
    plot.legend(loc="upper right")
    if table:
        figure.text(0.03, 0.2, "Number at risk")
    for row, (label, patients) in enumerate(arms.items() if table else ()):
        height = 0.15 - 0.05 * row
        figure.text(0.03, height, label)
        for tick in TICKS:
            number = int((patients.time >= tick).sum())
            figure.text(0.2 + 0.75 * tick / 36, height, str(number), ha="center")
    path.parent.mkdir(parents=True, exist_ok=True)
    return save(figure, path)


TRUTH = {
    "A": simulated(1, Nivolumab=16.0, Docetaxel=8.0),
    "B": simulated(2, Olaparib=14.0, Placebo=7.0),
}

FIGURES = """\
file,page,panel,curve_label,trial,endpoint,analysis,arm,time_unit
a.pdf,1,,NIVOLUMAB,A,PFS,,new,
a.pdf,1,,Doce-taxel,A,PFS,,old,
b.svg,,A,,B,PFS,,new,months
figures/b.svg,,,Placebo,B,PFS,,old,
broken.pdf,,,Drug,C,PFS,,new,
"""


def write_study(folder: Path) -> None:
    for name, text in {
        "study.toml": STUDY,
        "trials.csv": "trial,label\nA,Trial A\nB,Trial B\nC,Trial C\n",
        "arms.csv": (
            "trial,arm,label,drug_class,comparator,n\n"
            "A,new,Nivolumab,inhibitor,old,\nA,old,Docetaxel,chemotherapy,,\n"
            "B,new,Olaparib,inhibitor,old,\nB,old,Control,chemotherapy,,\n"
            "C,new,Drug,inhibitor,,80\n"
        ),
        "figures.csv": FIGURES,
        "figures/broken.pdf": "%PDF-1.7 and then nothing",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    draw(folder / "figures" / "a.pdf", TRUTH["A"])
    draw(folder / "figures" / "b.svg", TRUTH["B"])


@pytest.fixture(scope="session")
def figures_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunSummary]:
    folder = tmp_path_factory.mktemp("figures") / "a study"
    write_study(folder)
    return folder, run(folder)


@pytest.fixture
def done(figures_once: tuple[Path, RunSummary], tmp_path: Path) -> Path:
    """A study of figures that has just been run: a copy of its own."""
    return shutil.copytree(figures_once[0], tmp_path / "a study")


@pytest.fixture
def undone(tmp_path: Path) -> Path:
    """A study of figures that was never run."""
    write_study(tmp_path / "a study")
    return tmp_path / "a study"


def estimates(folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    with (folder / "results" / "estimates.csv").open(encoding="utf-8") as handle:
        return {(row["trial"], row["arm"]): row for row in csv.DictReader(handle)}


def give_n(folder: Path, row: str, n: int) -> None:
    path = folder / "arms.csv"
    text = path.read_text()
    assert f"{row}\n" in text
    path.write_text(text.replace(f"{row}\n", f"{row}{n}\n"))


def test_estimates_are_those_of_the_true_patients(figures_once: tuple[Path, RunSummary]) -> None:
    found = estimates(figures_once[0])
    for trial, arms in TRUTH.items():
        for arm, patients in zip(("new", "old"), arms.values(), strict=True):
            truth = durable_response(patients, k=2)
            row = found[trial, arm]
            assert row["n"] == str(patients.n)
            assert float(row["median_months"]) == pytest.approx(truth.median, abs=0.1)
            assert float(row["proportion"]) == pytest.approx(truth.proportion, abs=0.015)


def test_what_was_read_lies_in_results(figures_once: tuple[Path, RunSummary]) -> None:
    folder = figures_once[0] / "results" / "digitised"
    for name in ("a.p1", "b"):
        held = {path.name for path in (folder / name).iterdir()}
        assert {"overlay.png", "digitised.json", "curves", "risk.csv"} <= held
    assert not (folder / "broken").exists()


def test_each_arm_says_where_its_curve_came_from(figures_once: tuple[Path, RunSummary]) -> None:
    folder = figures_once[0]
    record = json.loads((folder / "results" / "analyses" / "A.PFS.json").read_text())
    origins = {arm["arm"]: arm["origin"] for arm in record["arms"]}
    assert origins["new"]["file"] == "figures/a.pdf"
    assert origins["new"]["label"] == "Nivolumab"
    assert origins["old"]["label"] == "Docetaxel"
    assert origins["old"]["certainty"] > 0.5
    assert (folder / origins["old"]["overlay"]).is_file()


def test_a_figure_that_cannot_be_read_fails_alone(figures_once: tuple[Path, RunSummary]) -> None:
    folder, summary = figures_once
    said = [notice for notice in summary.notices if "C.PFS, arm new: no curve:" in notice]
    assert len(said) == 1
    assert "figures/broken.pdf could not be read:" in said[0]
    row = estimates(folder)["C", "new"]
    assert row["status"] == "not estimable"
    assert "figures/broken.pdf could not be read" in row["reason"]
    assert "figures/broken.pdf could not be read" in summary.report.read_text(encoding="utf-8")


def test_the_report_shows_each_figure_with_what_was_read(
    figures_once: tuple[Path, RunSummary],
) -> None:
    folder, summary = figures_once
    page = summary.report.read_text(encoding="utf-8")
    assert "Curves read in figures" in page
    assert 'href="../results/digitised/a.p1/overlay.png"' in page
    assert page.count("drawn over it.") >= 3
    assert {path.name for path in (folder / "report" / "figures").glob("overlay.*")} == {
        "overlay.a-p1.svg",
        "overlay.b.svg",
    }
    with (folder / "report" / "tables" / "curves_in_figures.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert [row["label"] for row in rows] == ["Nivolumab", "Docetaxel", "Olaparib", "Placebo"]
    assert {row["risk_from_figure"] for row in rows} == {"yes"}


@pytest.mark.slow
def test_patients_behind_figures_are_rebuilt_and_all_told(
    figures_once: tuple[Path, RunSummary],
) -> None:
    table, left_out = patients_of(figures_once[0])
    columns = {column.name: column.values for column in table.columns}
    arms = list(zip(columns["trial"], columns["arm_label"], strict=True))
    assert {arm: arms.count(arm) for arm in arms} == {
        ("A", "Nivolumab"): 121,
        ("A", "Docetaxel"): 121,
        ("B", "Olaparib"): 121,
        ("B", "Control"): 121,
    }
    assert set(columns["rebuilt"]) == {1}
    (sentence,) = left_out
    assert sentence.startswith("C.PFS, arm new: ")


def test_workers_read_the_same(figures_once: tuple[Path, RunSummary], undone: Path) -> None:
    # matplotlib writes no SVG twice alike
    shutil.copytree(figures_once[0] / "figures", undone / "figures", dirs_exist_ok=True)
    run(undone, jobs=2)

    def read(folder: Path) -> dict[str, bytes]:
        places = (folder / "results" / "digitised").rglob("*.*")
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in places
            if path.is_file()
        }

    assert read(undone) == read(figures_once[0])


def test_nothing_is_read_twice(done: Path, figures_once: tuple[Path, RunSummary]) -> None:
    assert (figures_once[1].figures_done, figures_once[1].figures_kept) == (3, 0)
    again = run(done)
    assert not again.stale
    arms = done / "arms.csv"
    arms.write_text(arms.read_text().replace("Nivolumab", "Nivolumab 3 mg"))
    again = run(done)
    assert (again.figures_done, again.figures_kept) == (0, 3)
    assert (again.done, again.kept) == (0, 2)


def test_one_changed_figure_is_read_again(done: Path) -> None:
    before = estimates(done)
    changed = simulated(3, Olaparib=20.0, Placebo=7.0)
    draw(done / "figures" / "b.svg", changed)
    again = run(done)
    assert (again.figures_done, again.figures_kept) == (1, 2)
    assert (again.done, again.kept) == (1, 1)
    after = estimates(done)
    assert after["A", "new"] == before["A", "new"]
    truth = durable_response(changed["Olaparib"], k=2)
    assert float(after["B", "new"]["median_months"]) == pytest.approx(truth.median, abs=0.1)


@pytest.mark.slow
def test_what_was_lost_of_a_reading_is_read_again(done: Path) -> None:
    curve = next((done / "results" / "digitised" / "a.p1" / "curves").iterdir())
    before = curve.read_bytes()
    curve.write_text("time,survival\n0,1\n")
    again = run(done)
    assert (again.figures_done, again.done) == (1, 0)
    assert curve.read_bytes() == before


def test_a_curve_given_by_hand_wins(done: Path) -> None:
    path = done / "curves" / "B.PFS.new.csv"
    path.parent.mkdir()
    path.write_text("time,survival\n0,1\n5,0.5\n20,0.3\n30,0.3\n")
    arms = done / "arms.csv"
    arms.write_text(
        arms.read_text().replace("Olaparib,inhibitor,old,", "Olaparib,inhibitor,old,90")
    )
    again = run(done)
    assert (again.figures_done, again.done) == (0, 1)
    record = json.loads((done / "results" / "analyses" / "B.PFS.json").read_text())
    assert [arm["origin"] is None for arm in record["arms"]] == [True, False]
    assert float(estimates(done)["B", "new"]["median_months"]) == pytest.approx(5, abs=0.2)


def test_numbers_at_risk_given_by_hand_win(done: Path) -> None:
    path = done / "risk" / "A.PFS.csv"
    path.parent.mkdir()
    path.write_text("time,new,old\n0,60,50\n12,28,10\n")
    again = run(done)
    assert (again.figures_done, again.done) == (0, 1)
    found = estimates(done)
    assert (found["A", "new"]["n"], found["A", "old"]["n"]) == ("60", "50")


@pytest.mark.slow
def test_a_figure_whose_arms_are_all_given_is_not_read(undone: Path) -> None:
    for arm in ("new", "old"):
        path = undone / "curves" / f"A.PFS.{arm}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text("time,survival\n0,1\n5,0.5\n20,0.3\n30,0.3\n")
    arms = undone / "arms.csv"
    arms.write_text(
        arms.read_text().replace(
            "old,\nA,old,Docetaxel,chemotherapy,,", "old,90\nA,old,D,chemotherapy,,90"
        )
    )
    assert run(undone).figures_done == 2
    assert not (undone / "results" / "digitised" / "a.p1").exists()


@pytest.mark.slow
def test_what_a_figure_prints_is_a_check(done: Path) -> None:
    printed = (
        "Olaparib (N=121), median 9.1 months",
        "Placebo (N=121)",
        "Hazard ratio, 0.20 (95% CI, 0.15 to 0.27)",
    )
    draw(done / "figures" / "b.svg", TRUTH["B"], table=False, printed=printed)
    said = run(done).notices
    assert any(
        "curve 'Olaparib': the figure prints n = 121, median 9.1 months, hazard ratio 0.2;" in one
        for one in said
    )
    assert any("B.PFS, arm new: the published hazard ratio is 0.2" in one for one in said)
    assert not any("the published median" in one for one in said)
    found = estimates(done)
    assert (found["B", "new"]["n"], found["B", "old"]["n"]) == ("121", "121")


@pytest.mark.slow
def test_without_any_number_of_patients_an_arm_is_not_estimable(done: Path) -> None:
    draw(done / "figures" / "b.svg", TRUTH["B"], table=False, printed=["Olaparib (N=121)"])
    run(done)
    found = estimates(done)
    assert found["B", "new"]["n"] == "121"
    assert found["B", "old"]["reason"].startswith("no curve: no numbers at risk were read in")


@pytest.mark.slow
def test_printed_numbers_of_the_study_win(done: Path) -> None:
    printed = ("Olaparib (N=121), median 20.1 months",)
    draw(done / "figures" / "b.svg", TRUTH["B"], printed=printed)
    assert any("the published median is 20.1 months" in one for one in run(done).notices)
    arms = done / "arms.csv"
    head, *rows = arms.read_text().splitlines()
    medians = ["9.1" if row.startswith("B,new") else "" for row in rows]
    lines = [f"{row},{median}" for row, median in zip(rows, medians, strict=True)]
    arms.write_text("\n".join([f"{head},median_PFS", *lines]) + "\n")
    assert not any("the published median" in one for one in run(done).notices)


def edit(folder: Path, before: str, after: str) -> None:
    path = folder / "figures.csv"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def test_a_name_that_is_not_there_says_what_was_read(done: Path) -> None:
    edit(done, "NIVOLUMAB", "Sotorasib")
    with pytest.raises(InputError) as caught:
        run(done)
    (problem,) = caught.value.problems
    assert (problem.file, problem.row, problem.column) == ("figures.csv", 2, "curve_label")
    assert "'Nivolumab', 'Docetaxel'" in str(problem)
    assert "overlay.png" in problem.remedy


def test_two_arms_do_not_share_a_curve(done: Path) -> None:
    edit(done, "Doce-taxel", "nivo lumab")
    with pytest.raises(InputError, match="would be that of arm new too"):
        run(done)


@pytest.mark.slow
def test_a_name_much_alike_is_taken_and_said(done: Path) -> None:
    edit(done, "NIVOLUMAB", "Nivo")
    said = run(done).notices
    assert any("'Nivolumab' was taken for 'Nivo'" in notice for notice in said)


def test_a_panel_that_is_not_there_is_named(done: Path) -> None:
    edit(done, "b.svg,,A,", "b.svg,,C,")
    with pytest.raises(InputError, match="no panel 3 was read"):
        run(done)


@pytest.mark.slow
def test_a_unit_that_contradicts_the_figure_is_said(done: Path) -> None:
    edit(done, "PFS,,new,months", "PFS,,new,weeks")
    said = run(done).notices
    assert any("the axis of figures/b.svg says months; weeks were taken" in one for one in said)
    assert float(estimates(done)["B", "new"]["median_months"]) < 5


def test_n_of_the_study_is_believed(done: Path) -> None:
    arms = done / "arms.csv"
    arms.write_text(
        arms.read_text().replace("B,old,Control,chemotherapy,,", "B,old,C,chemotherapy,,119")
    )
    said = run(done).notices
    assert any("121 at 0 at risk, and n = 119 in arms.csv" in notice for notice in said)
    assert estimates(done)["B", "old"]["n"] == "119"


@pytest.mark.slow
def test_what_was_read_before_an_interrupt_is_kept(
    undone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = figures._read

    def interrupted(path: Path, *rest: Any) -> Any:
        if path.name == "b.svg":
            raise KeyboardInterrupt
        return true(path, *rest)

    monkeypatch.setattr(figures, "_read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(undone)
    monkeypatch.setattr(figures, "_read", true)
    assert run(undone).figures_kept == 1


def test_without_the_extra_the_rest_is_done(undone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any, **__: Any) -> Any:
        raise PerdureError(
            "digitising needs 'cv2'. Install it with: pip install 'perdure[digitise]'"
        )

    monkeypatch.setattr(digitise, "digitise", missing, raising=False)
    with pytest.raises(InputError, match="pip install"):
        run(undone)
    path = undone / "curves" / "C.PFS.new.csv"
    path.parent.mkdir()
    path.write_text("time,survival\n0,1\n5,0.5\n20,0.3\n30,0.3\n")
    summary = run(undone)
    assert summary.done == 1
    assert sum("pip install 'perdure[digitise]'" in notice for notice in summary.notices) == 4
    assert estimates(undone)["A", "new"]["status"] == "not estimable"


def test_a_fault_in_one_figure_leaves_the_others(
    done: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_: Any, **__: Any) -> Any:
        raise IndexError("list index out of range")

    draw(done / "figures" / "b.svg", TRUTH["A"])
    monkeypatch.setattr(digitise, "digitise", faulty, raising=False)
    summary = run(done)
    assert any("perdure failed on it (IndexError" in notice for notice in summary.notices)
    assert estimates(done)["A", "new"]["status"] == "estimable"


def named(*labels: str) -> ReadPanel:
    points = np.array([0.0, 1.0]), np.array([1.0, 0.5])
    arms = (
        ReadArm(f"arm-{at}", label, *points, 0.01, (), (), 1.0, ())
        for at, label in enumerate(labels, start=1)
    )
    return ReadPanel("results/digitised/f", 1, "months", tuple(arms), ())


@pytest.mark.parametrize(
    ("label", "labels", "found"),
    [
        ("pd-l1 +", ("PD-L1+", "PD-L1-"), "PD-L1+"),
        ("PD-L1-", ("PD-L1+", "PD-L1-"), "PD-L1-"),
        ("PD L1", ("PD-L1+", "PD-L1-"), None),
        ("nivolumab", ("Nivolumab + ipilimumab", "Nivolumab"), "Nivolumab"),
        ("gp100", ("Ipilimumab + gp100", "Ipilimumab", "gp 100"), "gp 100"),
        ("nivo", ("Nivolumab + ipilimumab", "Nivolumab"), None),
        ("Niv0lumab", ("Nivolumab", "Docetaxel"), "Nivolumab"),
        ("arm-2", ("", ""), "arm-2"),
        ("", ("Nivolumab", "Docetaxel"), "Docetaxel"),
        ("", ("one", "two"), None),
        ("", ("one",), "one"),
    ],
)
def test_curves_are_found_by_name(label: str, labels: tuple[str, ...], found: str | None) -> None:
    row = CurveInFigure(2, "figures/f.pdf", None, None, label, "A", "PFS", "", "old", None)
    arm = Arm("A", "old", "Docetaxel (75 mg)", drug="docetaxel")
    problems: list[Problem] = []
    curves, without = curves_of_rows([row], {row: [named(*labels)]}, {("A", "old"): arm}, problems)
    assert [one.arm.name for one in curves.values()] == ([] if found is None else [found])
    # a name that the row gives is the user's to mend; one that was not read is the figure's fault
    assert len(problems) == (found is None and label != "")
    assert list(without) == ([row] if found is None and label == "" else [])


ARMS_OF_A = {
    ("A", "new"): Arm("A", "new", "Nivolumab", drug="nivolumab"),
    ("A", "old"): Arm("A", "old", "Docetaxel", drug="docetaxel"),
}


@pytest.mark.parametrize(
    ("new", "old", "labels", "has", "users"),
    [
        # one curve was read: it is the arm's whose name it has, whichever row comes first
        ("", "", ("Nivolumab",), {"new": "Nivolumab"}, 0),
        ("", "", ("Docetaxel",), {"old": "Docetaxel"}, 0),
        ("", "Docetaxel", ("Nivolumab",), {"new": "Nivolumab"}, 0),
        ("", "", ("Niv0lumab",), {"new": "Niv0lumab"}, 0),
        # none of its names tells whose it is
        ("", "", ("",), {}, 0),
        ("", "", ("Nivolumab", "Nivolumab"), {}, 0),
        # two were read, and a row names a third, or both name one
        ("", "Sotorasib", ("Nivolumab", "Docetaxel"), {"new": "Nivolumab"}, 1),
        ("Docetaxel", "Docetaxel", ("Nivolumab", "Docetaxel"), {}, 1),
        (
            "nivolumab",
            "docetaxel",
            ("Nivolumab", "Docetaxel"),
            {"new": "Nivolumab", "old": "Docetaxel"},
            0,
        ),
    ],
)
def test_a_curve_is_never_that_of_two_arms(
    new: str, old: str, labels: tuple[str, ...], has: dict[str, str], users: int
) -> None:
    for order in (("new", "old"), ("old", "new")):
        rows = [
            CurveInFigure(
                line,
                "figures/f.pdf",
                None,
                None,
                {"new": new, "old": old}[arm],
                "A",
                "PFS",
                "",
                arm,
                None,
            )
            for line, arm in enumerate(order, start=2)
        ]
        panels = [named(*labels)]
        problems: list[Problem] = []
        found, without = curves_of_rows(rows, dict.fromkeys(rows, panels), ARMS_OF_A, problems)
        assert {row.arm: curve.arm.label for row, curve in found.items()} == has
        assert len(problems) == users
        if not users:
            assert {row.arm for row in without} == {"new", "old"} - set(has)


@pytest.mark.slow
def test_a_figure_in_which_a_curve_was_not_found_fails_alone(undone: Path) -> None:
    one = {"Nivolumab": TRUTH["A"]["Nivolumab"]}
    draw(undone / "figures" / "a.pdf", one)
    edit(undone, "NIVOLUMAB", "")
    edit(undone, "Doce-taxel", "")
    summary = run(undone)
    found = estimates(undone)
    assert found["A", "new"]["status"] == "estimable"
    assert found["A", "old"]["status"] == "not estimable"
    assert "'Nivolumab' would be that of arm new too" in found["A", "old"]["reason"]
    assert found["B", "old"]["status"] == "estimable"
    assert any("A.PFS, arm old: no curve:" in notice for notice in summary.notices)


@pytest.mark.parametrize(
    ("before", "after", "row", "column", "says"),
    [
        ("b.svg,,A", "c.svg,,A", 4, "file", "no such file"),
        ("b.svg,,A", "../arms.csv,,A", 4, "file", "not in figures/"),
        ("A,PFS,,old", "A,PSF,,old", 3, "endpoint", "Did you mean PFS"),
        ("A,PFS,,old", "AA,PFS,,old", 3, "trial", "trials.csv has no such trial"),
        ("A,PFS,,old", "A,PFS,,olde", 3, "arm", "Did you mean old"),
        ("A,PFS,,old", "A,PFS,,new", 3, "arm", "already (row 2)"),
        ("Doce-taxel", "Nivolumab", 3, "curve_label", "that of arm new too"),
        ("a.pdf,1,,D", "a.pdf,0,,D", 3, "page", "must be at least 1"),
        ("a.pdf,1,,D", "a.pdf,one,,D", 3, "page", "not a whole number"),
        ("b.svg,,A", "b.svg,2,A", 4, "page", "only a PDF has pages"),
        ("b.svg,,A", "b.svg,,A1", 4, "panel", "not a whole number"),
        ("new,months", "new,fortnights", 4, "time_unit", "time_unit"),
    ],
)
def test_check_names_what_is_wrong(
    undone: Path, before: str, after: str, row: int, column: str, says: str
) -> None:
    edit(undone, before, after)
    with pytest.raises(InputError) as caught:
        Study.open(undone)
    found = [one for one in caught.value.problems if one.file == "figures.csv"]
    assert [(one.row, one.column) for one in found] == [(row, column)]
    assert says in str(found[0])


def test_a_study_of_figures_is_in_order_before_it_is_read(undone: Path) -> None:
    study = Study.open(undone)
    assert len(study.figures) == 5
    assert study.notices == ()
