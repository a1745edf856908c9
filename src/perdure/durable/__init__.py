"""Durable response: patients walk in, the proportion beyond a threshold walks out.

An arm comes out with its interval, or with the reason why there is none and the bounds that hold
all the same; a trial's arms also come out compared with each other.
"""

from perdure.durable.ensemble import durable_ensemble
from perdure.durable.response import THIN, TrialDurability, durable_response, durable_trial

__all__ = ["THIN", "TrialDurability", "durable_ensemble", "durable_response", "durable_trial"]
