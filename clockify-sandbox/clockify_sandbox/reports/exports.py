"""Reports as files."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from clockify_sandbox.answers import Answer
from clockify_sandbox.pdf import pdf

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clockify_sandbox.reports.request import ExportType

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date in a ZIP file; the current time would change the bytes
_ROWS_OF_PDF = 40  # the number of lines on the single page
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org"
_MAIN = f"{_OFFICE}/spreadsheetml/2006/main"
_RELATIONS = f"{_OFFICE}/officeDocument/2006/relationships"
_PACKAGE = f"{_OFFICE}/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_MEDIA_TYPES = {
    "PDF": "application/pdf",
    "CSV": "text/csv",
    "XLSX": f"{_SHEET_TYPE}.sheet",
    "ZIP": "application/zip",
}


@dataclass(frozen=True)
class Sheet:
    """A table with a title; `attachments` are files that belong to it: (file name, content)."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    attachments: list[tuple[str, bytes]] = field(default_factory=list)


def is_file(export_type: ExportType) -> bool:
    """Whether an export type asks for a file instead of JSON."""
    return export_type in _MEDIA_TYPES


def download(sheet: Sheet, export_type: ExportType) -> Answer:
    """The response with a report as a file."""
    table = _csv(sheet)
    content = {
        "CSV": lambda: table,
        "PDF": lambda: pdf(_lines(sheet)),
        "XLSX": lambda: _xlsx(sheet),
        "ZIP": lambda: _zip(sheet.attachments or [(f"{sheet.title}.csv", table)]),
    }[export_type]()
    name = f"{sheet.title.replace(' ', '_')}.{export_type.lower()}"
    return Answer(200, content, {"Content-Disposition": f'attachment; filename="{name}"'}, _MEDIA_TYPES[export_type])


def _lines(sheet: Sheet) -> list[str]:
    rows = [" | ".join("" if value is None else str(value) for value in row) for row in sheet.rows[:_ROWS_OF_PDF]]
    left_out = len(sheet.rows) - len(rows)
    return [sheet.title, " | ".join(sheet.columns), *rows, *([f"and {left_out} more rows"] if left_out else [])]


def _csv(sheet: Sheet) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([sheet.columns, *sheet.rows])
    return text.getvalue().encode()


def _zip(files: Iterable[tuple[str, bytes | str]]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def _xlsx(sheet: Sheet) -> bytes:
    rows = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in (sheet.columns, *sheet.rows))
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SHEET_TYPE}.worksheet+xml"/></Types>',
        "_rels/.rels": _related("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
        '<sheet name="Report" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _related("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>',
    }
    return _zip((path, _XML + text) for path, text in parts.items())


def _related(kind: str, target: str) -> str:
    relation = f'<Relationship Id="rId1" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{relation}</Relationships>'


def _cell(value: object) -> str:
    if isinstance(value, (int, float)):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape("" if value is None else str(value))}</t></is></c>'
