"""One trial's curves with their durable response, without a study around them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from perdure.plots.curves import panel_figure
from perdure.plots.lettering import printable
from perdure.plots.style import Kind, drawing, figure_bytes
from perdure.records import (
    AnalysisResult,
    Arm,
    ArmEstimate,
    ArmResult,
    DurableResponse,
    Patients,
    Trial,
    months_per,
    time_unit,
)

__all__ = ["durability_panel"]


def durability_panel(
    arms: Mapping[str, Patients],
    responses: Sequence[DurableResponse],
    *,
    title: str = "",
    labels: Mapping[str, str] | None = None,
    comparators: Mapping[str, str | None] | None = None,
    kind: Kind = "svg",
) -> bytes:
    """Draw the arms of one trial as `curve_panel` does, without a study around them; in months.

    Parameters
    ----------
    arms : mapping of str to Patients
    responses : sequence of DurableResponse
        Of these arms, under one reference; in any unit of time.
    title : str
    labels : mapping of str to str, optional
        What people read for an arm.
    comparators : mapping of str to str or None, optional
        Each arm's control; controls are drawn in grey.
    kind : {"svg", "png", "pdf"}

    Returns
    -------
    bytes
        The whole file; the same for the same input, to the byte.

    Raises
    ------
    ValueError
        If there is no arm, or the responses are of several references.

    Examples
    --------
    >>> from perdure.durable import durable_response
    >>> patients = Patients([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 1, 1, 1, 0, 0])
    >>> found = durable_response(patients, k=1.5, reference="own")
    >>> durability_panel({found.arm: patients}, [found]).startswith(b"<?xml")
    True
    """
    references = {response.reference for response in responses}
    if len(references) > 1:
        raise ValueError(f"one reference a panel, and not {', '.join(sorted(references))}")
    names, controls = labels or {}, comparators or {}
    name = printable(title) or "Durable response"
    trial = Trial(
        "",
        name,
        arms=tuple(Arm("", arm, names.get(arm, arm), comparator=controls.get(arm)) for arm in arms),
    )
    analysis = AnalysisResult(
        "",
        "Survival",
        "",
        primary=True,
        arms=tuple(ArmResult(arm, "patients", one, None, None, None) for arm, one in arms.items()),
        estimates=tuple(
            ArmEstimate(
                "",
                "Survival",
                "",
                primary=True,
                source="patients",
                response=_in_months(response),
            )
            for response in responses
        ),
        contrasts=(),
    )
    with drawing():
        figure = panel_figure(analysis, trial, "Survival", next(iter(references), "own"))
        return figure_bytes(figure, name, kind)


def _in_months(response: DurableResponse) -> DurableResponse:
    """Return a response with its times in months; its reason keeps the words it has."""
    unit = months_per(time_unit(response.time_unit))

    def converted(time: float | None) -> float | None:
        return None if time is None else time * unit

    return replace(
        response,
        median=converted(response.median),
        median_low=converted(response.median_low),
        median_high=converted(response.median_high),
        follow_up=converted(response.follow_up),
        threshold=converted(response.threshold),
        time_unit="months",
    )
