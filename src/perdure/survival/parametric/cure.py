"""Cure models: a fraction never has the event, and a latency distribution holds for the others."""

from dataclasses import dataclass, field

import numpy as np

from perdure.records import Bools, Floats
from perdure.survival.kaplan_meier import kaplan_meier
from perdure.survival.parametric.family import Family, Link
from perdure.survival.parametric.standard import LogLogistic, Weibull

__all__ = ["MixtureCure", "NonMixtureCure"]

_NONE = -5.0
"""Logit of a cured fraction below which a search that fails has gone to its boundary."""
_CONFIRMED = ("mixture-weibull", "mixture-lognormal", "non-mixture-weibull")
"""Where a published fit agrees (Stata's strsmix and strsnmix)."""
_LOST = 20.0
"""Logit beyond which a cured fraction is 0 or 1."""


def _log_share(logit: Floats) -> Floats:
    """Return the log of a share given as its logit."""
    return -np.logaddexp(0.0, -logit)


@dataclass(frozen=True)
class _Cure(Family):
    """What both kinds have in common: the logit of the cured fraction before the latency's own."""

    name: str = field(init=False)
    labels: tuple[str, ...] = field(init=False)
    links: tuple[Link, ...] = field(init=False)
    latency: Family = field(kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", f"{self._kind()}-{self.latency.name}")
        object.__setattr__(self, "labels", ("cured", *self.latency.labels))
        object.__setattr__(self, "links", ("logit", *self.latency.links))
        object.__setattr__(self, "density_at_zero", self.latency.density_at_zero)
        object.__setattr__(self, "experimental", self.name not in _CONFIRMED)

    def _kind(self) -> str:
        return "cure"

    def starts(self, time: Floats, event: Bools) -> list[Floats]:
        """Return cured fractions below the curve's last survival, with latencies to match.

        One start has hardly any cured and the latency of all patients; the others take the
        patients with events for a sample of those who are not cured.
        """
        last = float(np.clip(kaplan_meier(time, event).survival[-1], 0.02, 0.98))
        latency = self.latency
        everyone = latency.starts(time, event)[0]
        early = latency.starts(time[event], event[event])[0]
        middle = (everyone + early) / 2
        return [
            np.array([np.log(share / (1 - share)), *own])
            for share, own in ((0.95 * last, early), (0.5 * last, middle), (0.03, everyone))
        ]

    def log_cured(self, theta: Floats) -> Floats:
        """Return the log of the cured fraction."""
        return _log_share(theta[..., 0])

    def boundary(self, theta: Floats) -> str:
        """Return that the cured fraction runs to 0, or that the latency is no distribution."""
        if theta[0] < _NONE:
            return "the cured fraction runs to its boundary 0: there is no sign of a plateau"
        if theta[0] > -_NONE:
            return "the cured fraction runs to its boundary 1"
        return self.latency.boundary(theta[1:])

    def lost(self, theta: Floats) -> bool:
        """Return whether the cured fraction is 0 or 1, or the latency no distribution."""
        return abs(float(theta[0])) > _LOST or self.latency.lost(theta[1:])


@dataclass(frozen=True)
class MixtureCure(_Cure):
    """S(t) = cured + (1 - cured) S0(t), with S0 the latency's survival.

    Notes
    -----
    Boag 1949, J R Stat Soc B 11:15; Farewell 1982, doi 10.2307/2529885.

    Examples
    --------
    >>> family = MixtureCure(latency=Weibull())
    >>> family.name, family.labels
    ('mixture-weibull', ('cured', 'shape', 'scale'))
    >>> family.log_survival(np.array([0.0, 0.0, 0.0]), np.array([1e9])).round(6)  # log 1/2
    array([-0.693147])
    """

    def _kind(self) -> str:
        return "mixture"

    def log_density(self, theta: Floats, time: Floats) -> Floats:
        """Return log(1 - cured) + log f0."""
        share = _log_share(-theta[..., 0])[..., np.newaxis]
        return share + self.latency.log_density(theta[..., 1:], time)

    def log_survival(self, theta: Floats, time: Floats) -> Floats:
        """Return log(cured + (1 - cured) S0)."""
        cured, other = (_log_share(sign * theta[..., 0])[..., np.newaxis] for sign in (1.0, -1.0))
        return np.logaddexp(cured, other + self.latency.log_survival(theta[..., 1:], time))

    def limit(self) -> Family:
        """Return the latency: what is left with nobody cured."""
        return self.latency


@dataclass(frozen=True)
class NonMixtureCure(_Cure):
    """S(t) = cured^F0(t), with F0 = 1 - S0 of the latency: a bounded cumulative hazard.

    Notes
    -----
    Yakovlev and Tsodikov 1996, Stochastic Models of Tumor Latency, World Scientific; Chen,
    Ibrahim and Sinha 1999, doi 10.1080/01621459.1999.10474196; Lambert 2007, Stata J 7:351.

    Examples
    --------
    >>> family = NonMixtureCure(latency=Weibull())
    >>> np.exp(family.log_survival(np.array([0.0, 0.0, 0.0]), np.array([1e9])))
    array([0.5])
    """

    def _kind(self) -> str:
        return "non-mixture"

    def log_density(self, theta: Floats, time: Floats) -> Floats:
        """Return log hazard, log(-log cured) + log f0, and log survival together."""
        total = np.log(-self.log_cured(theta))[..., np.newaxis]
        density = self.latency.log_density(theta[..., 1:], time)
        return total + density + self.log_survival(theta, time)

    def log_survival(self, theta: Floats, time: Floats) -> Floats:
        """Return log(cured) F0."""
        not_yet = -np.expm1(self.latency.log_survival(theta[..., 1:], time))
        return self.log_cured(theta)[..., np.newaxis] * not_yet

    def limit(self) -> Family | None:
        """Return the Weibull: what is left of it with nobody cured and a latency without end.

        Early on both the Weibull's and the log-logistic's F0 rise as a power of time.
        """
        return Weibull() if isinstance(self.latency, Weibull | LogLogistic) else None
