"""Types for declarations of writable objects: their fields, and the calls that create, change and delete them.

Records have the shape in which the tap reads them. If Clockify expects another key or unit in a write, the field
declares it. If an update needs several calls, the object declares them as parts, each with its fields.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from clockify_client import Host

from target_clockify.naming import folded

if TYPE_CHECKING:
    from clockify_client import Endpoint

    from target_clockify.model.values import Kind

State = dict[str, Any]
"""The fields of one object in the shape of the tap's records."""

UNKNOWN: Any = object()
"""Marks a field of a new object that Clockify fills in from its settings without returning the value."""


class Operation(enum.StrEnum):
    """The operation that a record asks for."""

    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    CALL = "CALL"


@dataclass(frozen=True)
class Field:
    """One field of an object.

    Attributes:
        name: Its name in read objects.
        kind: The kind of its values.
        key: Its name in requests, if different.
        write: Converts a value for a request, if units or shapes differ.
        aliases: Additional column names, in any spelling; the name in requests is always accepted.
        read: Converts a value in the shape of a request to the shape of the tap.
        refers: Which object its ids refer to: `clients`, or by path inside the value, `{"[].userId": "users"}`;
            `projects|users` if it may be one of several.
        rules: Additional JSON Schema for both operations; `on_insert` and `on_update` for one of them.
        clearable: null empties the field; otherwise null leaves it unchanged.
        cleared: The value that empties it.
        fixed: It cannot change after the insert.
        modifier: It is sent with a write, but never compared: a query flag, the mode of a filter.
        qualifies: The field that a modifier belongs to.
        reset: Clockify does not return it, and an update without it resets it to the default.
        initial: It is set in a new object and never compared afterwards, since it cannot be changed.
        unreadable: Clockify does not return it, so it is written whenever its record is new or has changed.
        outgrown: Whether, given the current object and a value, Clockify itself has changed the field after that value
            was written, so that writing it again would be wrong.
        adds_up: The summary of a run reports its sum: hours of an interval, an amount of money.
        priced_by: For a quantity, the field whose object has the price of one unit.
        price: Returns that price from the object, in minor units.
        comes_back: A value that is read can be written to a new object.
        description: For the reference: unit, meaning.
    """

    name: str
    kind: Kind
    key: str = ""
    write: Callable[[Any], Any] | None = None
    aliases: tuple[str, ...] = ()
    read: Callable[[Any], Any] | None = None
    refers: str | Mapping[str, str] = ""
    rules: Mapping[str, Any] = field(default_factory=dict)
    on_insert: Mapping[str, Any] = field(default_factory=dict)
    on_update: Mapping[str, Any] = field(default_factory=dict)
    clearable: bool = True
    fixed: bool = False
    modifier: bool = False
    qualifies: str = ""
    reset: bool = False
    initial: bool = False
    unreadable: bool = False
    outgrown: Callable[[State, Any], bool] | None = None
    cleared: Any = None
    adds_up: bool = False
    priced_by: str = ""
    price: Callable[[State], int] | None = None
    comes_back: bool = True
    description: str = ""

    @property
    def written_as(self) -> str:
        """The name of the field in a request body."""
        return self.key or self.name

    def written(self, value: Any) -> Any:
        """Return a value in the form of a request body."""
        if value is None:
            return self.cleared
        return self.write(value) if self.write else value

    def same(self, one: Any, other: Any) -> bool:
        """Return whether two values mean the same."""
        return bool(one == other or self.kind.canonical(one) == self.kind.canonical(other))


@dataclass(frozen=True)
class Call:
    """One request to send; its path is filled from the ids of the change.

    Attributes:
        after: The values of fields after the call, if its part adds; otherwise None.
    """

    method: str
    path: str
    json: Any = None
    params: Mapping[str, Any] = field(default_factory=dict)
    form: tuple[tuple[str, Any], ...] | None = None
    host: Host = Host.CORE
    ids: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Change:
    """The data from which a part makes its calls.

    Attributes:
        ids: Workspace, parents and `id`, for paths.
        current: The current object.
        desired: The wanted object: the current fields, overlaid with the record's.
        changed: Names of the fields that differ.
        given: The record's own fields, including modifiers.
        beside: The rows of other lists that writes of the object need, see `WritableObject.beside`.
    """

    ids: Mapping[str, Any]
    current: State
    desired: State
    changed: frozenset[str]
    given: State
    beside: Mapping[str, Sequence[State]] = field(default_factory=dict)


_FORMS: dict[Any, type] = {"array": list, "object": dict}
_SCALAR = {"string", "integer", "number", "boolean"}

Shape = Callable[[Change, State], State]
"""Completes a body that was made from the fields of a part, for example with filters or additional required keys."""


@dataclass(frozen=True)
class Part:
    """A call that changes some fields of an existing object.

    Attributes:
        fields: The fields it changes.
        method: HTTP method of its call.
        path: Path of its call, below the workspace.
        partial: Only changed fields are sent; otherwise all of its fields, since Clockify replaces all.
        shape: Completes the body.
        params: Names of modifiers that go into the query: `{"archiveProjects": "archive-projects"}`.
        calls: Makes the calls if a single call is not enough.
        bulk: The same change for many objects of one parent at once.
        host: Which service receives it.
        proof: The field that a valid response must have; empty if a valid response has no content, so that the object
            is looked up.
        adds: Its calls add to a field or subtract from it, so that a call must not be sent twice. Each call contains
            the resulting values.
    """

    fields: tuple[str, ...]
    method: str = "PUT"
    path: str = ""
    partial: bool = False
    shape: Shape | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    calls: Callable[[Change], Iterable[Call]] | None = None
    bulk: Bulk | None = None
    host: Host = Host.CORE
    proof: str = "id"
    adds: bool = False


@dataclass(frozen=True)
class Bulk:
    """One call for many objects that share a parent.

    Attributes:
        method: HTTP method.
        path: Path below the workspace, with the parent's placeholder.
        together: The field that names the parent.
        size: How many objects go into one call.
        query: Name of the repeated query parameter for the ids; empty if the body is an array of objects.
    """

    method: str
    path: str
    together: str
    size: int
    query: str = ""


@dataclass(frozen=True)
class Create:
    """How an object is created.

    Attributes:
        path: Path of the POST, below the workspace.
        fields: The fields it accepts; the other fields of a record are written by parts.
        required: Required fields.
        shape: Completes the body.
        defaults: Known values of a new object that are not in the response.
        found: Extracts the new object from the response; None if the response does not contain it, so that it is looked
            up.
        params: Modifiers that go into the query.
        form: Makes the multipart form, if the call is one.
        irreversible: The API cannot delete the object.
        host: Which service receives it.
    """

    path: str
    fields: tuple[str, ...]
    required: tuple[str, ...] = ()
    shape: Shape | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    found: Callable[[Any], State | None] | None = lambda answer: answer if isinstance(answer, dict) else None
    params: Mapping[str, str] = field(default_factory=dict)
    form: Callable[[Change], tuple[tuple[str, Any], ...]] | None = None
    irreversible: bool = False
    host: Host = Host.CORE


@dataclass(frozen=True)
class Delete:
    """How an object is deleted.

    Attributes:
        path: Path of the DELETE, below the workspace.
        first: Values that fields must have before, `{"archived": True}`; the parts write them first.
        bulk: Deletes many at once.
        shape: Makes a body, if one is needed.
        params: Modifiers that go into the query.
        host: Which service receives it.
        proof: The same as in `Part`.
        for_good: Returns, for the deleted object, what an undo cannot restore: `its receipt`.
    """

    path: str
    first: Mapping[str, Any] = field(default_factory=dict)
    bulk: Bulk | None = None
    shape: Shape | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    host: Host = Host.CORE
    proof: str = "id"
    for_good: Callable[[State], Iterable[str]] | None = None


@dataclass(frozen=True)
class Listing:
    """How the current state of an object is read: from a list per workspace, or per parent.

    Attributes:
        endpoint: The list.
        scope: Fields of a record that identify its list: `("projectId",)` for tasks.
        variants: Additional ids of requests for the list, one request for each.
        shape: Makes the state of an object from a row, None if it is the row.
        detail: Reads one object with all its fields, if the list lacks some.
        detailed: The fields that only the detail has; it is requested if a record has one of them.
        lookup: Reads objects by ids in the request body, if only their ids are known.
        own: Reads the part that every key may read, if the list is refused.
        narrowed: By field, the parameters that filter a list per parent for references to an object in that field.
    """

    endpoint: Endpoint
    scope: tuple[str, ...] = ()
    variants: tuple[Mapping[str, Any], ...] = ({},)
    shape: Callable[[State, Mapping[str, Any]], State] | None = None
    detail: Endpoint | None = None
    detailed: frozenset[str] = frozenset()
    lookup: Endpoint | None = None
    own: Endpoint | None = None
    narrowed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entailed:
    """A change of other objects that a modifier of a write causes in Clockify.

    Attributes:
        of: The kind of these objects.
        by: Their field that refers to the written object, or to an object that the previous entry changes.
        becomes: The fields that change, with their new values.
    """

    of: str
    by: str
    becomes: Mapping[str, Any]


@dataclass(frozen=True)
class Copying:
    """Special rules for an object that is copied from another workspace.

    Attributes:
        interim: Temporary values of a copy until the end of the run, so that Clockify accepts its children.
        turn: When a copy is written; see `WritableObject.turn`.
        dispensable: A copied reference to such an object is dropped if the object does not exist here.
        lost: Removes what cannot be copied from the fields, and returns its name: `publication`.
    """

    interim: Mapping[str, Any] = field(default_factory=dict)
    turn: int = 0
    dispensable: bool = False
    lost: Callable[[State], tuple[State, list[str]]] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Writable:
    """The target of a stream: an object that is written, or a procedure that is called.

    Attributes:
        name: Its name; for an object, the name of the tap's stream.
        noun: Its singular, for messages.
        fields: The fields that can be written, or the parameters.
        aliases: Additional names of its stream, in any spelling.
        read_only: Additional fields that the tap reads but the API cannot write: ignored without a warning.
        rules: Checks a whole record beyond JSON Schema. Gets the operation, the fields, and whether the row is in the
            tap's format; yields errors.
        by_hand: Converts the fields of a record that is not in the tap's format; raises ValueError if it cannot.
        adapt: Normalises a record before it is compared, for example fields that replace others.
    """

    name: str
    noun: str
    fields: tuple[Field, ...]
    aliases: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    rules: Callable[[Operation, State, bool], Iterable[str]] | None = None
    by_hand: Callable[[State], State] | None = None
    adapt: Callable[[State], State] | None = None

    def field(self, name: str) -> Field:
        """Return a field by its name."""
        return self.by_name[name]

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """The fields by their names."""
        return {one.name: one for one in self.fields}

    @property
    def names(self) -> set[str]:
        """All normalised names of its stream."""
        return {folded(name) for name in (self.name, *self.aliases)}

    @property
    def scope(self) -> tuple[str, ...]:
        """The fields that identify its list."""
        return ()

    @property
    def natural_keys(self) -> tuple[tuple[str, ...], ...]:
        """The natural keys, by which a record without a known id finds its object, in order of priority."""
        return ()

    @property
    def needs_key(self) -> bool:
        """Whether a row can only be identified by its key; without a key, it would be written again in every run."""
        raise NotImplementedError

    def required(self, operation: Operation) -> tuple[str, ...]:
        """Return the required fields of a record."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False, kw_only=True)
class Effect:
    """The object whose state shows whether a call was made.

    Attributes:
        of: The kind of the object.
        id: The parameter with its id.
        shows: Returns, for the parameters and the object's state, whether the call would change nothing.
        gone: The call deletes the object.
    """

    of: str
    id: str
    shows: Callable[[State, State], bool]
    gone: bool = False


Read = Callable[["Endpoint", Mapping[str, Any]], Iterable[State]]
"""Reads the rows of an endpoint of the workspace, requested with these ids."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Evidence:
    """How to find out whether a call with an empty response was made, if no single object shows it.

    Attributes:
        rows: Reads the relevant data, given the parameters.
        shows: Returns whether the call was made, given the parameters and the data before and after the call.
        before: The data before the call is needed; else none are read.
    """

    rows: Callable[[Read, State], Iterable[State]]
    shows: Callable[[State, Sequence[State], Sequence[State]], bool]
    before: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Procedure(Writable):
    """An action that does not simply write one object.

    Attributes:
        mandatory: The required parameters.
        calls: Its requests.
        brings: The update of an existing object that it causes, which is also used to take it back: the kind of the
            object, the parameter with its id, and the wanted fields, given the parameters and the current object; empty
            if they are not known. If there are no calls, the object is updated instead.
        repeatable: Calling it twice does no harm.
        effect: The object that shows its effect, if any.
        proof: The same as in `Part`; otherwise `effect` or `evidence` shows whether the call took effect.
        evidence: Another way to find out whether a call took effect.
        undone_by: Returns the procedure that takes a call back, with its parameters; None if it is not known what the
            call changed.
        undone_without: What that procedure does not restore; empty if it restores everything.
    """

    mandatory: tuple[str, ...] = ()
    calls: Callable[[Change], Iterable[Call]] | None = None
    brings: tuple[str, str, Callable[[State, State], State]] | None = None
    repeatable: bool = True
    effect: Effect | None = None
    proof: str = "id"
    evidence: Evidence | None = None
    undone_by: Callable[[State], tuple[str, State] | None] | None = None
    undone_without: str = ""

    def __post_init__(self) -> None:
        """Refuse a declaration with which it cannot be found out whether a call was made."""
        if not (self.proof or self.effect or self.evidence):
            msg = f"it cannot be found out whether {self.name} was called"
            raise TypeError(msg)

    @property
    def changes(self) -> str:
        """The kind of the object whose state shows its effect; empty if there is none."""
        if self.brings and not self.calls:
            return self.brings[0]
        return self.effect.of if self.effect and not self.effect.gone else ""

    @property
    def needs_key(self) -> bool:
        """Whether a second call would add something; then only the key of its row shows that it is the same call."""
        return not self.repeatable

    def required(self, operation: Operation) -> tuple[str, ...]:  # noqa: ARG002 - there is one
        """Return the required parameters of a call."""
        return self.mandatory


@dataclass(frozen=True)
class House:
    """The rules of a workspace that may forbid writes.

    Attributes:
        settings: Its `workspaceSettings`.
        is_admin: Returns whether the key's owner is an owner or administrator.
        running: Returns the people whose timer is running.
        approved: Returns the ids of time entries and expenses of approved timesheets.
    """

    settings: State
    is_admin: Callable[[], bool]
    running: Callable[[], Collection[str]]
    approved: Callable[[], Collection[str]]


@dataclass(frozen=True, eq=False, kw_only=True)
class WritableObject(Writable):
    """One object of Clockify that can be written.

    Attributes:
        listing: How its current state is read.
        identity: The fields that together form its id, if it has no id.
        natural: The natural key, by which a record without a known id finds its object.
        otherwise: The natural key of a record whose first natural field is blank.
        several: Several objects with one natural key are common, so a row with another key is another object.
        sole: Clockify keeps only one object for a natural key: a second create would add to the first.
        fingerprint: Fields that identify the object of a write with an unknown outcome; the natural key by default.
        resembles: Fields that Clockify changes before it stores them, and a function that returns, for these fields
            and an object with the same fingerprint, whether it may have been created from them.
        create: How it is inserted, if it can be.
        parts: How it is updated, in the order of the calls.
        delete: How it is deleted, if it can be.
        consults: The kind of object whose list is needed to normalise a record, and the function that normalises it.
        implied: It exists as soon as its parents exist, even if no list shows it.
        fixed_by: Returns why the current object cannot be updated, empty if it can.
        house_rules: Returns which rules of the workspace a write violates, for its rules, the operation, the current
            and the wanted object.
        is_workspace: It is the workspace itself, so its id is that of a workspace.
        one_per_workspace: Each workspace has exactly one, with the id of the workspace.
        last: Fields of a new object that are set at the very end of a run, since they lock it against new children, or
            are computed from them.
        turn: When it is written: 0 at once, 1 after all of those, 2 at the very end. An object that locks others, or
            that writes of others change, comes later.
        whole_first: Objects that refer to it are written only after it is complete, since Clockify computes with its
            current values.
        affects: Kinds of objects that its writes change as well, so that they must be read again.
        beside: Kinds of objects whose lists are needed for a write that replaces everything: an UPDATE, or an INSERT of
            a copy. Clockify would fill in omitted values from the defaults in these lists.
        copying: Special rules for a copy of it.
        entails: Changes of other objects that a write causes, given its fields and the current object; parents first.
        managed_by: The role of its managers, which ends with it, and additional parameters of the calls for that role.
    """

    listing: Listing
    identity: tuple[str, ...] = ()
    natural: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    several: bool = False
    sole: bool = False
    fingerprint: tuple[str, ...] = ()
    resembles: tuple[tuple[str, ...], Callable[[State, State], bool]] = ((), lambda *_: True)
    create: Create | None = None
    parts: tuple[Part, ...] = ()
    delete: Delete | None = None
    consults: tuple[str, Callable[[State, Sequence[State]], State]] | None = None
    implied: bool = False
    fixed_by: Callable[[State], str] | None = None
    house_rules: Callable[[House, Operation, State, State], Iterable[str]] | None = None
    is_workspace: bool = False
    one_per_workspace: bool = False
    last: tuple[str, ...] = ()
    turn: int = 0
    whole_first: bool = False
    affects: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    copying: Copying = Copying()
    entails: Callable[[State, State], Sequence[Entailed]] | None = None
    managed_by: tuple[str, Mapping[str, str]] | None = None

    def __post_init__(self) -> None:
        """Refuse a declaration that names an undeclared field."""
        known = {one.name for one in self.fields} | {"id", *self.read_only}
        used = {*self.natural, *self.otherwise, *self.fingerprint, *self.identity, *self.listing.scope}
        for part in self.parts:
            used.update(part.fields)
        used.update(self.create.fields if self.create else ())
        if unknown := used - known:
            msg = f"{self.name} declares no field {', '.join(sorted(unknown))}"
            raise TypeError(msg)

    def lacks(self, state: State) -> str:
        """Return a field of its natural key that a state from Clockify lacks; then other fields may be missing, too.

        Clockify sends null for empty fields.
        """
        return next((name for name in self.natural if name not in state), "")

    def unlike(self, state: State) -> str:
        """Return a field of a state whose form differs from its declaration; empty if there is none.

        The check distinguishes only arrays, objects and scalar values: the type of a scalar value differs between
        calls.
        """
        for name, value in state.items():
            declared = self.by_name.get(name)
            if value is None or declared is None:
                continue
            form = declared.kind.schema.get("type")
            if isinstance(value, list) if form in _SCALAR else form in _FORMS and not isinstance(value, _FORMS[form]):
                return name
        return ""

    @property
    def scope(self) -> tuple[str, ...]:
        """The fields that identify its list."""
        return self.listing.scope

    @property
    def natural_keys(self) -> tuple[tuple[str, ...], ...]:
        """The natural keys, by which a record without a known id finds its object, in order of priority."""
        return tuple(some for some in (self.natural, self.otherwise) if some)

    @property
    def shown_by_list(self) -> bool:
        """Whether only a list shows the effect of updates with empty responses, so that they are looked up together."""
        alone = self.listing.detail or self.listing.endpoint.single
        return not alone and any(not part.proof for part in self.parts)

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations that it supports."""
        able = {Operation.INSERT: self.create, Operation.UPDATE: self.parts, Operation.DELETE: self.delete}
        return tuple(operation for operation, means in able.items() if means)

    @property
    def needs_key(self) -> bool:
        """Whether only its key distinguishes a row from an equal one; without it, the row would be made again."""
        return self.create is not None and not (self.natural or self.identity)

    @property
    def closing(self) -> set[str]:
        """The fields that lock an object against new children, or that Clockify changes when children are added."""
        moved = {one.name for one in self.fields if one.outgrown}
        return {*self.last, *(self.delete.first if self.delete else ()), *moved}

    @property
    def recognised_by(self) -> tuple[str, ...]:
        """The fields by which a new object is found after a write with an unknown outcome."""
        return self.fingerprint or self.natural

    def noted(self, given: State) -> State:
        """Return the fields by which the object of a create is found."""
        return {name: given.get(name) for name in (*self.recognised_by, *self.resembles[0])}

    def may_stem_from(self, noted: State, found: State) -> bool:
        """Return whether an object with an equal fingerprint may have been created from these fields."""
        return self.resembles[1](noted, found)

    def required(self, operation: Operation) -> tuple[str, ...]:
        """Return the required fields of a record."""
        return self.create.required if self.create and operation is not Operation.UPDATE else ()
