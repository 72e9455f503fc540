"""Faults of a request's body, told in the form of FastAPI's detail list; types and messages are pydantic's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from classifier.errors import ClassifierError
from classifier.products.json_cursor import Flaw

N_FAULTS = 20  # told in one answer
Loc = tuple[str | int, ...]
Fault = dict[str, Any]


class InvalidRequest(ClassifierError):
    """The body breaks the contract; faults is FastAPI's detail list."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(str(faults[0]["msg"]))
        self.faults = faults


@dataclass
class Check:
    """Gathers the faults of one body; raises InvalidRequest when there are as many as are told."""

    faults: list[Fault] = field(default_factory=list)

    def add(self, kind: str, loc: Loc, msg: str, value: object = None, **ctx: Any) -> None:
        """Note a fault; echoes of values are bounded."""
        if len(self.faults) >= N_FAULTS:
            raise InvalidRequest(self.faults)
        fault: Fault = {"type": kind, "loc": ["body", *loc], "msg": msg, "input": _echo(value)}
        self.faults.append(fault | ({"ctx": ctx} if ctx else {}))


def fault(kind: str, loc: Loc, msg: str, value: object = None, **ctx: Any) -> Fault:
    """Make one entry of FastAPI's detail list."""
    check = Check()
    check.add(kind, loc, msg, value, **ctx)
    return check.faults[0]


def not_an_object(value: object, loc: Loc = ()) -> Fault:
    """Make the entry for a value that should have been an object."""
    msg = "Input should be a valid dictionary or object to extract fields from"
    return fault("model_attributes_type", loc, msg, value)


def check_text(check: Check, loc: Loc, value: object, length: int) -> str | None:
    """Check an optional text of bounded length; None when it is absent or wrong."""
    if value is None:
        return None
    if isinstance(value, Flaw):
        check.add("value_error", loc, f"Value error, {value.reason}", value.raw)
        return None
    if not isinstance(value, str):
        check.add("string_type", loc, "Input should be a valid string", value)
        return None
    if len(value) > length:
        check.add("string_too_long", loc, f"String should have at most {length} characters", value[:50],
                  max_length=length)  # fmt: skip
    return value


def _echo(value: object) -> object:
    """Give back what was sent where it is small."""
    if value is None or isinstance(value, bool | float) or value in ({}, []):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else None
    return value[:200] if isinstance(value, str) else None
