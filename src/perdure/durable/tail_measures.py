"""Single measures of an arm's tail, each with what every patient adds to it.

The threshold of a durable response is estimated, so whatever starts there moves with it: by minus
the change of the hazard for conditional survival, and by -1 + R h for the mean residual time R,
h being the hazard at the threshold. One influence value for each patient carries both (methods,
section 2).
"""

from dataclasses import dataclass, field
from math import exp, log, sqrt

from perdure.durable.density import hazard
from perdure.durable.sample import Influence, covariance
from perdure.records import Floats, Patients, TailMeasure, TailQuantity
from perdure.survival import (
    SAME_TIME,
    KaplanMeier,
    area,
    area_influence,
    influence,
    normal_quantile,
    thomas_grunkemeier,
)

__all__ = ["LARGEST", "ArmMeasures", "Estimate", "TailThreshold", "summed"]

LARGEST = 700.0
"""The largest power of e that a float holds."""


@dataclass(frozen=True, eq=False)
class TailThreshold:
    """The time from which a tail is counted, and what each patient adds to it.

    Parameters
    ----------
    time : float or None
        None with a ``reason``.
    influence : mapping of str to array of float
        By arm, shape (n of the arm,): k psi(m) / (n f(m)) for k times a median; empty where the
        time is fixed.
    reason : str
    """

    time: float | None
    influence: Influence = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Estimate:
    """A measure, and the influence of every patient on it; empty where it has no standard error."""

    measure: TailMeasure
    influence: Influence


@dataclass(frozen=True, eq=False)
class ArmMeasures:
    """One arm, as the measures need it."""

    name: str
    patients: Patients
    curve: KaplanMeier
    threshold: TailThreshold
    level: float

    def means(self, tau: float) -> tuple[Estimate, Estimate]:
        """Return mean time within tau, and tau minus it."""
        why = self._unknown(tau)
        if why:
            blank = TailMeasure("restricted mean survival", 0.0, tau, reason=why)
            lost = TailMeasure("restricted mean time lost", 0.0, tau, reason=why)
            return Estimate(blank, {}), Estimate(lost, {})
        value = area(self.curve, 0.0, tau)
        each = area_influence(self.patients.time, self.patients.event, 0.0, tau) / self.patients.n
        up, down = {self.name: each}, {self.name: -each}
        return (
            self._mean("restricted mean survival", 0.0, tau, value, up),
            self._mean("restricted mean time lost", 0.0, tau, tau - value, down),
        )

    def milestone(self, when: float) -> Estimate:
        """Return survival at a stated time."""
        why = self._unknown(when)
        if why:
            return Estimate(TailMeasure("milestone survival", 0.0, when, reason=why), {})
        value = self.curve.at(when)
        moved = {self.name: self._on_survival(when)}
        return self._proportion("milestone survival", 0.0, when, value, moved)

    def conditional(self, later: float) -> Estimate:
        """Return survival a stated time after the threshold, of those who reached it."""
        start = self.threshold.time
        stop = (start or 0.0) + later
        why = self._no_start() or self._unknown(stop)
        if start is None or why:
            return Estimate(TailMeasure("conditional survival", start or 0.0, stop, reason=why), {})
        at_start, at_stop = self.curve.at(start), self.curve.at(stop)
        value = at_stop / at_start
        if at_stop in (0.0, at_start):
            return self._proportion("conditional survival", start, stop, value, {})
        own = value * (self._on_survival(stop) / at_stop - self._on_survival(start) / at_start)
        steeper = hazard(self.curve, stop) - hazard(self.curve, start)
        moved = summed((1.0, {self.name: own}), (-value * steeper, self.threshold.influence))
        return self._proportion("conditional survival", start, stop, value, moved)

    def residual(self, tau: float) -> Estimate:
        """Return mean time from the threshold to tau, of those who reached it."""
        start = self.threshold.time
        why = self._no_start() or self._unknown(tau)
        if not why and start is not None and start >= tau:
            why = f"the threshold ({start:.4g}) is not before tau ({tau:.4g})"
        if start is None or why:
            blank = TailMeasure("restricted mean residual time", start or 0.0, tau, reason=why)
            return Estimate(blank, {})
        at_start = self.curve.at(start)
        value = area(self.curve, start, tau) / at_start
        time, event, n = self.patients.time, self.patients.event, self.patients.n
        own = area_influence(time, event, start, tau) / n - value * self._on_survival(start)
        slope = value * hazard(self.curve, start) - 1
        moved = summed((1.0, {self.name: own / at_start}), (slope, self.threshold.influence))
        return self._mean("restricted mean residual time", start, tau, value, moved)

    def _on_survival(self, when: float) -> Floats:
        """Return what each patient adds to survival at a time."""
        return influence(self.patients.time, self.patients.event, [when])[:, 0] / self.patients.n

    def _unknown(self, when: float) -> str | None:
        """Return why the curve says nothing at a time."""
        end = self.curve.end_time
        if self.curve.survival[-1] == 0 or when <= end * (1 + SAME_TIME):
            return None
        return f"follow-up ends at {end:.4g} {self.patients.time_unit}, before {when:.4g}"

    def _no_start(self) -> str | None:
        """Return why nothing can be counted from the threshold."""
        start = self.threshold.time
        if start is None:
            return self.threshold.reason or "there is no threshold"
        why = self._unknown(start)
        if why:
            return why
        return None if self.curve.at(start) > 0 else "nobody is event-free at the threshold"

    def _mean(
        self, quantity: TailQuantity, start: float, stop: float, value: float, moved: Influence
    ) -> Estimate:
        """Return a mean time, with an interval inside the stretch that it is about."""
        se = sqrt(max(covariance(moved, moved), 0.0))
        at_risk = self.curve.at_risk(stop)
        if se == 0:
            why = "no event makes it uncertain: no standard error"
            known = TailMeasure(quantity, start, stop, value, n_at_risk=at_risk, reason=why)
            return Estimate(known, {})
        reach = normal_quantile(self.level) * se
        low, high = max(value - reach, 0.0), min(value + reach, stop - start)
        return Estimate(TailMeasure(quantity, start, stop, value, se, low, high, at_risk), moved)

    def _proportion(
        self, quantity: TailQuantity, start: float, stop: float, value: float, moved: Influence
    ) -> Estimate:
        """Return a proportion: log(-log) interval, by likelihood and without se at 0 and 1."""
        at_risk = self.curve.at_risk(stop)
        if value in (0.0, 1.0):
            later = self.patients.time > start * (1 + SAME_TIME) if start else slice(None)
            time, event = self.patients.time[later] - start, self.patients.event[later]
            until = min(stop - start, float(time.max()))
            limits = thomas_grunkemeier(time, event, until, self.level)
            why = f"a proportion of {value:.0f} has no standard error: interval by likelihood"
            low, high = float(limits.low), float(limits.high)
            edge = TailMeasure(quantity, start, stop, value, None, low, high, at_risk, why)
            return Estimate(edge, {})
        se = sqrt(max(covariance(moved, moved), 0.0))
        spread = exp(min(normal_quantile(self.level) * se / abs(value * log(value)), LARGEST))
        low, high = value**spread, value ** (1 / spread)
        return Estimate(TailMeasure(quantity, start, stop, value, se, low, high, at_risk), moved)


def summed(*terms: tuple[float, Influence]) -> Influence:
    """Return a weighted sum of influences, arm by arm."""
    total: dict[str, Floats] = {}
    for factor, moved in terms:
        for arm, values in moved.items():
            total[arm] = factor * values + total.get(arm, 0.0)
    return total
