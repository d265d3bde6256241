"""Real GnuPG homes, made once per run: short paths (gpg's agent listens on a socket inside), small keys."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp import OpenPGP


@dataclass
class People:
    """A home with everybody's secret keys, and gpg at hand for what enlace itself never does."""

    home: Path
    pgp: OpenPGP
    keys: dict[str, OpenPGPFingerprint]

    def gpg(self, *arguments: str, given: bytes = b"") -> bytes:
        command = [
            "gpg",
            "--homedir",
            str(self.home),
            "--batch",
            "--yes",
            "--no-options",
            "--trust-model=always",
            *arguments,
        ]
        ran = subprocess.run(command, input=given, capture_output=True, timeout=60, check=False)
        assert ran.returncode == 0, ran.stderr.decode("utf-8", "replace")
        return ran.stdout

    def make(self, name: str, *lines: str, options: tuple[str, ...] = ()) -> None:
        """A key by gpg's own parameters."""
        mail = f"{name}@cert.example.mx"
        body = [*lines, f"Name-Real: {name}", f"Name-Email: {mail}", "%no-protection", "%commit", ""]
        self.gpg("--gen-key", *options, given="\n".join(body).encode())
        listing = self.gpg("--with-colons", "--list-keys", f"<{mail}>").decode()
        fingerprint = next(row.split(":")[9] for row in listing.splitlines() if row.startswith("fpr"))
        self.keys[name] = OpenPGPFingerprint(fingerprint)

    def public(self, name: str) -> bytes:
        return self.gpg("--armor", "--export", self.keys[name])

    def clear(self, name: str, text: str, *options: str) -> str:
        return self.gpg("--local-user", self.keys[name], *options, "--clearsign", given=text.encode()).decode()

    def detached(self, name: str, data: bytes, *options: str) -> bytes:
        return self.gpg("--local-user", self.keys[name], *options, "--armor", "--detach-sign", given=data)

    def revoke(self, name: str) -> bytes:
        """The revocation certificate that gpg wrote when it made the key."""
        text = (self.home / "openpgp-revocs.d" / f"{self.keys[name]}.rev").read_text()
        return text.replace(":-----BEGIN", "-----BEGIN").encode()


EDDSA = ("Key-Type: EDDSA", "Key-Curve: ed25519", "Key-Usage: sign")
ECDH = ("Subkey-Type: ECDH", "Subkey-Curve: cv25519", "Subkey-Usage: encrypt")
LONG_AGO = "--faked-system-time=20200101T000000"


@pytest.fixture(scope="session")
def short_tmp() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="enl"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def people(short_tmp: Path) -> Iterator[People]:
    with OpenPGP(short_tmp / "people") as pgp:
        world = People(short_tmp / "people", pgp, {})
        world.make("ana", *EDDSA, *ECDH)
        world.make("luz", *EDDSA, *ECDH)
        world.make("mute", *EDDSA)
        world.make("gone", *EDDSA, *ECDH)
        world.make("leaked", *EDDSA, *ECDH)
        world.make("old", *EDDSA, *ECDH, "Expire-Date: 1y", options=(LONG_AGO,))
        world.make("halfold", *EDDSA, *ECDH, "Expire-Date: 0", options=(LONG_AGO,))
        world.make("weak", "Key-Type: RSA", "Key-Length: 1024", "Subkey-Type: RSA", "Subkey-Length: 1024")
        world.make("rsa", "Key-Type: RSA", "Key-Length: 2048", "Key-Usage: cert")
        world.gpg("--passphrase=", "--pinentry-mode=loopback", "--quick-add-key", world.keys["rsa"], "rsa3072", "sign")
        subkey = world.pgp.key(world.keys["halfold"]).subkeys[0].fingerprint
        world.gpg(
            LONG_AGO,
            "--pinentry-mode=loopback",
            "--passphrase=",
            "--quick-set-expire",
            world.keys["halfold"],
            "1y",
            subkey,
        )
        yield world


_homes = iter(range(1_000_000))


@pytest.fixture
def pgp(short_tmp: Path, people: People) -> Iterator[OpenPGP]:
    """An empty home, as the bot's."""
    with OpenPGP(short_tmp / f"bot{next(_homes)}") as bot:
        yield bot
