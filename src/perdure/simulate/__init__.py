"""Trials with known truth, and what would be published of them.

In walk distributions of time to event and a plan of follow-up; out walk `Patients`, the view that
a reader of their published figure has (points on pixels, a table, rounded numbers), and the
bundled study of `perdure demo`. Everything is drawn from a seeded numpy Generator.
"""

from perdure.simulate.demo import (
    DEMO_ENDPOINTS,
    DEMO_SEED,
    DemoAnalysis,
    DemoArm,
    DemoTrial,
    PrintedEstimate,
    Truth,
    demo_trials,
)
from perdure.simulate.event_times import (
    DelayedSeparation,
    EventTimes,
    MixtureCure,
    Weibull,
    durable_proportion,
)
from perdure.simulate.patients import FollowUp, simulate_arm
from perdure.simulate.published import (
    Figure,
    PublishedArm,
    PublishedFigure,
    publish,
    published_hazard_ratio,
)

__all__ = [
    "DEMO_ENDPOINTS",
    "DEMO_SEED",
    "DelayedSeparation",
    "DemoAnalysis",
    "DemoArm",
    "DemoTrial",
    "EventTimes",
    "Figure",
    "FollowUp",
    "MixtureCure",
    "PrintedEstimate",
    "PublishedArm",
    "PublishedFigure",
    "Truth",
    "Weibull",
    "demo_trials",
    "durable_proportion",
    "publish",
    "published_hazard_ratio",
    "simulate_arm",
]
