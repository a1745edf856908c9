"""The simulated trials of the bundled study of `perdure demo`, whose truth is known.

No trial here took place. Sizes, medians and follow-up are of the kind that trials of checkpoint
inhibitors have; the names say that they are simulated. Arms on checkpoint inhibitors hold a share
of patients who never have the event; arms on chemotherapy are exponential or close to it. Among
them are what real studies have too: a three-arm trial with one control, an arm with few patients
at the threshold (SIM-E), a median that is not reached (SIM-F), an arm of which the patients
themselves are known (SIM-G), and a trial of which only estimates are known (SIM-H).
"""

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from perdure.records import Arm, Patients, Reported, Source, Trial
from perdure.simulate.event_times import EventTimes, MixtureCure, Weibull, durable_proportion
from perdure.simulate.patients import FollowUp, simulate_arm
from perdure.simulate.published import (
    Figure,
    PublishedArm,
    PublishedFigure,
    publish,
    published_hazard_ratio,
)
from perdure.survival import confidence_interval, kaplan_meier, median

__all__ = [
    "DEMO_ENDPOINTS",
    "DEMO_SEED",
    "DemoAnalysis",
    "DemoArm",
    "DemoTrial",
    "PrintedEstimate",
    "Truth",
    "demo_trials",
]

DEMO_SEED = 20190519

DEMO_ENDPOINTS: MappingProxyType[str, float] = MappingProxyType({"PFS": 3.0, "OS": 2.0})
"""Endpoints and their k, as in Pons-Tostivint et al. 2019."""


@dataclass(frozen=True)
class Truth:
    """What an arm's patients were drawn from.

    Attributes
    ----------
    median : float
        True median, months.
    k : float
    durable : float
        True proportion beyond k times the true median (own reference).
    """

    median: float
    k: float
    durable: float


@dataclass(frozen=True)
class PrintedEstimate:
    """A durable proportion as a paper prints it: own median, limits to three digits."""

    k: float
    proportion: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, eq=False)
class DemoArm:
    """One arm in one analysis: what is known of it, and the truth behind it.

    Attributes
    ----------
    arm : str
        Identifier.
    source : {"patients", "curve", "published"}
        How the arm enters the study. The three fields below hold all of them; only the one that
        the source names belongs in the study's folder.
    patients : Patients
    shown : PublishedArm
        Digitised points, numbers at risk.
    printed : PrintedEstimate or None
        None where the median or the threshold is not reached.
    truth : Truth
    """

    arm: str
    source: Source
    patients: Patients
    shown: PublishedArm
    printed: PrintedEstimate | None
    truth: Truth


@dataclass(frozen=True, eq=False)
class DemoAnalysis:
    """One endpoint of one trial.

    Attributes
    ----------
    trial, endpoint : str
    k : float
    figure : PublishedFigure
        Its ticks are the times of the table; its arms are in the order of ``arms``.
    arms : tuple of DemoArm
    """

    trial: str
    endpoint: str
    k: float
    figure: PublishedFigure
    arms: tuple[DemoArm, ...]


@dataclass(frozen=True, eq=False)
class DemoTrial:
    """One simulated trial.

    Attributes
    ----------
    trial : Trial
        With its arms and the numbers printed of them (`Reported`): n, medians and hazard ratios
        of all, events of some.
    analyses : tuple of DemoAnalysis
        PFS and OS.
    """

    trial: Trial
    analyses: tuple[DemoAnalysis, ...]


@dataclass(frozen=True)
class _ArmPlan:
    """An arm before it is drawn; the first of a trial is the control."""

    arm: str
    label: str
    drug_class: str
    n: int
    pfs: EventTimes
    os: EventTimes
    source: Source = "curve"


@dataclass(frozen=True)
class _TrialPlan:
    """A trial before it is drawn."""

    letter: str
    tumour: str
    line: str
    follow_up: FollowUp
    arms: tuple[_ArmPlan, ...]
    figure: Figure
    prints_events: bool = False

    @property
    def trial(self) -> str:
        """Identifier."""
        return f"SIM-{self.letter}"


def _chemotherapy(
    n: int, pfs: float, os: float, shape: float = 1.0, source: Source = "curve"
) -> _ArmPlan:
    times = Weibull(pfs, shape), Weibull(os, shape)
    return _ArmPlan("chemo", "Chemotherapy", "chemotherapy", n, *times, source)


def _anti_pd_1(
    n: int, pfs: tuple[float, float], os: tuple[float, float], source: Source = "curve"
) -> _ArmPlan:
    times = MixtureCure(*pfs), MixtureCure(*os)
    return _ArmPlan("pd1", "Anti-PD-1", "anti-PD-1/PD-L1", n, *times, source)


def _anti_ctla_4(
    n: int, pfs: tuple[float, float], os: tuple[float, float], source: Source = "curve"
) -> _ArmPlan:
    times = MixtureCure(*pfs), MixtureCure(*os)
    return _ArmPlan("ctla4", "Anti-CTLA-4", "anti-CTLA-4", n, *times, source)


# Medians in months; of checkpoint inhibitors (median, share without event for ever).
_PLANS = (
    _TrialPlan(
        "A", "lung", "second", FollowUp(12, 18),
        (_chemotherapy(290, 4.2, 9.4, 1.1), _anti_pd_1(292, (2.3, 0.18), (12.2, 0.20))),
        Figure(), prints_events=True,
    ),
    _TrialPlan(
        "B", "melanoma", "first", FollowUp(14, 30),
        (
            _chemotherapy(208, 2.4, 9.5),
            _anti_pd_1(210, (5.6, 0.26), (18.0, 0.28)),
            _anti_ctla_4(205, (2.8, 0.14), (13.0, 0.20)),
        ),
        Figure(jitter=True),
    ),
    _TrialPlan(
        "C", "lung", "first", FollowUp(10, 22),
        (_chemotherapy(155, 5.4, 11.0, 1.1), _anti_pd_1(160, (4.0, 0.20), (14.0, 0.22))),
        Figure(700, 450), prints_events=True,
    ),
    _TrialPlan(
        "D", "melanoma", "second", FollowUp(14, 20),
        (_chemotherapy(252, 3.0, 8.6), _anti_ctla_4(250, (2.9, 0.13), (10.5, 0.17))),
        Figure(jitter=True),
    ),
    _TrialPlan(
        "E", "urothelial", "second", FollowUp(14, 10),
        (_chemotherapy(82, 3.3, 7.6, 1.05), _anti_pd_1(80, (2.1, 0.15), (10.0, 0.20))),
        Figure(500, 350), prints_events=True,
    ),
    _TrialPlan(
        "F", "melanoma", "first", FollowUp(8, 14),
        (_chemotherapy(405, 2.2, 9.8), _anti_pd_1(410, (5.1, 0.24), (25.0, 0.28))),
        Figure(),
    ),
    _TrialPlan(
        "G", "lung", "first", FollowUp(10, 16),
        (
            _chemotherapy(118, 4.6, 9.2, 1.1),
            _anti_ctla_4(120, (2.6, 0.10), (9.0, 0.14), "patients"),
        ),
        Figure(800, 500),
    ),
    _TrialPlan(
        "H", "head and neck", "second", FollowUp(12, 12),
        (
            _chemotherapy(121, 2.3, 5.1, 1.0, "published"),
            _anti_pd_1(240, (2.0, 0.14), (7.5, 0.19), "published"),
        ),
        Figure(),
    ),
)  # fmt: skip


def demo_trials(seed: int = DEMO_SEED) -> tuple[DemoTrial, ...]:
    """Draw the trials of the bundled study; the same seed gives the same patients to the bit.

    Each trial has its own stream of random numbers, so that changing one leaves the others.

    Parameters
    ----------
    seed : int
        With `DEMO_SEED` the arms named in the module's text are as described; other seeds are
        likely to give them too.

    Returns
    -------
    tuple of DemoTrial

    Examples
    --------
    >>> trials = demo_trials()
    >>> len(trials), sum(len(one.trial.arms) for one in trials), trials[0].trial.label
    (8, 17, 'Simulated trial A')
    >>> arm = trials[0].analyses[0].arms[1]
    >>> arm.arm, arm.truth.k, round(arm.truth.durable, 3)
    ('pd1', 3.0, 0.229)
    """
    return tuple(
        _drawn(plan, np.random.default_rng([seed, number])) for number, plan in enumerate(_PLANS)
    )


def _drawn(plan: _TrialPlan, random: np.random.Generator) -> DemoTrial:
    """Return a plan with its patients, figures and printed numbers."""
    patients = [
        simulate_arm(random, arm.n, {"PFS": arm.pfs, "OS": arm.os}, plan.follow_up)
        for arm in plan.arms
    ]
    analyses = tuple(
        _analysis(plan, endpoint, [drawn[endpoint] for drawn in patients], random)
        for endpoint in DEMO_ENDPOINTS
    )
    arms = tuple(
        Arm(
            trial=plan.trial,
            arm=arm.arm,
            label=arm.label,
            drug=f"simulated {arm.arm}",
            drug_class=arm.drug_class,
            comparator=plan.arms[0].arm if position else None,
            n=arm.n,
            reported={
                one.endpoint: _reported(one, position, events=plan.prints_events)
                for one in analyses
            },
        )
        for position, arm in enumerate(plan.arms)
    )
    trial = Trial(
        trial=plan.trial,
        label=f"Simulated trial {plan.letter}",
        tumour=plan.tumour,
        line=plan.line,
        phase="III",
        arms=arms,
    )
    return DemoTrial(trial, analyses)


def _analysis(
    plan: _TrialPlan, endpoint: str, patients: list[Patients], random: np.random.Generator
) -> DemoAnalysis:
    """Return one endpoint of a trial: the figure, and each arm with its truth."""
    k = DEMO_ENDPOINTS[endpoint]
    figure = publish(random, patients, plan.figure)
    arms = []
    for arm, drawn, shown in zip(plan.arms, patients, figure.arms, strict=True):
        times = arm.pfs if endpoint == "PFS" else arm.os
        truth = Truth(times.median, k, durable_proportion(times, k))
        arms.append(DemoArm(arm.arm, arm.source, drawn, shown, _printed(drawn, k), truth))
    return DemoAnalysis(plan.trial, endpoint, k, figure, tuple(arms))


def _reported(analysis: DemoAnalysis, position: int, *, events: bool) -> Reported:
    """Return the numbers that a paper prints of an arm beside its figure."""
    arm = analysis.arms[position]
    control = analysis.arms[0].patients
    return Reported(
        n=arm.shown.n,
        events=arm.shown.events if events else None,
        median=arm.shown.median,
        hr=published_hazard_ratio(control, arm.patients) if position else None,
    )


def _printed(patients: Patients, k: float) -> PrintedEstimate | None:
    """Return durable response as a paper would print it: Greenwood, log-log, at k medians."""
    curve = kaplan_meier(patients.time, patients.event)
    middle = median(curve).value
    if middle is None or not middle * k < curve.end_time:
        return None
    row = int(curve.rows_until(k * middle)) - 1
    limits = confidence_interval(curve)
    if curve.survival[row] == 0:
        return None
    numbers = (curve.survival[row], limits.low[row], limits.high[row])
    return PrintedEstimate(k, *(round(float(number), 3) for number in numbers))
