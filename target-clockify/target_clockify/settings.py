"""The settings of the target: their JSON Schema, and what they mean for a run."""

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
    th.Property("object", th.StringType, description="The object its rows are for, where its name does not tell."),
    th.Property("operation", th.StringType, allowed_values=list(OPERATIONS)),
    th.Property("match_on", _NAMES, description="Fields by which a row finds its object."),
    th.Property(
        "columns",
        th.ObjectType(additional_properties=th.AnyOf(th.StringType, th.ArrayType(th.StringType))),
        description="Fields by column, `{customer: name}`, and columns that are joined to one: "
        "`{start: [Date, Start time]}`.",
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
    th.Property("key", _NAMES, description="The columns that identify a row, in place of key_properties."),
    th.Property("rekey", th.BooleanType, description="Accept a changed key: rows find their objects by natural key."),
    th.Property(
        "layout",
        th.CustomType({"type": ["string", "object"]}),
        description="The layout of a file whose rows are pieces of work: `clockify`, `toggl`, `harvest`, `tempo`, one "
        "of `layouts`, or the layout itself.",
    ),
    th.Property(
        "create_missing",
        th.ArrayType(th.StringType(allowed_values=[*KINDS])),
        description="Takes the place of the setting of that name.",
    ),
    th.Property("day_start", th.StringType, description="Takes the place of the setting of that name."),
    th.Property("source", th.StringType, description="Whose keys its rows have: references stay within a source."),
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
        description="SQLAlchemy URL of the SQLite file, or the PostgreSQL, that remembers which row became which "
        "object. Keep it.",
    ),
    th.Property(
        "journal_days",
        th.IntegerType(minimum=0, maximum=36_500),
        title="Days of the journal",
        description="Forget the values that runs wrote and replaced after so many days; such runs cannot be undone any "
        "more. Default: they are kept.",
    ),
    th.Property(
        "journal_consequences",
        th.BooleanType,
        default=True,
        title="Consequences in the journal",
        description="Before a deletion, read what Clockify deletes and changes along with it (tasks of a project, time "
        "entries that lose it), so that undoing brings all of it back. false spares these requests.",
    ),
    th.Property(
        "rejects_path",
        th.StringType,
        default="target-clockify.rejects.jsonl",
        title="Rejects",
        description="File for the records that could not be written, ready to be mended and fed back.",
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
        description="What to do with a line of the input that is no Singer message: `stop` writes what came before it "
        "and ends the run, `reject` puts it into the rejects and goes on.",
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
        description="Send nothing and acknowledge no state; print on stderr what would change, field by field.",
    ),
    th.Property(
        "rebuild_ledger",
        th.BooleanType,
        default=False,
        title="Rebuild the ledger",
        description="Write nothing to Clockify and acknowledge no state; find the objects that rows became, by natural "
        "keys, `match_on`, or all that they were created with, and note them in the ledger.",
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
        description="Where a stream activates a new version, delete what this ledger created and the stream lacks now.",
    ),
    th.Property(
        "allow_empty",
        th.BooleanType,
        default=False,
        title="Allow empty streams",
        description="Let `delete_missing` delete all rows of a stream of which no record came.",
    ),
    th.Property(
        "max_deletes",
        th.IntegerType(minimum=0),
        title="Most deletes",
        description="Refuse further deletions beyond this many; `delete_missing` does not even begin with more.",
    ),
    th.Property(
        "allow_irreversible",
        th.BooleanType,
        default=False,
        title="Allow the irreversible",
        description="Insert also what the API cannot take back: workspaces and users.",
    ),
    th.Property(
        "on_unknown_stream",
        th.StringType,
        allowed_values=["fail", "skip"],
        default="fail",
        title="On an unknown stream",
        description="What to do with a stream whose name means nothing in Clockify.",
    ),
    th.Property(
        "copy_from",
        th.StringType,
        title="Copy from",
        description="Id of the workspace to copy, where the input holds rows of several: those of others are skipped. "
        "Rows of the workspace that is written to are no copy.",
    ),
    th.Property(
        "strict_copy",
        th.BooleanType,
        default=False,
        title="Strict copy",
        description="Count what a copy of a workspace cannot have as rejected. By default it is listed, and the run "
        "exits with 0.",
    ),
    th.Property(
        "time_zone",
        th.StringType,
        default=USER,
        title="Time zone",
        description="The zone of times without an offset: an IANA name (Europe/Zurich), or `user` for that of the "
        "person whom the row belongs to (of the key's owner, where it belongs to nobody).",
    ),
    th.Property(
        "create_missing",
        th.ArrayType(th.StringType(allowed_values=[*KINDS])),
        title="Create what is missing",
        description="What is created where rows name it and nothing has that name: `clients`, `projects`, `tasks`, "
        "`tags`. Default: nothing, and all of them for streams in a layout.",
    ),
    th.Property(
        "layouts",
        th.ObjectType(additional_properties=th.ObjectType(additional_properties=True)),
        title="Layouts",
        description="Layouts of your own, by name, for `layout` of a stream: see docs/files.md.",
    ),
    th.Property(
        "day_start",
        th.StringType,
        title="Start of the day",
        description="When the first entry of a day starts, in files that tell no time of day: 09:00 unless this or the "
        "layout says otherwise.",
    ),
    th.Property(
        "streams",
        th.ObjectType(additional_properties=_STREAM),
        title="Streams",
        description="What holds for single streams, by name: `object`, `operation` (auto, insert, update, upsert, "
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
"""What the names of the variables that hold settings begin with."""


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
        """Whether the run only rebuilds the ledger, from its input and from what Clockify holds, and sends no write."""
        return bool(self.config.get("rebuild_ledger"))

    @property
    def dry_run(self) -> bool:
        """Whether nothing is to be sent."""
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
