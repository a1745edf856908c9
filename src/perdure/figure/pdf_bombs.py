"""Tiny PDFs that unpack to gigabytes, found before anything is unpacked for good."""

import re
import zlib
from pathlib import Path

__all__ = ["unpacks_to_too_much"]

_MOST = 200_000_000  # bytes of one stream
_BEST_RATIO = 1100  # of zlib: shorter streams than _MOST over this cannot reach it
_PIECE = 4_000_000
_STREAM = re.compile(rb"(?<!end)stream\r?\n")


def unpacks_to_too_much(path: Path) -> bool:
    """Tell whether a stream of a PDF that is no picture unpacks to more than 200 MB.

    Pictures are unpacked line by line when they are drawn, and may be large.
    """
    data = path.read_bytes()
    for found in _STREAM.finditer(data):
        head = data[max(data.rfind(b"obj", 0, found.start()), found.start() - 2000) : found.start()]
        if (b"/FlateDecode" not in head and b"/Fl " not in head) or b"/Image" in head:
            continue
        end = data.find(b"endstream", found.end())
        end = len(data) if end < 0 else end
        if end - found.end() > _MOST / _BEST_RATIO and _is_large(data, found.end(), end):
            return True
    return False


def _is_large(data: bytes, start: int, end: int) -> bool:
    unpacker = zlib.decompressobj()
    total = 0
    rest = data[start:end]
    try:
        while rest and total <= _MOST:
            total += len(unpacker.decompress(rest, _PIECE))
            rest = unpacker.unconsumed_tail
    except zlib.error:
        return False  # damaged: the reader of the file says so
    return total > _MOST
