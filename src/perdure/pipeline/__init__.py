"""What sees several stages: running what is stale of a study, and writing its report."""

from perdure.pipeline.demo import compare_with_truth, write_demo
from perdure.pipeline.patients import patients_of
from perdure.pipeline.study_run import RunSummary, run

__all__ = ["RunSummary", "compare_with_truth", "patients_of", "run", "write_demo"]
