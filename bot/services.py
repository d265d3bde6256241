"""What a command can ask for: the services behind the handlers, built once by :mod:`bot.app`."""

import asyncio
from dataclasses import dataclass

from bot.assist.service import Assist
from bot.audit.service import AuditLog
from bot.clock import Clock
from bot.commands.registry import Registry
from bot.config import Config
from bot.directory.service import Directory, Register
from bot.directory.service.enrolment import Enrolment
from bot.directory.service.proposals import Proposals
from bot.directory.service.staffing import Staffing
from bot.directory.service.statement_files import StatementFiles
from bot.directory.service.updating import Updating
from bot.directory.service.vouching import Vouching
from bot.duty.service import Duty
from bot.duty.service.calendar_files import CalendarFiles
from bot.escalation.service import Escalations
from bot.exchange.service import Addressing, Changes, Enclosures, Exchanges, Holding, Letters, Onward
from bot.incident.service import Incidents
from bot.matrix.errors import OwnDeviceNotSigned
from bot.matrix.service import MatrixService
from bot.matrix.session import OwnIdentity
from bot.outbox.service import Outbox
from bot.ports import TrustView
from bot.tlp import Tlp
from keys.crosssigning import DeviceKey
from keys.fingerprint import MatrixKey, OpenPGPFingerprint
from keys.openpgp import OpenPGP
from keys.statement import compose_bot


@dataclass(frozen=True, slots=True)
class Policy:
    """The deployment's rules, as handlers see them."""

    tlp_default: Tlp
    coordinators_phones: tuple[tuple[str, str], ...]
    """Name and published number of each coordinator who has one."""
    confirm_every_days: int
    stale_after_days: int


class Health:
    """How the bot is."""

    def __init__(self, clock: Clock, matrix: MatrixService) -> None:
        self._clock = clock
        self._matrix = matrix
        self._started = clock.monotonic()

    @property
    def uptime_seconds(self) -> float:
        """Since the process started."""
        return self._clock.monotonic() - self._started

    @property
    def synced_age_seconds(self) -> float | None:
        """Since the homeserver last answered a sync; None before the first."""
        at = self._matrix.synced_at
        return None if at is None else self._clock.monotonic() - at


class Own:
    """The bot's own identity, as it proves it to people."""

    def __init__(
        self, config: Config, openpgp: OpenPGP, matrix: MatrixService, log_key: MatrixKey, clock: Clock
    ) -> None:
        self._openpgp = openpgp
        self._matrix = matrix
        self._log_key = log_key
        self._clock = clock
        self.fingerprint = OpenPGPFingerprint(config.openpgp.fingerprint)

    async def statement(self) -> str:
        """The bot's device, master key and log key, clear-signed with its OpenPGP key."""
        keys: OwnIdentity = self._matrix.identity_keys
        if keys.master_key is None:
            raise OwnDeviceNotSigned(device=keys.device_id)
        text = compose_bot(
            user=keys.user_id,
            device=DeviceKey(keys.device_id, keys.ed25519),
            master_key=keys.master_key,
            log_key=self._log_key,
            openpgp=self.fingerprint,
            issued=self._clock.now(),
        )
        return await asyncio.to_thread(self._openpgp.sign_clear, text, self.fingerprint)


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that a command can ask for; each handler names what it needs of it."""

    register: Register
    directory: Directory
    duty: Duty
    exchange: Exchanges
    holding: Holding
    changes: Changes
    onward: Onward
    addressing: Addressing
    enclosures: Enclosures
    letters: Letters
    escalation: Escalations
    assist: Assist
    incident: Incidents
    enrolment: Enrolment
    statement_files: StatementFiles
    calendar_files: CalendarFiles
    vouching: Vouching
    proposals: Proposals
    staffing: Staffing
    updating: Updating
    audit: AuditLog
    outbox: Outbox
    trust: TrustView
    registry: Registry
    policy: Policy
    health: Health
    own_identity: Own
