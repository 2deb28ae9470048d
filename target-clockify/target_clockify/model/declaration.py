"""Declares what can be written: an object, its fields, and the calls that create, change and delete it.

Records have the shape in which the tap reads them. Where Clockify takes another key or unit in a write, the field says
so; where it takes several calls, the object lists them as parts, each with its fields.
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
"""The fields of one object in the shape of the reader."""

UNKNOWN: Any = object()
"""The value of a field of a new object that Clockify fills in by its own settings and does not tell."""


class Operation(enum.StrEnum):
    """What a record asks for."""

    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    CALL = "CALL"


@dataclass(frozen=True)
class Field:
    """One field of an object.

    Attributes:
        name: Its name where it is read.
        kind: The kind of its values.
        key: Its name where it is written, if another.
        write: Converts a value to what is written, if that differs: units, shapes.
        aliases: Further names a column may have, in any spelling; the written key is one of them anyway.
        read: Converts a value that came under the written key to the shape of the reader.
        refers: Which object the ids in it refer to: `clients`, or by place inside, `{"[].userId": "users"}`; where it
            may be one of several, `projects|users`.
        rules: Further JSON Schema for both operations; `on_insert` and `on_update` for one of them.
        clearable: null empties the field; else null says nothing.
        cleared: What is written to empty it.
        fixed: It cannot change once the object exists.
        modifier: It only goes along with a write, and is never compared: a query flag, a filter's mode.
        qualifies: The field that a modifier says more about.
        reset: Clockify does not show it, and an update that does not state it sets it back to the default.
        initial: It is given to a new object and never compared afterwards, since nothing can change it.
        unreadable: Clockify does not show it, so it is written whenever its record is new or has changed.
        outgrown: Tells, of the object as it is and a value, whether Clockify itself has moved the field on from that
            value, so that writing it would set back what happened since.
        adds_up: The summary of a run reports its sum: hours of an interval, an amount of money.
        priced_by: The field whose object tells what one of this number costs, where that makes money of it.
        price: Tells it, of that object, in minor units.
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
        """The key of the field in a body."""
        return self.key or self.name

    def written(self, value: Any) -> Any:
        """Return a value as it goes into a body."""
        if value is None:
            return self.cleared
        return self.write(value) if self.write else value

    def same(self, one: Any, other: Any) -> bool:
        """Return whether two values mean the same."""
        return bool(one == other or self.kind.canonical(one) == self.kind.canonical(other))


@dataclass(frozen=True)
class Call:
    """One request to send, its path filled from the ids of the change."""

    method: str
    path: str
    json: Any = None
    params: Mapping[str, Any] = field(default_factory=dict)
    form: tuple[tuple[str, Any], ...] | None = None
    host: Host = Host.CORE
    ids: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """What a part is given to make its calls from.

    Attributes:
        ids: Workspace, parents and `id`, for paths.
        current: The object as it is.
        desired: The object as it is to be: the current fields overlaid with the record's.
        changed: Names of the fields that differ.
        given: The record's own fields, modifiers included.
        beside: The rows of the lists that the object's writes need beside it, where they need them: see
            `WritableObject.beside`.
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
"""Completes the body that a part's fields make: filters out of flat ids, keys that Clockify wants along."""


@dataclass(frozen=True)
class Part:
    """What changes some of the fields of an existing object.

    Attributes:
        fields: The fields it covers.
        method: HTTP method of its one call.
        path: Path of that call, below the workspace.
        partial: Only what changed is sent; else all of its fields, since Clockify replaces the whole.
        shape: Completes the body.
        params: Names of modifiers that go into the query: `{"archiveProjects": "archive-projects"}`.
        calls: Makes the calls where one of the kind above does not do.
        bulk: The same change for many objects of one parent at once.
        host: Which service takes it.
        proof: The field of an answer without which it proves nothing; empty if a sound answer has no content, so that
            the object is looked up.
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
    """How an object comes into being.

    Attributes:
        path: Path of the POST, below the workspace.
        fields: The fields it takes; what else a record has follows by the parts.
        required: Fields it cannot do without.
        shape: Completes the body.
        defaults: What a new object is known to be like beyond the answer.
        found: Takes the new object out of the answer; None if the answer does not show it, so it is looked up.
        params: Modifiers that go into the query.
        form: Makes the multipart form, where it is one.
        irreversible: The API cannot take it back.
        host: Which service takes it.
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
        first: Fields that must have a value before, `{"archived": True}`: the parts see to it.
        bulk: Many at once.
        shape: Makes a body, where one is needed.
        params: Modifiers that go into the query.
        host: Which service takes it.
        proof: As that of a part.
        for_good: Tells, of the object as it was, what undoing cannot bring back: `its receipt`.
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
    """Where the current state of an object is read: a list per workspace, or per parent.

    Attributes:
        endpoint: The list.
        scope: Fields of a record that say which list it is on: `("projectId",)` for tasks.
        variants: Further ids the list is asked with, once for each.
        shape: Makes the state of an object out of a row, None if it is the row.
        detail: Reads one object with all its fields, if the list does not hold them all.
        detailed: The fields that only the detail holds; it is requested if a record mentions one of them.
        lookup: Reads objects by their ids in the body, where they are known by id alone.
        own: Reads the part that every key may read, where the list is refused.
        narrowed: By field, the parameters that restrict a list per parent to what refers to an object by that field.
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
    """What a modifier of a write makes Clockify change about other objects.

    Attributes:
        of: The name of these objects.
        by: Their field that refers to the object which is written, or to one of those that the entry before changes.
        becomes: The fields that change, with their new values.
    """

    of: str
    by: str
    becomes: Mapping[str, Any]


@dataclass(frozen=True)
class Copying:
    """What is particular to an object where it is copied from another workspace.

    Attributes:
        interim: Values that a copy has until the very end of the run, so that it takes what belongs to it.
        turn: When a copy is written; see `WritableObject.turn`.
        dispensable: A copy of something else goes without one that is missing here.
        lost: Takes out of the fields of a copy what it cannot have, and says what that is: `publication`.
    """

    interim: Mapping[str, Any] = field(default_factory=dict)
    turn: int = 0
    dispensable: bool = False
    lost: Callable[[State], tuple[State, list[str]]] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Writable:
    """What a stream can be for: an object that is written, or a procedure that is called.

    Attributes:
        name: Its name; of an object, that of the tap's stream.
        noun: What messages call one of it.
        fields: What can be written, or the parameters.
        aliases: Further names of its stream, in any spelling.
        read_only: Further fields that the tap reads and nobody writes: passed over without a word.
        rules: Checks a whole record beyond JSON Schema: yields what is wrong with it, for an operation, the fields, and
            whether the row is as the tap reads it.
        by_hand: Converts the fields of a record that is not as the tap reads it; raises ValueError for what it cannot.
        adapt: Puts a record in order before it is compared: fields that stand for others.
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
        """Every name of its stream, folded."""
        return {folded(name) for name in (self.name, *self.aliases)}

    @property
    def scope(self) -> tuple[str, ...]:
        """The fields that say which list it is on."""
        return ()

    @property
    def natural_keys(self) -> tuple[tuple[str, ...], ...]:
        """The sets of fields by which a record without a known id finds its object, the first that is stated first."""
        return ()

    @property
    def needs_key(self) -> bool:
        """Whether only its key distinguishes a row from an equal one; without it, the row would be written again."""
        raise NotImplementedError

    def required(self, operation: Operation) -> tuple[str, ...]:
        """Return the fields that a record cannot do without."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False, kw_only=True)
class Effect:
    """Where one sees that a call has been made: in the state of an object.

    Attributes:
        of: The name of the object.
        id: The parameter with its id.
        shows: Tells, of the parameters and the object's state, whether the call would change nothing.
        gone: The call takes the object away.
    """

    of: str
    id: str
    shows: Callable[[State, State], bool]
    gone: bool = False


Read = Callable[["Endpoint", Mapping[str, Any]], Iterable[State]]
"""Reads the rows of an endpoint of the workspace, requested with these ids."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Evidence:
    """What shows whether a call was made that Clockify answers with nothing, where no single object does.

    Attributes:
        rows: Reads what shows it, of the parameters.
        shows: Tells, of the parameters and of what was read before the call and after it, whether it was made.
        before: It takes the rows before the call to tell; else none are read.
    """

    rows: Callable[[Read, State], Iterable[State]]
    shows: Callable[[State, Sequence[State], Sequence[State]], bool]
    before: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Procedure(Writable):
    """An action that is more, or other, than writing an object.

    Attributes:
        mandatory: The parameters that it cannot do without.
        calls: Its requests.
        brings: What it makes of an existing object, by which it is also taken back: the object's name, the parameter
            with its id, and the fields that the object is to have, of the parameters and of the object as it is; none
            where that is not known. An update of the object does it where there are no calls.
        repeatable: Calling it twice does no harm.
        effect: Where its effect is seen, if it is.
        proof: As that of a part; then `effect` or `evidence` shows whether it was made.
        evidence: What else shows it.
        undone_by: The procedure that takes a call back, with its parameters, out of those of the call; None if it is
            not known what the call changed.
        undone_without: What that procedure does not bring back; empty if it brings back everything.
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
        """Refuse a declaration by which nothing shows whether a call was made."""
        if not (self.proof or self.effect or self.evidence):
            msg = f"nothing shows whether {self.name} was called"
            raise TypeError(msg)

    @property
    def changes(self) -> str:
        """The name of the object whose state shows its effect; empty if none does."""
        if self.brings and not self.calls:
            return self.brings[0]
        return self.effect.of if self.effect and not self.effect.gone else ""

    @property
    def needs_key(self) -> bool:
        """Whether a second call would add to the first; then only the key of its row shows that it is the same call."""
        return not self.repeatable

    def required(self, operation: Operation) -> tuple[str, ...]:  # noqa: ARG002 - there is one
        """Return the parameters that a call cannot do without."""
        return self.mandatory


@dataclass(frozen=True)
class House:
    """The rules of a workspace that decide about writes.

    Attributes:
        settings: Its `workspaceSettings`.
        is_admin: Tells whether the key's owner is an owner or administrator of it.
        running: Tells whose timer runs.
        approved: Tells the time entries and expenses of timesheets that are approved, by their ids.
    """

    settings: State
    is_admin: Callable[[], bool]
    running: Callable[[], Collection[str]]
    approved: Callable[[], Collection[str]]


@dataclass(frozen=True, eq=False, kw_only=True)
class WritableObject(Writable):
    """One object of Clockify that can be written.

    Attributes:
        listing: Where its current state is read.
        identity: The fields that are its id where it has none of its own; joined in order.
        natural: Fields by which a record without a known id finds its object.
        otherwise: The same for a record that leaves the first of those blank.
        several: Several objects of one natural key are usual, so a row of another key is another object.
        fingerprint: Fields by which a write of unknown outcome finds out; the natural key unless given.
        create: How it is inserted, if it can be.
        parts: How it is updated, in the order in which the calls are sent.
        delete: How it is deleted, if it can be.
        consults: An object whose whole list puts a record in order once its references are known, and how.
        implied: It exists as soon as its parents do, whether a list shows it or not.
        fixed_by: Tells why an object as it is cannot be updated, empty if it can.
        house_rules: Tells what of a write the workspace's own settings forbid: for its rules, the operation, the object
            as it is and as it is to be.
        is_workspace: It is the workspace itself, so its id is that of a workspace.
        one_per_workspace: There is one, under the id of the workspace.
        last: Fields of a new object that are set at the very end of a run: they close it to what belongs to it, or fill
            in what that leaves empty.
        turn: When it is written: 0 as it comes, 1 after all of those, 2 after those in turn, at the very end. What
            closes over others, or is changed by their writes, comes after them.
        whole_first: What refers to it is written only once it is as its own row says, since Clockify reckons with what
            is there at that moment.
        affects: Objects that its writes change as well, so that what was read of them no longer holds.
        beside: Objects whose lists a write must know that says all there is: an UPDATE, or an INSERT that copies. What
            such a write does not mention, Clockify would fill in by the defaults there.
        copying: What is particular to a copy of it.
        entails: What a write changes about other objects, of its fields and the object as it is; parents first.
        managed_by: The role of those who manage one of it, which ends with it, and what its calls take beside.
    """

    listing: Listing
    identity: tuple[str, ...] = ()
    natural: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    several: bool = False
    fingerprint: tuple[str, ...] = ()
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
        """Refuse a declaration that names a field it does not have."""
        known = {one.name for one in self.fields} | {"id", *self.read_only}
        used = {*self.natural, *self.otherwise, *self.fingerprint, *self.identity, *self.listing.scope}
        for part in self.parts:
            used.update(part.fields)
        used.update(self.create.fields if self.create else ())
        if unknown := used - known:
            msg = f"{self.name} declares no field {', '.join(sorted(unknown))}"
            raise TypeError(msg)

    def lacks(self, state: State) -> str:
        """Return a field of its natural key that a state read from Clockify lacks, so that it may lack any other.

        Clockify sends null for what is empty.
        """
        return next((name for name in self.natural if name not in state), "")

    def unlike(self, state: State) -> str:
        """Return a field of a state that has another form than the field declares; empty if none has.

        Only arrays, objects and other values are distinguished: what Clockify sends for the latter differs by call.
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
        """The fields that say which list it is on."""
        return self.listing.scope

    @property
    def natural_keys(self) -> tuple[tuple[str, ...], ...]:
        """The sets of fields by which a record without a known id finds its object, the first that is stated first."""
        return tuple(some for some in (self.natural, self.otherwise) if some)

    @property
    def shown_by_list(self) -> bool:
        """Whether only a list shows that an update with an empty answer took place, so many are looked up in one."""
        alone = self.listing.detail or self.listing.endpoint.single
        return not alone and any(not part.proof for part in self.parts)

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations that it has."""
        able = {Operation.INSERT: self.create, Operation.UPDATE: self.parts, Operation.DELETE: self.delete}
        return tuple(operation for operation, means in able.items() if means)

    @property
    def needs_key(self) -> bool:
        """Whether only its key distinguishes a row from an equal one; without it, the row would be made again."""
        return self.create is not None and not (self.natural or self.identity)

    @property
    def closing(self) -> set[str]:
        """The fields that keep out what belongs to an object, or that Clockify moves on as that comes."""
        moved = {one.name for one in self.fields if one.outgrown}
        return {*self.last, *(self.delete.first if self.delete else ()), *moved}

    @property
    def recognised_by(self) -> tuple[str, ...]:
        """The fields by which a new object is found again after a write of unknown outcome."""
        return self.fingerprint or self.natural

    def required(self, operation: Operation) -> tuple[str, ...]:
        """Return the fields that a record cannot do without."""
        return self.create.required if self.create and operation is not Operation.UPDATE else ()
