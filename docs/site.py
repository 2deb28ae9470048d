"""MkDocs hooks: add the generated pages, and the pages from other folders of the repository.

`make docs` builds the site into site/. A link to a file that is not a page, such as a DAG, becomes plain text, since
the site contains pages only.
"""

from __future__ import annotations

import posixpath
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from mkdocs.structure.files import File  # noqa: E402

from docs.reference import pages  # noqa: E402

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ELSEWHERE = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "orchestrate/README.md": "orchestrate.md",
    "clockify-sandbox/README.md": "clockify-sandbox.md",
}
"""Pages outside docs/, and their paths in the site."""

HOME = {"README.md": "index.md"}
"""Files for readers of the repository; the site has its own page instead."""

_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s#]+\.[\w]+|[^)\s#:]+)(#[^)\s]*)?\)")
_ORIGIN = {place: source for source, place in ELSEWHERE.items()}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not in docs/."""
    for place, text in pages.whole_pages().items():
        files.append(File.generated(config, place, content=text))
    for source, place in ELSEWHERE.items():
        if (ROOT / source).exists() and not files.get_file_from_path(place):
            files.append(File.generated(config, place, content=(ROOT / source).read_text(encoding="utf-8")))
    known = {file.src_uri for file in files.documentation_pages()}
    config.nav = _expanded(config.nav or [], known)
    listed = set(_listed(config.nav))
    if more := sorted(known - listed):
        config.nav.append({"More": more})
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Insert the generated parts, and change links to files of the repository into links to their pages."""
    origin = _ORIGIN.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    known = {file.src_uri for file in files}

    def pointed(match: re.Match[str]) -> str:
        text, target, anchor = match[1], match[2], match[3] or ""
        if "://" in target:
            return match[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), target))
        place = {**ELSEWHERE, **HOME}.get(path) or path.removeprefix("docs/")
        if place in known:
            return f"[{text}]({posixpath.relpath(place, posixpath.dirname(page.file.src_uri) or '.')}{anchor})"
        return text if (ROOT / path).exists() else match[0]

    return _LINK.sub(pointed, pages.filled(markdown))


def _expanded(entries: list[Any], known: set[str]) -> list[Any]:
    """Return the navigation, with placeholders such as `streams: made` or `recipes: recipes*` expanded."""
    expanded: list[Any] = []
    for entry in entries:
        if isinstance(entry, dict):
            ((title, value),) = entry.items()
            if isinstance(value, list):
                expanded.append({title: _expanded(value, known)})
                continue
            if value in pages.navigation():
                families = pages.navigation()[value]
                expanded += [{family: some} for family, some in families.items() if family]
                expanded += families.get("", [])
                continue
            if value.endswith("*"):
                some = sorted(place for place in known if place.startswith(value[:-1]))
                expanded += [{title: some}] if some else []
                continue
        place = next(iter(entry.values())) if isinstance(entry, dict) else entry
        if place in known:
            expanded.append(entry)
    return expanded


def _listed(entries: list[Any]) -> list[str]:
    found: list[str] = []
    for entry in entries:
        value = next(iter(entry.values())) if isinstance(entry, dict) else entry
        found += _listed(value) if isinstance(value, list) else [value]
    return found
