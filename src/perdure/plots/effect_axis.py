"""An axis of effects: what its numbers mean, where it starts and ends, and its ticks.

Effects stand at their place on the scale that they were pooled on; only what is written differs.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Literal

from perdure.plots.wording import antilog, decimals, interval

__all__ = ["EffectAxis", "Form", "axis_range", "axis_ticks", "effect_and_limits", "effect_text"]

Form = Literal["plain", "percent", "ratio", "logit"]
"""What is written: the effect; 100 times it; its exponential; 100 times its inverse logit."""

_RATIOS = (1.0, 2.0, 5.0)
_MIDDLE_RATIOS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
_FINE_RATIOS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
_PERCENTS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99, 99.5, 99.8)
_MOST = 1e300


@dataclass(frozen=True)
class EffectAxis:
    """How effects are read.

    Attributes
    ----------
    name : str
        Under the axis, as "Odds ratio of durable response".
    form : {"plain", "percent", "ratio", "logit"}
        ``percent``: effects are fractions, written in per cent or points. ``ratio``: effects are
        logarithms, written as ratios. ``logit``: effects are logits, written in per cent.
    digits : int
        Decimals that are written.
    reference : float or None
        Where a line says "no effect", on the scale of the effects.
    low_side, high_side : str
        What lies on either side of it, as "favours control".
    limits : (float, float) or None
        Where the axis starts and ends, on the scale of the effects; None: chosen.

    Examples
    --------
    >>> axis = EffectAxis("Odds ratio", "ratio", reference=0.0)
    >>> effect_text(axis, 0.0), effect_text(axis, -0.6931)
    ('1.00', '0.50')
    """

    name: str
    form: Form = "plain"
    digits: int = 2
    reference: float | None = None
    low_side: str = ""
    high_side: str = ""
    limits: tuple[float, float] | None = None


def _written(form: Form, value: float) -> float:
    """Return the number that is written for an effect."""
    if form == "percent":
        return 100 * value
    if form == "ratio":
        return antilog(value)
    if form == "logit":
        return 100 / (1 + math.exp(-max(min(value, 690.0), -690.0)))
    return value


def effect_text(axis: EffectAxis, value: float | None) -> str:
    """Return an effect as it is written; a dash for None.

    A ratio of a thousand or more has no decimals: they would say nothing.

    Examples
    --------
    >>> effect_text(EffectAxis("%", "percent", digits=1), 0.284)
    '28.4'
    """
    if value is None:
        return decimals(None, 0)
    shown = _written(axis.form, value)
    if abs(shown) >= 1e5:
        return f"{shown:.0e}".replace("e+0", "e").replace("e+", "e").replace("-", "\u2212")
    digits = 0 if abs(shown) >= 1000 else min(axis.digits, 1) if abs(shown) >= 100 else axis.digits
    return decimals(shown, digits)


def effect_and_limits(
    axis: EffectAxis, estimate: float | None, low: float | None, high: float | None
) -> str:
    """Return an effect with its interval in words.

    Examples
    --------
    >>> effect_and_limits(EffectAxis("Difference"), 0.5, -0.25, 1.25)
    '0.50 (−0.25 to 1.25)'
    """
    limits = interval(effect_text(axis, low), effect_text(axis, high))
    if estimate is None:
        return f"({limits})" if limits else ""
    return f"{effect_text(axis, estimate)} ({limits})" if limits else effect_text(axis, estimate)


def axis_range(
    axis: EffectAxis,
    estimates: Sequence[float],
    lows: Sequence[float],
    highs: Sequence[float],
    *,
    whole: Sequence[float] = (),
) -> tuple[float, float]:
    """Return where the axis starts and ends.

    It holds every estimate and the reference, and intervals as far as they do not press the rest
    together: a limit beyond that is drawn as an arrow.

    Parameters
    ----------
    axis : EffectAxis
    estimates, lows, highs : sequence of float
        Of the effects; limits may be infinite.
    whole : sequence of float
        What must be on the axis, as a pooled interval.

    Examples
    --------
    >>> axis_range(EffectAxis(""), [0.0, 1.0], [-0.5, -90.0], [0.5, 92.0], whole=[0.2])
    (-0.904, 1.904...)
    """
    if axis.limits is not None:
        return axis.limits
    core = [one for one in (*estimates, *whole) if math.isfinite(one)] or [0.0]
    if axis.reference is not None:
        core.append(axis.reference)
    limits = [one for one in (*lows, *highs) if math.isfinite(one)]
    spread = max(core) - min(core)
    halves = [
        (high - low) / 2 for low, high in zip(lows, highs, strict=True) if math.isfinite(high - low)
    ]
    room = max(1.6 * median_low(halves) if halves else 0.0, 0.0)
    if room > 4 * spread and spread > 0:
        room = max(4 * spread, 1.6 * min(halves))
    start, end = min(core) - room, max(core) + room
    first, last = min([*limits, *core]), max([*limits, *core])
    # The whole of every interval, where that leaves the others two fifths of their length.
    if last - first <= 2.5 * (end - start):
        start, end = first, last
    start, end = max(start, first), min(end, last)
    pad = 0.04 * (end - start) or max(abs(end), 1.0) * 0.1
    start, end = start - pad, end + pad
    if axis.form == "percent" and first >= 0:
        start = max(start, 0.0) if first > 0.25 * end else 0.0
        end = min(end, 1.0) if last <= 1 else end
    return start, end


def axis_ticks(
    axis: EffectAxis, start: float, end: float, most: int = 7
) -> list[tuple[float, str]]:
    """Return the ticks of an axis, each with its place and what is written there.

    Examples
    --------
    >>> axis_ticks(EffectAxis("", "ratio"), math.log(0.2), math.log(6))
    [(-1.6..., '0.2'), (-0.69..., '0.5'), (0.0, '1'), (0.69..., '2'), (1.6..., '5')]
    """
    if axis.form == "ratio":
        found = _ratio_ticks(start, end, most)
    elif axis.form == "logit":
        places = [math.log(one / (100 - one)) for one in _PERCENTS]
        inside = [
            (place, f"{one:g}")
            for place, one in zip(places, _PERCENTS, strict=True)
            if start <= place <= end
        ]
        found = _thinned(inside, (end - start) / most)
    else:
        found = []
    # A range of few round ratios is nearly even: evenly spaced numbers say more.
    few = axis.form == "ratio" and len(found) < 4 and end - start < math.log(5)
    return found if len(found) > 1 and not few else _even_ticks(axis, start, end, most)


def _ratio_ticks(start: float, end: float, most: int) -> list[tuple[float, str]]:
    """Return ticks at round ratios: 1, 2, 5 where they suffice, else powers of ten or finer."""
    if max(abs(start), abs(end)) > 300 * math.log(10):
        return []  # no number holds such a ratio
    decades = range(
        math.floor(start / math.log(10)) - 1,
        math.ceil(end / math.log(10)) + 2,
    )
    if len(decades) > 40:
        decades = range(max(decades[0], -300), min(decades[-1], 300), len(decades) // 10)
    for parts in (_FINE_RATIOS, _MIDDLE_RATIOS, _RATIOS, (1.0, 3.0), (1.0,)):
        inside = [
            (decade * math.log(10) + math.log(part), part * 10.0**decade)
            for decade in decades
            for part in parts
        ]
        kept = [(at, ratio) for at, ratio in inside if start - 1e-9 <= at <= end + 1e-9]
        closest = min(
            (later[0] - sooner[0] for sooner, later in itertools.pairwise(kept)),
            default=math.inf,
        )
        if len(kept) <= most and closest >= (end - start) / 16:
            return [(at, _ratio(ratio)) for at, ratio in kept]
    step = math.ceil(len(kept) / most)
    return [(at, _ratio(ratio)) for at, ratio in kept[:: max(step, 1)]]


def _ratio(ratio: float) -> str:
    if 1e-3 <= ratio < 1e5:
        return f"{ratio:.6g}"
    return f"{ratio:.0e}".replace("e-0", "e-").replace("e+0", "e").replace("-", "\u2212")


def _thinned(ticks: Sequence[tuple[float, str]], closest: float) -> list[tuple[float, str]]:
    """Return the ticks that keep their distance, those nearest to one half first."""
    kept: list[tuple[float, str]] = []
    for tick in sorted(ticks, key=lambda one: (abs(one[0]), one[0])):
        if all(abs(tick[0] - other[0]) >= closest for other in kept):
            kept.append(tick)
    return sorted(kept)


def _even_ticks(axis: EffectAxis, start: float, end: float, most: int) -> list[tuple[float, str]]:
    """Return ticks at evenly spaced round numbers of what is written."""
    low, high = _written(axis.form, start), _written(axis.form, end)
    if not high - low > 1e-9 * max(abs(low), abs(high)):
        return _own_ticks(axis, start, end, most)
    domain = {"ratio": (0.0, _MOST), "logit": (0.0, 100.0)}.get(axis.form, (-math.inf, math.inf))
    # A tick or two more than there is room for say more than numbers that are not round.
    for allowed in range(most, most + 3):
        step = _round_step((high - low) / allowed)
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        shown = [step * order for order in range(first, last + 1)]
        shown = [one for one in shown if domain[0] < one < domain[1]]
        if len(shown) > 1:
            digits = _digits(step)
            return [(_place(axis.form, one), decimals(one, digits)) for one in shown]
    return _own_ticks(axis, start, end, most)


def _round_step(least: float) -> float:
    """Return the smallest round step that is not below ``least``."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * part for part in (1, 2, 2.5, 5, 10, 20) if power * part >= least)


def _digits(step: float) -> int:
    """Return how many decimals the multiples of a round step have."""
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    scaled = step * 10.0**digits
    return digits if abs(scaled - round(scaled)) < 1e-6 else digits + 1


def _own_ticks(axis: EffectAxis, start: float, end: float, most: int) -> list[tuple[float, str]]:
    """Return ticks evenly spaced on the effects' own scale; each text once."""
    found: dict[str, float] = {}
    for order in range(most):
        at = start + (end - start) * order / max(most - 1, 1)
        found.setdefault(effect_text(axis, at), at)
    return [(at, text) for text, at in found.items()]


def _place(form: Form, shown: float) -> float:
    """Return the effect that is written so."""
    if form == "ratio":
        return math.log(shown)
    if form == "logit":
        return math.log(shown / (100 - shown))
    return shown / 100 if form == "percent" else shown
