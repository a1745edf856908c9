"""Everything that was read wrong, one by one."""

from collections.abc import Iterator, Sequence

from digitising_rows import ArmRow, FigureRow

__all__ = ["AXIS", "wrong_part"]

AXIS = 0.005
"""Axes whose error is above this share of the labelled range are wrong."""
FAR = 0.03
"""An error of durable response above this is listed."""


def wrong_part(figures: Sequence[FigureRow]) -> list[str]:
    """Return the list of all that is wrong, a line a file."""
    listed = [
        f"- {figure.set} {figure.figure}, {figure.kind}: {'; '.join(said)}"
        for figure in figures
        if (said := list(_wrong(figure)))
    ]
    return ["## All that is wrong", "", *(listed or ["Nothing."]), ""]


def _wrong(figure: FigureRow) -> Iterator[str]:
    """Yield what is wrong in one file."""
    if figure.status != "read":
        yield f"{figure.status}: {figure.reason}"
        return
    if figure.axes is not None and max(figure.axes) > AXIS:
        time, survival = figure.axes
        yield f"axes off by {time:.1%} (time) and {survival:.1%} (survival)"
    if figure.invented:
        yield f"{figure.invented} invented"
    for arm in figure.arms:
        yield from (f"{arm.label}: {said}" for said in _wrong_in(arm))
    if figure.extra_cells:
        yield f"{figure.extra_cells} numbers at risk at times that are not printed"


def _wrong_in(arm: ArmRow) -> Iterator[str]:
    """Yield what is wrong of one arm."""
    if arm.missed:
        yield "no curve"
        return
    if not arm.right:
        yield f"mean abs dS {arm.mean:.3f}, {'flagged' if arm.flagged else 'not flagged'}"
    if not arm.name_right:
        said = f"named {arm.read_as!r}" if arm.read_as else "no name"
        yield said + (", flagged" if arm.flagged else ", not flagged")
    yield from _wrong_cells(arm)
    for one in arm.durable:
        if one.true is None:
            continue
        if one.read is None and one.shown:
            yield f"S({one.k:g} medians) not estimable: {one.reason}"
        elif one.read is not None and abs(one.read - one.true) > FAR:
            yield f"S({one.k:g} medians) {one.read:.3f} for {one.true:.3f}"


def _wrong_cells(arm: ArmRow) -> Iterator[str]:
    """Yield the numbers at risk of an arm that were not read right."""
    for cell in arm.cells:
        if cell.read is None:
            yield f"{cell.n} at risk at {cell.time:g} not read"
        elif not cell.right:
            flag = "flagged" if cell.flagged else "not flagged"
            yield f"{cell.read} at risk at {cell.time:g} for {cell.n}, {flag}"
