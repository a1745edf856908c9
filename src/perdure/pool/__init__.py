"""Effects with their variances walk in, a pooled answer walks out.

From durable response arm by arm (:func:`pool_by_class`) or from any table of estimates and
standard errors (:func:`pool_table`, :func:`pool`): common effect or random effects with tau2 by
REML or DL, Hartung-Knapp intervals, heterogeneity, prediction interval, and groups compared in a
meta-regression. Definitions are metafor's, and so are the numbers.
"""

from perdure.pool.by_class import pool_by_class
from perdure.pool.contrast_effects import ContrastMeasure
from perdure.pool.effect import Effect, back_transform, logit_effect, published_effect
from perdure.pool.groups import Group, GroupDifference, Groups, group_design, pool_by_group
from perdure.pool.random_effects import Fit, Method, Model, Test, fit_effects, pool
from perdure.pool.table import PooledTable, pool_table, pooled_json, table_json
from perdure.pool.tau2_interval import heterogeneity
from perdure.pool.trial_contrasts import TrialArms, pool_contrasts

__all__ = [
    "ContrastMeasure",
    "Effect",
    "Fit",
    "Group",
    "GroupDifference",
    "Groups",
    "Method",
    "Model",
    "PooledTable",
    "Test",
    "TrialArms",
    "back_transform",
    "fit_effects",
    "group_design",
    "heterogeneity",
    "logit_effect",
    "pool",
    "pool_by_class",
    "pool_by_group",
    "pool_contrasts",
    "pool_table",
    "pooled_json",
    "published_effect",
    "table_json",
]
