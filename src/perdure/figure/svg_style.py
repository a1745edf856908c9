"""What an SVG's element looks like: attributes, style, rules of <style>, and what is inherited."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import svgelements

from perdure.figure.page import Colour

__all__ = ["Rules", "Style", "colour_of", "length_of", "own_style"]

Style = dict[str, str]

_INHERITED = frozenset(
    [
        "fill",
        "stroke",
        "stroke-width",
        "stroke-dasharray",
        "fill-opacity",
        "stroke-opacity",
        "font-size",
        "font-family",
        "text-anchor",
        "visibility",
        "color",
        "letter-spacing",
        "dominant-baseline",
        "font-weight",
    ]
)
_OWN = frozenset(("opacity", "clip-path", "display", "font", "transform", "stop-color"))
_UNITS = {"px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}
_MOST_RULES = 2000


@dataclass(frozen=True)
class _Rule:
    """One selector of a style sheet: its compounds from the outermost, and what it sets."""

    compounds: tuple[tuple[str, str, frozenset[str]], ...]
    weight: tuple[int, int, int]
    sets: Mapping[str, str]


class Rules:
    """The rules of a style sheet; those within @media and the like are left out.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> from lxml import etree
    >>> element = etree.fromstring('<svg><g class="km"><line/></g></svg>')[0][0]
    >>> Rules(".km line, #a { stroke: red }").of(element, "line")
    {'stroke': 'red'}
    """

    def __init__(self, text: str) -> None:
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        rules: list[_Rule] = []
        for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", text):
            sets = _declarations(body)
            for selector in selectors.split(","):
                compounds = _compounds(selector)
                if compounds and sets and len(rules) < _MOST_RULES:
                    rules.append(_Rule(compounds, _weight(compounds), sets))
        self._rules = sorted(rules, key=lambda rule: rule.weight)
        self._alike: dict[tuple[str, str, str], list[_Rule]] = {}

    def of(self, element: Any, tag: str) -> dict[str, str]:  # noqa: ANN401  # lxml has no types
        """Return what the rules set for an element, the weightiest rule last."""
        if not self._rules:
            return {}
        # Elements are many and their classes few: ancestors alone are looked at each time.
        key = (tag, element.get("class", ""), element.get("id", ""))
        if key not in self._alike:
            self._alike[key] = [r for r in self._rules if _is(element, tag, r.compounds[-1])]
        found: dict[str, str] = {}
        for rule in self._alike[key]:
            if len(rule.compounds) == 1 or _has_ancestors(element, rule):
                found.update(rule.sets)
        return found


def _compounds(selector: str) -> tuple[tuple[str, str, frozenset[str]], ...]:
    """Return the parts of a selector; nothing where one of them is of a kind not known here."""
    parts = [_compound(part) for part in re.split(r"[\s>]+", selector.strip())]
    known = tuple(part for part in parts if part is not None)
    return known if len(known) == len(parts) else ()


def _weight(compounds: tuple[tuple[str, str, frozenset[str]], ...]) -> tuple[int, int, int]:
    return (
        sum(bool(one[1]) for one in compounds),
        sum(len(one[2]) for one in compounds),
        sum(one[0] not in {"", "*"} for one in compounds),
    )


def _compound(part: str) -> tuple[str, str, frozenset[str]] | None:
    found = re.fullmatch(r"([\w*-]*)((?:[.#][\w-]+)*)", part)
    if found is None or not part:
        return None
    names = re.findall(r"([.#])([\w-]+)", found[2])
    return (
        found[1],
        next((name for sign, name in names if sign == "#"), ""),
        frozenset(name for sign, name in names if sign == "."),
    )


def _declarations(body: str) -> dict[str, str]:
    sets: dict[str, str] = {}
    for part in body.split(";"):
        name, colon, value = part.partition(":")
        if colon:
            sets[name.strip().lower()] = value.replace("!important", "").strip()
    return sets


def own_style(
    element: Any,  # noqa: ANN401  # lxml has no types
    tag: str,
    inherited: Style,
    rules: Rules,
) -> Style:
    """Return the style of an element: attributes, then rules, then its style, over its parent's."""
    style = {name: value for name, value in inherited.items() if name in _INHERITED}
    for name, value in element.attrib.items():
        if name in _INHERITED or name in _OWN:
            style[name] = value.strip()
    style.update(rules.of(element, tag))
    if "style" in element.attrib:
        style.update(_declarations(element.attrib["style"]))
    if "font" in style:
        size = re.search(r"(?:^|\s)([\d.]+(?:px|pt|em|%)?)(?:/\S+)?\s", style.pop("font") + " ")
        if size:
            style["font-size"] = size[1]
    for name in [name for name, value in style.items() if value == "inherit"]:
        del style[name]
        if name in inherited:
            style[name] = inherited[name]
    return style


def _has_ancestors(element: Any, rule: _Rule) -> bool:  # noqa: ANN401
    ancestors = element.iterancestors()
    for compound in reversed(rule.compounds[:-1]):
        if not any(_is(one, str(one.tag).rpartition("}")[2], compound) for one in ancestors):
            return False
    return True


def _is(
    element: Any,  # noqa: ANN401
    tag: str,
    compound: tuple[str, str, frozenset[str]],
) -> bool:
    kind, name, classes = compound
    return (
        kind in {"", "*", tag}
        and (not name or element.get("id") == name)
        and (not classes or classes <= set(element.get("class", "").split()))
    )


def length_of(text: str | None, whole: float = 0.0, em: float = 16.0) -> float | None:
    """Return a length in CSS pixels; per cent are of ``whole``; None where it cannot be read.

    Examples
    --------
    >>> length_of("72pt"), length_of("50%", 300.0), length_of("wide")
    (96.0, 150.0, None)
    """
    found = re.fullmatch(r"\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*([a-z%]*)\s*", text or "")
    if found is None:
        return None
    try:
        number = float(found[1])
    except ValueError:
        return None
    if found[2] == "%":
        return number * whole / 100
    if found[2] in {"em", "rem"}:
        return number * em
    return number * _UNITS.get(found[2], 1.0)


def colour_of(text: str, current: str = "black") -> tuple[Colour, float] | None:
    """Return a colour with its opacity; None for ``none``; grey for patterns and gradients.

    Examples
    --------
    >>> colour_of("#ff0000"), colour_of("none"), colour_of("url(#shade)")
    (((255, 0, 0), 1.0), None, ((128, 128, 128), 1.0))
    """
    text = text.strip()
    if text.lower() == "currentcolor":
        text = current
    if text in {"none", "transparent", ""}:
        return None
    if text.startswith("url("):
        return (128, 128, 128), 1.0
    try:
        found = svgelements.Color(text)
        if found.value is None:
            return (0, 0, 0), 1.0
        return (int(found.red), int(found.green), int(found.blue)), found.alpha / 255
    except (ValueError, TypeError, AttributeError):
        return (0, 0, 0), 1.0
