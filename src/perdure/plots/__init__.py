"""Records walk in, figures walk out: as SVG, some as PNG or PDF too; the same to the byte.

Kaplan-Meier panels with their thresholds and tails, durable response against k, ladders of arms,
forest plots by class, and the evidence of the reconstructions; times in months. Matplotlib is
imported when the first figure is drawn.
"""

from perdure.plots.curves import curve_panel
from perdure.plots.durability import durability_panel
from perdure.plots.evidence import evidence_plot
from perdure.plots.forest import forest_plots
from perdure.plots.ladder import ladder_plot
from perdure.plots.profile import profile_plot
from perdure.plots.reconstruction import reconstruction_plot

__all__ = [
    "curve_panel",
    "durability_panel",
    "evidence_plot",
    "forest_plots",
    "ladder_plot",
    "profile_plot",
    "reconstruction_plot",
]
