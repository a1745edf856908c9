"""From a published figure to curves and numbers at risk.

Needs the extra ``perdure[digitise]``; names are loaded on first use, and say what to install.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from perdure.errors import PerdureError

if TYPE_CHECKING:
    from perdure.digitise.door import digitise
    from perdure.digitise.found import Digitised, DigitisedArm
    from perdure.digitise.given import Known

__all__ = ["Digitised", "DigitisedArm", "Known", "digitise"]

_HOME = {
    "Digitised": "found",
    "DigitisedArm": "found",
    "Known": "given",
    "digitise": "door",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"perdure.digitise.{_HOME[name]}"), name)
    except ModuleNotFoundError as missing:
        if missing.name and missing.name.startswith("perdure"):
            raise
        raise PerdureError(
            f"digitising needs '{missing.name}'. Install it with: pip install 'perdure[digitise]'"
        ) from missing
