"""The scales that a proportion is pooled on: there, with what error, and back again."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from scipy.special import expit

from perdure.errors import InputError, Problem
from perdure.pool.effects.effect import Effect, logit, positive_error

__all__ = ["SCALES", "Scale", "effective_size", "harmonic_mean"]

OnScale = Callable[[float, float], float]
"""A value and an effective number of patients (nan where the scale needs none) to a value."""


@dataclass(frozen=True)
class Scale:
    """A scale for proportions: a monotone function, its slope, and the way back.

    The variance on the scale is that of the delta method, (slope x standard error)^2. Where the
    slope is infinite (arcsine at 0 and 1), or the scale stabilises the variance by its own formula
    (double arcsine), it is ``variance_at`` of the effective number of patients.

    Attributes
    ----------
    name : str
        As in :data:`SCALES`.
    label : str
        For an axis or a table.
    increasing : bool
        Whether a larger proportion is a larger value; log-log decreases, so that its lower limit
        is the proportion's upper one.
    allows_zero, allows_one : bool
        Whether a proportion of 0, or 1, has a value.
    needs_size : bool
        Whether the value depends on an effective number of patients.
    """

    name: str
    label: str
    forward: OnScale
    slope_at: OnScale
    backward: OnScale
    increasing: bool = True
    allows_zero: bool = False
    allows_one: bool = False
    needs_size: bool = False
    variance_at: Callable[[float], float] | None = None

    def value(self, proportion: float, size: float | None = None) -> float:
        """Return the proportion on this scale.

        Parameters
        ----------
        proportion : float
        size : float, optional
            Effective number of patients, for a scale that ``needs_size``.

        Raises
        ------
        InputError
            If the proportion has no value on this scale, or the size is missing.

        Examples
        --------
        >>> round(SCALES["log-log"].value(0.2), 4)
        0.4759
        """
        self._check(proportion)
        return self.forward(proportion, self._size(size))

    def slope(self, proportion: float, size: float | None = None) -> float:
        """Return the derivative of the scale at a proportion; infinite for arcsine at 0 and 1.

        Examples
        --------
        >>> round(SCALES["logit"].slope(0.2), 4)
        6.25
        """
        self._check(proportion)
        return self.slope_at(proportion, self._size(size))

    def effect(self, proportion: float, se: float | None, size: float | None = None) -> Effect:
        """Return a proportion as an effect on this scale, with its variance.

        Parameters
        ----------
        proportion : float
        se : float or None
            On the proportion's own scale, positive, from the stage before and never binomial in
            the number of patients. None where there is none (a proportion of 0 or 1).
        size : float, optional
            Effective number of patients, for a proportion of 0 or 1 on arcsine and double arcsine;
            elsewhere it is p (1 - p) / se^2.

        Raises
        ------
        InputError
            If the proportion has no value on this scale, there is no positive standard error where
            one is needed, or no size where one is needed.

        Examples
        --------
        >>> effect = SCALES["arcsine"].effect(0.2, 0.04)
        >>> round(effect.y, 4), round(effect.se, 4)
        (0.4636, 0.05)
        >>> round(SCALES["arcsine"].effect(0.0, None, size=25).se, 4)
        0.1
        """
        self._check(proportion)
        edge = proportion in {0, 1}
        if self.variance_at is not None and (edge or self.needs_size):
            if size is None:
                size = effective_size(proportion, se)
            return Effect(self.value(proportion, size), self.variance_at(self._size(size)))
        on_scale = self.slope(proportion, size) * positive_error(se)
        return Effect(self.value(proportion, size), on_scale * on_scale)

    def back(self, y: float, size: float | None = None) -> float:
        """Return the proportion at a value of this scale; beyond the scale's end it is 0 or 1.

        Parameters
        ----------
        y : float
        size : float, optional
            For double arcsine: one effective number of patients for the whole pool, by custom the
            harmonic mean of the arms' (Miller 1978, Am Stat 32:138, doi
            10.1080/00031305.1978.10479283). The answer depends on that choice and can be far from
            every arm's proportion when sizes differ much (Schwarzer 2019, Res Synth Methods
            10:476, doi 10.1002/jrsm.1348): prefer another scale then.

        Raises
        ------
        InputError
            If the value is not a number, or the size is missing.

        Examples
        --------
        >>> round(SCALES["log-log"].back(0.4759), 3)
        0.2
        >>> SCALES["arcsine"].back(-0.1)
        0.0
        """
        if math.isnan(y):
            raise InputError(Problem("a value to transform back is missing", "give a number"))
        return min(max(self.backward(y, self._size(size)), 0.0), 1.0)

    def limits(self, low: float, high: float, size: float | None = None) -> tuple[float, float]:
        """Return the lower and the upper limit as proportions, in this order on every scale.

        Examples
        --------
        >>> [round(limit, 3) for limit in SCALES["log-log"].limits(0.2, 0.7)]
        [0.133, 0.295]
        """
        ends = self.back(low, size), self.back(high, size)
        return ends if self.increasing else ends[::-1]

    def _check(self, proportion: float) -> None:
        """Refuse a proportion that has no value here."""
        low_ok = proportion > 0 or (proportion == 0 and self.allows_zero)
        high_ok = proportion < 1 or (proportion == 1 and self.allows_one)
        if not (low_ok and high_ok):
            ends = ("0 included" if self.allows_zero else "above 0") + ", "
            ends += "1 included" if self.allows_one else "below 1"
            raise InputError(
                Problem(
                    f"a proportion on the {self.name} scale must lie between 0 and 1 ({ends})",
                    "leave this one out, or choose another scale",
                    value=f"{proportion:g}",
                )
            )

    def _size(self, size: float | None) -> float:
        """Return the size, or nan for a scale that does not look at it."""
        if size is None:
            if self.needs_size:
                raise InputError(
                    Problem(
                        f"the {self.name} scale needs an effective number of patients",
                        "give it: p (1 - p) / se^2 of the arm, the harmonic mean of the arms'",
                    )
                )
            return math.nan
        if not 0 < size < math.inf:
            raise InputError(
                Problem(
                    "an effective number of patients is not a positive number",
                    "correct it",
                    value=f"{size:g}",
                )
            )
        return size


def effective_size(proportion: float, se: float | None) -> float:
    """Return the number of uncensored patients whose proportion would have this error.

    n = p (1 - p) / se^2.

    Raises
    ------
    InputError
        If the proportion is not strictly between 0 and 1 (it then says nothing of n), or the
        standard error is not a positive number.

    Examples
    --------
    >>> round(effective_size(0.2, 0.04), 6)
    100.0
    """
    if not 0 < proportion < 1:
        raise InputError(
            Problem(
                "an effective number of patients cannot be had from this proportion and its error",
                "give the number of patients, for example those at risk at the start",
                value=f"{proportion:g}",
            )
        )
    error = positive_error(se)
    return proportion * (1 - proportion) / (error * error)


def harmonic_mean(sizes: Sequence[float]) -> float:
    """Return the harmonic mean of effective numbers of patients.

    Raises
    ------
    InputError
        If there is none, or one is not positive.

    Examples
    --------
    >>> harmonic_mean([10, 40, 100])
    22.2...
    """
    if not sizes or not all(0 < size < math.inf for size in sizes):
        raise InputError(
            Problem("a harmonic mean needs positive numbers", "leave the others out, or correct")
        )
    return len(sizes) / sum(1 / size for size in sizes)


def _log_log(p: float, _size: float) -> float:
    return math.log(-math.log(p))


def _log_log_back(y: float, _size: float) -> float:
    return math.exp(-math.exp(min(y, 7.0)))  # beyond, below the smallest float


def _arcsine(p: float, _size: float) -> float:
    return math.asin(math.sqrt(p))


def _arcsine_slope(p: float, _size: float) -> float:
    return math.inf if p in {0, 1} else 0.5 / math.sqrt(p * (1 - p))


def _arcsine_back(y: float, _size: float) -> float:
    return math.sin(min(max(y, 0.0), math.pi / 2)) ** 2


def _double_arcsine(p: float, n: float) -> float:
    """Freeman and Tukey 1950 (Ann Math Stat 21:607), halved as in metafor."""
    return 0.5 * (math.asin(math.sqrt(n * p / (n + 1))) + math.asin(_second_root(p, n)))


def _second_root(p: float, n: float) -> float:
    return math.sqrt(min((n * p + 1) / (n + 1), 1.0))


def _double_arcsine_slope(p: float, n: float) -> float:
    if p in {0, 1}:
        return math.inf
    first, second = n * p / (n + 1), (n * p + 1) / (n + 1)
    parts = (1 / math.sqrt(share * (1 - share)) for share in (first, second))
    return 0.25 * n / (n + 1) * sum(parts)


def _double_arcsine_back(y: float, n: float) -> float:
    """Miller 1978; the sine is that of the sum of both angles."""
    if y <= _double_arcsine(0.0, n):
        return 0.0
    if y >= _double_arcsine(1.0, n):
        return 1.0
    sine = math.sin(2 * y)
    inner = sine + (sine - 1 / sine) / n
    root = math.sqrt(max(1 - inner * inner, 0.0))
    return 0.5 * (1 - math.copysign(root, math.cos(2 * y)))


SCALES: Mapping[str, Scale] = MappingProxyType(
    {
        scale.name: scale
        for scale in (
            Scale(
                name="logit",
                label="logit(p)",
                forward=lambda p, _: logit(p),
                slope_at=lambda p, _: 1 / (p * (1 - p)),
                backward=lambda y, _: float(expit(y)),
            ),
            Scale(
                name="log-log",
                label="log(-log p)",
                increasing=False,
                forward=_log_log,
                slope_at=lambda p, _: 1 / (p * math.log(p)),
                backward=_log_log_back,
            ),
            Scale(
                name="arcsine",
                label="arcsin(sqrt p)",
                allows_zero=True,
                allows_one=True,
                forward=_arcsine,
                slope_at=_arcsine_slope,
                backward=_arcsine_back,
                variance_at=lambda n: 1 / (4 * n),
            ),
            Scale(
                name="double arcsine",
                label="double arcsine",
                allows_zero=True,
                allows_one=True,
                needs_size=True,
                forward=_double_arcsine,
                slope_at=_double_arcsine_slope,
                backward=_double_arcsine_back,
                variance_at=lambda n: 1 / (4 * n + 2),
            ),
            Scale(
                name="plain",
                label="p",
                allows_zero=True,
                allows_one=True,
                forward=lambda p, _: p,
                slope_at=lambda _p, _n: 1.0,
                backward=lambda y, _: y,
            ),
            Scale(
                name="log",
                label="log(p)",
                allows_one=True,
                forward=lambda p, _: math.log(p),
                slope_at=lambda p, _: 1 / p,
                backward=lambda y, _: math.exp(min(y, 0.0)),
            ),
        )
    }
)
"""Every scale by its name: logit, log-log, arcsine, double arcsine, plain, log."""
