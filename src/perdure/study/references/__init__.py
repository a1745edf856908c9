"""Reference lists and registry entries walk in, the trials of a new study walk out.

What a source does not say of a trial stays empty and is listed: nothing is guessed.
"""

from perdure.study.references.found import FoundArm, FoundTrial
from perdure.study.references.reading import ENDINGS, read_found_trials
from perdure.study.references.starting import new_from

__all__ = ["ENDINGS", "FoundArm", "FoundTrial", "new_from", "read_found_trials"]
