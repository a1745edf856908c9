"""The formats of a report: a page, a PDF, a text to edit, a workbook, files of figures.

Each is made of the same `perdure.report.blocks.Document` and returns bytes; what is optional needs
the extra ``perdure[report]``, whose libraries are loaded when they are used.
"""
