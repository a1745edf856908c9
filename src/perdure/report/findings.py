"""A study and its results together, with the look-ups that every part of the report needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from perdure.plots.wording import threshold_in_words
from perdure.records import (
    AnalysisResult,
    Arm,
    ArmEstimate,
    ContrastSynthesis,
    Reference,
    Results,
    Synthesis,
    TailResult,
    Trial,
    TrialContrast,
    TrialProfile,
    classes_of,
)
from perdure.study import FACTS_ANALYSIS, Settings

__all__ = ["Findings", "column_head", "column_in_words", "rule_in_words"]


def column_in_words(by: str) -> str:
    """Return the name of a column of arms.csv or trials.csv as people say it.

    Examples
    --------
    >>> column_in_words("drug_class")
    'drug class'
    """
    return by.replace("_", " ")


def column_head(by: str) -> str:
    """Return the name of a column as the head of a table has it.

    Examples
    --------
    >>> column_head("drug_class"), column_head("PD-L1_status")
    ('Drug class', 'PD-L1 status')
    """
    name = column_in_words(by)
    return name[:1].upper() + name[1:]


def rule_in_words(settings: Settings, endpoint: str, reference: Reference) -> str:
    """Return the threshold of an endpoint under a reference: "3 times the own median"."""
    chosen = settings.endpoints[endpoint]
    fixed = settings.fixed_time_months(endpoint) if reference == "fixed" else None
    return threshold_in_words(chosen.k, reference, fixed)


@dataclass(frozen=True)
class Findings:
    """What the report is written from.

    Attributes
    ----------
    settings : Settings
    trials : tuple of Trial
    results : Results
    analysis_labels : mapping of (trial, endpoint, analysis) to str
        What people read for an analysis, where it has a label.
    pictures : mapping of (trial, endpoint, analysis, arm) to str
        SVG of each reconstruction beside its figure, where one was drawn.
    overlays : mapping of str to str
        SVG of each figure with what was read in it, by its place in the study.
    """

    settings: Settings
    trials: tuple[Trial, ...]
    results: Results
    analysis_labels: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    pictures: Mapping[tuple[str, str, str, str], str] = field(default_factory=dict)
    overlays: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _trials(self) -> dict[str, Trial]:
        return {trial.trial: trial for trial in self.trials}

    @cached_property
    def _arms(self) -> dict[tuple[str, str], Arm]:
        return {(arm.trial, arm.arm): arm for trial in self.trials for arm in trial.arms}

    def trial(self, identifier: str) -> Trial:
        """Return a trial; one without a row in trials.csv has its identifier for a label."""
        return self._trials.get(identifier) or Trial(identifier, identifier)

    def trial_label(self, identifier: str) -> str:
        """Return what people read for a trial."""
        return self.trial(identifier).label or identifier

    def place_label(self, found: AnalysisResult | ArmEstimate | TrialContrast) -> str:
        """Return the trial that something was found in; a sensitivity analysis says so."""
        label = self.trial_label(found.trial)
        name = self.analysis_label(found)
        marks = [name] if name else []
        marks += [] if found.primary else ["not pooled"]
        return f"{label} ({'; '.join(marks)})" if marks else label

    def analysis_label(self, found: AnalysisResult | ArmEstimate | TrialContrast) -> str:
        """Return what people read for an analysis; empty for a trial's only one."""
        place = (found.trial, found.endpoint, found.analysis)
        named = self.analysis_labels.get(place) or found.analysis
        return "published facts" if named == FACTS_ANALYSIS else named

    def arm(self, trial: str, arm: str) -> Arm | None:
        """Return an arm of arms.csv, or None."""
        return self._arms.get((trial, arm))

    def arm_label(self, trial: str, arm: str) -> str:
        """Return what people read for an arm."""
        found = self.arm(trial, arm)
        return (found.label if found else "") or arm

    @cached_property
    def endpoints(self) -> tuple[str, ...]:
        """Endpoints that have an analysis, in the order of the settings."""
        present = {analysis.endpoint for analysis in self.results.analyses}
        return tuple(name for name in self.settings.endpoints if name in present)

    def analyses(self, endpoint: str) -> tuple[AnalysisResult, ...]:
        """Return the analyses of an endpoint, primary or not."""
        return tuple(found for found in self.results.analyses if found.endpoint == endpoint)

    def estimates(self, endpoint: str, reference: Reference) -> tuple[ArmEstimate, ...]:
        """Return the estimates of an endpoint under a reference, of every analysis."""
        return tuple(
            estimate
            for analysis in self.analyses(endpoint)
            for estimate in analysis.estimates
            if estimate.response.reference == reference
        )

    def contrasts(self, endpoint: str, reference: Reference) -> tuple[TrialContrast, ...]:
        """Return the contrasts of an endpoint under a reference, of every analysis."""
        return tuple(
            contrast
            for analysis in self.analyses(endpoint)
            for contrast in analysis.contrasts
            if contrast.contrast.reference == reference
        )

    def tails(self, endpoint: str) -> tuple[tuple[AnalysisResult, TailResult], ...]:
        """Return what was found about the tails of an endpoint, analysis by analysis."""
        return tuple((found, found.tail) for found in self.analyses(endpoint) if found.tail)

    def profiles(
        self, endpoint: str, reference: Reference
    ) -> tuple[tuple[AnalysisResult, TrialProfile], ...]:
        """Return the profiles of an endpoint under a reference, analysis by analysis.

        An analysis has one for each reference of the study but ``fixed``, in their order.
        """
        order = [one for one in self.settings.reference if one != "fixed"]
        return tuple(
            (analysis, profile)
            for analysis, tail in self.tails(endpoint)
            for whose, profile in zip(order, tail.profiles, strict=True)
            if whose == reference
        )

    def syntheses(self, endpoint: str, reference: Reference) -> tuple[Synthesis, ...]:
        """Return what was pooled of an endpoint under a reference, one for each grouping."""
        return tuple(
            synthesis
            for synthesis in self.results.syntheses
            if synthesis.endpoint == endpoint and synthesis.reference == reference
        )

    def contrast_syntheses(
        self, endpoint: str, reference: Reference
    ) -> tuple[ContrastSynthesis, ...]:
        """Return the contrasts pooled of an endpoint under a reference, one for each measure."""
        return tuple(
            found
            for found in self.results.contrast_syntheses
            if found.endpoint == endpoint and found.reference == reference
        )

    @cached_property
    def _classes(self) -> dict[str, Mapping[tuple[str, str], str]]:
        columns = {synthesis.by for synthesis in self.results.syntheses}
        return {by: classes_of(self.trials, by) for by in columns}

    def classes(self, by: str) -> Mapping[tuple[str, str], str]:
        """Return the class of each (trial, arm) in a grouping."""
        return self._classes[by]

    def rule(self, endpoint: str, reference: Reference) -> str:
        """Return the threshold in words."""
        return rule_in_words(self.settings, endpoint, reference)
