"""The bundled study: simulated trials, as a reader has them, their truth, and two real trials."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from perdure.errors import InputError, Problem
from perdure.pipeline.real_trials import FACT_COLUMNS, REAL_FACTS, REAL_TRIALS
from perdure.records import Trial
from perdure.simulate import DEMO_ENDPOINTS, DEMO_SEED, DemoAnalysis, DemoTrial, demo_trials
from perdure.study import read_table, write_table, write_text

__all__ = ["compare_with_truth", "write_demo"]

STUDY = f"""\
title = "Durable response in eight simulated trials, and two real ones beside them"
question = "The simulated trials never took place: how close do the answers come to the truth? Of \
CheckMate 017 and 057, which did, only what was published is known."
time_unit = "months"
reference = ["own", "control"]
seed = {DEMO_SEED}

[endpoints.PFS]
k = {DEMO_ENDPOINTS["PFS"]:g}

[endpoints.OS]
k = {DEMO_ENDPOINTS["OS"]:g}

[pool]
by = ["drug_class"]

# The two real trials are shown beside the others and are not pooled, unless you ask:
# [published_facts]
# pooled = "verified"

# Made up: they show what a report has where a search was done.
[prisma]
records_from_databases = 412
records_from_registers = 38
removed_duplicates = 90
records_screened = 360
records_excluded = 319
reports_sought = 41
reports_not_retrieved = 1
reports_assessed = 40
reports_excluded = {{ "not randomised" = 17, "no survival reported" = 13 }}
studies_included = 10
reports_included = 10
note = "These counts are made up, as eight of the trials are."
"""

README = """\
The bundled study of perdure: eight trials that never took place, and two that did.

The eight are SIM-A to SIM-H. perdure drew their patients and kept of them what a reader of their
papers would have: curves as digitised from a figure (curves/), the numbers at risk under it
(risk/), and the numbers in the text (arms.csv). Of one arm the patients themselves are known
(patients/), of one trial only its published durable responses (published_estimates.csv). truth.csv
holds what every arm was drawn from: the true median, and the true proportion beyond k times that
median.

CheckMate-017 and CheckMate-057 are real trials of nivolumab against docetaxel in lung cancer. Their
curves are not here: published_facts.csv has what was printed of their overall survival, each number
with the address where it was read. Curves that agree with it are drawn, shown and marked, and not
pooled.

    perdure run {folder}         does what is stale; change a number and see
"""


def write_demo(folder: str | Path) -> None:
    """Write the bundled study into a folder; one that is there already is left as it is.

    Raises
    ------
    InputError
        If the folder holds something else.
    OutputError
        If it cannot be written.
    """
    root = Path(folder)
    if (root / "truth.csv").is_file() and (root / "study.toml").is_file():
        return
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        remedy = "name a new folder: perdure demo DIR"
        raise InputError(Problem("the folder holds something else", remedy, value=str(root)))
    trials = demo_trials()
    _write_trials(root, [*(one.trial for one in trials), *REAL_TRIALS])
    write_table(root / "published_facts.csv", FACT_COLUMNS, REAL_FACTS)
    for trial in trials:
        for analysis in trial.analyses:
            _write_analysis(root, analysis)
    write_table(
        root / "published_estimates.csv",
        ("trial", "arm", "endpoint", "k", "reference", "proportion", "ci_low", "ci_high"),
        _published(trials),
    )
    write_table(
        root / "truth.csv",
        ("trial", "arm", "endpoint", "median", "k", "durable_response"),
        [
            (one.trial, arm.arm, one.endpoint, arm.truth.median, arm.truth.k, arm.truth.durable)
            for trial in trials
            for one in trial.analyses
            for arm in one.arms
        ],
    )
    write_text(root / "README.txt", README.format(folder=root))
    write_text(root / "study.toml", STUDY)


def _write_trials(root: Path, trials: Sequence[Trial]) -> None:
    """Write trials.csv and arms.csv."""
    facts = ("trial", "label", "year", "doi", "registry_id", "tumour", "line", "phase")
    write_table(
        root / "trials.csv", facts, [[getattr(one, name) for name in facts] for one in trials]
    )
    columns = [f"{what}_{name}" for name in DEMO_ENDPOINTS for what in ("events", "median", "hr")]
    rows = []
    for trial in trials:
        for arm in trial.arms:
            printed = [
                value
                for name in DEMO_ENDPOINTS
                for said in [arm.reported_for(name)]
                for value in (said.events, said.median, said.hr)
            ]
            place = (arm.trial, arm.arm, arm.label, arm.drug, arm.drug_class, arm.comparator, arm.n)
            rows.append((*place, *printed))
    header = ("trial", "arm", "label", "drug", "drug_class", "comparator", "n", *columns)
    write_table(root / "arms.csv", header, rows)


def _write_analysis(root: Path, analysis: DemoAnalysis) -> None:
    """Write what a reader has of one endpoint: of each arm in the way that it enters."""
    stem = f"{analysis.trial}.{analysis.endpoint}"
    curves = [arm for arm in analysis.arms if arm.source == "curve"]
    for arm in curves:
        points = zip(
            arm.shown.time.round(4).tolist(), arm.shown.survival.round(4).tolist(), strict=True
        )
        write_table(root / "curves" / f"{stem}.{arm.arm}.csv", ("time", "survival"), list(points))
    if curves:
        rows = zip(
            analysis.figure.ticks.tolist(),
            *(arm.shown.n_at_risk.tolist() for arm in curves),
            strict=True,
        )
        header = ("time", *(arm.arm for arm in curves))
        write_table(root / "risk" / f"{stem}.csv", header, list(rows))
    patients = [
        (arm.arm, time, int(event))
        for arm in analysis.arms
        if arm.source == "patients"
        for time, event in zip(
            arm.patients.time.round(4).tolist(), arm.patients.event.tolist(), strict=True
        )
    ]
    if patients:
        write_table(root / "patients" / f"{stem}.csv", ("arm", "time", "event"), patients)


def _published(trials: Iterable[DemoTrial]) -> Iterator[tuple[object, ...]]:
    """Yield the rows of published_estimates.csv."""
    for trial in trials:
        for one in trial.analyses:
            for arm in one.arms:
                said = arm.printed
                if arm.source == "published" and said is not None:
                    numbers = (said.proportion, said.ci_low, said.ci_high)
                    yield (one.trial, arm.arm, one.endpoint, said.k, "own", *numbers)


def compare_with_truth(folder: str | Path) -> tuple[str, ...]:
    """Return sentences on how the estimates of the bundled study lie to the truth.

    Only the own reference has a truth that does not depend on another arm; of real trials nobody
    knows the truth.

    Raises
    ------
    InputError
        If the results or truth.csv cannot be read.
    """
    root = Path(folder)
    truth = {
        (row["trial"], row["arm"], row["endpoint"]): float(row["durable_response"])
        for _, row in read_table(root / "truth.csv").records()
    }
    found = [
        row
        for _, row in read_table(root / "results" / "estimates.csv").records()
        if row["reference"] == "own" and (row["trial"], row["arm"], row["endpoint"]) in truth
    ]
    sentences = []
    for endpoint in DEMO_ENDPOINTS:
        mine = [row for row in found if row["endpoint"] == endpoint]
        held = [
            float(row["ci_low"])
            <= truth[row["trial"], row["arm"], endpoint]
            <= float(row["ci_high"])
            for row in mine
            if "proportion" in row
        ]
        sentences.append(
            f"Against the truth, {endpoint}: the 95% intervals of {sum(held)} of {len(held)}"
            f" arms hold it; {len(mine) - len(held)} of {len(mine)} arms are not estimable."
        )
    return tuple(sentences)
