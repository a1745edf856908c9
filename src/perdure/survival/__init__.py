"""Textbook survival analysis on arrays, agreeing with R's ``survival``.

Walks in: times and events of patients, in any one unit. Walks out: frozen results (a Kaplan-Meier
curve, intervals, quantiles, restricted means, comparisons of groups, influence of each patient).
"""

from perdure.survival.area import area, area_influence
from perdure.survival.combine import Combined, combine, ensemble_interval, t_quantile
from perdure.survival.compare import HazardRatio, LogRank, hazard_ratio, log_rank
from perdure.survival.cure import (
    cured_fraction,
    extremes_test,
    maller_zhou_test,
    shen_test,
)
from perdure.survival.cure_simulated import cured_fraction_test, q_n_test
from perdure.survival.influence import curve_influence, influence
from perdure.survival.intervals import (
    INTERVAL_KINDS,
    Interval,
    IntervalKind,
    confidence_interval,
    limits,
    normal_quantile,
)
from perdure.survival.kaplan_meier import (
    SAME_TIME,
    KaplanMeier,
    kaplan_meier,
    product_limit,
    reverse_kaplan_meier,
)
from perdure.survival.likelihood import thomas_grunkemeier
from perdure.survival.quantile import Quantile, Tie, median, quantile
from perdure.survival.resample import Resampled, resample, resampled_together, unchanged
from perdure.survival.restricted_mean import RestrictedMean, restricted_mean
from perdure.survival.ties import distinct_times

__all__ = [
    "INTERVAL_KINDS",
    "SAME_TIME",
    "Combined",
    "HazardRatio",
    "Interval",
    "IntervalKind",
    "KaplanMeier",
    "LogRank",
    "Quantile",
    "Resampled",
    "RestrictedMean",
    "Tie",
    "area",
    "area_influence",
    "combine",
    "confidence_interval",
    "cured_fraction",
    "cured_fraction_test",
    "curve_influence",
    "distinct_times",
    "ensemble_interval",
    "extremes_test",
    "hazard_ratio",
    "influence",
    "kaplan_meier",
    "limits",
    "log_rank",
    "maller_zhou_test",
    "median",
    "normal_quantile",
    "product_limit",
    "q_n_test",
    "quantile",
    "resample",
    "resampled_together",
    "restricted_mean",
    "reverse_kaplan_meier",
    "shen_test",
    "t_quantile",
    "thomas_grunkemeier",
    "unchanged",
]
