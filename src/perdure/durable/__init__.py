"""Durable response: patients walk in, the proportion beyond a threshold walks out.

An arm comes out with its interval, or with the reason why there is none and the bounds that hold
all the same; a trial's arms also come out compared with each other.
"""

from perdure.durable.arm_vector import MULTIPLES, arm_vectors
from perdure.durable.bootstrap import durable_bootstrap
from perdure.durable.ensemble import durable_ensemble
from perdure.durable.extrapolate import ReferenceMedian, durable_models
from perdure.durable.follow_up import follow_up
from perdure.durable.joint import Ask, Joint, joint_estimates
from perdure.durable.profile import durability_profile
from perdure.durable.proportion import INTERVALS, DurableInterval
from perdure.durable.pseudo_values import pseudo_values
from perdure.durable.response import (
    THIN,
    TrialDurability,
    durable_references,
    durable_response,
    durable_trial,
)
from perdure.durable.stratified import Stratum, stratified
from perdure.durable.tail import TailThreshold, arm_tail, common_time, tail_thresholds, trial_tail
from perdure.durable.tail_awards import tail_awards
from perdure.durable.trial_models import trial_models

__all__ = [
    "INTERVALS",
    "MULTIPLES",
    "THIN",
    "Ask",
    "DurableInterval",
    "Joint",
    "ReferenceMedian",
    "Stratum",
    "TailThreshold",
    "TrialDurability",
    "arm_tail",
    "arm_vectors",
    "common_time",
    "durability_profile",
    "durable_bootstrap",
    "durable_ensemble",
    "durable_models",
    "durable_references",
    "durable_response",
    "durable_trial",
    "follow_up",
    "joint_estimates",
    "pseudo_values",
    "stratified",
    "tail_awards",
    "tail_thresholds",
    "trial_models",
    "trial_tail",
]
