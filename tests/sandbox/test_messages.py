"""The messages of errors: all that the code can raise, in every language, with every placeholder filled."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any, get_args

import clockify_sandbox
import pytest
from clockify_sandbox import messages
from clockify_sandbox.messages import Message
from clockify_sandbox.world_options import Language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import StartSandbox

ID = "64a687e29ae1f428e7ebe303"
LANGUAGES: tuple[Language, ...] = get_args(Language)
CATALOGUE = {name: value for name, value in vars(messages).items() if isinstance(value, Message)}
SAME_EVERYWHERE = {"WEBHOOK"}
ENGLISH = re.compile(
    r"\b(the|is|are|not|must|of|cannot|can't|with|for|does|doesn't|found|please|only|than|valid)\b", re.IGNORECASE
)
QUOTED = re.compile(r"'[^']*'|\[[^]]*\]|com\.\S+|yyyy\S+")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def modules() -> Iterator[ast.Module]:
    for folder in clockify_sandbox.__path__:
        for file in Path(folder).rglob("*.py"):
            if file.name != "messages.py":
                yield ast.parse(file.read_text(encoding="utf-8"))


def uses() -> Iterator[tuple[str, set[str] | None]]:
    """Every mention of a message in the code, with the names of the values it is given there; None without any."""
    for module in modules():
        called: set[int] = set()
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_message(node.func):
                called.add(id(node.func))
                yield node.func.attr, {keyword.arg for keyword in node.keywords if keyword.arg}
            elif isinstance(node, ast.Attribute) and _is_message(node) and id(node) not in called:
                yield node.attr, None


def _is_message(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "messages"


def test_the_code_raises_every_message_of_the_catalogue_and_no_other() -> None:
    assert {name for name, _ in uses()} == set(CATALOGUE)
    assert len(CATALOGUE) > 100


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_message_exists_in_every_language(name: str) -> None:
    message = CATALOGUE[name]
    texts = [message.en, message.es, message.de]
    assert all(text.strip() for text in texts)
    if name not in SAME_EVERYWHERE and " " in message.en:
        assert len(set(texts)) == 3
    for text in (message.es, message.de):
        assert placeholders(message.en) - placeholders(text) <= {"reason", "title"}
        assert ENGLISH.findall(QUOTED.sub("", text)) == []


def test_every_placeholder_is_filled_where_a_message_is_raised() -> None:
    from_patterns = {"LENGTH_AT_LEAST", "LENGTH_AT_MOST", "AT_LEAST", "AT_MOST", "MUST_MATCH"}  # binding fills these
    wrong = []
    for name, values in uses():
        message = CATALOGUE[name]
        wanted = placeholders(message.en) | placeholders(message.es) | placeholders(message.de)
        if wanted != (values or set()) and not (values is None and name in from_patterns):
            wrong.append((name, wanted, values))
    assert wrong == []


@pytest.mark.parametrize(
    ("route", "body", "refused", "said"),
    [
        ("GET /nowhere", None, (404, 3000), ("No existe el recurso v1/nowhere.", "Die Ressource v1/nowhere gibt es")),
        (
            f"GET /workspaces/{{ws}}/projects/{ID}",
            None,
            (400, 501),
            ("Proyecto no pertenece a Espacio de trabajo", "Projekt gehört nicht zu: Arbeitsbereich"),
        ),
        ("GET /workspaces/{ws}/clients?page-size=0", None, (400, 501), ("tamaño de página", "Seitengröße")),
        ("GET /workspaces/{ws}/projects?archived=maybe", None, (400, 3000), ("no se pudo convertir", "umgewandelt")),
        ("POST /workspaces/{ws}/clients", {"name": ""}, (400, 501), ("no debe estar vacío", "darf nicht leer sein")),
        ("POST /workspaces/{ws}/clients", {"name": "x" * 101}, (400, 501), ("máxima es 100", "höchstens 100 sein")),
        (
            "POST /workspaces/{ws}/clients",
            {"name": {}},
            (400, 3002),
            ("analizar el JSON en [name]", "JSON bei [name]"),
        ),
        ("POST /workspaces/{ws}/clients", {}, (400, 501), ("no debe ser nulo", "darf nicht null sein")),
        (
            "PUT /workspaces/{ws}",
            {},
            (405, 3000),
            ("El método 'PUT' no es compatible", "Die Methode 'PUT' wird nicht"),
        ),
    ],
)
def test_status_and_code_are_the_same_in_every_language(
    sandbox: StartSandbox, route: str, body: Any, refused: tuple[int, int], said: tuple[str, str]
) -> None:
    box = sandbox()
    method, path = route.split()
    english = box.call(method, path, body)
    assert (english.status_code, english.json()["code"]) == refused
    for language, part in zip(("es", "de"), said, strict=True):
        box.world(language=language)
        answer = box.call(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == refused
        assert part in answer.json()["message"]
        assert answer.json()["message"] != english.json()["message"]


def test_the_other_hosts_and_the_credentials_speak_the_language_too(sandbox: StartSandbox) -> None:
    box = sandbox(world={"language": "es"})
    assert box.call("GET", "/user", key="nobody").json() == {"message": "La clave API no existe", "code": 4003}
    summary = {"dateRangeStart": "2026-11-01T00:00:00Z", "dateRangeEnd": "2026-11-02T00:00:00Z"}
    answer = box.call("POST", "/workspaces/{ws}/reports/summary", summary, host="report")
    assert (answer.status_code, answer.json()) == (400, {"code": 501, "message": "Selecciona un filtro resumido."})
    wrong_verb = box.call("GET", "/workspaces/{ws}/audit-log", host="auditlog")
    assert (wrong_verb.status_code, "Método no permitido" in wrong_verb.text) == (405, True)


def test_the_refusal_of_a_plan_speaks_of_the_subscription(sandbox: StartSandbox) -> None:
    box = sandbox(plan="FREE", world={"language": "es", "plan_refusal": "400"})
    answer = box.call("GET", "/workspaces/{ws}/expenses")
    assert (answer.status_code, answer.json()) == (400, {"message": "Sin suscripción activa", "code": 501})
