"""Effects with their variances walk in, a pooled answer walks out.

The primary answer is of contrasts within trials (:func:`pool_contrasts`); arms by class stand
beside it (:func:`pool_by_class`, :func:`compare_classes`), and any table of estimates and standard
errors can be pooled (:func:`pool_table`). Beneath them: common and random effects
(:func:`fit_effects`), correlated effects, several levels or outcomes, moderators from a formula,
errors robust to clusters, counts, networks, one stage. Beside them: what a reader asks next
(:func:`check_synthesis`), and what arms that are not estimable may change
(:func:`pool_missing_arms`). Definitions are metafor's, and so are the numbers.
"""

from perdure.pool.as_json import pooled_json, table_json
from perdure.pool.binomial.binomial_contrasts import odds_ratio_model
from perdure.pool.binomial.binomial_normal import (
    BinomialNormalFit,
    binomial_normal,
    fit_binomial_normal,
)
from perdure.pool.binomial.mantel_haenszel import mantel_haenszel, peto
from perdure.pool.checks.by_trial import TrialEffects
from perdure.pool.checks.cumulative import cumulative
from perdure.pool.checks.influence import influence, random_effects
from perdure.pool.checks.leave_one_out import leave_one_out
from perdure.pool.checks.likelihood_profile import likelihood_profile
from perdure.pool.checks.next_trial import next_trial
from perdure.pool.checks.planned_trial import patients_per_arm, planned_variance
from perdure.pool.checks.power import pooled_power
from perdure.pool.checks.selection import selection_model
from perdure.pool.checks.small_study import (
    fail_safe_n,
    funnel,
    pet_peese,
    rank_test,
    regression_test,
)
from perdure.pool.checks.synthesis_checks import check_synthesis, check_trials
from perdure.pool.checks.trials_needed import trials_for_half_width
from perdure.pool.checks.trim_fill import trim_fill
from perdure.pool.classes.arm_effects import TrialArms
from perdure.pool.classes.by_class import pool_by_class
from perdure.pool.classes.class_models import OneStageAnswer, compare_classes
from perdure.pool.classes.multiplicity import adjusted_p, simultaneous
from perdure.pool.classes.pairwise import pairwise_table
from perdure.pool.classes.trial_contrasts import pool_contrasts
from perdure.pool.clusters.one_stage import OneStageFit, fit_one_stage
from perdure.pool.clusters.robust import robust, with_robust_errors
from perdure.pool.clusters.sandwich import Robust, RobustKind, cluster_robust
from perdure.pool.effects.contrast_effects import ContrastMeasure, contrast_effect, contrast_effects
from perdure.pool.effects.counts import effective_counts, proportion_effects, two_by_two_effects
from perdure.pool.effects.effect import Effect, back_transform, logit_effect, published_effect
from perdure.pool.effects.scales import SCALES, Scale
from perdure.pool.missing.not_estimable import pool_missing_arms
from perdure.pool.missing.pattern_mixture import pattern_mixture
from perdure.pool.mixed.component_profile import (
    component_intervals,
    likelihood_ratio,
    profile_likelihood,
)
from perdure.pool.mixed.mixed_fit import MixedFit
from perdure.pool.mixed.multilevel import fit_multilevel, fit_multivariate
from perdure.pool.models.correlated import CorrelatedFit, fit_correlated, shared_heterogeneity
from perdure.pool.models.formula import Design, design_of
from perdure.pool.models.groups import Group, GroupDifference, Groups, group_design, pool_by_group
from perdure.pool.models.random_effects import Fit, Method, Model, Test, fit_effects, pool
from perdure.pool.models.regression import meta_regression, split_classes
from perdure.pool.models.tau2_interval import heterogeneity
from perdure.pool.networks.class_network import pool_class_network
from perdure.pool.networks.network import pool_network
from perdure.pool.networks.network_data import NetworkData, network_of_arms, network_of_contrasts
from perdure.pool.table import PooledTable, TableModel, pool_table

__all__ = [
    "SCALES",
    "BinomialNormalFit",
    "ContrastMeasure",
    "CorrelatedFit",
    "Design",
    "Effect",
    "Fit",
    "Group",
    "GroupDifference",
    "Groups",
    "Method",
    "MixedFit",
    "Model",
    "NetworkData",
    "OneStageAnswer",
    "OneStageFit",
    "PooledTable",
    "Robust",
    "RobustKind",
    "Scale",
    "TableModel",
    "Test",
    "TrialArms",
    "TrialEffects",
    "adjusted_p",
    "back_transform",
    "binomial_normal",
    "check_synthesis",
    "check_trials",
    "cluster_robust",
    "compare_classes",
    "component_intervals",
    "contrast_effect",
    "contrast_effects",
    "cumulative",
    "design_of",
    "effective_counts",
    "fail_safe_n",
    "fit_binomial_normal",
    "fit_correlated",
    "fit_effects",
    "fit_multilevel",
    "fit_multivariate",
    "fit_one_stage",
    "funnel",
    "group_design",
    "heterogeneity",
    "influence",
    "leave_one_out",
    "likelihood_profile",
    "likelihood_ratio",
    "logit_effect",
    "mantel_haenszel",
    "meta_regression",
    "network_of_arms",
    "network_of_contrasts",
    "next_trial",
    "odds_ratio_model",
    "pairwise_table",
    "patients_per_arm",
    "pattern_mixture",
    "pet_peese",
    "peto",
    "planned_variance",
    "pool",
    "pool_by_class",
    "pool_by_group",
    "pool_class_network",
    "pool_contrasts",
    "pool_missing_arms",
    "pool_network",
    "pool_table",
    "pooled_json",
    "pooled_power",
    "profile_likelihood",
    "proportion_effects",
    "published_effect",
    "random_effects",
    "rank_test",
    "regression_test",
    "robust",
    "selection_model",
    "shared_heterogeneity",
    "simultaneous",
    "split_classes",
    "table_json",
    "trials_for_half_width",
    "trim_fill",
    "two_by_two_effects",
    "with_robust_errors",
]
