"""What may stand in study.toml and in a row of each table, and plain words for what may not."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from string import ascii_uppercase
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from perdure.errors import InputError, Problem
from perdure.records import (
    CertaintyLevel,
    FactCertainty,
    FactKind,
    Judgement,
    Reference,
    TimeUnit,
    time_unit,
)
from perdure.study.tables import (
    GROUPED,
    MOST_PATIENTS,
    SURELY,
    Table,
    grouped,
    listed,
    nearest,
    shortened,
)

__all__ = [
    "IDENTIFIER",
    "RISK_OF_BIAS",
    "AnalysisRow",
    "ArmRow",
    "FactRow",
    "FigureRow",
    "PublishedRow",
    "StudyFile",
    "TrialRow",
    "problems_of",
    "rows_of",
]

Row = TypeVar("Row", bound=BaseModel)

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


class _Open(BaseModel):
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


class TrialRow(_Open):
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


class ArmRow(_Open):
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


_SHARE_REMEDY = "write a proportion from 0 to 1, such as 0.25 for 25%"

_WORDS: Mapping[str, tuple[str, str]] = {
    "missing": ("is missing", "fill it in"),
    "grouped": GROUPED,
    "string_pattern_mismatch": (
        "is not an identifier",
        "use letters, digits, - and _ only; what people read goes into the column label",
    ),
    "bool_type": ("is neither yes nor no", "write yes or no"),
    "bool_parsing": ("is neither yes nor no", "write yes or no"),
    "string_too_short": ("is empty", "fill it in"),
    "string_type": ("is not text", "put it between quotation marks"),
    "too_short": ("is empty", "name at least one"),
    "dict_type": ("is not a table", "write it as a table, such as [endpoints.PFS]"),
    "model_type": ("is not a table", "write it as a table, such as [endpoints.PFS] with k = 3"),
}


def _words(error: ErrorDetails) -> tuple[str, str]:
    """Return what is wrong and what to do, in plain words."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _WORDS:
        return _WORDS[kind]
    if kind.startswith("int_"):
        return "is not a whole number", "write a whole number, without spaces or commas"
    if kind.startswith(("float_", "finite_")):
        return "is not a number", "write a number with a decimal point"
    if kind == "literal_error":
        return "is not a word known here", f"write {context.get('expected', 'another')}"
    limits = {
        "greater_than": ("must be above", "gt"),
        "greater_than_equal": ("must be at least", "ge"),
        "less_than": ("must be below", "lt"),
        "less_than_equal": ("must be at most", "le"),
    }
    if kind in limits:
        says, key = limits[kind]
        limit = context[key]
        share = (key, limit) in (("le", 1.0), ("ge", 0.0)) and isinstance(limit, float)
        return f"{says} {float(limit):.7g}", _SHARE_REMEDY if share else "correct it"
    return "cannot be used", "correct it, or leave it out"


def problems_of(error: ValidationError, model: type[BaseModel]) -> dict[str, Problem]:
    """Return pydantic's errors by location (a column, or a key of study.toml) in plain words."""
    found: dict[str, Problem] = {}
    for detail in error.errors(include_url=False):
        steps = [str(part) for part in detail["loc"] if not isinstance(part, int)]
        location = ".".join(part for part in steps if part != "[key]")
        if detail["type"] == "extra_forbidden":
            remedy = _known_here(steps[-1], _keys_at(model, detail["loc"][:-1]))
            found[location] = Problem(f"{location} is not known", remedy)
            continue
        says, remedy = _words(detail)
        value = None if detail["type"] == "missing" else _shown(detail["input"])
        found.setdefault(location, Problem(f"{location} {says}", remedy, value=value))
    return found


def _known_here(name: str, known: Sequence[str]) -> str:
    close = nearest(name, known)
    hint = f"did you mean {close}? Known here" if close else "known here"
    return f"{hint}: {listed(known)}"


def _shown(value: object) -> str | None:
    return shortened(str(value)) if isinstance(value, str | int | float) else None


def _keys_at(model: type[BaseModel], location: Iterable[int | str]) -> list[str]:
    """Return the keys that the part of ``model`` at this place knows."""
    here: Any = model
    for part in location:
        fields = getattr(here, "model_fields", None)
        annotation = fields[str(part)].annotation if fields and str(part) in fields else None
        arguments = [one for one in get_args(annotation) if isinstance(one, type)]
        if isinstance(annotation, type):
            arguments.append(annotation)
        here = next((one for one in arguments if issubclass(one, BaseModel)), here)
    return list(here.model_fields)


def rows_of(
    table: Table,
    model: type[Row],
    required: Sequence[str],
    problems: list[Problem],
    known: Collection[str] = (),
) -> list[tuple[int, Row]]:
    """Return the rows of a table as (line, row); what is wrong goes into ``problems``.

    A row of a roster keeps what is right in it, so that one wrong cell does not make its trial or
    arm unknown to everything that names it. ``known`` are columns that mean something too.
    """
    absent = table.missing(required, known=tuple(model.model_fields))
    problems += absent
    if absent:
        return []
    wrong = _unknown_columns(table, model, known)
    problems += wrong.values()
    if wrong and not issubclass(model, _Open):
        return []
    found: list[tuple[int, Row]] = []
    for line, record in table.records():
        cells = {name: cell for name, cell in record.items() if name not in wrong}
        try:
            found.append((line, model.model_validate(cells)))
        except ValidationError as error:
            here = problems_of(error, model)
            problems += [
                replace(problem, file=table.file, row=line, column=name)
                for name, problem in here.items()
            ]
            if issubclass(model, _Open) and not any(name in here for name in required):
                rest = {name: cell for name, cell in cells.items() if name not in here}
                found.append((line, model.model_validate(rest)))
    return found


def _unknown_columns(
    table: Table, model: type[BaseModel], known: Collection[str]
) -> dict[str, Problem]:
    """Return a problem for each column that is not known here, or is a known one misspelt."""
    expected = [*model.model_fields, *known]
    spare = [name for name in table.header if name not in expected]
    if not issubclass(model, _Open):
        return {
            name: Problem(
                f"the column {name} is not known", _known_here(name, expected), table.file
            )
            for name in spare
        }
    absent = [name for name in expected if name not in table.header]
    near = {name: nearest(name, absent, cutoff=SURELY) for name in spare}
    return {
        name: Problem(
            f"the column {name} is not known, and {meant} is not there",
            f"rename it to {meant}, or to a name that is less alike",
            table.file,
        )
        for name, meant in near.items()
        if meant is not None
    }
