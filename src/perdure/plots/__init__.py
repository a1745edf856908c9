"""Records walk in, figures walk out: as SVG, some as PNG or PDF too; the same to the byte.

Kaplan-Meier panels with their thresholds and tails, durable response against k, ladders of arms,
forest plots, the evidence of the reconstructions, and the pictures of pooling: funnels, what single
trials do, moderators, networks. Times in months. Matplotlib is imported when the first figure is
drawn.
"""

from perdure.plots.bubble import Bubble, RegressionLine, StripClass, bubble_plot, strip_plot
from perdure.plots.cumulative import cumulative_plot
from perdure.plots.curves import curve_panel
from perdure.plots.drapery import Drape, drapery_plot
from perdure.plots.durability import durability_panel
from perdure.plots.effect_axis import EffectAxis
from perdure.plots.effects_forest import (
    EffectRow,
    ForestGroup,
    PooledEffect,
    forest_of_effects,
    heterogeneity_in_words,
    pooled_effect,
)
from perdure.plots.evidence import evidence_plot
from perdure.plots.forest import forest_plots
from perdure.plots.funnel import FunnelPoint, funnel_plot
from perdure.plots.influence import (
    BaujatDot,
    InfluenceDots,
    Measure,
    baujat_plot,
    influence_plot,
)
from perdure.plots.ladder import ladder_plot
from perdure.plots.leave_one_out import SubsetEffect, leave_one_out_plot
from perdure.plots.likelihood import (
    PatternMixtureCurve,
    ProfileCurve,
    pattern_mixture_plot,
    profile_likelihood_plot,
)
from perdure.plots.network import NetworkEdge, NetworkNode, network_plot
from perdure.plots.prisma import prisma_plot
from perdure.plots.profile import profile_plot
from perdure.plots.ranking import RankRow, ranking_plot
from perdure.plots.reconstruction import reconstruction_plot
from perdure.plots.risk_of_bias import (
    JudgedTrial,
    risk_of_bias_plot,
    risk_of_bias_summary,
)
from perdure.plots.sensitivity import ChangedAnswer, sensitivity_plot

__all__ = [
    "BaujatDot",
    "Bubble",
    "ChangedAnswer",
    "Drape",
    "EffectAxis",
    "EffectRow",
    "ForestGroup",
    "FunnelPoint",
    "InfluenceDots",
    "JudgedTrial",
    "Measure",
    "NetworkEdge",
    "NetworkNode",
    "PatternMixtureCurve",
    "PooledEffect",
    "ProfileCurve",
    "RankRow",
    "RegressionLine",
    "StripClass",
    "SubsetEffect",
    "baujat_plot",
    "bubble_plot",
    "cumulative_plot",
    "curve_panel",
    "drapery_plot",
    "durability_panel",
    "evidence_plot",
    "forest_of_effects",
    "forest_plots",
    "funnel_plot",
    "heterogeneity_in_words",
    "influence_plot",
    "ladder_plot",
    "leave_one_out_plot",
    "network_plot",
    "pattern_mixture_plot",
    "pooled_effect",
    "prisma_plot",
    "profile_likelihood_plot",
    "profile_plot",
    "ranking_plot",
    "reconstruction_plot",
    "risk_of_bias_plot",
    "risk_of_bias_summary",
    "sensitivity_plot",
    "strip_plot",
]
