"""Effects with their variances walk in, a pooled answer walks out.

From durable response arm by arm (:func:`pool_by_class`) or from any table of estimates and
standard errors (:func:`pool_table`, :func:`pool`): common effect or random effects with tau2 by
REML or DL, Hartung-Knapp intervals, heterogeneity, prediction interval, and groups compared in a
meta-regression. Definitions are metafor's, and so are the numbers.
"""

from perdure.pool.as_json import pooled_json, table_json
from perdure.pool.by_class import pool_by_class
from perdure.pool.checks import check_synthesis
from perdure.pool.class_models import OneStageAnswer, compare_classes
from perdure.pool.class_network import pool_class_network
from perdure.pool.contrast_effects import ContrastMeasure
from perdure.pool.effect import Effect, back_transform, logit_effect, published_effect
from perdure.pool.formula import Design, design_of
from perdure.pool.groups import Group, GroupDifference, Groups, group_design, pool_by_group
from perdure.pool.multilevel import fit_multilevel, fit_multivariate
from perdure.pool.not_estimable import pool_missing_arms
from perdure.pool.one_stage import OneStageFit, fit_one_stage
from perdure.pool.random_effects import Fit, Method, Model, Test, fit_effects, pool
from perdure.pool.regression import meta_regression, split_classes
from perdure.pool.table import PooledTable, TableModel, pool_table
from perdure.pool.tau2_interval import heterogeneity
from perdure.pool.trial_contrasts import TrialArms, pool_contrasts

__all__ = [
    "ContrastMeasure",
    "Design",
    "Effect",
    "Fit",
    "Group",
    "GroupDifference",
    "Groups",
    "Method",
    "Model",
    "OneStageAnswer",
    "OneStageFit",
    "PooledTable",
    "TableModel",
    "Test",
    "TrialArms",
    "back_transform",
    "check_synthesis",
    "compare_classes",
    "design_of",
    "fit_effects",
    "fit_multilevel",
    "fit_multivariate",
    "fit_one_stage",
    "group_design",
    "heterogeneity",
    "logit_effect",
    "meta_regression",
    "pool",
    "pool_by_class",
    "pool_by_group",
    "pool_class_network",
    "pool_contrasts",
    "pool_missing_arms",
    "pool_table",
    "pooled_json",
    "published_effect",
    "split_classes",
    "table_json",
]
