"""Structs that declare allowed names, values and defaults, and error messages for everything else.

All configuration of the sandbox uses this module: the command line, `clockify_sandbox.testing`, control requests and
faults. An error is a `ValueError` with one line that lists the known names or values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import inspect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_Shape = TypeVar("_Shape", bound=msgspec.Struct)
YEARS = range(2000, 2101)
"""The years that the sandbox's clock supports: ids begin with its seconds in eight hexadecimal digits."""


@dataclass(frozen=True)
class Option:
    """One field of a struct, with the data for command line and documentation."""

    name: str
    kind: Any
    default: Any

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def description(self) -> str:
        """Its description from the declaration."""
        found = (part.description for part in get_args(self.kind) if isinstance(part, msgspec.Meta))
        return next((text for text in found if text), "")

    @property
    def choices(self) -> tuple[str, ...] | None:
        """The values of a closed set; None for anything else."""
        return get_args(self._bare) if get_origin(self._bare) is Literal else None

    @property
    def is_switch(self) -> bool:
        """Whether it is a boolean."""
        return self._bare is bool

    @property
    def values(self) -> str:
        """The known values, as text."""
        return _words(self.kind)

    def parse(self, text: str) -> Any:
        """Convert a text from the command line to a value.

        Raises:
            ValueError: it is not a valid value; the message lists the known ones.
        """
        return self._converted(text, strict=False)

    def read(self, value: Any) -> Any:
        """Convert and validate a value.

        Raises:
            ValueError: it is not valid for this option; the message lists the known values.
        """
        return self._converted(value, strict=True)

    def _converted(self, value: Any, *, strict: bool) -> Any:
        try:
            found = msgspec.convert(value, self.kind, strict=strict, dec_hook=_path)
        except (msgspec.ValidationError, TypeError):
            raise self._refusal(value) from None
        if isinstance(found, float) and not math.isfinite(found):
            raise self._refusal(value)
        if isinstance(found, datetime) and found.year not in YEARS:
            raise self._refusal(value)
        return found

    def _refusal(self, value: Any) -> ValueError:
        try:
            shown = msgspec.json.encode(value, enc_hook=repr).decode()
        except (TypeError, ValueError):
            shown = repr(value)
        return ValueError(f"{shown} is no value of {self.name}; known are {self.values}")

    @property
    def _bare(self) -> Any:
        return get_args(self.kind)[0] if hasattr(self.kind, "__metadata__") else self.kind


def declared(shape: type[msgspec.Struct]) -> dict[str, Option]:
    """The fields of a struct by name."""
    return {field.name: Option(field.name, field.type, field.default) for field in msgspec.structs.fields(shape)}


def read(shape: type[_Shape], given: Any, what: str) -> _Shape:
    """A struct made of what somebody has written.

    Args:
        shape: the struct.
        given: a mapping of names to values.
        what: what a name is called in messages, e.g. "key of a fault".

    Raises:
        ValueError: an unknown name, a missing name, or an invalid value; the message lists what is known.
    """
    values = checked(declared(shape), given, what)
    if missing := [field.name for field in msgspec.structs.fields(shape) if field.required and field.name not in given]:
        raise ValueError(f"missing {what} {missing[0]!r}; known are {', '.join(declared(shape))}")
    return shape(**values)


def checked(options: Mapping[str, Option], given: Any, what: str) -> dict[str, Any]:
    """Convert and validate the values of some options.

    Raises:
        ValueError: not a mapping, an unknown name or value; the message lists what is known.
    """
    if not isinstance(given, Mapping):
        raise refusal("an object", what, options)
    for name in given:
        if name not in options:
            raise ValueError(f"unknown {what} {name!r}; known are {', '.join(options)}")
    return {name: options[name].read(value) for name, value in given.items()}


def refusal(expected: str, what: str, known: Iterable[str]) -> ValueError:
    """The error for input of a completely different type."""
    return ValueError(f"expected {expected}; known for {what} are {', '.join(known)}")


def _path(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, (str, Path)):
        return Path(value)
    raise TypeError(f"{value!r} is no {kind.__name__}")


def _words(kind: Any) -> str:
    """The values of a type, as text."""
    if hasattr(kind, "__metadata__") and get_origin(get_args(kind)[0]) is Literal:
        return _words(get_args(kind)[0])
    if get_origin(kind) is Literal:
        return ", ".join(map(str, get_args(kind)))
    if get_origin(kind) in (Union, UnionType):
        return ", ".join(_words(one) for one in get_args(kind) if one is not NoneType)
    shape = inspect.type_info(kind)
    if isinstance(shape, inspect.Metadata):
        shape = shape.type
    return next((words(shape) for known, words in _WORDS if isinstance(shape, known)), "objects")


def _between(low: float | None, high: float | None) -> str:
    if high is not None:
        return f" from {low} to {high}"
    return "" if low is None else f" from {low} on"


_WORDS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (inspect.BoolType, lambda _: "true, false"),
    (inspect.IntType, lambda shape: "whole numbers" + _between(shape.ge, shape.le)),
    (inspect.FloatType, lambda shape: "numbers" + _between(shape.ge, shape.le)),
    (
        inspect.DateTimeType,
        lambda _: f"moments with a time zone from {YEARS[0]} to {YEARS[-1]}, e.g. 2026-11-20T09:30:00Z",
    ),
    (inspect.StrType, lambda shape: "texts that are not empty" if shape.min_length else "texts"),
    (inspect.CustomType, lambda _: "paths of files"),
    (
        inspect.ListType,
        lambda shape: "lists of whole numbers" if isinstance(shape.item_type, inspect.IntType) else "lists",
    ),
)
