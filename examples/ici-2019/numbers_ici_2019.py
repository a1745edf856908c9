"""The numbers of the comparison with Pons-Tostivint et al. 2019, from a study's results."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from csv_rows import number, rows

from perdure.errors import InputError, Problem
from perdure.pool import back_transform, logit_effect, pool
from perdure.published import published_curves, published_responses
from perdure.records import Proportion
from perdure.study import Study
from perdure.study.published_facts import read_facts

__all__ = ["Arm", "Compared", "Pooled", "arms_of", "facts_against_curves", "pooled"]


@dataclass(frozen=True)
class Arm:
    """The durable response of one arm under one reference, with what groups it."""

    trial: str
    arm: str
    endpoint: str
    reference: str
    label: str
    therapy: str
    drug_class: str
    line: str
    source: str
    certainty: str
    median: float | None
    threshold: float | None
    follow_up: float | None
    value: float | None
    se: float | None
    low: float | None
    high: float | None
    bound: float | None
    reason: str
    last_fact: float | None

    @property
    def within(self) -> bool:
        """Whether the number rests on what was seen or published, and not on the prior alone."""
        if self.value is None or self.source != "facts":
            return self.value is not None
        return (self.threshold or 0.0) <= (self.last_fact or 0.0)


def arms_of(folder: Path) -> list[Arm]:
    """Return every arm that enters by its primary analysis or by published facts."""
    study = Study.open(folder)
    trials = {trial.trial: trial for trial in study.trials}
    last: dict[tuple[str, str, str], float] = defaultdict(float)
    for row in rows(folder / "results" / "published_facts.csv"):
        if row["fact"] in ("median", "survival"):
            key = (row["trial"], row["arm"], row["endpoint"])
            last[key] = max(last[key], float(row["time_months"] or row["value"]))
    found = []
    for row in rows(folder / "results" / "estimates.csv"):
        if row["primary"] != "yes" and row["source"] != "facts":
            continue
        trial, arm = trials[row["trial"]], trials[row["trial"]].arm(row["arm"])
        found.append(
            Arm(
                row["trial"],
                row["arm"],
                row["endpoint"],
                row["reference"],
                f"{trial.label}: {arm.label}",
                arm.moderators["therapy"],
                arm.drug_class,
                trial.line,
                row["source"],
                row["certainty"],
                number(row["median_months"]),
                number(row["threshold_months"]),
                number(row["follow_up_months"]),
                number(row["proportion"]),
                number(row["se"]),
                number(row["ci_low"]),
                number(row["ci_high"]),
                number(row["bound_high"]),
                row["reason"],
                last.get((row["trial"], row["arm"], row["endpoint"])),
            )
        )
    return found


@dataclass(frozen=True)
class Pooled:
    """Arms of a group, as the paper took their mean and as a model pools them."""

    arms: int
    mean: float | None
    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def words(self) -> str:
        """The plain mean, the model's with its interval, and the number of arms."""
        if self.mean is None:
            return "none"
        if self.value is None or self.low is None or self.high is None:
            return f"{100 * self.mean:.0f} ({self.arms} arm{'' if self.arms == 1 else 's'})"
        model = f"{100 * self.value:.0f} ({100 * self.low:.0f} to {100 * self.high:.0f})"
        return f"{100 * self.mean:.0f}; {model}; {self.arms} arms"


def pooled(arms: Sequence[Arm], chosen: Callable[[Arm], bool]) -> Pooled:
    """Pool the chosen arms that have a number: random effects on the logit scale, REML."""
    mine = [arm for arm in arms if arm.value is not None and chosen(arm)]
    values = [arm.value for arm in mine if arm.value is not None]
    if not values:
        return Pooled(0, None)
    effects = [logit_effect(arm.value, arm.se) for arm in mine if arm.value is not None and arm.se]
    if len(effects) < 2:
        return Pooled(len(values), mean(values))
    found = pool([one.y for one in effects], [one.v for one in effects], test="adhoc")
    middle = found.coefficients[0]
    low, high = back_transform(middle.ci_low), back_transform(middle.ci_high)
    return Pooled(len(values), mean(values), back_transform(middle.estimate), low, high)


@dataclass(frozen=True)
class Compared:
    """An arm of which both a curve and published facts are at hand."""

    arm: Arm
    value: float
    low: float
    high: float
    within: bool

    @property
    def held(self) -> bool:
        """Whether the interval of the facts holds what the curve says."""
        return self.low <= (self.arm.value or 0.0) <= self.high


def facts_against_curves(folder: Path, facts: Path, arms: Sequence[Arm]) -> list[Compared]:
    """Return what facts alone would have said of arms whose patients are at hand, own median.

    ``facts`` is the example's whole table, which the study has only where there is no curve.
    """
    study = Study.open(folder)
    problems: list[Problem] = []
    everything = read_facts(facts.parent, study.settings, study.trials, problems, [])
    if problems:
        raise InputError(problems)
    known = {
        (arm.trial, arm.arm, arm.endpoint): arm
        for arm in arms
        if arm.reference == "own" and arm.source != "facts" and arm.value is not None
    }
    found = []
    for one in everything:
        if not any((one.trial, arm, one.endpoint) in known for arm in one.arms):
            continue
        curves = published_curves(one.facts)
        k = study.settings.endpoints[one.endpoint].k
        answer = published_responses(curves, k=k, reference="own", comparators={})
        for response in answer.responses:
            arm = known.get((one.trial, response.arm, one.endpoint))
            estimate = response.estimate
            if arm is not None and isinstance(estimate, Proportion):
                within = response.arm not in answer.beyond
                limits = (estimate.ci_low, estimate.ci_high)
                found.append(Compared(arm, estimate.value, *limits, within))
    return found
