"""The settings themselves.  Each field's description and example are the reference page and the error's way out."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StrictBool,
    StrictInt,
    model_validator,
)
from pydantic_core import PydanticCustomError

from bot.config import forms
from bot.ids import UserId, server_of
from bot.tlp import Tlp

UserIdText = Annotated[UserId, AfterValidator(forms.user)]
Fingerprint = Annotated[str, AfterValidator(forms.fingerprint)]
ServerName = Annotated[str, forms.pattern(r"[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")]
Word = Annotated[str, forms.pattern(r"[a-z][a-z0-9-]*")]
Phone = Annotated[str, forms.pattern(r"\+[0-9][0-9 ()\-]{4,30}")]
MAIL_ADDRESS = r"[^@\s<>,;]+@[^@\s<>,;]+"
Filled = Annotated[str, forms.pattern(r"(?s).*\S.*")]


def secret(description: str) -> Any:
    """A field for a secret: never in the file, only from the environment, a file or the service manager."""
    return Field(default=None, description=description, json_schema_extra={"secret": True})


class Section(BaseModel):
    """A group of settings; nothing can be added to it or changed in it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


# --- the sections --------------------------------------------------------------------------------------


class Matrix(Section):
    """The bot's account and homeserver."""

    homeserver: Annotated[str, AfterValidator(forms.homeserver)] = Field(
        description="Base URL of the homeserver's client-server API.", examples=["https://matrix.example.org"]
    )
    user_id: UserIdText = Field(description="The bot's Matrix user.", examples=["@enlace:example.org"])
    device_id: Filled = Field(
        description="The bot's one device; `enlace init` makes it and writes it here.", examples=["ENLACE01"]
    )
    store: Path = Field(default=Path("matrix"), description="Folder of the crypto store.")
    room_version: Annotated[Literal["11", "12"], BeforeValidator(forms.as_text)] = Field(
        default="12", description="Room version of the rooms that the bot makes."
    )
    allowed_servers: tuple[ServerName, ...] = Field(
        default=(),
        description="Homeservers whose users may be in a verified room. Empty: any.",
        examples=["[cert.example.mx, cert.example.br]"],
    )
    undecryptable_after_seconds: StrictInt = Field(
        default=60,
        ge=5,
        le=86_400,
        description="How long to wait for the key of a message that cannot be read before its sender is told.",
    )
    largest_file_mb: StrictInt = Field(
        default=10,
        ge=1,
        le=50,
        description="The largest file that is carried in an exchange, in MB (10⁶ bytes). Two are under way at once, "
        "and each takes its size in memory, encrypted.",
    )


class DatabaseSettings(Section):
    """Where enlace keeps its rows: SQLite for one machine, PostgreSQL beyond."""

    url: Annotated[str, AfterValidator(forms.database_url)] | None = Field(
        default=None,
        description="SQLAlchemy URL without a password. Default: `enlace.db` in `state_directory`, by SQLite.",
        examples=["postgresql+asyncpg://enlace@db.example.org/enlace"],
    )
    password: SecretStr | None = secret("Password of the PostgreSQL role.")
    password_file: Path | None = Field(default=None, description="File (mode 0600) that holds `database.password`.")


class OpenPgp(Section):
    """The bot's own OpenPGP key."""

    home: Path = Field(default=Path("openpgp"), description="GnuPG home folder of the bot (mode 0700).")
    fingerprint: Fingerprint = Field(
        description="Fingerprint of the bot's primary key; `enlace init` writes it here.",
        examples=['"0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567"'],
    )


class VaultSettings(Section):
    """Secrets at rest: access token, crypto-store key, log key, passwords."""

    path: Path = Field(default=Path("vault"), description="The sealed file.")
    passphrase: SecretStr | None = secret("What the vault is sealed under.")
    passphrase_file: Path | None = Field(default=None, description="File (mode 0600) that holds `vault.passphrase`.")


class DirectorySettings(Section):
    """The directory of organisations and points of contact."""

    profiles: tuple[Path, ...] = Field(
        default=(),
        description="Network profiles (YAML) in addition to those that ship with enlace.",
        examples=["[/etc/enlace/my-network.yaml]"],
    )
    confirm_every_days: StrictInt = Field(
        default=90,
        ge=7,
        le=3650,
        description="So long after an entry was confirmed its organisation is asked in its room whether it is still "
        "right: four times weekly, then every 30 days, until somebody there types `!confirm`.",
    )
    stale_after_days: StrictInt = Field(
        default=180,
        ge=1,
        le=3650,
        description="An entry that nobody confirmed for so long is shown as stale; not sooner than its organisation is "
        "asked.",
    )

    @model_validator(mode="after")
    def _asked_first(self) -> Self:
        if self.confirm_every_days > self.stale_after_days:
            raise PydanticCustomError("stale_before_asked", "stale before asked")
        return self


class Coordinator(Section):
    """One of the people from whom all trust starts (Matrix user and OpenPGP key, both pinned here)."""

    user: UserIdText = Field(description="Matrix user.", examples=["@carla:cert.example.uy"])
    fingerprint: Fingerprint = Field(
        description="Fingerprint of the person's OpenPGP primary key.",
        examples=['"89AB CDEF 0123 4567 89AB  CDEF 0123 4567 89AB CDEF"'],
    )
    name: Filled = Field(description="Name as people shall read it.", examples=["Carla Núñez"])
    phone: Phone | None = Field(
        default=None,
        description="Shown by `!help` to everybody who is not verified yet, so only a published number.",
        examples=['"+598 2 000 0000"'],
    )


class Policy(Section):
    """Who coordinates, and what holds unless somebody says otherwise."""

    tlp_default: Annotated[Tlp, BeforeValidator(forms.label)] = Field(
        default=Tlp.AMBER, description="Label of a message that names none."
    )
    coordinators: tuple[Coordinator, ...] = Field(
        description="At least two people.", examples=["[{user: …, fingerprint: …, name: …}, {…}]"]
    )
    ladders: Path | None = Field(
        default=None,
        description="Escalation policies (YAML, docs/escalation.md) of the deployment, its networks and organisations. "
        "Not set: the built-in ladders.",
        examples=["/etc/enlace/ladders.yaml"],
    )
    approvals: StrictInt = Field(
        default=2,
        ge=1,
        le=2,
        description="People behind each change of the directory. 1 only where one person coordinates alone: then "
        "nobody looks over their shoulder, and `enlace check` and every checkpoint of the log say so.",
    )

    @property
    def said_on_checkpoints(self) -> tuple[str, ...]:
        """What every checkpoint of the log says about this policy."""
        return () if self.approvals > 1 else (f"approvals {self.approvals}",)

    @model_validator(mode="after")
    def _two_people(self) -> Self:
        if len(self.coordinators) < self.approvals:
            raise PydanticCustomError("too_few_coordinators", "too few")
        named = [value for c in self.coordinators for value in (str(c.user), c.fingerprint)]
        for value in named:
            if named.count(value) > 1:
                raise PydanticCustomError("same_coordinator", "same", {"value": value})
        return self


class LimitSettings(Section):
    """How much is done in a minute. An answer to a call, `!ack`, `!decline`, `!resolve`, `!escalate … critical` and
    `!verify revoke` of a verified person are never counted and always done."""

    person_per_minute: StrictInt = Field(
        default=60, ge=10, le=100_000, description="Commands and thread lines of one verified person, in all rooms."
    )
    room_per_minute: StrictInt = Field(
        default=240, ge=10, le=100_000, description="Commands and thread lines of all verified people in one room."
    )
    unproved_per_minute: StrictInt = Field(
        default=30,
        ge=5,
        le=100_000,
        description="Answers in one room to what no pinned identity vouches for: plain text, unreadable messages, "
        "people who are not verified. A homeserver can write these in anybody's name, so they count apart.",
    )


class CommandSettings(Section):
    """Which commands are there."""

    allowed: tuple[Word, ...] | None = Field(
        default=None,
        description="The commands that are loaded. Not set: all that ship with enlace, and no third party's.",
        examples=["[whois, send, reply, help, status, verify, trust]"],
    )


class AuditSettings(Section):
    """The log that nobody can rewrite unnoticed."""

    origin: Annotated[str, forms.pattern(r"[^\s+]{1,200}")] | None = Field(
        default=None,
        description="The log's name in its checkpoints (C2SP tlog-checkpoint); never change it. "
        "Default: the bot's server name and `/enlace`.",
        examples=["example.org/enlace"],
    )
    followed: tuple[Annotated[str, forms.pattern(r"[^\s+]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{20,100}")], ...] = Field(
        default=(),
        description="Public keys of lost logs that this one follows; `enlace audit resume` writes them.",
        examples=["[example.org/enlace+1a2b3c4d+AQ…]"],
    )
    checkpoint_file: Path = Field(
        default=Path("checkpoint"),
        description="Where the newest checkpoint is kept outside the database; best on another disk.",
    )


class WebSettings(Section):
    """Health and metrics, on this machine only; and, if wanted, the page that the link of an encrypted letter leads
    to."""

    enabled: StrictBool = Field(default=False, description="Serve `/healthz`, `/readyz` and `/metrics`.")
    host: Annotated[str, AfterValidator(forms.loopback)] = Field(default="127.0.0.1", description="Loopback address.")
    port: StrictInt = Field(default=8420, ge=1, le=65_535, description="TCP port.")
    public_url: Annotated[str, AfterValidator(forms.public_address)] | None = Field(
        default=None,
        description="Where people reach `public_port` from outside, through a reverse proxy with TLS. With it, "
        "OpenPGP-encrypted mail holds a link by which its reader takes the call, and duty can be subscribed to "
        "(`enlace duty feed`). Not set: neither, and nothing listens on that port.",
        examples=["https://enlace.example.org"],
    )
    public_host: Annotated[str, AfterValidator(forms.ip_address)] = Field(
        default="127.0.0.1", description="IP address that `/ack/` and `/duty/` are served on."
    )
    public_port: StrictInt = Field(
        default=8421, ge=1, le=65_535, description="Its TCP port; nothing else is served there."
    )
    trusted_proxies: tuple[Annotated[str, AfterValidator(forms.network)], ...] = Field(
        default=("127.0.0.0/8", "::1/128"),
        description="Reverse proxies whose `X-Forwarded-For` is believed, by address or network: whoever asks is the "
        "last named there that is none of these.",
        examples=["[10.0.0.5, 10.1.0.0/16]"],
    )

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.public_url is not None and self.enabled and self.public_port == self.port:
            raise PydanticCustomError("same_port", "same port")
        return self


class Webhook(Section):
    """Where pages to one organisation are posted when its rooms cannot ring."""

    organisation: Filled = Field(description="Handle.", examples=["CERT-MX"])
    url: Annotated[str, AfterValidator(forms.web_address)] = Field(
        description="Where to POST.", examples=["https://ntfy.example.mx/enlace"]
    )


class Notify(Section):
    """Ways out that are not Matrix: reference, severity and caller only, when no room can ring."""

    smtp_host: Filled | None = Field(
        default=None, description="Mail server. Not set: no mail.", examples=["mail.example.org"]
    )
    smtp_port: StrictInt = Field(default=587, ge=1, le=65_535, description="Its TCP port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="`none` only on this machine's loopback."
    )
    smtp_ca_file: Path | None = Field(
        default=None, description="Certificates (PEM) that the server's is judged by, instead of the system's."
    )
    smtp_user: Filled | None = Field(default=None, description="Account at the mail server.", examples=["enlace"])
    smtp_password: SecretStr | None = secret("Password of that account.")
    smtp_password_file: Path | None = Field(
        default=None, description="File (mode 0600) that holds `notify.smtp_password`."
    )
    mail_from: Annotated[str, forms.pattern(MAIL_ADDRESS)] | None = Field(
        default=None, description="Sender's address; needed for mail.", examples=["enlace@example.org"]
    )
    webhooks: tuple[Webhook, ...] = Field(
        default=(),
        description="Where pages to an organisation are posted.",
        examples=["[{organisation: CERT-MX, url: https://ntfy.example.mx/enlace}]"],
    )
    webhook_secret: SecretStr | None = secret("Key of the signature (HMAC) of every POST; needed for webhooks.")
    webhook_secret_file: Path | None = Field(
        default=None, description="File (mode 0600) that holds `notify.webhook_secret`."
    )
    operators: tuple[Annotated[str, forms.pattern(MAIL_ADDRESS)], ...] = Field(
        default=(),
        description="Who is written to, beside the coordinators, when the bot has not heard its homeserver for long.",
        examples=["[oncall@example.org]"],
    )
    silent_after_minutes: StrictInt = Field(
        default=5,
        ge=2,
        le=1440,
        description="So long the homeserver is silent before coordinators and operators get mail; once per outage, and "
        "once when it is over.",
    )
    heartbeat_url: Annotated[str, AfterValidator(forms.web_address)] | None = Field(
        default=None,
        description="Fetched once a minute while the bot hears its homeserver, so that a monitor notices its silence.",
        examples=["https://monitor.example.org/ping/enlace"],
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.smtp_host is not None and self.mail_from is None:
            raise PydanticCustomError("mail_without_sender", "no sender")
        if self.smtp_host is not None and self.smtp_security == "none" and not forms.is_loopback(self.smtp_host):
            raise PydanticCustomError("plain_mail", "plain mail")
        if self.webhooks and self.webhook_secret is None:
            raise PydanticCustomError("webhooks_without_secret", "no secret")
        return self


class LoggingSettings(Section):
    """What the process writes to standard error; never message content, never secrets."""

    format: Literal["auto", "json", "console"] = Field(
        default="auto", description="`auto`: console on a terminal, else JSON, one object per line."
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level that is written."
    )


class I18nSettings(Section):
    """Languages."""

    default: Annotated[str, forms.pattern(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")] = Field(
        default="en",
        description="Language (BCP 47) where neither the command, the room nor the organisation says one; "
        "one of those that enlace ships.",
        examples=["es"],
    )


class Config(Section):
    """All settings of one deployment; every path in it is absolute."""

    state_directory: Path = Field(
        default=Path("/var/lib/enlace"),
        description="Where enlace keeps its state (mode 0700). Not set: systemd's `StateDirectory=`, if there is one. "
        "All other relative paths start here; this one starts at the configuration file's folder.",
    )
    matrix: Matrix
    database: DatabaseSettings = DatabaseSettings()
    openpgp: OpenPgp
    vault: VaultSettings = VaultSettings()
    directory: DirectorySettings = DirectorySettings()
    policy: Policy
    limits: LimitSettings = LimitSettings()
    commands: CommandSettings = CommandSettings()
    audit: AuditSettings = AuditSettings()
    web: WebSettings = WebSettings()
    notify: Notify = Notify()
    logging: LoggingSettings = LoggingSettings()
    i18n: I18nSettings = I18nSettings()

    @property
    def database_url(self) -> str:
        """The URL to open, with its password: never log it."""
        if self.database.url is None:
            return f"sqlite+aiosqlite:///{self.state_directory / 'enlace.db'}"
        if self.database.password is None:
            return self.database.url
        scheme, rest = self.database.url.split("://", 1)
        user, at, host = rest.rpartition("@")
        return f"{scheme}://{user}:{_percent(self.database.password.get_secret_value())}{at or '@'}{host}"

    @property
    def log_origin(self) -> str:
        """The log's name in its checkpoints."""
        return self.audit.origin or f"{server_of(self.matrix.user_id)}/enlace"


def _percent(value: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "".join(f"%{b:02X}" for b in c.encode()) for c in value)
