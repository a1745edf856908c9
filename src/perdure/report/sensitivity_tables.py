"""What the headline answers hang on: every choice changed in turn, in a table and a figure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from perdure.plots.effect_axis import EffectAxis
from perdure.plots.sensitivity import ChangedAnswer, sensitivity_hover, sensitivity_plot
from perdure.plots.wording import (
    NOTHING,
    antilog,
    count,
    decimals,
    interval,
    percent,
    points,
    ratio,
)
from perdure.records.sensitivity_analysis import Change, SensitivityAnalysis, SensitivityRow
from perdure.report.blocks import Block, Bullets, FigureBlock, Picture, Prose, TableBlock
from perdure.report.contrast_figures import contrast_axis
from perdure.report.findings import Findings
from perdure.report.headline import MOST_CLASSES
from perdure.report.tables import Column, Table, build_table, file_name

__all__ = ["sensitivity_blocks"]

CHANGES: dict[Change, str] = {
    "primary": "nothing: primary analysis",
    "reference": "reference",
    "k": "k",
    "scale": "scale of pooling",
    "model": "model",
    "tau2 estimator": "estimator of τ²",
    "test": "interval of the mean",
    "reconstruction": "rebuilt patients",
    "data": "arms",
    "thin arms": "thin arms",
    "published estimates": "published estimates",
    "published facts": "published facts",
}
ANOTHER_QUESTION: tuple[Change, ...] = ("reference", "k")
"""These change what is asked, not how it is answered: the answer may move for that."""
MOST_NAMED = 3
"""Arms named in a cell; where there are more, the table's file has all."""
MEASURES = {
    "proportion": "durable response, %",
    "log odds ratio": "odds ratio",
    "log ratio": "ratio",
    "difference": "difference, points",
}


@dataclass(frozen=True)
class _Line:
    analysis: SensitivityAnalysis
    row: SensitivityRow


def sensitivity_blocks(findings: Findings, endpoint: str) -> Iterator[Block]:
    """Yield how far the headline answers of an endpoint move, their table, and a figure."""
    shown = _headline([one for one in findings.results.sensitivity if one.endpoint == endpoint])
    if not shown:
        return
    table = _table(findings, endpoint, shown)
    yield Prose(
        "Each row changes one choice of the primary analysis and leaves all others as they are."
        " Another reference or another k is another question, whose answer may well be another"
        " number; all other rows answer the same question otherwise.",
        see=(table.name,),
    )
    yield Bullets(tuple(_how_far(one) for one in shown))
    yield TableBlock(table)
    yield _figure(endpoint, _main(shown))


def _headline(found: Sequence[SensitivityAnalysis]) -> list[SensitivityAnalysis]:
    """Return the answers that the headline gives: the largest classes, their one pair, contrasts.

    Contrasts are those by pair of classes where there are several, else all together.
    """

    def largest(some: Sequence[SensitivityAnalysis]) -> list[SensitivityAnalysis]:
        return sorted(some, key=lambda one: -one.primary.n_effects)[:MOST_CLASSES]

    classes = [one for one in found if one.kind == "class"]
    if len(classes) > MOST_CLASSES:
        classes = largest(classes)
    pairs = [one for one in found if one.kind == "class difference"]
    contrasts = [one for one in found if one.kind == "contrast"]
    groups = contrasts[:-1]
    within = largest(groups) if len(groups) > 1 else contrasts[-1:]
    return [*within, *classes, *pairs]


def _main(shown: Sequence[SensitivityAnalysis]) -> SensitivityAnalysis:
    """Return the answer that is drawn: a contrast, or else two classes, or else one."""
    order = ("contrast", "class difference", "class")
    return min(shown, key=lambda one: (not one.known, order.index(one.kind)))


def _value(one: SensitivityAnalysis, value: float | None) -> str:
    """Return a value of the analysis's measure as people read it."""
    if value is None:
        return NOTHING
    if one.measure == "proportion":
        return percent(value)
    return points(value) if one.measure == "difference" else ratio(antilog(value))


def _with_limits(
    one: SensitivityAnalysis, value: float | None, low: float | None, high: float | None
) -> str:
    ends = interval(_value(one, low), _value(one, high))
    first = _value(one, value)
    return f"{first} ({ends})" if ends else first


def _moved(one: SensitivityAnalysis, row: SensitivityRow) -> str:
    """Return how far a row lies from the primary one: in points, or as a ratio of ratios."""
    if row.difference is None or row.change == "primary":
        return NOTHING
    if one.measure in ("proportion", "difference"):
        return points(row.difference)
    return f"× {ratio(antilog(row.difference))}"


def _named(one: SensitivityAnalysis) -> str:
    """Return an answer with its measure: "chemotherapy: durable response, %"."""
    return f"{one.name}: {MEASURES[one.measure]}"


def _change(row: SensitivityRow) -> str:
    """Return a row in words: "k = 2"."""
    if row.change == "primary":
        return "primary analysis"
    if row.change == "k":
        return f"k = {row.setting}" if row.estimate is not None else f"k: {row.setting}"
    return f"{CHANGES[row.change]}: {row.setting}"


def _how_far(one: SensitivityAnalysis) -> str:
    """Return one sentence or two: from where to where an answer moves, and what moves it most."""
    head = f"{one.name}, {MEASURES[one.measure].split(',')[0]}"
    if one.primary.estimate is None:
        return f"{head}: the primary analysis has no answer ({one.primary.reason})."
    unit = "%" if one.measure == "proportion" else ""
    same = [row for row in one.known if row.change not in ANOTHER_QUESTION]
    known = len(one.known)
    text = (
        f"{head} {_value(one, one.primary.estimate)}{unit}:"
        f" {_range(one, one.known, unit)} over all {known} analyses that have an answer"
        f"{_mover(one, one.known, unit)};"
        f" {_range(one, same, unit)} over the {len(same)} of the same question"
        f"{_mover(one, same, unit)}."
    )
    without = len(one.rows) - len(one.known)
    if without:
        rows = "1 row has" if without == 1 else f"{without} rows have"
        text += f" {rows} no answer, and say why."
    return text


def _range(one: SensitivityAnalysis, rows: Sequence[SensitivityRow], unit: str) -> str:
    values = [row.estimate for row in rows if row.estimate is not None]
    return f"{_value(one, min(values))}{unit} to {_value(one, max(values))}{unit}"


def _mover(one: SensitivityAnalysis, rows: Sequence[SensitivityRow], unit: str) -> str:
    """Return which row moves an answer most, where that shows."""
    most = max(rows, key=lambda row: abs(row.difference or 0.0))
    if _value(one, most.estimate) == _value(one, one.primary.estimate):
        return ""
    return f", moved most by {_change(most)} ({_value(one, most.estimate)}{unit})"


def _arms_named(findings: Findings, arms: Sequence[tuple[str, str]]) -> str:
    named = [
        f"{findings.trial_label(trial)} {findings.arm_label(trial, arm)}"
        for trial, arm in arms[:MOST_NAMED]
    ]
    more = len(arms) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")


def _remark(findings: Findings, row: SensitivityRow) -> str:
    """Return why there is no estimate, which arms differ, and what else a reader should know."""
    if row.estimate is None:
        return f"not estimable: {row.reason}"
    parts = [
        f"{word} {_arms_named(findings, arms)}"
        for word, arms in (("without", row.without), ("with", row.more))
        if arms
    ]
    if row.remark and row.change != "model":
        parts.append(row.remark)
    return "; ".join(parts)


def _table(findings: Findings, endpoint: str, shown: Sequence[SensitivityAnalysis]) -> Table:
    lines = [_Line(one, row) for one in shown for row in one.rows]
    limits = ("ci_low", "ci_high", "prediction_low", "prediction_high")

    columns: list[Column[_Line]] = [
        Column(
            "Answer",
            lambda line: _named(line.analysis),
            {
                "answer": lambda line: line.analysis.kind,
                "name": lambda line: line.analysis.name,
                "measure": lambda line: line.analysis.measure,
            },
        ),
        Column("Changed", lambda line: CHANGES[line.row.change], {"change": _of("change")}),
        Column("To", lambda line: line.row.setting, {"setting": _of("setting")}),
        Column(
            "Arms or pairs",
            lambda line: str(line.row.n_effects) if line.row.n_effects else NOTHING,
            {"n_effects": _of("n_effects"), "n_trials": _of("n_trials")},
            numeric=True,
        ),
        Column(
            "Patients",
            lambda line: count(line.row.n_patients),
            {"n_patients": _of("n_patients")},
            numeric=True,
        ),
        Column(
            "Estimate (CI)",
            lambda line: _with_limits(
                line.analysis, line.row.estimate, line.row.ci_low, line.row.ci_high
            ),
            {name: _of(name) for name in ("estimate", *limits[:2])},
            numeric=True,
        ),
        Column(
            "Prediction interval",
            lambda line: (
                interval(
                    _value(line.analysis, line.row.prediction_low),
                    _value(line.analysis, line.row.prediction_high),
                )
                or NOTHING
            ),
            {name: _of(name) for name in limits[2:]},
            numeric=True,
        ),
        Column("τ²", lambda line: decimals(line.row.tau2, 3), {"tau2": _of("tau2")}, numeric=True),
        Column(
            "From the primary",
            lambda line: _moved(line.analysis, line.row),
            {"difference": _of("difference")},
            numeric=True,
        ),
        Column(
            "Remark",
            lambda line: _remark(findings, line.row),
            {
                "without": lambda line: _joined(line.row.without),
                "more": lambda line: _joined(line.row.more),
                "reason": _of("reason"),
                "remark": _of("remark"),
            },
        ),
    ]
    return build_table(
        file_name("sensitivity", endpoint),
        f"Sensitivity of the headline answers: {endpoint}",
        columns,
        lines,
        notes=_notes(findings),
        group=lambda line: (line.analysis.kind, line.analysis.name),
    )


def _of(name: str) -> Callable[[_Line], object]:
    return lambda line: getattr(line.row, name)


def _joined(arms: Sequence[tuple[str, str]]) -> str:
    return "; ".join(f"{trial}/{arm}" for trial, arm in arms)


def _notes(findings: Findings) -> Iterator[str]:
    yield (
        "Arms or pairs: in the model, with the patients of these arms, each counted once; pairs are"
        " arms against the control of their trial. τ² is on the scale that the row was pooled on."
        " From the primary: points, or × the ratio of the two."
    )
    yield (
        f"Thin: fewer than {findings.settings.thin} at risk at the threshold. The scale of an arm’s"
        " own interval changes no row: arms enter by their estimate and standard error."
    )
    yield "All answers, also of smaller classes, are in results/sensitivity.csv."


def _axis(one: SensitivityAnalysis) -> EffectAxis:
    if one.measure == "proportion":
        return EffectAxis("Durable response, %", "percent", 1)
    if one.kind == "contrast":
        return contrast_axis(one.measure)
    first, _, second = one.name.partition(" v ")
    sides = (f"{second} more durable", f"{first} more durable")
    return EffectAxis("Odds ratio of durable response", "ratio", 2, 0.0, *sides)


def _figure(endpoint: str, one: SensitivityAnalysis) -> FigureBlock:
    def drawn(row: SensitivityRow) -> ChangedAnswer:
        size = str(row.n_effects) if row.n_effects else ""
        return ChangedAnswer(
            _change(row), row.estimate, row.ci_low, row.ci_high, size, row.reason or ""
        )

    others = one.rows[1:]
    groups = [
        (
            "The same question, answered otherwise",
            [drawn(row) for row in others if row.change not in ANOTHER_QUESTION],
        ),
        ("Another question", [drawn(row) for row in others if row.change in ANOTHER_QUESTION]),
    ]
    name = f"{one.name}, {MEASURES[one.measure].split(',')[0]}"
    n_head = "Pairs" if one.kind == "contrast" else "Arms"
    head = f"{MEASURES[one.measure].capitalize()} (95% CI)"
    primary, axis = drawn(one.primary), _axis(one)
    places = sensitivity_hover(primary, groups, axis, n_head=n_head, result_head=head)
    pages = sensitivity_plot(
        primary,
        groups,
        axis,
        n_head=n_head,
        result_head=head,
        title=f"{endpoint}: {name}",
    )
    caption = f"What the answer hangs on: {endpoint}, {name}"
    stem = file_name("sensitivity", endpoint)
    return FigureBlock(
        caption,
        ("Each row changes one choice; the shaded interval is the primary analysis.",),
        tuple(
            Picture(
                stem if len(pages) == 1 else f"{stem}.{place}",
                page.decode(),
                f"Sensitivity plot. {_how_far(one)} The table gives the same numbers.",
                rows,
            )
            for place, (page, rows) in enumerate(zip(pages, places, strict=True), start=1)
        ),
    )
