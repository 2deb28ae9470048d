"""The settings of the target: their JSON Schema, and what a run derives from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from clockify_client import configuration
from singer_sdk import typing as th

from target_clockify.understand.layouts import KINDS
from target_clockify.understand.zones import USER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clockify_client import Client

OPERATIONS = ("auto", "insert", "update", "upsert", "delete")
_NAMES = th.CustomType({"type": "array", "items": {"type": "string"}, "minItems": 1})

_STREAM = th.ObjectType(
    th.Property(
        "object",
        th.StringType,
        description="The object that its rows write, if the name of the stream is not that of an object.",
    ),
    th.Property("operation", th.StringType, allowed_values=list(OPERATIONS)),
    th.Property("match_on", _NAMES, description="Fields by which the object of a row is identified."),
    th.Property(
        "columns",
        th.ObjectType(additional_properties=th.AnyOf(th.StringType, th.ArrayType(th.StringType))),
        description="The field of each column, `{customer: name}`, and columns that are joined into one "
        "field: `{start: [Date, Start time]}`.",
    ),
    th.Property(
        "units",
        th.ObjectType(additional_properties=th.StringType),
        description="Units by column: `major` or `minor` for money, `hours`, `minutes` or `seconds` for durations.",
    ),
    th.Property(
        "formats",
        th.ObjectType(additional_properties=th.StringType),
        description="Formats of dates and times by column, as Python's strptime reads them: `%m/%d/%Y %I:%M %p`.",
    ),
    th.Property("empty", th.StringType, allowed_values=["ignore", "clear"]),
    th.Property("key", _NAMES, description="The columns that identify a row, instead of key_properties."),
    th.Property("rekey", th.BooleanType, description="Accept a changed key: rows find their objects by natural key."),
    th.Property(
        "layout",
        th.CustomType({"type": ["string", "object"]}),
        description="The layout of a file whose rows are time entries: `clockify`, `toggl`, `harvest`, `tempo`, one "
        "of `layouts`, or the layout itself.",
    ),
    th.Property(
        "create_missing",
        th.ArrayType(th.StringType(allowed_values=[*KINDS])),
        description="Overrides the setting of the same name.",
    ),
    th.Property("day_start", th.StringType, description="Overrides the setting of the same name."),
    th.Property(
        "source",
        th.StringType,
        description="The system that its keys come from; references are resolved within one source.",
    ),
    additional_properties=False,
)

_OWN: dict[str, Any] = th.PropertiesList(
    th.Property(
        "workspace_id",
        th.StringType,
        title="Workspace",
        description="Id of the workspace to write to. Default: the only one the key sees.",
    ),
    th.Property(
        "ledger_url",
        th.StringType,
        default="sqlite:///target-clockify.ledger.db",
        title="Ledger",
        description="SQLAlchemy URL of the ledger, a SQLite file or PostgreSQL, which remembers which row "
        "became which object. Keep it.",
    ),
    th.Property(
        "journal_days",
        th.IntegerType(minimum=0, maximum=36_500),
        title="Days of the journal",
        description="Delete the values that runs wrote and replaced after this number of days; older runs "
        "can no longer be undone. Default: values are kept.",
    ),
    th.Property(
        "journal_consequences",
        th.BooleanType,
        default=True,
        title="Consequences in the journal",
        description="Before a deletion, read the objects that Clockify deletes or changes with it (tasks of "
        "a project, time entries that lose it), and before a call the object that it changes, so "
        "that an undo restores all of them. false saves these requests.",
    ),
    th.Property(
        "rejects_path",
        th.StringType,
        default="target-clockify.rejects.jsonl",
        title="Rejects",
        description="File for the records that could not be written, to correct and load again.",
    ),
    th.Property(
        "on_reject",
        th.StringType,
        allowed_values=["continue", "fail_fast", "ignore"],
        default="continue",
        title="On reject",
        description="`continue` writes the rest and exits with 1, `fail_fast` stops at once, `ignore` exits with 0.",
    ),
    th.Property(
        "on_invalid",
        th.StringType,
        allowed_values=["stop", "reject"],
        default="stop",
        title="On an invalid line",
        description="What to do with an input line that is not a Singer message: `stop` writes the records "
        "before it and ends the run, `reject` puts the line into the rejects and continues.",
    ),
    th.Property(
        "max_rejects",
        th.IntegerType(minimum=0),
        title="Most rejects",
        description="Stop when more records than this have been rejected.",
    ),
    th.Property(
        "dry_run",
        th.BooleanType,
        default=False,
        title="Dry run",
        description="Send nothing and emit no STATE; print on stderr what would change, field by field.",
    ),
    th.Property(
        "rebuild_ledger",
        th.BooleanType,
        default=False,
        title="Rebuild the ledger",
        description="Write nothing to Clockify and emit no STATE; find the objects of rows by natural keys, "
        "`match_on`, or all fields of their creation, and record them in the ledger.",
    ),
    th.Property(
        "plan_path",
        th.StringType,
        title="Plan",
        description="File for the plan of a dry run, JSON lines, instead of stderr.",
    ),
    th.Property(
        "delete_missing",
        th.BooleanType,
        default=False,
        title="Delete missing",
        description="When a stream activates a new version, delete objects that were created with this "
        "ledger and whose rows are no longer in the stream.",
    ),
    th.Property(
        "allow_empty",
        th.BooleanType,
        default=False,
        title="Allow empty streams",
        description="Let `delete_missing` delete all objects of a stream without records.",
    ),
    th.Property(
        "max_deletes",
        th.IntegerType(minimum=0),
        title="Most deletes",
        description="The highest number of deletions in a run; `delete_missing` deletes nothing if it would "
        "exceed this number.",
    ),
    th.Property(
        "allow_irreversible",
        th.BooleanType,
        default=False,
        title="Allow the irreversible",
        description="Also insert objects that the API cannot delete: workspaces and users.",
    ),
    th.Property(
        "on_unknown_stream",
        th.StringType,
        allowed_values=["fail", "skip"],
        default="fail",
        title="On an unknown stream",
        description="What to do with a stream whose name is no object or procedure of Clockify.",
    ),
    th.Property(
        "copy_from",
        th.StringType,
        title="Copy from",
        description="Id of the workspace to copy, if the input has rows of several workspaces; rows of other "
        "workspaces are skipped. Rows of the destination itself are not a copy.",
    ),
    th.Property(
        "strict_copy",
        th.BooleanType,
        default=False,
        title="Strict copy",
        description="Count rows that cannot be copied to another workspace as rejected. By default they are "
        "listed, and the run exits with 0.",
    ),
    th.Property(
        "time_zone",
        th.StringType,
        default=USER,
        title="Time zone",
        description="The time zone of times without an offset: an IANA name (Europe/Zurich), or `user` for "
        "the zone of the row's person (of the key's owner if the row has no person).",
    ),
    th.Property(
        "create_missing",
        th.ArrayType(th.StringType(allowed_values=[*KINDS])),
        title="Create what is missing",
        description="Which kinds of objects are created if rows name an object that does not exist: "
        "`clients`, `projects`, `tasks`, `tags`. Default: none, but all of them for streams in a layout.",
    ),
    th.Property(
        "layouts",
        th.ObjectType(additional_properties=th.ObjectType(additional_properties=True)),
        title="Layouts",
        description="Your own layouts, by name, for the stream option `layout`: see docs/files.md.",
    ),
    th.Property(
        "day_start",
        th.StringType,
        title="Start of the day",
        description="When the first entry of a day starts, in files without times of day. Default: that of "
        "the layout, or 09:00.",
    ),
    th.Property(
        "streams",
        th.ObjectType(additional_properties=_STREAM),
        title="Streams",
        description="Options of individual streams, by name: `object`, `operation` (auto, insert, update, upsert, "
        "delete), `match_on`, `columns`, `units`, `formats`, `empty` (ignore, clear), `key`, `rekey`, "
        "`source`, `layout`, `create_missing`, `day_start`.",
    ),
).to_dict()

CONFIG_SCHEMA: dict[str, Any] = {
    **_OWN,
    "properties": {**configuration.connection_properties("write"), **_OWN["properties"]},
    "additionalProperties": False,
}
VARIABLES = "TARGET_CLOCKIFY_"
"""The prefix of the environment variables with settings."""


@dataclass(frozen=True)
class Settings:
    """The settings of a run, with their defaults filled in."""

    config: Mapping[str, Any]
    workspace_id: str
    streams: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, config: Mapping[str, Any], workspace_id: str) -> Settings:
        """Return the settings of a configuration for a workspace."""
        return cls(config, workspace_id, config.get("streams") or {})

    @property
    def allow_irreversible(self) -> bool:
        """Whether users and workspaces may be inserted."""
        return bool(self.config.get("allow_irreversible"))

    @property
    def time_zone(self) -> str:
        """The zone of times without an offset: an IANA name, or `user`."""
        return str(self.config.get("time_zone") or USER)

    @property
    def writes(self) -> bool:
        """Whether anything is written to Clockify."""
        return not (self.dry_run or self.rebuilds_ledger)

    @property
    def rebuilds_ledger(self) -> bool:
        """Whether the run only rebuilds the ledger from its input and from Clockify's objects, and sends no write."""
        return bool(self.config.get("rebuild_ledger"))

    @property
    def dry_run(self) -> bool:
        """Whether nothing is sent."""
        return bool(self.config.get("dry_run"))

    @property
    def max_deletes(self) -> int | None:
        """How many deletions are allowed, None for any number."""
        return self.config.get("max_deletes")


def client_of(config: Mapping[str, Any], program: str = "target-clockify") -> Client:
    """Return a client for these settings.

    Raises:
        ValueError: Settings contradict each other or a URL is not acceptable; the message names the setting.
    """
    return configuration.client_of(config, f"{program}/{version('target-clockify')}")
