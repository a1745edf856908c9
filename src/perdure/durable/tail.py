"""What a tail is made of: mean times, milestones, and what comes after the threshold.

Arms of one trial share the end of the restricted means, and may share a threshold that was
estimated: differences and ratios take both into account, from the patients that both rest on.
"""

from collections.abc import Mapping, Sequence
from math import erfc, exp, inf, sqrt

from perdure.durable.response import check_arms, thresholds_of
from perdure.durable.sample import Influence, TrialSamples, covariance
from perdure.durable.tail_measures import LARGEST, ArmMeasures, Estimate, TailThreshold, summed
from perdure.errors import InputError, Problem
from perdure.records import ArmTail, Patients, Reference, TailContrast, TailQuantity, TrialTail
from perdure.survival import kaplan_meier, normal_quantile

__all__ = ["TailThreshold", "arm_tail", "common_time", "tail_thresholds", "trial_tail"]

_AFTER: tuple[TailQuantity, ...] = ("conditional survival", "restricted mean residual time")
_PROPORTIONS: tuple[TailQuantity, ...] = ("milestone survival", "conditional survival")
"""Their differences lie between -1 and 1."""


def common_time(arms: Mapping[str, Patients]) -> float:
    """Return the smaller of the arms' largest observed times, in their unit.

    The default of the R package survRM2 (Uno et al. 2014, doi 10.1200/JCO.2014.55.2208): within
    it every arm's curve is known.

    Raises
    ------
    InputError
        If there is no arm, or nobody is followed beyond time 0.

    Examples
    --------
    >>> common_time({"a": Patients([1, 9], [1, 0]), "b": Patients([2, 7], [1, 1])})
    7.0
    """
    tau = min((float(patients.time.max()) for patients in arms.values()), default=0.0)
    if tau <= 0:
        raise InputError(
            Problem("the arms share no time", "give arms with follow-up beyond time 0")
        )
    return tau


def tail_thresholds(
    arms: Mapping[str, Patients],
    *,
    k: float | None = 3.0,
    reference: Reference = "own",
    comparators: Mapping[str, str | None] | None = None,
    time: float | None = None,
) -> dict[str, TailThreshold]:
    """Return the threshold of each arm, as :func:`perdure.durable.durable_trial` has it.

    Parameters
    ----------
    arms, k, reference, comparators, time
        As there.

    Returns
    -------
    dict of str to TailThreshold

    Raises
    ------
    InputError
        As there.

    Examples
    --------
    >>> found = tail_thresholds({"a": Patients([1, 2, 3, 4, 9], [1, 1, 1, 1, 0])}, k=2)
    >>> found["a"].time
    6.0
    """
    controls = comparators or {}
    check_arms(arms, reference, controls, time)
    found = thresholds_of(TrialSamples(arms), reference, k, controls, time)
    return {arm: TailThreshold(one.time, one.influence, one.reason) for arm, one in found.items()}


def trial_tail(
    arms: Mapping[str, Patients],
    thresholds: Mapping[str, TailThreshold],
    *,
    comparators: Mapping[str, str | None] | None = None,
    tau: float | None = None,
    milestones: Sequence[float] = (),
    beyond: Sequence[float] = (),
    level: float = 0.95,
) -> TrialTail:
    """Describe the tails of a trial's arms, and of arms against their comparators.

    Parameters
    ----------
    arms : mapping of str to Patients
        In one unit of time.
    thresholds : mapping of str to TailThreshold
        Of each arm.
    comparators : mapping of str to str or None, optional
        Each arm's control.
    tau : float, optional
        End of the restricted means; :func:`common_time` of all arms by default.
    milestones : sequence of float
        Times at which survival is read.
    beyond : sequence of float
        Times after the threshold at which conditional survival is read.
    level : float

    Returns
    -------
    TrialTail

    Raises
    ------
    InputError
        If there is no arm, units differ, an arm has no threshold in the mapping or a comparator
        names none, or a time is not above 0.

    Examples
    --------
    >>> arms = {"a": Patients([2, 4, 6, 8], [1, 1, 1, 0]), "b": Patients([1, 2, 3, 7], [1] * 4)}
    >>> fixed = dict.fromkeys(arms, TailThreshold(3.0))
    >>> found = trial_tail(arms, fixed, comparators={"a": "b"})
    >>> found.contrasts[0].quantity, found.contrasts[0].difference
    ('restricted mean survival', 1.5)
    """
    _check(arms, thresholds, comparators or {}, (*milestones, *beyond))
    rule = "stated"
    if tau is None:
        tau, rule = common_time(arms), "the smaller of the arms' largest observed times"
    estimates = {
        arm: _estimates(
            arm, patients, tau, thresholds[arm], tuple(milestones), tuple(beyond), level
        )
        for arm, patients in arms.items()
    }
    tails = tuple(
        ArmTail(
            arm,
            tau,
            rule,
            thresholds[arm].time,
            tuple(one.measure for one in estimates[arm]),
            patients.time_unit,
        )
        for arm, patients in arms.items()
    )
    contrasts = tuple(
        _contrast(
            (arm, first),
            (control, second),
            thresholds[arm].time == thresholds[control].time,
            level,
        )
        for arm in arms
        if (control := (comparators or {}).get(arm)) is not None
        for first, second in zip(estimates[arm], estimates[control], strict=True)
    )
    return TrialTail(tails, contrasts)


def arm_tail(
    arm: str,
    patients: Patients,
    *,
    threshold_time: float | None,
    threshold_influence: Influence | None = None,
    threshold_reason: str = "no threshold was given",
    tau: float | None = None,
    milestones: Sequence[float] = (),
    beyond: Sequence[float] = (),
    level: float = 0.95,
) -> ArmTail:
    """Describe the tail of one arm: :func:`trial_tail` of an arm alone.

    Parameters
    ----------
    arm : str
    patients : Patients
    threshold_time : float or None
    threshold_influence : mapping of str to array of float, optional
        As in :class:`TailThreshold`; other arms' patients may be among those that it rests on.
    threshold_reason : str
        Why there is no threshold, where there is none.
    tau : float, optional
        The largest observed time by default.
    milestones, beyond, level
        As in :func:`trial_tail`.

    Returns
    -------
    ArmTail

    Raises
    ------
    InputError
        As :func:`trial_tail`.

    Examples
    --------
    >>> found = arm_tail("a", Patients([2, 4, 6, 8], [1, 1, 1, 0]), threshold_time=3, beyond=[2])
    >>> for one in found.measures:
    ...     print(f"{one.quantity}: {one.value:.2f} ({one.ci_low:.2f} to {one.ci_high:.2f})")
    restricted mean survival: 5.00 (2.81 to 7.19)
    restricted mean time lost: 3.00 (0.81 to 5.19)
    conditional survival: 0.67 (0.05 to 0.95)
    restricted mean residual time: 3.00 (1.15 to 4.85)
    """
    threshold = TailThreshold(threshold_time, threshold_influence or {}, threshold_reason)
    alone = trial_tail(
        {arm: patients},
        {arm: threshold},
        tau=tau,
        milestones=milestones,
        beyond=beyond,
        level=level,
    )
    return alone.tails[0]


def _check(
    arms: Mapping[str, Patients],
    thresholds: Mapping[str, TailThreshold],
    comparators: Mapping[str, str | None],
    times: Sequence[float],
) -> None:
    """Refuse what cannot be computed."""
    if not arms:
        raise InputError(Problem("there is no arm", "give the patients of at least one arm"))
    if len({patients.time_unit for patients in arms.values()}) > 1:
        remedy = "convert them to one unit first"
        raise InputError(Problem("the arms of a trial have different time units", remedy))
    for named, what in ((arms, "an arm has no threshold"), (comparators, "not an arm")):
        known = thresholds if named is arms else arms
        missing = [name for name in named if name not in known]
        if missing:
            raise InputError(Problem(what, "name the arms alike", value=missing[0]))
    for control in comparators.values():
        if control is not None and control not in arms:
            raise InputError(Problem("not an arm", "name the arms alike", value=control))
    for when in (*times, *(one.time for one in thresholds.values() if one.time is not None)):
        if not 0 < when < inf:
            remedy = "give times above 0, in the unit of the arms"
            raise InputError(Problem("a time is not above 0", remedy, value=f"{when}"))


def _estimates(
    arm: str,
    patients: Patients,
    tau: float,
    threshold: TailThreshold,
    milestones: tuple[float, ...],
    beyond: tuple[float, ...],
    level: float,
) -> list[Estimate]:
    """Return every measure of an arm with its influence, in the order of the record."""
    one = ArmMeasures(arm, patients, kaplan_meier(patients.time, patients.event), threshold, level)
    return [
        *one.means(tau),
        *(one.milestone(when) for when in milestones),
        *(one.conditional(later) for later in beyond),
        one.residual(tau),
    ]


def _contrast(
    first: tuple[str, Estimate], second: tuple[str, Estimate], same: bool, level: float
) -> TailContrast:
    """Return difference and ratio of one quantity, with all that both rest on in common."""
    (arm, a), (comparator, b) = first, second
    one, two = a.measure, b.measure
    quantity = one.quantity
    same = same or quantity not in _AFTER
    start, stop = (one.start, one.stop) if same else (None, None)
    for name, measure in ((arm, one), (comparator, two)):
        if measure.value is None:
            why = f"{name}: {measure.reason}"
            return TailContrast(arm, comparator, quantity, start, stop, same, reason=why)
    value, other = one.value or 0.0, two.value or 0.0
    difference = value - other
    unsure = next(
        (f"{name}: {m.reason}" for name, m in ((arm, one), (comparator, two)) if m.se is None), None
    )
    if unsure:
        return TailContrast(arm, comparator, quantity, start, stop, same, difference, reason=unsure)
    apart = summed((1.0, a.influence), (-1.0, b.influence))
    se = sqrt(max(covariance(apart, apart), 0.0))
    relative = summed((1 / value, a.influence), (-1 / other, b.influence))
    z = normal_quantile(level)
    spread = exp(min(z * sqrt(max(covariance(relative, relative), 0.0)), LARGEST))
    ratio = value / other
    most = 1.0 if quantity in _PROPORTIONS else inf
    return TailContrast(
        arm,
        comparator,
        quantity,
        start,
        stop,
        same,
        difference,
        se,
        max(difference - z * se, -most),
        min(difference + z * se, most),
        erfc(abs(difference) / se / sqrt(2)) if se > 0 else None,
        ratio,
        ratio / spread,
        ratio * spread,
    )
