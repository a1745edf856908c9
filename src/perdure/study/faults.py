"""What is wrong in study.toml and in the rows of a table, in plain words with what to do."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from perdure.errors import Problem
from perdure.study.schema import OpenRow
from perdure.study.tables import GROUPED, SURELY, Table, listed, nearest, shortened

__all__ = ["problems_of", "rows_of"]

Row = TypeVar("Row", bound=BaseModel)

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
    if wrong and not issubclass(model, OpenRow):
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
            if issubclass(model, OpenRow) and not any(name in here for name in required):
                rest = {name: cell for name, cell in cells.items() if name not in here}
                found.append((line, model.model_validate(rest)))
    return found


def _unknown_columns(
    table: Table, model: type[BaseModel], known: Collection[str]
) -> dict[str, Problem]:
    """Return a problem for each column that is not known here, or is a known one misspelt."""
    expected = [*model.model_fields, *known]
    spare = [name for name in table.header if name not in expected]
    if not issubclass(model, OpenRow):
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
