"""A folder of plain files walks in, a :class:`Study` walks out, or every problem at once.

The one place that opens a study's files; what is written is written whole or not at all.
"""

from perdure.study.analysis import Analysis, ArmInput
from perdure.study.archive import export_study
from perdure.study.curve_labels import curves_of_rows
from perdure.study.figures import CurveInFigure
from perdure.study.folder import Study
from perdure.study.marks import read_marks
from perdure.study.patient_files import PatientForm, write_patients
from perdure.study.patient_table import ArmPatients, PatientTable, patient_table
from perdure.study.provenance import (
    Provenance,
    analysis_key,
    digest_of,
    input_digests,
    output_digests,
    read_provenance,
    refuse_edited,
    refuse_own_place,
    write_provenance,
)
from perdure.study.published import PublishedEstimate
from perdure.study.published_facts import FACTS_ANALYSIS, PublishedFacts
from perdure.study.readers import read_curve, read_ensembles, read_numbers_at_risk, read_patients
from perdure.study.readings import ReadCurve, ReadPanel, read_panel
from perdure.study.references import new_from
from perdure.study.schema import RISK_OF_BIAS
from perdure.study.settings import EndpointSettings, PoolSettings, Settings
from perdure.study.tables import Table, nearest, read_table, table_text, write_table
from perdure.study.template import new
from perdure.study.unpacking import import_study
from perdure.study.writing import write_bytes, write_files, write_text

__all__ = [
    "FACTS_ANALYSIS",
    "RISK_OF_BIAS",
    "Analysis",
    "ArmInput",
    "ArmPatients",
    "CurveInFigure",
    "EndpointSettings",
    "PatientForm",
    "PatientTable",
    "PoolSettings",
    "Provenance",
    "PublishedEstimate",
    "PublishedFacts",
    "ReadCurve",
    "ReadPanel",
    "Settings",
    "Study",
    "Table",
    "analysis_key",
    "curves_of_rows",
    "digest_of",
    "export_study",
    "import_study",
    "input_digests",
    "nearest",
    "new",
    "new_from",
    "output_digests",
    "patient_table",
    "read_curve",
    "read_ensembles",
    "read_marks",
    "read_numbers_at_risk",
    "read_panel",
    "read_patients",
    "read_provenance",
    "read_table",
    "refuse_edited",
    "refuse_own_place",
    "table_text",
    "write_bytes",
    "write_files",
    "write_patients",
    "write_provenance",
    "write_table",
    "write_text",
]
