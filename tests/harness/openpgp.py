"""OpenPGP keys of test people and organisations: real gpg, in a home that lives for one test."""

import os
import subprocess
from pathlib import Path


class GnuPG:
    """One GnuPG home.  Its path must be short (the ``short_path`` fixture): the agent's socket lies in it."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def new_key(self, name: str, email: str, *, expires: str = "1y") -> str:
        """An Ed25519 primary key with a Curve25519 encryption subkey, no passphrase; returns its fingerprint.

        ``expires`` as gpg takes it: ``1y``, ``2d``, ``seconds=1``, ``never``."""
        user = f"{name} <{email}>"
        self._gpg("--quick-generate-key", user, "ed25519", "cert,sign", expires)
        fingerprint = self._colons("--list-secret-keys", f"={user}")
        self._gpg("--quick-add-key", fingerprint, "cv25519", "encr", expires)
        return fingerprint

    def clear_sign(self, text: str, fingerprint: str) -> str:
        """``text`` in a clear-signed message (RFC 9580 section 7)."""
        return self._gpg("--clear-sign", "--local-user", fingerprint, typed=text)

    def detach_sign(self, text: str, fingerprint: str) -> str:
        """An armoured detached signature over ``text`` in UTF-8."""
        return self._gpg("--armor", "--detach-sign", "--local-user", fingerprint, typed=text)

    def public_key(self, fingerprint: str) -> str:
        """The armoured public key."""
        return self._gpg("--armor", "--export", fingerprint)

    def import_key(self, armoured: str) -> None:
        """Take somebody else's public key into this home."""
        self._gpg("--import", typed=armoured)

    def signer(self, clear_signed: str) -> str:
        """Primary-key fingerprint of a good signature; raises :class:`subprocess.CalledProcessError` for a bad one."""
        status = self._gpg("--status-fd", "1", "--output", os.devnull, "--verify", typed=clear_signed)
        valid = next(line for line in status.splitlines() if " VALIDSIG " in line)
        return valid.split()[-1]

    def close(self) -> None:
        """End the agent that gpg started for this home."""
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=False, timeout=30)

    def _colons(self, *arguments: str) -> str:
        lines = self._gpg("--with-colons", *arguments).splitlines()
        return next(line.split(":")[9] for line in lines if line.startswith("fpr:"))

    def _gpg(self, *arguments: str, typed: str = "") -> str:
        command = ["gpg", "--homedir", str(self.home), "--batch", "--no-tty", "--quiet", "--yes"]
        command += ["--pinentry-mode", "loopback", "--passphrase", "", "--trust-model", "always", *arguments]
        done = subprocess.run(command, input=typed.encode(), capture_output=True, check=True, timeout=60)
        return done.stdout.decode()
