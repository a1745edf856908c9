"""Differences of classes against what is assumed of the arms that are not estimable."""

from perdure.plots import EffectAxis, PatternMixtureCurve, pattern_mixture_plot
from perdure.plots.wording import decimals, interval, points
from perdure.records.missing_arms import ClassMissingArms, MissingArms, MixtureDifference
from perdure.report.blocks import FigureBlock, Picture
from perdure.report.findings import Findings
from perdure.report.tables import file_name

__all__ = ["mixture_figure"]

MOST_PICTURES = 12
"""More pairs than this are not all drawn: those that turn come first."""
AXIS = EffectAxis("Difference of durable response, points", "percent", 1, reference=0.0)


def mixture_figure(
    findings: Findings, one: ClassMissingArms, found: MissingArms
) -> FigureBlock | None:
    """Return each pair's difference over q; None where no assumption moves any of them."""
    moved = [pair for pair in found.mixture.differences if _moves(pair)]
    if not moved:
        return None
    shown = sorted(moved, key=lambda pair: not pair.tips)[:MOST_PICTURES]
    without = {row.name: row.proportion for row in found.without.classes}
    rule = findings.rule(one.endpoint, one.reference)
    legend = (
        "q is the share of its last survival that an arm which does not reach its threshold is"
        " taken to keep until there, the same in both classes: 0, nobody; 1, everybody. The data do"
        " not tell it. The upper side: the first class is more durable."
    )
    notes = [legend]
    if len(shown) < len(moved):
        notes.append(
            f"{len(shown)} of {len(moved)} pairs, those whose conclusion turns first; all are in"
            " the table."
        )
    return FigureBlock(
        f"Classes compared, whatever is assumed of the missing arms: {one.endpoint} beyond {rule}",
        tuple(notes),
        tuple(
            Picture(
                _name(one, place, len(shown)),
                _svg(pair, without.get(pair.first), without.get(pair.second)),
                _in_words(pair),
            )
            for place, pair in enumerate(shown, start=1)
        ),
        panels=len(shown) > 1,
    )


def _moves(pair: MixtureDifference) -> bool:
    """Say whether q changes the difference at all."""
    return len(pair.curve) > 1 and pair.curve[0].value != pair.curve[-1].value


def _name(one: ClassMissingArms, place: int, pictures: int) -> str:
    number = str(place) if pictures > 1 else ""
    return file_name("pattern-mixture", one.endpoint, one.reference, one.by, number)


def _svg(pair: MixtureDifference, first: float | None, second: float | None) -> str:
    curve = PatternMixtureCurve(
        tuple(point.q for point in pair.curve),
        tuple(point.value for point in pair.curve),
        tuple(point.low for point in pair.curve),
        tuple(point.high for point in pair.curve),
        None if first is None or second is None else first - second,
        tuple(tip.q for tip in pair.tips),
    )
    return pattern_mixture_plot(curve, AXIS, title=f"{pair.first} − {pair.second}").decode()


def _in_words(pair: MixtureDifference) -> str:
    """Return the curve for those who do not see it."""
    ends = [
        f"{points(point.value)} points ({interval(points(point.low), points(point.high))}) at q ="
        f" {decimals(point.q, 0)}"
        for point in (pair.curve[0], pair.curve[-1])
    ]
    turns = "; ".join(
        f"at q = {decimals(tip.q, 2)} from {tip.before} to {tip.after}" for tip in pair.tips
    )
    said = f"The conclusion turns {turns}." if turns else "No q turns the conclusion."
    return f"{pair.first} minus {pair.second}: from {' to '.join(ends)}. {said}"
