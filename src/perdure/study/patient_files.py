"""A table of patients on disk: CSV with its labels beside it, Stata, or CSV with an R script."""

import io
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from perdure.errors import InputError, Problem
from perdure.study.patient_table import PatientColumn, PatientTable
from perdure.study.tables import table_text
from perdure.study.writing import write_files

__all__ = ["PatientForm", "write_patients"]

PatientForm = Literal["csv", "stata", "r"]

ENDINGS: Mapping[PatientForm, str] = {"csv": ".csv", "stata": ".dta", "r": ".R"}

STATA = 118
"""Stata 14 and later: the first format with letters of every language."""

LONGEST_TEXT = 2000
"""Bytes; longer text is a strL in Stata."""

NO_DATE = datetime(1980, 1, 1)  # noqa: DTZ001  (Stata's stamp has no zone)
"""The same patients make the same file."""

SCRIPT = """\
# Patients of a study by perdure, one row each. Names of trials, arms and classes become factors in
# the order of the study; time and event stay numbers, as survival::Surv takes them.
#
#     source({script}, chdir = TRUE)
#     library(survival)
#     survfit(Surv(time, event) ~ arm_label, subset(patients, endpoint == "PFS"))

patients <- read.csv(
  {data},
  colClasses = c({classes}),
  na.strings = character(0), encoding = "UTF-8", check.names = FALSE
)

# The file has an apostrophe before text that a spreadsheet would compute.
as_written <- function(text) {{
  bare <- sub("^'+", "", text)
  number <- !is.na(suppressWarnings(as.numeric(bare)))
  proof <- grepl("^'", text) & grepl("^([=@\\t\\r]|[+-].)", bare) & !number
  ifelse(proof, substring(text, 2), text)
}}
for (name in c({texts})) {{
  text <- as_written(patients[[name]])
  patients[[name]] <- factor(text, levels = unique(text))
}}
rm(name, text, as_written)

{factors}

{labels}
"""


def write_patients(table: PatientTable, target: str | Path, form: PatientForm) -> tuple[Path, ...]:
    """Write a table of patients, with its labels; all files of it or none.

    Parameters
    ----------
    table : PatientTable
    target : str or Path
        Ends in .csv, .dta or .R. Labels of a CSV file go into a file beside it; so does the data of
        an R script.
    form : {"csv", "stata", "r"}

    Returns
    -------
    tuple of Path
        The files.

    Raises
    ------
    InputError
        If the file's name does not end as its form does.
    OutputError
        If a file cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from perdure.records import Patients
    >>> from perdure.study import ArmPatients, patient_table
    >>> arm = ArmPatients("T1", "Trial 1", "OS", "", True, "new", "New", "class",
    ...                   Patients([2.0, 5.0], [1, 0]), rebuilt=True)
    >>> with TemporaryDirectory() as folder:
    ...     files = write_patients(patient_table([arm], "months"), f"{folder}/p.R", "r")
    ...     [path.name for path in files]
    ['p.csv', 'p.R']
    """
    path = Path(target)
    ending = ENDINGS[form]
    if path.suffix.lower() != ending.lower():
        remedy = f"name a file that ends in {ending}"
        raise InputError(Problem("the file's name does not fit its form", remedy, value=path.name))
    made: Mapping[PatientForm, Callable[[PatientTable, Path], dict[Path, bytes]]] = {
        "csv": _csv,
        "stata": _stata,
        "r": _r,
    }
    files = made[form](table, path)
    write_files(files)
    return tuple(files)


def _csv(table: PatientTable, path: Path) -> dict[Path, bytes]:
    labels = [
        (
            column.name,
            column.label,
            "; ".join(f"{code} {word}" for code, word in column.codes.items()),
        )
        for column in table.columns
    ]
    beside = path.with_name(f"{path.stem}.labels.csv")
    return {
        path: _data(table),
        beside: table_text(("column", "label", "codes"), labels).encode(),
    }


def _codes(column: PatientColumn, between: str) -> str:
    return between.join(f"{code} {word}" for code, word in column.codes.items())


def _data(table: PatientTable) -> bytes:
    return table_text([column.name for column in table.columns], table.rows).encode()


def _stata(table: PatientTable, path: Path) -> dict[Path, bytes]:
    import pandas as pd

    kinds = {"text": "object", "number": "float64", "code": "int8"}
    frame = pd.DataFrame(
        {
            column.name: pd.Series(list(column.values), dtype=kinds[column.kind])
            for column in table.columns
        }
    )
    stream = io.BytesIO()
    frame.to_stata(
        stream,
        write_index=False,
        version=STATA,
        time_stamp=NO_DATE,
        data_label="Patients of a study by perdure, one row each",
        variable_labels={column.name: column.label for column in table.columns},
        value_labels={column.name: dict(column.codes) for column in table.columns if column.codes},
        convert_strl=[column.name for column in table.columns if _is_long(column)],
    )
    return {path: stream.getvalue()}


def _is_long(column: PatientColumn) -> bool:
    return column.kind == "text" and any(
        len(str(value).encode()) > LONGEST_TEXT for value in set(column.values)
    )


def _r(table: PatientTable, path: Path) -> dict[Path, bytes]:
    data = path.with_suffix(".csv")
    kinds = {"text": "character", "number": "numeric", "code": "integer"}
    factors = [
        f"patients${column.name} <- factor(patients${column.name}, levels = c({_listed(codes)}),"
        f" labels = c({_listed(map(_quoted, codes.values()))}))"
        for column in table.columns
        if (codes := column.codes) and column.name != "event"
    ]
    labels = [
        f'attr(patients${column.name}, "label") <- {_quoted(_r_label(column))}'
        for column in table.columns
    ]
    classes = (f"{column.name} = {_quoted(kinds[column.kind])}" for column in table.columns)
    script = SCRIPT.format(
        script=_quoted(path.name),
        data=_quoted(data.name),
        classes=_listed(classes),
        texts=_listed(_quoted(column.name) for column in table.columns if column.kind == "text"),
        factors="\n".join(factors),
        labels="\n".join(labels),
    )
    return {data: _data(table), path: script.encode()}


def _r_label(column: PatientColumn) -> str:
    """Return a column's label; with its codes where it stays a number."""
    if column.name != "event":
        return column.label
    return f"{column.label}: {_codes(column, ', ')}"


def _listed(words: Iterable[object]) -> str:
    return ", ".join(str(word) for word in words)


def _quoted(text: str) -> str:
    """Return the text as R writes it; JSON has the same quotation marks and escapes."""
    return json.dumps(text, ensure_ascii=False)
