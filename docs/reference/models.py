"""The models of transform/: what one row of each model is, and every column."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from docs.reference.markdown import code, table

_MODELS = Path(__file__).parents[2] / "transform" / "models"


@cache
def _declared() -> list[dict[str, Any]]:
    files = [_MODELS / kind / f"{kind}.yml" for kind in ("dimensions", "facts", "marts")]
    return [model for file in files for model in yaml.safe_load(file.read_text(encoding="utf-8"))["models"]]


def overview() -> str:
    """Return one line per model."""
    rows = [
        (code(model["name"]), model["description"].strip().split(". ")[0].rstrip(".") + ".") for model in _declared()
    ]
    return table(("Model", "A row is"), rows)


def sections() -> str:
    """Return a section per model, with its columns."""
    parts = []
    for model in _declared():
        columns = [(code(column["name"]), column["description"]) for column in model["columns"]]
        parts.append(
            f"### {model['name']}\n\n{model['description'].strip()}\n\n{table(('Column', 'Meaning'), columns)}"
        )
    return "\n\n".join(parts)
