"""What is to be said about an OpenPGP key, and when; pure."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from keys.policy import KeyInfo, SubkeyInfo, judge_key


class Stage(enum.StrEnum):
    """How a key stands; each is said once."""

    SOON = "30"
    """At most 30 days are left."""
    NEAR = "7"
    """At most 7 days are left."""
    OVER = "0"
    """It has expired."""
    REVOKED = "revoked"
    NO_ENCRYPTION = "no-encryption"
    """Nothing can be encrypted to it: no subkey for that was ever there, or it is revoked or too weak."""


AHEAD = ((timedelta(days=7), Stage.NEAR), (timedelta(days=30), Stage.SOON))


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to be said about a key; ``until`` is aware, in UTC, and None where no date matters."""

    stage: Stage
    until: datetime | None = None

    @property
    def mark(self) -> str:
        """What it is about: a key that was prolonged starts anew."""
        return f"{self.stage.value} {self.until:%Y-%m-%d}" if self.until else self.stage.value


def judge(info: KeyInfo, now: datetime) -> Finding | None:
    """What is most wrong with this key at ``now``; None if nothing is, or will be within 30 days."""
    if info.revoked or info.primary.validity == "r":
        return Finding(Stage.REVOKED)
    end = ends(info)
    if end is not None and now >= end:
        return Finding(Stage.OVER, end)
    if not all(check.ok for check in judge_key(info, now, "encrypt")):
        return Finding(Stage.NO_ENCRYPTION)
    if end is None:
        return None
    return next((Finding(stage, end) for ahead, stage in AHEAD if now >= end - ahead), None)


def ends(info: KeyInfo) -> datetime | None:
    """When it stops being of use: the primary key, or the last subkey that can be encrypted to, whichever is first."""
    able = [part for part in (info.primary, *info.subkeys) if "e" in part.capabilities and not _dead(part)]
    last = None if any(part.expires is None for part in able) else max(_dates(able), default=None)
    return min(_dates([info.primary]) + ([last] if last else []), default=None)


def _dead(part: SubkeyInfo) -> bool:
    return part.revoked or part.validity in {"r", "i", "d"}


def _dates(parts: Iterable[SubkeyInfo]) -> list[datetime]:
    return [part.expires for part in parts if part.expires is not None]
