"""The patients of a study as one table, a row each, with labels: for R, Stata and others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from perdure.records import Patients, TimeUnit

__all__ = ["ArmPatients", "PatientColumn", "PatientTable", "patient_table"]


@dataclass(frozen=True, eq=False)
class ArmPatients:
    """The patients of one arm in one analysis.

    Attributes
    ----------
    trial, trial_label, endpoint, analysis : str
        ``analysis`` is empty for a trial's only one of the endpoint.
    primary : bool
    arm, arm_label, drug_class : str
    patients : Patients
    rebuilt : bool
        Whether perdure rebuilt them from a published curve; or else they were given.
    """

    trial: str
    trial_label: str
    endpoint: str
    analysis: str
    primary: bool
    arm: str
    arm_label: str
    drug_class: str
    patients: Patients
    rebuilt: bool


@dataclass(frozen=True)
class PatientColumn:
    """A column: its name, what it holds, and what its codes mean.

    Attributes
    ----------
    name, label : str
    kind : {"text", "number", "code"}
    values : tuple
        One for each patient.
    codes : mapping of int to str
        Of a code.
    """

    name: str
    label: str
    kind: Literal["text", "number", "code"]
    values: tuple[object, ...]
    codes: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PatientTable:
    """Columns of one length."""

    columns: tuple[PatientColumn, ...]

    @property
    def rows(self) -> list[tuple[object, ...]]:
        """One a patient."""
        return list(zip(*(column.values for column in self.columns), strict=True))


def patient_table(arms: Sequence[ArmPatients], time_unit: TimeUnit) -> PatientTable:
    """Return the patients of all arms, their times in one unit.

    Patients of two endpoints are not linked: rebuilt ones have no identity.

    Examples
    --------
    >>> arm = ArmPatients("T1", "Trial 1", "OS", "", True, "new", "New", "class",
    ...                   Patients([2.0, 5.0], [1, 0]), rebuilt=True)
    >>> patient_table([arm], "months").rows[1][5:]
    ('new', 'New', 'class', 5.0, 0, 'months', 1)
    """
    texts = {
        "trial": "Trial",
        "trial_label": "Trial, as people read it",
        "endpoint": "Endpoint",
        "analysis": "Analysis of the endpoint; empty for the only one",
    }
    arm_texts = {
        "arm": "Arm of the trial",
        "arm_label": "Arm, as people read it",
        "drug_class": "Class of the arm's drug",
    }
    each = [(arm, arm.patients.in_unit(time_unit)) for arm in arms]

    def of_arm(name: str) -> tuple[object, ...]:
        return tuple(
            value for arm, found in each for value in [getattr(arm, name)] for _ in range(found.n)
        )

    def text(name: str, label: str) -> PatientColumn:
        return PatientColumn(name, label, "text", of_arm(name))

    def code(name: str, label: str, codes: Mapping[int, str]) -> PatientColumn:
        return PatientColumn(
            name, label, "code", tuple(int(bool(one)) for one in of_arm(name)), codes
        )

    times = (float(f"{time:.12g}") for _, found in each for time in found.time.tolist())
    events = (int(event) for _, found in each for event in found.event.tolist())
    unit = (time_unit for _, found in each for _ in range(found.n))
    return PatientTable(
        (
            *(text(name, label) for name, label in texts.items()),
            code("primary", "Analysis that is pooled", {0: "sensitivity", 1: "primary"}),
            *(text(name, label) for name, label in arm_texts.items()),
            PatientColumn(
                "time", f"Time to event or censoring ({time_unit})", "number", tuple(times)
            ),
            PatientColumn(
                "event",
                "Event of the endpoint",
                "code",
                tuple(events),
                {0: "censored", 1: "event"},
            ),
            PatientColumn("time_unit", "Unit of time", "text", tuple(unit)),
            code(
                "rebuilt",
                "Patient rebuilt from the published curve",
                {0: "as given", 1: "rebuilt"},
            ),
        )
    )
