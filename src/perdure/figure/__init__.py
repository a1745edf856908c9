"""What was published: pixels, paths and text; no meaning yet.

Needs the extra ``perdure[digitise]``: its modules are imported by name, when they are used.
"""

__all__: list[str] = []
