"""The forest plot of contrasts within trials."""

from collections.abc import Iterator
from typing import Literal

from perdure.plots.effect_axis import EffectAxis, Form
from perdure.plots.effects_forest import (
    EffectRow,
    ForestGroup,
    PooledEffect,
    effects_hover,
    forest_of_effects,
    heterogeneity_in_words,
)
from perdure.plots.wording import antilog, interval, points, ratio, short_reason
from perdure.records import ContrastGroup, ContrastRow, ContrastSynthesis, LeftOut
from perdure.report.blocks import FigureBlock, Picture
from perdure.report.findings import Findings
from perdure.report.tables import file_name

__all__ = ["contrast_axis", "contrast_forest"]

NAMES = {"log odds ratio": "Odds ratio", "log ratio": "Ratio", "difference": "Difference"}
METHODS = {"FE": "Common effect"}


def contrast_forest(findings: Findings, found: ContrastSynthesis) -> FigureBlock:
    """Return contrasts by pair of classes, each pair pooled, and all together."""
    names = list(dict.fromkeys([*(row.group for row in found.rows), *_gap_groups(found)]))
    groups = [_group(findings, found, name) for name in names]
    axis = contrast_axis(found.measure)
    overall = [_pooled(found.overall)] if found.overall and len(found.groups) != 1 else []
    head = f"{NAMES.get(found.measure, found.measure)} (95% CI)"
    pages = forest_of_effects(
        groups,
        axis,
        overall=overall,
        difference=found.difference,
        label_head="Trial and arms",
        cell_heads=("n",),
        result_head=head,
    )
    places = effects_hover(groups, axis, overall=overall, cell_heads=("n",), result_head=head)
    rule = findings.rule(found.endpoint, found.reference)
    caption = f"Arms against the control of their trial: {found.endpoint} beyond {rule}"
    name = file_name("forest-contrasts", found.endpoint, found.reference)
    pictures = tuple(
        Picture(
            name if len(pages) == 1 else f"{name}.{place}",
            page.decode(),
            _in_words(found) if place == 1 else caption,
            rows,
        )
        for place, (page, rows) in enumerate(zip(pages, places, strict=True), start=1)
    )
    note = (
        "Each arm at its own threshold: whose tail is heavier for its median, and not a randomised"
        " comparison."
        if found.reference == "own"
        else "Randomised: both arms at one threshold."
    )
    return FigureBlock(caption, (note,), pictures)


def contrast_axis(measure: str) -> EffectAxis:
    """Return an axis with no difference in it and more durable responses to the right.

    Examples
    --------
    >>> contrast_axis("log ratio").name, contrast_axis("difference").form
    ('Ratio of durable response', 'percent')
    """
    form: Form = "ratio" if measure.startswith("log") else "plain"
    name, digits = f"{NAMES.get(measure, measure)} of durable response", 2
    if measure == "difference":
        name, form, digits = "Difference of durable response, points", "percent", 1
    low, high = "control more durable", "arm more durable"
    return EffectAxis(name, form, digits, reference=0.0, low_side=low, high_side=high)


def _gap_groups(found: ContrastSynthesis) -> Iterator[str]:
    return (gap.name for gap in found.left_out)


def _group(findings: Findings, found: ContrastSynthesis, name: str) -> ForestGroup:
    pooled = next((group for group in found.groups if group.name == name), None)
    rows = (
        *(_row(findings, row) for row in found.rows if row.group == name),
        *(_gap(findings, found, gap) for gap in found.left_out if gap.name == name),
    )
    return ForestGroup(name, rows, (_pooled(pooled),) if pooled else ())


def _row(findings: Findings, row: ContrastRow) -> EffectRow:
    sizes = [row.n_arm, row.n_comparator]
    n = " v ".join(str(size) if size is not None else "?" for size in sizes)
    status: Literal["thin", "estimable"] = "thin" if row.status == "thin" else "estimable"
    return EffectRow(
        _label(findings, row.trial, row.arm, row.comparator),
        row.effect,
        row.ci_low,
        row.ci_high,
        row.share,
        (n,),
        status,
    )


def _gap(findings: Findings, found: ContrastSynthesis, gap: LeftOut) -> EffectRow:
    """Return a contrast without a value, and why its arm or its control has none."""
    arm, _, comparator = gap.arm.partition(" v ")
    label = _label(findings, gap.trial, arm, comparator)
    short = {
        one.response.arm: short_reason(one.response)
        for one in findings.estimates(found.endpoint, found.reference)
        if one.trial == gap.trial and one.primary and one.response.proportion is None
    }
    reason = short.get(arm) or gap.reason.removeprefix(f"{arm}: ")
    if not short.get(arm) and reason.startswith(f"{comparator}: "):
        why = short.get(comparator) or reason.removeprefix(f"{comparator}: ")
        reason = f"control: {why}"
    return EffectRow(label, None, cells=("",), status="not estimable", reason=reason)


def _label(findings: Findings, trial: str, arm: str, comparator: str) -> str:
    first, second = findings.arm_label(trial, arm), findings.arm_label(trial, comparator)
    return f"{findings.trial_label(trial)}, {first} v {second}"


def _pooled(group: ContrastGroup) -> PooledEffect:
    pooled, mean = group.pooled, group.mean
    model = METHODS.get(pooled.method, f"Random effects ({pooled.method})")
    trials = f"{group.n_trials} trial{'' if group.n_trials == 1 else 's'}"
    return PooledEffect(
        f"{model}, {trials}",
        mean.estimate,
        mean.ci_low,
        mean.ci_high,
        mean.prediction_low,
        mean.prediction_high,
        heterogeneity_in_words(pooled),
    )


def _in_words(found: ContrastSynthesis) -> str:
    """Return the picture for those who do not see it."""
    parts = ["Forest plot."]
    for group in (*found.groups, found.overall):
        if group is None:
            continue
        mean = group.mean
        first, low, high = (
            _value(one, found.measure) for one in (mean.estimate, mean.ci_low, mean.ci_high)
        )
        parts.append(f"{group.name or 'All'}: {first} ({interval(low, high)}).")
    return " ".join([*parts, "The tables give the same numbers."])


def _value(value: float, measure: str) -> str:
    return points(value) if measure == "difference" else ratio(antilog(value))
