"""What sees several stages: running what is stale of a study, and writing its report."""

from perdure.pipeline.run import RunSummary, run

__all__ = ["RunSummary", "run"]
