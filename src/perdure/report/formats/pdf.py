"""The report as PDF on A4, typeset by typst from the same blocks as the page."""

import json
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from perdure.plots.faces import in_own_face
from perdure.report.blocks import (
    Block,
    Bullets,
    Document,
    FigureBlock,
    Mention,
    Methods,
    Picture,
    Prose,
    ReferenceList,
    Section,
    Shown,
    TableBlock,
)
from perdure.report.formats.paper import columns_of, scale_on_paper
from perdure.report.formats.typesetting import typeset
from perdure.report.tables import Cell

__all__ = ["report_pdf"]


def report_pdf(document: Document) -> bytes:
    """Return the report as PDF: numbered pages, outlines, links, pictures as paths.

    The words go into typst as data and never as markup, so that nothing in a label can be taken
    for a command.
    """
    words = json.dumps(_document(document), ensure_ascii=False)
    pictures = {
        _file(picture): in_own_face(picture.svg).encode()
        for figure in document.figures
        for picture in figure.pictures
    }
    template = files("perdure.report").joinpath("templates", "report.typ").read_bytes()
    return typeset({"main.typ": template, "report.json": words.encode(), **pictures}, words)


def _document(document: Document) -> dict[str, Any]:
    return {
        "title": document.title,
        "question": document.question,
        "version": document.version,
        "summary": [_prose(one) for one in document.summary],
        "sections": [_section(one) for one in document.sections],
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "name": section.name,
        "number": section.number,
        "title": section.title,
        "blocks": [_block(block) for block in section.blocks],
        "sections": [_section(one) for one in section.sections],
    }


def _block(block: Block) -> dict[str, Any]:
    return {"kind": block.kind, **_content(block)}


def _content(block: Block) -> dict[str, Any]:
    match block:
        case Prose():
            found = _prose(block)
        case Bullets():
            found = {"items": list(block.items)}
        case Shown():
            found = _shown(block)
        case TableBlock():
            found = _table(block)
        case FigureBlock():
            found = _figure(block)
        case Methods():
            found = _methods(block)
        case ReferenceList():
            found = {"citations": [asdict(one) for one in block.citations]}
    return found


def _prose(prose: Prose) -> dict[str, Any]:
    return {"text": prose.text, "mentions": [_mention(one) for one in prose.mentions]}


def _shown(block: Shown) -> dict[str, Any]:
    return {
        "subjects": [
            {"text": subject, "mentions": [_mention(one) for one in mentions]}
            for subject, mentions in block.subjects
        ]
    }


def _mention(mention: Mention) -> dict[str, str]:
    return {"words": mention.words, "anchor": mention.anchor}


def _table(block: TableBlock) -> dict[str, Any]:
    table = block.table
    return {
        "number": block.number,
        "caption": table.caption,
        "notes": list(table.notes),
        "file": f"tables/{table.name}.csv",
        "heads": [_cell(head) for head in table.heads],
        "groups": [[[_cell(cell) for cell in row] for row in group] for group in table.groups],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    link = cell.link if cell.link.startswith("https://") else ""
    return {"text": cell.text, "numeric": cell.numeric, "span": cell.span, "link": link}


def _figure(block: FigureBlock) -> dict[str, Any]:
    return {
        "number": block.number,
        "caption": block.caption,
        "notes": list(block.notes),
        "columns": columns_of(block),
        "pictures": [
            {
                "file": _file(one),
                "alt": one.alt,
                "width": scale_on_paper(one, block) * one.points[0],
            }
            for one in block.pictures
        ],
    }


def _file(picture: Picture) -> str:
    return f"figures/{picture.name}.svg"


def _methods(block: Methods) -> dict[str, Any]:
    return {
        "paragraphs": [
            {
                "title": one.title,
                "pieces": [
                    {"text": piece, "key": "", "number": 0}
                    if isinstance(piece, str)
                    else {"text": "", "key": piece.key, "number": block.numbers[piece.key]}
                    for piece in one.pieces
                ],
            }
            for one in block.paragraphs
        ],
    }
