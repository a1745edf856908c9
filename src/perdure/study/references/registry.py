"""Study objects of ClinicalTrials.gov (API version 2): one, a list, or a page of the search."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from perdure.errors import InputError, Problem
from perdure.study.references.found import Found, FoundArm, FoundTrial, plain
from perdure.study.tables import MOST_PATIENTS, shortened

__all__ = ["registry_trials"]

PHASES = {"EARLY_PHASE1": "early I", "PHASE1": "I", "PHASE2": "II", "PHASE3": "III", "PHASE4": "IV"}

DRUGS = ("Drug: ", "Biological: ", "Combination Product: ", "Genetic: ")
"""What stands before the name of an intervention that is a drug."""


def registry_trials(text: str, file: str) -> Found:
    """Return the trials of a file of study objects, and whether it is a page with more after it.

    Raises
    ------
    InputError
        If it is no JSON, or an object is no study of the registry's API, version 2, with a number.

    Examples
    --------
    >>> text = '''{"protocolSection": {"identificationModule": {"nctId": "NCT02142738",
    ...           "acronym": "KEYNOTE-024"}, "designModule": {"phases": ["PHASE3"]}}}'''
    >>> found, _ = registry_trials(text, "ctg.json")
    >>> [(one.label, one.registry_id, one.phase) for one in found]
    [('KEYNOTE-024', 'NCT02142738', 'III')]
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(Problem("the file is no JSON", "fetch it again", file)) from error
    more = _text(content, "nextPageToken")
    if isinstance(content, dict) and "studies" in content:
        content = content["studies"]
    studies = content if isinstance(content, list) else [content]
    problems = [
        problem
        for place, study in enumerate(studies, start=1)
        if (problem := _unknown(study, place, file)) is not None
    ]
    if problems:
        raise InputError(problems)
    said = (
        f"{file}: is one page of a search, and more follow it: give those too, if they are wanted"
    )
    return tuple(_trial(study, file) for study in studies), (said,) if more else ()


def _unknown(study: object, place: int, file: str) -> Problem | None:
    """Return what is wrong with a study that has no number of the registry."""
    number = _text(study, "protocolSection", "identificationModule", "nctId")
    if re.fullmatch(r"NCT\d{8}", number, re.ASCII):
        return None
    remedy = "fetch it from the registry's API, version 2, as JSON"
    if number:
        message = f"the nctId of study {place} is no number such as NCT02142738"
        return Problem(message, remedy, file, value=shortened(number))
    message = (
        f"study {place} is no study object of ClinicalTrials.gov: it has no"
        " protocolSection.identificationModule.nctId"
    )
    return Problem(message, remedy, file)


def _at(value: object, *keys: str) -> Any:  # noqa: ANN401  (anything may stand in JSON)
    """Return what stands under the keys; None where the way there is cut."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _text(value: object, *keys: str) -> str:
    found = _at(value, *keys)
    return plain(found) if isinstance(found, str) else ""


def _list(value: object, *keys: str) -> list[Any]:
    found = _at(value, *keys)
    return found if isinstance(found, list) else []


def _texts(value: object, *keys: str) -> list[str]:
    """Return the texts of a list, each once."""
    found = [plain(one) for one in _list(value, *keys) if isinstance(one, str)]
    return [one for one in dict.fromkeys(found) if one]


def _trial(study: object, file: str) -> FoundTrial:
    section = _at(study, "protocolSection")
    number = _text(section, "identificationModule", "nctId")
    phases = [PHASES[one] for one in _texts(section, "designModule", "phases") if one in PHASES]
    conditions = _texts(section, "conditionsModule", "conditions")
    arms = _arms(section, _started(study))
    remarks = []
    if len(conditions) > 1:
        remarks.append(
            f"the registry has several conditions, and tumour one: {'; '.join(conditions)}"
        )
    if any(arm.control for arm in arms):
        remarks.append("comparators are those of the registry's types of arms")
    if any(arm.n for arm in arms):
        remarks.append("n is the number that started, by the registry's flow of participants")
    return FoundTrial(
        source=f"{file}, {number}",
        registry=True,
        label=_text(section, "identificationModule", "acronym") or number,
        title=_text(section, "identificationModule", "briefTitle"),
        registry_id=number,
        tumour=conditions[0] if len(conditions) == 1 else "",
        phase="/".join(phases),
        arms=arms,
        remarks=tuple(remarks),
    )


def _arms(section: object, started: Mapping[str, int]) -> tuple[FoundArm, ...]:
    groups = [
        one for one in _list(section, "armsInterventionsModule", "armGroups") if _text(one, "label")
    ]
    kinds = [_text(one, "type") for one in groups]
    controls = [kind.endswith("COMPARATOR") or kind == "NO_INTERVENTION" for kind in kinds]
    others = {kind for kind, control in zip(kinds, controls, strict=True) if not control}
    told = controls.count(True) == 1 and others == {"EXPERIMENTAL"}
    labels = Counter(_text(one, "label").casefold() for one in groups)
    return tuple(
        FoundArm(
            label=_text(one, "label"),
            drug=_drugs(_texts(one, "interventionNames")),
            n=_of_one(labels, _text(one, "label").casefold(), started),
            control=control if told else None,
        )
        for one, control in zip(groups, controls, strict=True)
    )


def _of_one(labels: Mapping[str, int], label: str, started: Mapping[str, int]) -> int | None:
    """Return how many started in the arm of a label; None where two arms have it."""
    return started.get(label) if labels[label] == 1 else None


def _drugs(names: Sequence[str]) -> str:
    """Return the drugs of an arm: "Drug: Ipilimumab" without what stands before it."""
    return " + ".join(name.partition(": ")[2] for name in names if name.startswith(DRUGS))


def _started(study: object) -> dict[str, int]:
    """Return how many started, by the title of their group; nothing where the registry has none.

    Of a trial with several periods, the first: they are the patients that were allocated. A title
    that two groups have says of neither how many.
    """
    flow = _at(study, "resultsSection", "participantFlowModule")
    titles = {_text(one, "id"): _text(one, "title").casefold() for one in _list(flow, "groups")}
    times = Counter(titles.values())
    periods = _list(flow, "periods")
    found: dict[str, int] = {}
    for milestone in _list(periods[0] if periods else None, "milestones"):
        if _text(milestone, "type") != "STARTED":
            continue
        for one in _list(milestone, "achievements"):
            title, number = titles.get(_text(one, "groupId"), ""), _text(one, "numSubjects")
            # Python refuses to read thousands of digits
            count = int(number) if number.isdecimal() and len(number) <= 10 else 0
            if title and times[title] == 1 and 0 < count <= MOST_PATIENTS:
                found[title] = count
    return found
