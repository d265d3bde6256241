"""The only wiring: which real thing serves which port, and which tasks run."""

import asyncio
from base64 import b64encode
from datetime import timedelta
from functools import partial

from bot.assist.service import BELL as BELL_ASSIST
from bot.assist.service import Assist
from bot.audit.service import BELL as BELL_LOG
from bot.audit.service import AuditLog, CheckpointFile, LogBehind, LogRewritten, NoteSigner, NoteVerifier
from bot.clock import Clock
from bot.commands.dispatch import Dispatcher
from bot.commands.limits import Limits
from bot.commands.questions import BELL as BELL_QUESTIONS
from bot.commands.questions import Questions
from bot.commands.recognise import Recogniser
from bot.commands.registry import Registry
from bot.config import Config
from bot.config.kept import ACCESS_TOKEN, LOG_SEED, MASTER_KEY, STORE_KEY
from bot.db.unit import Database
from bot.directory.service import BELL as BELL_DIRECTORY
from bot.directory.service import Directory, Register, read_profile
from bot.directory.service.checks import CheckReminders
from bot.directory.service.confirming import ConfirmReminders
from bot.directory.service.desks import Desks
from bot.directory.service.enrolment import Enrolment
from bot.directory.service.keywatch import KeyWatch
from bot.directory.service.proposal_news import ProposalNews
from bot.directory.service.proposals import Proposals
from bot.directory.service.reminders import Reminders
from bot.directory.service.staffing import Staffing
from bot.directory.service.statement_files import StatementFiles
from bot.directory.service.telling import Telling
from bot.directory.service.updating import Updating
from bot.directory.service.vouching import Vouching
from bot.duty.service import Duty
from bot.duty.service.calendar_files import CalendarFiles
from bot.duty.service.feeds import Feeds
from bot.duty.service.watch import DutyWatch
from bot.errors import EnlaceError
from bot.escalation.model import By
from bot.escalation.rules.policies import Policies
from bot.escalation.service import Escalations
from bot.escalation.service.people import Outside
from bot.escalation.service.policies import read_policies, shipped_policies
from bot.escalation.service.proving import BELL as BELL_TEST
from bot.exchange.sender import Sender
from bot.exchange.service import Addressing, Changes, Enclosures, Exchanges, Holding, Letters, Onward
from bot.exchange.service.onward import BELL as BELL_ONWARD
from bot.i18n.catalogue import catalogue
from bot.ids import DeviceId, RoomId, UserId
from bot.incident.service import Incidents
from bot.matrix.errors import IdentityReplaced, LoggedOut, OwnDeviceChanged, OwnDeviceNotSigned
from bot.matrix.service import BELL_TRUST, Listeners, MatrixSecrets, MatrixService
from bot.migrations import require_current
from bot.notify import Heartbeat, Mail, Silence, Ways, Webhook
from bot.outbox.service import Outbox
from bot.services import Health, Own, Policy, Services
from bot.workers import AfterLoss, JobLanes, Keeper, Work, Worker, Workers, periodic
from keys.fingerprint import MatrixKey, OpenPGPFingerprint
from keys.openpgp import OpenPGP
from keys.vault import Vault

HOPELESS = (LoggedOut, OwnDeviceChanged, OwnDeviceNotSigned, IdentityReplaced, LogBehind, LogRewritten)
CHECKPOINT_EVERY = 3600.0
"""Seconds; the log itself rings sooner when many entries have come."""
WATCH_KEYS_EVERY = 600.0
"""Seconds between two looks at the OpenPGP keys; gpg reads only those that it has not read before."""
WATCH_DUTY_EVERY = 60.0
"""Seconds between two looks at hand-overs and gaps."""
REMIND_EVERY = 600.0
"""Seconds between two looks at whose statement runs out."""


def ladders_of(config: Config, register: Register) -> Policies:
    """The escalation policies that the configuration names, over those of the shipped networks.

    Raises :class:`BadPolicies`."""
    path, notify = config.policy.ladders, config.notify
    lacking = {By.MAIL: notify.smtp_host is None, By.WEBHOOK: not notify.webhooks}
    has = frozenset(by for by in By if not lacking.get(by))
    own = read_policies(path.read_bytes(), path.name, register.networks(), has) if path else Policies()
    return own.over(shipped_policies())


class App:
    """One running enlace; :meth:`open`, :meth:`run`, :meth:`close`."""

    def __init__(self, config: Config, vault: Vault, database: Database, register: Register) -> None:
        clock = database.clock
        coordinators = {c.user: OpenPGPFingerprint(c.fingerprint) for c in config.policy.coordinators}
        catalogue().default = config.i18n.default
        signer = NoteSigner.from_seed(config.log_origin, vault.get(LOG_SEED))
        self.config = config
        self.db = database
        self.register = register
        self.openpgp = OpenPGP(config.openpgp.home)
        self.audit = AuditLog(
            config.log_origin,
            signer,
            file=CheckpointFile(config.audit.checkpoint_file),
            verifiers=[NoteVerifier.parse(key) for key in config.audit.followed],
            extensions=config.policy.said_on_checkpoints,
        )
        self.outbox = Outbox(vault)
        self.directory = Directory(self.audit, frozenset(coordinators))
        self.matrix = MatrixService(
            config.matrix,
            database,
            self.outbox,
            lambda: self.register,
            MatrixSecrets(
                vault.get(ACCESS_TOKEN).decode(), vault.get(STORE_KEY).decode(), vault.get(MASTER_KEY).decode()
            ),
            clock,
            listeners=Listeners(
                unsigned_device=self._unsigned_device,
                identity_changed=self._identity_changed,
            ),
        )
        trust = self.matrix.trust
        telling = Telling(register, self.outbox, trust)
        proposals = Proposals(self.directory, self.audit, coordinators, config.policy.approvals)
        self.duty = Duty(register, self.audit)
        self.exchanges = Exchanges(self.outbox, self.audit, vault, trust)
        holding = Holding(self.outbox, self.exchanges, self.audit, register, trust)
        self.escalations = Escalations(
            outbox=self.outbox,
            audit=self.audit,
            register=register,
            duty=self.duty,
            sealer=vault,
            trust=trust,
            policies=ladders_of(config, register),
            outside=Outside(
                mail=config.notify.smtp_host is not None,
                webhooks=frozenset(hook.organisation.casefold() for hook in config.notify.webhooks),
                ack_url=config.web.public_url,
            ),
        )
        addressing = Addressing(register, trust)
        self.assist = Assist(
            register=register,
            addressing=addressing,
            exchanges=self.exchanges,
            outbox=self.outbox,
            audit=self.audit,
            sealer=vault,
            trust=trust,
        )
        self.incidents = Incidents(
            outbox=self.outbox,
            audit=self.audit,
            sealer=vault,
            trust=trust,
            register=register,
            directory=self.directory,
            bot_user=config.matrix.user_id,
            messages=self.matrix,
        )
        phones = tuple((c.name, c.phone) for c in config.policy.coordinators if c.phone)
        log_key = MatrixKey(b64encode(signer.verifier.public_key).decode().rstrip("="))
        self.services = Services(
            register=register,
            directory=self.directory,
            duty=self.duty,
            exchange=self.exchanges,
            holding=holding,
            onward=Onward(self.exchanges, self.outbox, self.audit, vault, trust),
            changes=Changes(self.exchanges, self.outbox, self.audit, trust, telling.language),
            addressing=addressing,
            enclosures=Enclosures(self.matrix.files, self.matrix, register),
            letters=Letters(self.outbox, register, self.openpgp if config.notify.smtp_host is not None else None),
            escalation=self.escalations,
            assist=self.assist,
            incident=self.incidents,
            enrolment=Enrolment(self.directory, register, self.openpgp, self.matrix, coordinators, telling),
            statement_files=StatementFiles(self.matrix.files, self.matrix),
            calendar_files=CalendarFiles(self.matrix.files, self.matrix),
            vouching=Vouching(
                directory=self.directory,
                register=register,
                published=self.matrix,
                sealer=vault,
                audit=self.audit,
                trust=trust,
                telling=telling,
            ),
            proposals=proposals,
            staffing=Staffing(
                proposals=proposals, directory=self.directory, register=register, trust=trust, telling=telling
            ),
            updating=Updating(proposals),
            audit=self.audit,
            outbox=self.outbox,
            trust=trust,
            registry=Registry.load(config.commands.allowed),
            policy=Policy(
                config.policy.tlp_default,
                phones,
                config.directory.confirm_every_days,
                config.directory.stale_after_days,
            ),
            health=Health(clock, self.matrix),
            own_identity=Own(config, self.openpgp, self.matrix, log_key, clock),
        )
        self.questions = questions = Questions(vault)
        recogniser = Recogniser(
            outbox=self.outbox,
            exchanges=self.exchanges,
            holding=holding,
            pages=self.escalations,
            questions=questions,
            registry=self.services.registry,
            register=register,
            challenges=self.directory,
            trust=trust,
            bot_user=config.matrix.user_id,
        )
        self.dispatcher = Dispatcher(
            database=database,
            outbox=self.outbox,
            audit=self.audit,
            questions=questions,
            recogniser=recogniser,
            register=register,
            changes=self.services.changes,
            services=self.services,
            limits=Limits(
                config.limits.person_per_minute, config.limits.room_per_minute, config.limits.unproved_per_minute
            ),
        )
        own = OpenPGPFingerprint(config.openpgp.fingerprint)
        ways = Ways(self.matrix.channel, *_outside(config, self.openpgp, own, clock))
        self.sender = Sender(database, self.outbox, self.exchanges, self.audit, register, trust, ways, holding)
        beat = config.notify.heartbeat_url
        self.heartbeat = Heartbeat(beat, self.services.health) if beat else None
        self.silence = Silence(
            pulse=self.services.health,
            register=register,
            outbox=self.outbox,
            audit=self.audit,
            operators=config.notify.operators,
            after=timedelta(minutes=config.notify.silent_after_minutes),
        )
        self.after_loss = AfterLoss(
            register=register,
            outbox=self.outbox,
            audit=self.audit,
            exchanges=self.exchanges,
            escalations=self.escalations,
            trust=trust,
        )
        desks = Desks(
            register=register,
            directory=self.directory,
            outbox=self.outbox,
            audit=self.audit,
            trust=trust,
            telling=telling,
        )
        self.duty_watch = DutyWatch(
            register=register,
            duty=self.duty,
            telling=telling,
            outbox=self.outbox,
            audit=self.audit,
            calls=self.escalations,
        )
        self.network_checks = CheckReminders(register, telling, self.outbox, self.audit)
        self.confirmations = ConfirmReminders(
            register=register,
            telling=telling,
            outbox=self.outbox,
            audit=self.audit,
            trust=trust,
            rhythm=self.services.policy,
        )
        self.jobs = JobLanes(database, self.outbox, self.matrix.rooms, (self.incidents, desks))
        self.keeper = Keeper(
            database=database,
            matrix=self.matrix,
            register=register,
            directory=self.directory,
            incidents=self.incidents,
            audit=self.audit,
            telling=telling,
            reminders=Reminders(register, telling, self.audit),
            proposals=ProposalNews(proposals, register, telling, self.outbox),
            keywatch=KeyWatch(
                register=register, directory=self.directory, telling=telling, audit=self.audit, openpgp=self.openpgp
            ),
        )

    @classmethod
    async def open(cls, config: Config, vault: Vault, clock: Clock | None = None) -> "App":
        """Read the directory, check log and identity, sync once; raises what speaks against running at all."""
        database = Database.open(config.database_url, clock or Clock())
        app = None
        try:
            app = await cls._build(config, vault, database)
            await app.audit.start(database)
            await app.duty.learn_holidays(database.clock.now())
            async with database.unit() as unit:
                await app.audit.append(
                    unit, "service.started", details={"commands": dict(app.services.registry.versions())}
                )
            try:
                await app.matrix.open()
            except EnlaceError:
                await app.tell_silence()
                raise
        except BaseException:
            await (app.close() if app is not None else database.close())
            raise
        return app

    async def tell_silence(self) -> None:
        """The homeserver is away at a start, maybe one of many that a service manager makes: one outage, told once."""
        if self.config.notify.smtp_host is not None:
            await self.silence.step(self.db)
            await self.sender.send_outside()

    @classmethod
    async def build(cls, config: Config, vault: Vault, clock: Clock | None = None) -> "App":
        """Everything wired, the directory read, nothing checked and nothing sent; :meth:`close` it."""
        database = Database.open(config.database_url, clock or Clock())
        try:
            return await cls._build(config, vault, database)
        except BaseException:
            await database.close()
            raise

    def web(self) -> Work:
        """Health and metrics."""
        from bot.web import Viewer, Web  # noqa: PLC0415  (an HTTP server: 2 MiB that only who wants one needs)

        return Web(self.config.web, Viewer(self.db, self.outbox, self.audit, self.services.health, self.matrix)).run

    def public(self) -> Work:
        """What people reach from outside: the page of a letter's link, and calendars."""
        from bot.web import Acknowledge, Feed, Public  # noqa: PLC0415  (as above)

        feeds = Feeds(self.register, self.duty, self.audit)
        pages = Acknowledge(self.db, self.escalations.answers).routes() + Feed(self.db, feeds).routes()
        web = self.config.web
        return Public(web.public_host, web.public_port, web.trusted_proxies, self.db.clock, pages).run

    @classmethod
    async def _build(cls, config: Config, vault: Vault, database: Database) -> "App":
        await require_current(database)
        profiles = [read_profile(path.read_bytes(), path.name) for path in config.directory.profiles]
        async with database.reading() as unit:
            register = await Register.load(unit, [c.user for c in config.policy.coordinators], profiles)
        return cls(config, vault, database, register)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set; raises what makes going on hopeless."""
        workers = Workers(
            [
                Worker("matrix", self.matrix.run),
                Worker("directory", periodic(self.db, BELL_DIRECTORY, 30.0, self.keeper.renew_register)),
                Worker("rooms", periodic(self.db, BELL_TRUST, 10.0, self.keeper.adopt_rooms)),
                Worker("left-rooms", periodic(self.db, BELL_TRUST, 60.0, self.keeper.forget_rooms)),
                Worker("commands", self.dispatcher.run),
                Worker("ladder", lambda own: self.escalations.run(self.db, own)),
                Worker("jobs", self.jobs.run),
                Worker("guard", periodic(self.db, BELL_TRUST, 15.0, self.keeper.guard_incidents)),
                Worker("proposals", periodic(self.db, BELL_DIRECTORY, 30.0, self.keeper.tell_proposals)),
                Worker("after-loss", periodic(self.db, BELL_TRUST, 60.0, partial(self.after_loss.tell, self.db))),
                Worker("keys", periodic(self.db, BELL_DIRECTORY, WATCH_KEYS_EVERY, self.keeper.watch_keys)),
                Worker(
                    "page-tests", periodic(self.db, BELL_TEST, 60.0, partial(self.escalations.proving.step, self.db))
                ),
                Worker(
                    "duty", periodic(self.db, BELL_DIRECTORY, WATCH_DUTY_EVERY, partial(self.duty_watch.step, self.db))
                ),
                Worker("questions", periodic(self.db, BELL_QUESTIONS, 60.0, partial(self.questions.step, self.db))),
                Worker("onward", periodic(self.db, BELL_ONWARD, 60.0, partial(self.services.onward.step, self.db))),
                Worker("assist", periodic(self.db, BELL_ASSIST, 60.0, partial(self.assist.step, self.db))),
                Worker(
                    "checks",
                    periodic(self.db, BELL_DIRECTORY, REMIND_EVERY, partial(self.network_checks.step, self.db)),
                ),
                Worker(
                    "confirmations",
                    periodic(self.db, BELL_DIRECTORY, REMIND_EVERY, partial(self.confirmations.step, self.db)),
                ),
                Worker("reminders", periodic(self.db, BELL_DIRECTORY, REMIND_EVERY, self.keeper.remind)),
                Worker("checkpoint", periodic(self.db, BELL_LOG, CHECKPOINT_EVERY, self.keeper.sign)),
                Worker("sender", self.sender.run),
                *([Worker("web", self.web())] if self.config.web.enabled else []),
                *([Worker("public", self.public())] if self.config.web.public_url else []),
                *([Worker("silence", self._watch_silence)] if self.config.notify.smtp_host is not None else []),
                *([Worker("heartbeat", self.heartbeat.run)] if self.heartbeat else []),
            ],
            HOPELESS,
        )
        try:
            await workers.run(stop)
        finally:
            async with self.db.unit() as unit:
                await self.audit.append(unit, "service.stopped")
            await self.audit.step(self.db)

    async def _watch_silence(self, stop: asyncio.Event) -> None:
        await self.silence.run(self.db, stop)

    # The edge is made before its keeper, so it reports through these two.
    async def _unsigned_device(self, user: UserId, device: DeviceId, room: RoomId) -> None:
        await self.keeper.unsigned_device(user, device, room)

    async def _identity_changed(self, user: UserId) -> None:
        await self.keeper.identity_changed(user)

    async def close(self) -> None:
        """Give everything back."""
        await self.matrix.close()
        await self.db.close()
        self.openpgp.close()


def _outside(
    config: Config, openpgp: OpenPGP, own: OpenPGPFingerprint, clock: Clock
) -> tuple[Mail | None, Webhook | None]:
    """The ways out that are not Matrix, as far as they are configured."""
    mail = Mail(config.notify, openpgp, own, clock) if config.notify.smtp_host is not None else None
    secret = config.notify.webhook_secret
    urls = {hook.organisation.casefold(): hook.url for hook in config.notify.webhooks}
    return mail, Webhook(urls, secret.get_secret_value().encode(), clock) if secret is not None else None
