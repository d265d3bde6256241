"""Homeservers that federate with each other on loopback, over lines that can be cut; no DNS, no other host."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import shutil
import tempfile
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bot.demo.synapse import Synapse, free_port

FAST = {"per_second": 10_000, "burst_count": 100_000}
QUICK_RETRY = {
    "max_long_retries": 600,
    "max_long_retry_delay": "1s",
    "max_short_retries": 1,
    "max_short_retry_delay": 200,  # a number is in ms
    "destination_min_retry_interval": "1s",
    "destination_max_retry_interval": "1s",
}
"""A server that is away is asked every second: an outage in a test lasts seconds, not minutes."""


class Line:
    """What goes from others to one server; it stands on the port that is part of the server's name."""

    def __init__(self) -> None:
        self.port = free_port()
        self.behind = free_port()
        self._whole = True
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    def cut(self) -> None:
        """Nobody reaches the server any more; it still reaches others."""
        self._whole = False
        self._hang_up()

    def lead_to(self, port: int) -> None:
        """From now on something else stands at its end."""
        self.behind = port
        self._hang_up()

    def mend(self) -> None:
        self._whole = True

    async def stop(self) -> None:
        self.cut()
        if self._server is not None:
            self._server.close()

    def _hang_up(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            if not self._whole:
                return
            there, back = await asyncio.open_connection("127.0.0.1", self.behind)
            self._open.add(back)
            try:
                await asyncio.gather(_pour(reader, back), _pour(there, writer))
            finally:
                self._open.discard(back)
                back.transport.abort()
        except OSError:
            pass
        finally:
            self._open.discard(writer)
            writer.transport.abort()


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.transport.abort()


class Federation:
    """``count`` homeservers; ``async with`` starts and stops them."""

    def __init__(self, count: int) -> None:
        self.lines = [Line() for _ in range(count)]
        self.names = [f"localhost:{line.port}" for line in self.lines]
        self.folder = Path(tempfile.mkdtemp(prefix="enlace-federation-"))
        self.servers = [
            Synapse(
                server_name=name,
                directory=self.folder / str(number),
                port=(port := free_port()),
                settings=self._settings(port, line),
            )
            for number, (name, line) in enumerate(zip(self.names, self.lines, strict=True))
        ]

    async def __aenter__(self) -> Self:
        try:
            _certificates(self.folder)
            for line in self.lines:
                await line.start()
            await asyncio.gather(*(asyncio.to_thread(server.start) for server in self.servers))
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self.servers:
            await asyncio.to_thread(server.stop)
        for line in self.lines:
            await line.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _settings(self, port: int, line: Line) -> dict[str, Any]:
        common = {"bind_addresses": ["127.0.0.1"], "type": "http"}
        return {
            "listeners": [
                {**common, "port": port, "tls": False, "resources": [{"names": ["client"], "compress": False}]},
                {**common, "port": line.behind, "tls": True, "resources": [{"names": ["federation"]}]},
            ],
            "tls_certificate_path": str(self.folder / "tls.pem"),
            "tls_private_key_path": str(self.folder / "tls.key"),
            "federation_custom_ca_list": [str(self.folder / "ca.pem")],
            "federation_domain_whitelist": self.names,
            "ip_range_blacklist": [],
            "federation": QUICK_RETRY,
            "rc_federation": {"sleep_limit": 100_000, "reject_limit": 100_000},
        }


def _certificates(folder: Path) -> None:
    """``ca.pem``, ``tls.pem`` and ``tls.key``: one certificate for all servers, for ``localhost``."""
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "enlace tests")])
    now = dt.datetime.now(dt.UTC)

    def begun(name: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=30))
        )

    ca = (
        begun(issuer, authority.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority.public_key()), critical=False)
        .sign(authority, hashes.SHA256())
    )
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))]
    leaf = (
        begun(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), key.public_key())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
        .sign(authority, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.pem").write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )
