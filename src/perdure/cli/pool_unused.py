"""Options of ``perdure pool`` that were given and have nothing to do."""

import typer

from perdure.cli.pool_counts import COUNTED
from perdure.cli.say import say

__all__ = ["note_unused"]

WITH = {
    "cluster": ("robust",),
    "year": ("checks",),
    "reference": ("moderators",),
    "missing": ("moderators",),
    "scale": ("out",),
    "adjust": ("by",),
    "margin": ("by",),
    "planned": ("true_effect", "half_width"),
}
"""What an option belongs to, by the names of the function's parameters: any of these."""
OF_MODEL = {
    "outcome": ("multivariate",),
    "structure": ("multivariate",),
    "correlation": ("multivariate",),
    "events": COUNTED,
    "n": COUNTED,
    "control_events": COUNTED,
    "control_n": COUNTED,
}
"""The models that an option belongs to."""
OF_COUNTS = frozenset({"table", "trial", "model", "measure", "scale", "out", "level", "as_json"})
"""What a model of counts uses beside their columns."""


def note_unused(context: typer.Context, model: str) -> None:
    """Say which options have nothing to do, and what they belong to."""
    names = {one.name: one.opts[0] for one in context.command.params if one.name}
    given = [name for name in names if _was_given(context, name)]
    for name in given:
        owner = _owner(name, given, names, model)
        if owner:
            say(f"note: {names[name]} is not used: it belongs to {owner}")


def _was_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _owner(name: str, given: list[str], names: dict[str, str], model: str) -> str:
    """Return what an option belongs to, where that is not there."""
    if name in OF_MODEL:
        wanted = OF_MODEL[name]
        return "" if model in wanted else f"--model {' or '.join(wanted)}"
    if model in COUNTED:
        return "" if name in OF_COUNTS else "a table of estimates"
    if name == "measure":
        return "" if "planned" in given else "--planned or counts"
    owners = WITH.get(name, ())
    idle = bool(owners) and not any(owner in given for owner in owners)
    return " or ".join(names[owner] for owner in owners) if idle else ""
