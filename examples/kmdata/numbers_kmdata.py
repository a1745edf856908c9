"""The numbers of the page on kmdata, from a study's results."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path
from typing import Literal

from csv_rows import Row, number, rows

from perdure.pool import back_transform, design_of, fit_effects, logit_effect, pool, robust
from perdure.study import Study

__all__ = [
    "ICI",
    "REFERENCES",
    "Arm",
    "Group",
    "Slope",
    "arms_of",
    "groups_of",
    "others_pooled",
    "slope",
]

Why = Literal["median not reached", "follow-up too short", "no control", ""]

ICI = "ICI"
"""The class of checkpoint inhibitors in arms.csv."""
REFERENCES = ("own", "control", "trial")


@dataclass(frozen=True)
class Arm:
    """The durable response of one arm under one reference, with what groups it.

    ``data_set`` and ``arm`` are the study's; ``registered`` is the trial that several data sets
    may share. ``why`` says why there is no ``value``.
    """

    data_set: str
    arm: str
    endpoint: str
    reference: str
    label: str
    comparator: str
    registered: str
    drug_class: str
    tumour: str
    year: str
    n: int
    events: int
    median: float | None
    threshold: float | None
    follow_up: float | None
    value: float | None
    se: float | None
    low: float | None
    high: float | None
    bound: float | None
    status: str
    why: Why


def arms_of(folder: Path) -> list[Arm]:
    """Return every arm under every reference."""
    trials = {trial.trial: trial for trial in Study.open(folder).trials}
    registered = {row["trial"]: _registered(row) for row in rows(folder / "trials.csv")}
    found = []
    for row in rows(folder / "results" / "estimates.csv"):
        trial = trials[row["trial"]]
        arm = trial.arm(row["arm"])
        found.append(
            Arm(
                row["trial"],
                row["arm"],
                row["endpoint"],
                row["reference"],
                f"{trial.label}: {arm.label}",
                arm.comparator or "",
                registered[row["trial"]],
                arm.drug_class,
                trial.tumour,
                str(trial.year),
                int(row["n"]),
                int(row["events"]),
                number(row["median_months"]),
                number(row["threshold_months"]),
                number(row["follow_up_months"]),
                number(row["proportion"]),
                number(row["se"]),
                number(row["ci_low"]),
                number(row["ci_high"]),
                number(row["bound_high"]),
                row["status"],
                _why(row),
            )
        )
    return found


def _registered(row: Row) -> str:
    """Return the registered trial of a data set; its name where the registration is not known."""
    known = row["registry_id"].strip()
    return row["study"] if known in ("NR", "NA") else known


def _why(row: Row) -> Why:
    """Return why an arm is not estimable, in three kinds."""
    if row["proportion"]:
        return ""
    if row["threshold_months"]:
        return "follow-up too short"
    return "no control" if "no comparator" in row["reason"] else "median not reached"


@dataclass(frozen=True)
class Group:
    """A group of arms under one reference: how many are estimable, and what the study pooled.

    ``value`` with its interval is the random-effects model's, ``mean`` that of the arms' own
    proportions; ``modelled`` is the model's that has every arm in it by its median.
    """

    by: str
    name: str
    endpoint: str
    reference: str
    arms: int
    patients: int
    estimable: int
    median_not_reached: int
    follow_up_too_short: int
    no_control: int
    mean: float | None
    value: float | None
    low: float | None
    high: float | None
    prediction_low: float | None
    prediction_high: float | None
    tau2: float | None
    modelled: float | None


def groups_of(folder: Path, arms: Sequence[Arm]) -> list[Group]:
    """Return every group that the study pooled: by drug class, tumour and year."""
    results = folder / "results"
    modelled = {
        (row["by"], row["term"], row["endpoint"], row["reference"]): number(row["proportion"])
        for row in rows(results / "missing_arms.csv")
        if row["way"] == "vectors"
    }
    found = []
    for row in rows(results / "pooled.csv"):
        if row["measure"] != "proportion":
            continue
        key = (row["by"], row["class"], row["endpoint"], row["reference"])
        mine = [
            arm
            for arm in arms
            if (getattr(arm, key[0]), arm.endpoint, arm.reference) == (key[1], key[2], key[3])
        ]
        why = [arm.why for arm in mine]
        found.append(
            Group(
                *key,
                len(mine),
                sum(arm.n for arm in mine),
                why.count(""),
                why.count("median not reached"),
                why.count("follow-up too short"),
                why.count("no control"),
                number(row["mean_of_proportions"]),
                number(row["estimate"]),
                number(row["ci_low"]),
                number(row["ci_high"]),
                number(row["prediction_low"]),
                number(row["prediction_high"]),
                number(row["tau2"]),
                modelled.get(key),
            )
        )
    return found


@dataclass(frozen=True)
class Slope:
    """The odds ratio of durable response for one year later, with its 95% interval."""

    endpoint: str
    reference: str
    formula: str
    arms: int
    trials: int
    ratio: float
    low: float
    high: float


def slope(arms: Sequence[Arm], endpoint: str, reference: str, formula: str) -> Slope:
    """Return the slope of a meta-regression of the logit over the year of publication.

    Random effects (REML), errors robust to the clusters of arms of one registered trial (CR2, with
    Satterthwaite's degrees of freedom). An arm without a standard error is left out.
    """
    mine = [
        arm for arm in arms if (arm.endpoint, arm.reference) == (endpoint, reference) and arm.se
    ]
    effects = [logit_effect(arm.value or 0.0, arm.se or 0.0) for arm in mine]
    design = design_of(
        formula,
        {
            "year": [float(arm.year) for arm in mine],
            "drug_class": [arm.drug_class for arm in mine],
            "tumour": [arm.tumour for arm in mine],
        },
    )
    fit = fit_effects(
        [effect.y for effect in effects],
        [effect.v for effect in effects],
        moderators=design.matrix,
        terms=design.terms,
    )
    registered = [arm.registered for arm in mine]
    (found,) = (one for one in robust(fit, registered).coefficients if one.term == "year")
    return Slope(
        endpoint,
        reference,
        formula,
        len(mine),
        len(set(registered)),
        exp(found.estimate),
        exp(found.ci_low),
        exp(found.ci_high),
    )


def others_pooled(arms: Sequence[Arm]) -> tuple[float, float, float]:
    """Return arms pooled as the study pools a class (REML on the logit), with the 95% interval."""
    effects = [logit_effect(arm.value or 0.0, arm.se) for arm in arms if arm.se]
    found = pool([one.y for one in effects], [one.v for one in effects], test="adhoc")
    middle = found.coefficients[0]
    return (
        back_transform(middle.estimate),
        back_transform(middle.ci_low),
        back_transform(middle.ci_high),
    )
