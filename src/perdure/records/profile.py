"""Durability profiles: durable response at every multiple of the median."""

from dataclasses import dataclass

from perdure.records.estimate import Reference
from perdure.records.time_unit import TimeUnit

__all__ = ["Area", "Profile", "ProfileContrast", "TrialProfile"]


@dataclass(frozen=True)
class Area:
    """Mean durable response from k = 1 to the last k: the area under a profile over its length.

    Attributes
    ----------
    value, ci_low, ci_high : float
    se : float
    exponential : float or None
        The same of 2^-k; None where the reference is not ``own``.
    """

    value: float
    se: float
    ci_low: float
    ci_high: float
    exponential: float | None


@dataclass(frozen=True)
class Profile:
    """Durable response of one arm against k.

    Attributes
    ----------
    arm : str
    reference : {"own", "control", "trial"}
    median : float
        The reference median, in ``time_unit``; threshold = k times it.
    k : tuple of float, one a k
        From just above 1 to the last k with ``least`` patients at risk.
    proportion, se, ci_low, ci_high : tuple of float, one a k
        Pointwise intervals on the log(-log) scale.
    band_low, band_high : tuple of float, one a k
        Simultaneous: the whole profile lies inside with probability ``level``.
    n_at_risk : tuple of int, one a k
    critical : float
        Standard errors from the profile to its band (sup-t).
    level : float
    least : int
        Patients at risk at the last k, at least.
    excess_p : tuple of float, one a k, or None
        P value of excess over 2^-k, adjusted for all k looked at; ``own`` only.
    shape : tuple of float, one a k, or None
        Weibull shape that the proportion implies, ln(log2(1/p)) / ln k; ``own`` only. So are its
        limits, ``shape_low`` and ``shape_high``.
    shape_fitted, shape_fitted_se : float or None
        Of a Weibull distribution fitted to the patients by maximum likelihood.
    area : Area
    time_unit : str
    """

    arm: str
    reference: Reference
    median: float
    k: tuple[float, ...]
    proportion: tuple[float, ...]
    se: tuple[float, ...]
    ci_low: tuple[float, ...]
    ci_high: tuple[float, ...]
    band_low: tuple[float, ...]
    band_high: tuple[float, ...]
    n_at_risk: tuple[int, ...]
    critical: float
    level: float
    least: int
    excess_p: tuple[float, ...] | None
    shape: tuple[float, ...] | None
    shape_low: tuple[float, ...] | None
    shape_high: tuple[float, ...] | None
    shape_fitted: float | None
    shape_fitted_se: float | None
    area: Area
    time_unit: TimeUnit = "months"

    @property
    def exponential(self) -> tuple[float, ...]:
        """2^-k: what an arm with a constant hazard shows under its own median."""
        return tuple(2.0**-k for k in self.k)

    @property
    def excess(self) -> tuple[float, ...]:
        """Durable response minus 2^-k."""
        return tuple(p - flat for p, flat in zip(self.proportion, self.exponential, strict=True))

    @property
    def weibull(self) -> tuple[float, ...] | None:
        """2^-(k^shape) of the fitted Weibull shape; None where there is none."""
        if self.shape_fitted is None:
            return None
        return tuple(2.0 ** -(k**self.shape_fitted) for k in self.k)


@dataclass(frozen=True)
class ProfileContrast:
    """Difference of durable response between two arms against k.

    Attributes
    ----------
    arm, comparator : str
    reference : {"own", "control", "trial"}
    k, difference, se, ci_low, ci_high, band_low, band_high : tuple of float, one a k
        At the k that both profiles reach.
    p_value, p_adjusted : tuple of float, one a k
        Of no difference at this k: as if it alone had been looked at, and adjusted for all k.
    p_any : float
        Of no difference at any k.
    critical : float
    """

    arm: str
    comparator: str
    reference: Reference
    k: tuple[float, ...]
    difference: tuple[float, ...]
    se: tuple[float, ...]
    ci_low: tuple[float, ...]
    ci_high: tuple[float, ...]
    band_low: tuple[float, ...]
    band_high: tuple[float, ...]
    p_value: tuple[float, ...]
    p_adjusted: tuple[float, ...]
    p_any: float
    critical: float


@dataclass(frozen=True)
class TrialProfile:
    """Profiles of a trial's arms under one reference, and the contrasts between them.

    Attributes
    ----------
    profiles : tuple of Profile
    contrasts : tuple of ProfileContrast
    missing : tuple of (str, str)
        Arms, or pairs of arms, that have none, and why.
    """

    profiles: tuple[Profile, ...]
    contrasts: tuple[ProfileContrast, ...]
    missing: tuple[tuple[str, str], ...]
