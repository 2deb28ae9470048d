"""The pages: their links have targets, and quoted messages exist in the programs."""

from __future__ import annotations

import ast
import posixpath
import re
from typing import TYPE_CHECKING

import pytest
from tap_clockify.streams import STREAMS

from docs import tables
from docs.reference import pages, plans
from tests.docs.blocks import ROOT, texts

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = ("tap-clockify/tap_clockify", "clockify-client/clockify_client", "target-clockify/target_clockify")
FAQ = (ROOT / "docs" / "faq.md").read_text(encoding="utf-8").partition("## Loaders")[0]
QUOTED = re.findall(r"^\| `([^`]+)`", FAQ, re.MULTILINE)
TEXTS = texts()
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def said() -> list[str]:
    """Every text in the source of the programs."""
    files = [file for program in PROGRAMS for file in (ROOT / program).rglob("*.py")]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def test_every_message_of_the_faq_is_one_of_the_programs(said: list[str]) -> None:
    assert len(QUOTED) > 40
    for message in QUOTED:
        parts = [part.strip() for part in message.split("…") if part.strip()]
        missing = [part for part in parts if not any(part in text for text in said)]
        assert missing == [], message


def anchors(text: str) -> set[str]:
    """The anchors of the headings of a page, as MkDocs and GitHub make them."""
    titles = re.findall(r"^#{1,6} (.+)$", _FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", title.lower()).strip()) for title in titles}


@pytest.mark.parametrize("page", sorted(TEXTS))
def test_links_have_targets(page: str) -> None:
    for target in _LINK.findall(_FENCED.sub("", TEXTS[page])):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        place = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
        assert place in TEXTS or (ROOT / place).exists(), target
        if anchor and place in TEXTS:
            assert anchor in anchors(TEXTS[place]), target


def test_readers_of_the_repository_find_every_page_from_the_readme() -> None:
    linked = set(_LINK.findall(TEXTS["README.md"]))
    written = {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} - {"docs/index.md"}
    assert {place for place in written if not place.startswith("docs/recipes")} <= linked


def test_every_feature_that_a_stream_needs_is_in_a_plan() -> None:
    features = {one.source.endpoint.feature for one in STREAMS if one.source.endpoint}
    assert features <= plans.PLAN_OF_FEATURE.keys()


def test_an_unknown_part_of_a_page_is_refused() -> None:
    with pytest.raises(KeyError, match="no such part"):
        pages.filled("text\n<!-- made: no such part -->\n")


@pytest.mark.parametrize("document", tables.DOCUMENTS)
def test_the_table_of_a_package_is_that_of_the_code(document: str) -> None:
    before, after = tables.rewritten(document)
    assert before == after, "run `python docs/tables.py`"


def test_a_table_without_markers_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "clockify-sandbox").mkdir()
    (tmp_path / "clockify-sandbox" / "README.md").write_text("no markers\n", encoding="utf-8")
    monkeypatch.setattr(tables, "ROOT", tmp_path)
    with pytest.raises(ValueError, match="has no markers for the table"):
        tables.rewritten("clockify-sandbox/README.md")
