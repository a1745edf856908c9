"""What stands in a forest plot, row by row, before anything is drawn."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from perdure.plots.lettering import printable
from perdure.plots.wording import count, interval, months, percent
from perdure.records import (
    ArmEstimate,
    ClassRow,
    DurableResponse,
    NotEstimable,
    Proportion,
    Synthesis,
    Trial,
)

__all__ = [
    "ArmRow",
    "ClassHead",
    "ForestRow",
    "MeanRow",
    "PooledRow",
    "forest_pages",
    "model_in_words",
    "row_in_words",
]

NO_CLASS = "no class given"


@dataclass(frozen=True)
class ClassHead:
    """The name of a class; ``continued`` where a page goes on with it."""

    name: str
    n_arms: int
    n_estimable: int
    continued: bool = False


@dataclass(frozen=True)
class ArmRow:
    """One arm; ``weight`` is its share of the class's model, None where it is not in it."""

    trial: str
    arm: str
    response: DurableResponse
    weight: float | None


@dataclass(frozen=True)
class PooledRow:
    """The model's answer for a class."""

    row: ClassRow


@dataclass(frozen=True)
class MeanRow:
    """The paper's own summary of a class: the plain mean of its arms' proportions."""

    row: ClassRow


ForestRow = ClassHead | ArmRow | PooledRow | MeanRow


def forest_pages(
    synthesis: Synthesis,
    estimates: Sequence[ArmEstimate],
    trials: Sequence[Trial],
    classes: Mapping[tuple[str, str], str],
    most_rows: int,
) -> tuple[tuple[ForestRow, ...], ...]:
    """Return the rows of each page: classes whole where they fit, else split and named again.

    Parameters
    ----------
    synthesis : Synthesis
    estimates : sequence of ArmEstimate
        Of the synthesis; with none of them the pages hold the pooled rows only.
    trials : sequence of Trial
        Their labels.
    classes : mapping of (trial, arm) to str
    most_rows : int
    """
    pages: list[list[ForestRow]] = [[]]
    for head, body in _blocks(synthesis, estimates, trials, classes):
        if pages[-1] and len(pages[-1]) + 1 + len(body) > most_rows:
            pages.append([])
        pages[-1].append(head)
        for row in body:
            if len(pages[-1]) >= most_rows and isinstance(row, ArmRow):
                again = ClassHead(head.name, head.n_arms, head.n_estimable, continued=True)
                pages.append([again])
            pages[-1].append(row)
    return tuple(tuple(page) for page in pages if page)


def _blocks(
    synthesis: Synthesis,
    estimates: Sequence[ArmEstimate],
    trials: Sequence[Trial],
    classes: Mapping[tuple[str, str], str],
) -> Iterator[tuple[ClassHead, list[ForestRow]]]:
    """Yield the head and the rows of each class, and last of the arms that have none."""
    labels = {
        (trial.trial, arm.arm): (printable(trial.label), printable(arm.label or arm.arm))
        for trial in trials
        for arm in trial.arms
    }
    arms = [(classes.get((one.trial, one.response.arm), "").strip(), one) for one in estimates]
    for row in synthesis.rows:
        members = [one for name, one in arms if name == row.name]
        head = ClassHead(printable(row.name), row.n_arms, row.n_estimable)
        body: list[ForestRow] = [*_arm_rows(members, labels, _weights(synthesis, row, members))]
        body.append(PooledRow(row))
        if row.mean_of_proportions is not None:
            body.append(MeanRow(row))
        yield head, body
    unnamed = [one for name, one in arms if not name]
    if unnamed:
        known = sum(isinstance(one.response.estimate, Proportion) for one in unnamed)
        yield ClassHead(NO_CLASS, len(unnamed), known), [*_arm_rows(unnamed, labels, {})]


def _arm_rows(
    estimates: Sequence[ArmEstimate],
    labels: Mapping[tuple[str, str], tuple[str, str]],
    weights: Mapping[tuple[str, str], float],
) -> Iterator[ArmRow]:
    for one in estimates:
        place = (one.trial, one.response.arm)
        yield ArmRow(*labels.get(place, place), one.response, weights.get(place))


def _weights(
    synthesis: Synthesis, row: ClassRow, members: Sequence[ArmEstimate]
) -> dict[tuple[str, str], float]:
    """Return each arm's share of the class's model: 1 / (v + tau2) on the logit scale."""
    if row.pooled is None:
        return {}
    left_out = {(arm.trial, arm.arm) for arm in synthesis.left_out}
    raw: dict[tuple[str, str], float] = {}
    for one in members:
        found, place = one.response.estimate, (one.trial, one.response.arm)
        if isinstance(found, Proportion) and found.se and place not in left_out:
            variance = (found.se / (found.value * (1 - found.value))) ** 2
            raw[place] = 1 / (variance + (row.pooled.tau2 or 0.0))
    total = sum(raw.values())
    return {place: weight / total for place, weight in raw.items()}


def row_in_words(row: ArmRow | PooledRow | MeanRow) -> tuple[str, ...]:
    """Return what a row says, line by line, for those who point at it."""
    if isinstance(row, MeanRow):
        return ("Plain mean of the proportions", f"{percent(row.row.mean_of_proportions)}%")
    if isinstance(row, PooledRow):
        found = row.row
        if found.proportion is None:
            return ("Not pooled", found.reason or "")
        limits = interval(percent(found.ci_low), percent(found.ci_high))
        further = interval(percent(found.prediction_low), percent(found.prediction_high))
        more = (f"prediction interval {further}%",) if further else ()
        return (model_in_words(row), f"{percent(found.proportion)}% (95% CI {limits})", *more)
    response, known = row.response, row.response.estimate
    beside = f"n {count(response.n)}"
    if response.threshold is not None:
        beside += f", threshold {months(response.threshold)} months"
    if isinstance(known, NotEstimable):
        bounds = interval(percent(known.low), percent(known.high))
        return (
            f"{row.trial}, {row.arm}",
            f"not estimable, between {bounds}%".replace(" to ", " and "),
            beside,
            known.reason,
        )
    if known.n_at_risk is not None:
        beside += f", {known.n_at_risk} at risk there"
    limits = interval(percent(known.ci_low), percent(known.ci_high))
    weight = "not in the model" if row.weight is None else f"weight {percent(row.weight)}%"
    status = "" if known.status == "estimable" else f", {known.status}"
    return (
        f"{row.trial}, {row.arm}",
        f"{percent(known.value)}% (95% CI {limits}){status}",
        f"{beside}; {weight}",
    )


def model_in_words(row: PooledRow) -> str:
    """Return the model in words."""
    pooled = row.row.pooled
    if pooled is None or pooled.n_effects < 2:
        return "One arm"
    if pooled.model == "common":
        return f"Common effect, {pooled.n_effects} arms"
    return f"Random effects ({pooled.method}), {pooled.n_effects} arms"
