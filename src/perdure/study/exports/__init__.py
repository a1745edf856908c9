"""What other programs write walks in, tables with columns ``time`` and ``survival`` walk out.

WebPlotDigitizer (CSV and projects), Engauge Digitizer, DigitizeIt, ScanIt, and the input files of
the R packages IPDfromKM and survHE.
"""

from perdure.study.exports.curves import ExportedCurves
from perdure.study.exports.grid import blocks_of, grid_curves
from perdure.study.exports.headers import (
    is_number_at_risk,
    is_survival,
    is_time,
    other_unit,
    unit_of,
)
from perdure.study.exports.project import is_project, project_curves
from perdure.study.exports.risk_table import exported_risk_table

__all__ = [
    "ExportedCurves",
    "blocks_of",
    "exported_risk_table",
    "grid_curves",
    "is_number_at_risk",
    "is_project",
    "is_survival",
    "is_time",
    "other_unit",
    "project_curves",
    "unit_of",
]
