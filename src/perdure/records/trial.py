"""Trials, their arms, and what was published about them in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from perdure.records.risk_of_bias import RiskOfBias

__all__ = ["Arm", "Reported", "Trial", "classes_of"]


@dataclass(frozen=True)
class Reported:
    """Numbers printed for one arm and endpoint; None where nothing was printed.

    Times in the study's time unit; the hazard ratio is against the arm's comparator. How the median
    and the hazard ratio were printed is kept beside them, since a trailing zero says how precise
    they are; of survival at a time there is that alone.
    """

    n: int | None = None
    events: int | None = None
    median: float | None = None
    hr: float | None = None
    median_printed: str | None = None
    hr_printed: str | None = None
    survival: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True)
class Arm:
    """One treatment group of a trial.

    Attributes
    ----------
    trial, arm : str
        Identifiers.
    label : str
        What people read.
    drug, drug_class : str
        Empty where unknown.
    comparator : str or None
        Identifier of the arm's control; None for a control arm or a single arm.
    n : int or None
        Patients, where one number holds for all endpoints.
    reported : mapping of str to Reported
        By endpoint.
    moderators : mapping of str to str
        The free columns of arms.csv.
    """

    trial: str
    arm: str
    label: str
    drug: str = ""
    drug_class: str = ""
    comparator: str | None = None
    n: int | None = None
    reported: Mapping[str, Reported] = field(default_factory=dict)
    moderators: Mapping[str, str] = field(default_factory=dict)

    def reported_for(self, endpoint: str) -> Reported:
        """Return what was printed for ``endpoint``; n falls back to the arm's own."""
        found = self.reported.get(endpoint, Reported())
        if found.n is None and self.n is not None:
            return replace(found, n=self.n)
        return found


@dataclass(frozen=True)
class Trial:
    """One randomised or single-arm study.

    Attributes
    ----------
    trial : str
        Identifier.
    label : str
        What people read.
    year : int or None
    doi, registry_id, tumour, line, phase : str
        Empty where unknown.
    moderators : mapping of str to str
        The free columns of trials.csv.
    arms : tuple of Arm
        In the order of arms.csv.
    risk_of_bias : RiskOfBias or None
        None where nothing was judged.
    """

    trial: str
    label: str
    year: int | None = None
    doi: str = ""
    registry_id: str = ""
    tumour: str = ""
    line: str = ""
    phase: str = ""
    moderators: Mapping[str, str] = field(default_factory=dict)
    arms: tuple[Arm, ...] = ()
    risk_of_bias: RiskOfBias | None = None

    def arm(self, identifier: str) -> Arm:
        """Return the arm with this identifier; KeyError where there is none."""
        for arm in self.arms:
            if arm.arm == identifier:
                return arm
        raise KeyError(identifier)


def classes_of(trials: Iterable[Trial], by: str) -> dict[tuple[str, str], str]:
    """Return the class of each (trial, arm) in the column ``by`` of arms.csv or trials.csv.

    The arms' own column is taken where both files have one. An arm without a value has "".

    Examples
    --------
    >>> trial = Trial("T1", "T1", line="first", arms=(Arm("T1", "a", "A", drug_class="ICI"),))
    >>> classes_of([trial], "drug_class"), classes_of([trial], "line")
    ({('T1', 'a'): 'ICI'}, {('T1', 'a'): 'first'})
    """
    return {
        (trial.trial, arm.arm): str(
            arm.moderators.get(by)
            or getattr(arm, by, None)
            or trial.moderators.get(by)
            or getattr(trial, by, None)
            or ""
        ).strip()
        for trial in trials
        for arm in trial.arms
    }
