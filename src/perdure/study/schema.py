"""What may stand in study.toml and in a row of each table."""

from string import ascii_uppercase
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from perdure.errors import InputError
from perdure.records import (
    CertaintyLevel,
    FactCertainty,
    FactKind,
    Judgement,
    Reference,
    TimeUnit,
    time_unit,
)
from perdure.study.tables import MOST_PATIENTS, grouped

__all__ = [
    "IDENTIFIER",
    "RISK_OF_BIAS",
    "AnalysisRow",
    "ArmRow",
    "FactRow",
    "FigureRow",
    "OpenRow",
    "PublishedRow",
    "StudyFile",
    "TrialRow",
]

IDENTIFIER = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"

Identifier = Annotated[str, StringConstraints(pattern=IDENTIFIER)]


def _yes_or_no(value: object) -> object:
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    return words.get(value.lower(), value) if isinstance(value, str) else value


def _whole(value: object) -> object:
    """Accept 120.0 for 120, as spreadsheets write it, and no 1.200: it may mean a thousand."""
    if not isinstance(value, str):
        return value
    if grouped(value):
        raise PydanticCustomError("grouped", "grouped")
    if "_" in value:  # Python would read 1_5 as 15
        raise PydanticCustomError("int_parsing", "underscore")
    return value.removesuffix(".0")


def _panel(value: object) -> object:
    """Accept the letter that is printed over a panel for its place: B for 2."""
    if isinstance(value, str) and len(value) == 1 and value.upper() in ascii_uppercase:
        return ascii_uppercase.index(value.upper()) + 1
    return _whole(value)


def _one_unit(value: object) -> object:
    try:
        return time_unit(value) if isinstance(value, str) else value
    except InputError:
        return value


def _several(value: object) -> object:
    """Accept one word for a list of one."""
    return [value] if isinstance(value, str) else value


def _judgement(value: object) -> object:
    """Accept capitals, and some_concerns."""
    return value.lower().replace("_", " ") if isinstance(value, str) else value


def _open(value: object) -> object:
    """Accept NR and NE for a limit that was not reached."""
    return None if isinstance(value, str) and value.upper() in ("NR", "NE") else value


YesNo = Annotated[bool, BeforeValidator(_yes_or_no)]
Count = Annotated[int, BeforeValidator(_whole), Field(ge=0)]
Patients = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=MOST_PATIENTS)]
PageNumber = Annotated[int, BeforeValidator(_whole), Field(ge=1)]
PanelNumber = Annotated[int, BeforeValidator(_panel), Field(ge=1)]
Unit = Annotated[TimeUnit, BeforeValidator(_one_unit)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Multiple = Annotated[float, Field(ge=1, allow_inf_nan=False)]


Judged = Annotated[Judgement | None, BeforeValidator(_judgement)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OpenRow(BaseModel):
    """A row that may have more columns than these: they are moderators."""

    model_config = ConfigDict(extra="allow", frozen=True)


class EndpointTable(_Strict):
    """One [endpoints.NAME] of study.toml."""

    k: Multiple
    fixed_time: Positive | None = None


Interval = Literal["log-log", "plain", "log", "logit", "arcsin", "likelihood"]


class EstimateTable(_Strict):
    """[estimate] of study.toml."""

    thin: Annotated[int, Field(ge=1)] = 10
    interval: Interval = "log-log"
    models: bool = False


_Own = Literal["median", "survival", "hr"]


class ReconstructTable(_Strict):
    """[reconstruct] of study.toml."""

    method: Literal["chain", "guyot"] = "chain"
    draws: Annotated[int, Field(ge=2, le=1000)] = 50
    own: Annotated[tuple[_Own, ...], BeforeValidator(_several)] = ()
    keep_ensemble: bool = True


class PoolTable(_Strict):
    """[pool] of study.toml; test None: see ``PoolSettings.chosen_test``."""

    by: Annotated[tuple[str, ...], BeforeValidator(_several), Field(min_length=1)] = ("drug_class",)
    model: Literal["random", "common"] = "random"
    method: Literal["REML", "ML", "DL", "PM", "PMM", "EB", "HE", "HS", "HSk", "SJ"] = "REML"
    test: Literal["knha", "adhoc", "t", "z"] | None = None
    measure: Literal["odds ratio", "ratio", "difference"] = "odds ratio"
    alike: Annotated[float, Field(gt=1, le=100)] | None = None


Reasons = dict[Annotated[str, Field(min_length=1)], Count]


class PrismaTable(_Strict):
    """[prisma] of study.toml; see ``PrismaFlow``."""

    records_from_databases: Count | None = None
    records_from_registers: Count | None = None
    removed_duplicates: Count = 0
    removed_by_automation: Count = 0
    removed_for_other_reasons: Count = 0
    records_screened: Count
    records_excluded: Count
    reports_sought: Count
    reports_not_retrieved: Count = 0
    reports_assessed: Count
    reports_excluded: Reasons = {}
    records_from_websites: Count | None = None
    records_from_organisations: Count | None = None
    records_from_citations: Count | None = None
    other_reports_sought: Count = 0
    other_reports_not_retrieved: Count = 0
    other_reports_assessed: Count = 0
    other_reports_excluded: Reasons = {}
    studies_included: Count
    reports_included: Count | None = None
    previous_studies: Count | None = None
    previous_reports: Count | None = None
    total_studies: Count | None = None
    total_reports: Count | None = None
    note: str = ""


class CertaintyTable(_Strict):
    """One [certainty.OUTCOME] of study.toml."""

    level: CertaintyLevel
    reasons: Annotated[tuple[str, ...], BeforeValidator(_several)] = ()
    note: str = ""


class PublishedFactsTable(_Strict):
    """[published_facts] of study.toml."""

    pooled: Literal["no", "verified", "all"] = "no"
    from_memory: bool = True


class StudyFile(_Strict):
    """study.toml."""

    title: Annotated[str, Field(min_length=1)]
    question: str = ""
    time_unit: Unit
    reference: Annotated[tuple[Reference, ...], BeforeValidator(_several), Field(min_length=1)] = (
        "own",
    )
    seed: int = 20190519
    endpoints: Annotated[dict[Identifier, EndpointTable], Field(min_length=1)]
    estimate: EstimateTable = EstimateTable()
    reconstruct: ReconstructTable = ReconstructTable()
    pool: PoolTable = PoolTable()
    prisma: PrismaTable | None = None
    certainty: dict[Annotated[str, Field(min_length=1)], CertaintyTable] = {}
    published_facts: PublishedFactsTable = PublishedFactsTable()


class TrialRow(OpenRow):
    """One row of trials.csv."""

    trial: Identifier
    label: str = ""
    year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    doi: str = ""
    registry_id: str = ""
    tumour: str = ""
    line: str = ""
    phase: str = ""
    rob_d1: Judged = None
    rob_d2: Judged = None
    rob_d3: Judged = None
    rob_d4: Judged = None
    rob_d5: Judged = None
    rob_overall: Judged = None


RISK_OF_BIAS = tuple(name for name in TrialRow.model_fields if name.startswith("rob_"))
"""Columns of trials.csv: the five domains of RoB 2, and the overall judgement last."""


class ArmRow(OpenRow):
    """One row of arms.csv; n_, events_, median_, survival_, hr_ of each endpoint are beside it."""

    trial: Identifier
    arm: Identifier
    label: str = ""
    drug: str = ""
    drug_class: str = ""
    comparator: Identifier | None = None
    n: Patients | None = None


class AnalysisRow(_Strict):
    """One row of analyses.csv."""

    trial: Identifier
    endpoint: Identifier
    analysis: Annotated[str, StringConstraints(pattern=IDENTIFIER)] | None = None
    primary: YesNo
    time_unit: Unit | None = None
    label: str = ""
    percent: YesNo | None = None
    resolution: Annotated[float, Field(gt=0, lt=0.5)] | None = None
    cumulative_incidence: YesNo = False


class FigureRow(_Strict):
    """One row of figures.csv."""

    file: Annotated[str, Field(min_length=1)]
    page: PageNumber | None = None
    panel: PanelNumber | None = None
    curve_label: str = ""
    trial: Identifier
    endpoint: Identifier
    analysis: Annotated[str, StringConstraints(pattern=IDENTIFIER)] | None = None
    arm: Identifier
    time_unit: Unit | None = None


class PublishedRow(_Strict):
    """One row of published_estimates.csv."""

    trial: Identifier
    arm: Identifier
    endpoint: Identifier
    k: Multiple | None = None
    reference: Reference
    proportion: Share
    ci_low: Share
    ci_high: Share


Limit = Annotated[Annotated[float, Field(ge=0, allow_inf_nan=False)] | None, BeforeValidator(_open)]


class FactRow(_Strict):
    """One row of published_facts.csv; how a value was printed is kept."""

    trial: Identifier
    arm: Identifier
    endpoint: Identifier
    fact: FactKind
    time: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    value: Annotated[str, Field(min_length=1)]
    low: Limit = None
    high: Limit = None
    level: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    against: Identifier | None = None
    certainty: FactCertainty
    source: Annotated[str, Field(min_length=1)]
