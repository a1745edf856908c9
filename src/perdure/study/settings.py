"""study.toml: the question and how it is answered."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from perdure.errors import InputError, Problem
from perdure.records import Certainty, PrismaFlow, Reference, TimeUnit, months_per
from perdure.study.faults import problems_of
from perdure.study.prisma import contradictions
from perdure.study.schema import Interval, PrismaTable, StudyFile
from perdure.study.tables import content_of, decoded

__all__ = [
    "EndpointSettings",
    "PoolSettings",
    "PublishedFactsSettings",
    "Settings",
    "read_settings",
]

FILE = "study.toml"


@dataclass(frozen=True)
class EndpointSettings:
    """The threshold of one endpoint.

    Attributes
    ----------
    k : float
        Multiple of the reference median.
    fixed_time : float or None
        Threshold of the reference ``fixed``, in the study's time unit.
    """

    k: float
    fixed_time: float | None


@dataclass(frozen=True)
class PoolSettings:
    """How arms are pooled.

    Attributes
    ----------
    by : tuple of str
        Columns of arms.csv or trials.csv that group arms.
    model : {"random", "common"}
    method : {"REML", "ML", "DL", "PM", "PMM", "EB", "HE", "HS", "HSk", "SJ"}
        Estimator of tau2.
    test : {"knha", "adhoc", "t", "z"} or None
        None: see ``chosen_test``.
    measure : {"odds ratio", "ratio", "difference"}
        Of the contrasts that are drawn; the other two stand beside it in the tables.
    alike : float or None
        Two classes are alike if their odds ratio is shown to lie between 1 / alike and alike; None:
        that is not asked. Chosen before the data are seen.
    """

    by: tuple[str, ...]
    model: Literal["random", "common"]
    method: Literal["REML", "ML", "DL", "PM", "PMM", "EB", "HE", "HS", "HSk", "SJ"]
    test: Literal["knha", "adhoc", "t", "z"] | None
    measure: Literal["odds ratio", "ratio", "difference"] = "odds ratio"
    alike: float | None = None

    @property
    def chosen_test(self) -> Literal["knha", "adhoc", "t", "z"]:
        """The test that is used: Hartung-Knapp not below 1 for random effects, unless one is named.

        Without that limit a few trials that happen to agree have next to no interval.
        """
        return self.test or ("z" if self.model == "common" else "adhoc")

    @property
    def pooled_measure(self) -> Literal["log odds ratio", "log ratio", "difference"]:
        """The measure on which contrasts are pooled: a ratio's is its logarithm."""
        if self.measure == "difference":
            return "difference"
        return "log ratio" if self.measure == "ratio" else "log odds ratio"


@dataclass(frozen=True)
class PublishedFactsSettings:
    """What becomes of arms that are known by published facts alone.

    Attributes
    ----------
    pooled : {"no", "verified", "all"}
        Whether they enter the pool: not at all, those whose facts were all seen in their sources,
        or all.
    from_memory : bool
        Whether facts that nobody checked are used; they are marked wherever they are.
    """

    pooled: Literal["no", "verified", "all"] = "no"
    from_memory: bool = True


@dataclass(frozen=True)
class Settings:
    """What study.toml says.

    Attributes
    ----------
    title, question : str
    time_unit : {"days", "weeks", "months", "years"}
        Of every file that does not say otherwise.
    reference : tuple of str
        The first is the primary one.
    seed : int
    endpoints : mapping of str to EndpointSettings
    thin : int
        Fewer at risk than this at the threshold make a durable response thin.
    interval : {"log-log", "plain", "log", "logit", "arcsin", "likelihood"}
        Of a durable response.
    models : bool
        Whether parametric models are fitted to every arm; they are shown as extrapolated.
    method : {"chain", "guyot"}
        Of reconstruction.
    draws : int
        Histories of each arm's ensemble.
    own : tuple of {"median", "survival", "hr"}
        Published numbers that are the curves' own, so that they constrain the patients.
    keep_ensemble : bool
        Whether results/ keeps every history and a picture of each reconstruction.
    pool : PoolSettings
    prisma : PrismaFlow or None
        How the trials were found; its counts add up.
    certainty : tuple of Certainty
        Of each outcome that was judged.
    published_facts : PublishedFactsSettings
    """

    title: str
    question: str
    time_unit: TimeUnit
    reference: tuple[Reference, ...]
    seed: int
    endpoints: Mapping[str, EndpointSettings]
    thin: int
    interval: Interval
    models: bool
    method: Literal["chain", "guyot"]
    draws: int
    own: tuple[Literal["median", "survival", "hr"], ...]
    keep_ensemble: bool
    pool: PoolSettings
    prisma: PrismaFlow | None = None
    certainty: tuple[Certainty, ...] = ()
    published_facts: PublishedFactsSettings = PublishedFactsSettings()

    def fixed_time_months(self, endpoint: str) -> float | None:
        """Return the threshold of the reference ``fixed`` in months; None where there is none."""
        time = self.endpoints[endpoint].fixed_time
        return None if time is None else time * months_per(self.time_unit)


def read_settings(folder: Path, notices: list[str]) -> Settings:
    """Read study.toml of a study; how it was read, where unusual, goes into ``notices``.

    Raises
    ------
    InputError
        If it cannot be read, is no TOML, or anything in it is wrong: every problem, with its line.
    """
    text, said = decoded(content_of(folder / FILE, FILE), FILE)
    notices += said
    try:
        content: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(_not_toml(str(error))) from error
    except RecursionError:
        raise InputError(_not_toml("brackets inside brackets without end")) from None
    try:
        read = StudyFile.model_validate(content)
    except ValidationError as error:
        raise InputError(
            replace(problem, file=FILE, row=_line_of(text, location))
            for location, problem in problems_of(error, StudyFile).items()
        ) from error
    problems = _contradictions(read, text)
    if problems:
        raise InputError(problems)
    return Settings(
        title=read.title,
        question=read.question,
        time_unit=read.time_unit,
        reference=read.reference,
        seed=read.seed,
        endpoints={
            name: EndpointSettings(one.k, one.fixed_time) for name, one in read.endpoints.items()
        },
        thin=read.estimate.thin,
        interval=read.estimate.interval,
        models=read.estimate.models,
        method=read.reconstruct.method,
        draws=read.reconstruct.draws,
        own=read.reconstruct.own,
        keep_ensemble=read.reconstruct.keep_ensemble,
        pool=PoolSettings(**read.pool.model_dump()),
        prisma=None if read.prisma is None else _flow(read.prisma),
        certainty=tuple(
            Certainty(outcome, one.level, one.reasons, one.note)
            for outcome, one in read.certainty.items()
        ),
        published_facts=PublishedFactsSettings(**read.published_facts.model_dump()),
    )


def _flow(table: PrismaTable) -> PrismaFlow:
    return PrismaFlow(**table.model_dump())


def _not_toml(said: str) -> Problem:
    """Return tomllib's complaint with the line where it stands."""
    place = re.search(r"\(at line (\d+), column (\d+)\)", said)
    what = said[: place.start()].strip() if place else said
    return Problem(
        f"the file cannot be read as TOML: {what[:1].lower()}{what[1:]}",
        'mend the line; text stands between quotation marks, as in title = "..."',
        FILE,
        int(place.group(1)) if place else None,
    )


def _line_of(text: str, location: str) -> int | None:
    r"""Return the line on which the key at ``location`` (dotted) is written, or else its table.

    Examples
    --------
    >>> text = "[endpoints.PFS]\nk = 3\n[endpoints.OS]\nk = 0"
    >>> _line_of(text, "endpoints.OS.k"), _line_of(text, "endpoints.OS.fixed_time")
    (4, 3)
    """
    table = ""
    lines: dict[str, int] = {}
    for at, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+([^\]]+)\]", line):
            table = re.sub(r"[\s\"']", "", header[1])
            lines.setdefault(table, at)
        elif key := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            name = re.sub(r"[\"']", "", key[1])
            lines.setdefault(f"{table}.{name}" if table else name, at)
    location = re.sub(r"[\s\"']", "", location)
    while location and location not in lines:
        location = location.rpartition(".")[0]
    return lines.get(location)


def _contradictions(read: StudyFile, text: str) -> list[Problem]:
    """Return what is wrong only in combination."""
    problems = []
    if len(set(read.reference)) != len(read.reference):
        said = ", ".join(read.reference)
        line = _line_of(text, "reference")
        problems.append(
            Problem("reference names one twice", "name each once", FILE, line, value=said)
        )
    if "fixed" in read.reference:
        problems += [
            Problem(
                f"endpoints.{name} has no fixed_time, which the reference fixed needs",
                f"add fixed_time = 12 (in {read.time_unit}) under [endpoints.{name}]",
                FILE,
                _line_of(text, f"endpoints.{name}"),
            )
            for name, endpoint in read.endpoints.items()
            if endpoint.fixed_time is None
        ]
    names = list(read.endpoints)
    problems += [
        Problem(
            f"endpoints.{name} differs from another endpoint by capitals only",
            "rename one of them",
            FILE,
            _line_of(text, f"endpoints.{name}"),
        )
        for at, name in enumerate(names)
        if name.lower() in [before.lower() for before in names[:at]]
    ]
    if read.prisma is not None:
        problems += [
            Problem(
                f"the counts of [prisma] do not add up: {one.message}",
                "correct one of these counts, or add the one that is missing",
                FILE,
                _line_of(text, f"prisma.{one.key}"),
            )
            for one in contradictions(_flow(read.prisma))
        ]
    return problems
