"""One GnuPG home of our own: import, sign, verify, encrypt, decrypt.  Synchronous: call it off the event loop."""

import re
import stat
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import Any, Self

from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp.armour import plain, read_clear_signed, read_detached
from keys.openpgp.errors import (
    BadKeyName,
    DecryptionFailed,
    GnuPGFailed,
    GnuPGHomeTooOpen,
    KeyCannotEncrypt,
    KeyExpired,
    KeyInvalid,
    KeyRevoked,
    KeyWeak,
    NoSecretKey,
    NoSuchKey,
    NotAKey,
    NotForUs,
    NotSigned,
    SecretKeyGiven,
    SignatureUnclear,
    TooLarge,
    WrongKeyPassphrase,
)
from keys.openpgp.listing import read_listing
from keys.openpgp.process import Report, start, stop_agent
from keys.openpgp.status import Signature, judge_signature
from keys.policy import KeyInfo, SubkeyInfo, is_strong

MOST_KEY_BYTES = 1024 * 1024
MOST_DATA_BYTES = 32 * 1024 * 1024
_LONGEST_PASSPHRASE = 200
_NO_PINENTRY = ["--pinentry-mode", "error"]


class OpenPGP:
    """A keyring in ``home``, a folder with mode 0700 that is nobody else's (made if it is not there).

    Keys are named by full primary fingerprints only.  Passphrases go to gpg through a pipe.  ``options`` are more
    options for gpg, for tests.  Raises :class:`keys.openpgp.GnuPGMissing`, :class:`keys.openpgp.GnuPGHomeTooOpen`.
    """

    def __init__(self, home: Path, binary: str = "gpg", *, options: Sequence[str] = ()) -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(home.stat().st_mode)
        if mode & 0o077:
            raise GnuPGHomeTooOpen(path=home, mode=f"{mode:04o}")
        self._home = home.resolve()
        self._gpg = start(self._home, binary, options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the agent that holds secret keys for this home."""
        stop_agent(self._home)

    @property
    def version(self) -> str:
        """Of gpg."""
        return ".".join(map(str, self._gpg.version or ()))

    # --- keys ---------------------------------------------------------------------------------------------------

    def read_keys(self, content: bytes) -> list[KeyInfo]:
        """The public keys in a file, armoured or binary, without taking them.

        Raises :class:`NotAKey`, :class:`SecretKeyGiven`, :class:`TooLarge`.
        """
        _limit(content, MOST_KEY_BYTES)
        keys, secret = read_listing(self._listing("read a key", self._gpg.scan_keys_mem, content))
        if secret or b"PRIVATE KEY BLOCK" in content:
            raise SecretKeyGiven
        if not keys:
            raise NotAKey
        return keys

    def import_key(self, content: bytes) -> list[KeyInfo]:
        """Take the public keys in a file, merged with what is on file: new subkeys, expiry dates and revocations.

        Being on the keyring means nothing by itself.  Raises :class:`NotAKey`, :class:`SecretKeyGiven`,
        :class:`TooLarge`.
        """
        named = [info.fingerprint for info in self.read_keys(content)]
        self._run("import a key", self._gpg.import_keys, content, extra_args=["--import-options", "import-clean"])
        taken = [info for fingerprint in named if (info := self.key(fingerprint)) is not None]
        if len(taken) != len(named):
            raise NotAKey
        return taken

    def key(self, fingerprint: OpenPGPFingerprint) -> KeyInfo | None:
        """The key with this primary fingerprint, as gpg judges it now; None if it is not on file."""
        keys, _ = read_listing(self._listing("list keys", self._gpg.list_keys, keys=[_name(fingerprint)]))
        return next((info for info in keys if info.fingerprint == fingerprint), None)

    def generate(self, name: str, email: str, passphrase: str | None = None, expire: str | None = None) -> KeyInfo:
        """Make a key of our own: Ed25519 to sign, Curve25519 to be encrypted to (RFC 9580, section 9.1).

        ``expire`` as gpg understands it (``2y``, ``2030-01-31``); None means never.  gpg also writes a revocation
        certificate into ``openpgp-revocs.d`` of the home: keep it offline.
        Raises :class:`BadKeyName`, :class:`WrongKeyPassphrase` (it has odd characters), :class:`GnuPGFailed`.
        """
        for value in (name, email):
            if not value.strip() or any(unicodedata.category(c)[0] == "C" or c in "<>()" for c in value):
                raise BadKeyName(value=value)
        if expire is not None and not re.fullmatch(r"\d+[dwmy]?|\d{4}-\d\d-\d\d|seconds=\d+", expire):
            raise BadKeyName(value=expire)
        _passphrase(passphrase)
        lines = [
            "Key-Type: EDDSA", "Key-Curve: ed25519", "Key-Usage: sign",
            "Subkey-Type: ECDH", "Subkey-Curve: cv25519", "Subkey-Usage: encrypt",
            f"Name-Real: {name}", f"Name-Email: {email}", f"Expire-Date: {expire or 0}",
            f"Passphrase: {passphrase}" if passphrase else "%no-protection", "%commit", "",
        ]  # fmt: skip
        report = self._run("make a key", self._gpg.gen_key, "\n".join(lines).encode())
        made = report.rest("KEY_CREATED")
        info = self.key(OpenPGPFingerprint(made[0][1])) if made and len(made[0]) > 1 else None
        if info is None:
            raise GnuPGFailed(operation="make a key", status=_said(report))
        return info

    def export_public(self, fingerprint: OpenPGPFingerprint) -> bytes:
        """The public key, armoured; raises :class:`NoSuchKey`."""
        if self.key(fingerprint) is None:
            raise NoSuchKey(fingerprint=fingerprint.grouped())
        text = self._call("export a key", self._gpg.export_keys, _name(fingerprint))
        return str(text).encode("latin-1")

    def export_secret(self, fingerprint: OpenPGPFingerprint) -> bytes:
        """Our own key with its secret parts, armoured, for a sealed file; raises :class:`NoSecretKey`.

        Only for keys without a passphrase of their own."""
        self._call("list keys", self._gpg.list_keys, secret=True)  # so that the agent runs
        text = str(
            self._call("export a key", self._gpg.export_keys, _name(fingerprint), secret=True, expect_passphrase=False)
        )
        if "PRIVATE KEY BLOCK" not in text:
            raise NoSecretKey(fingerprint=fingerprint.grouped())
        return text.encode("latin-1")

    def restore_secret(self, content: bytes, fingerprint: OpenPGPFingerprint) -> KeyInfo:
        """Take back what :meth:`export_secret` gave; raises :class:`NoSecretKey` if it is not that key."""
        _limit(content, MOST_KEY_BYTES)
        self._run("import a key", self._gpg.import_keys, content)
        info = self.key(fingerprint)
        if info is None:
            raise NoSecretKey(fingerprint=fingerprint.grouped())
        self.sign_clear("enlace\n", fingerprint)
        return info

    # --- messages -----------------------------------------------------------------------------------------------

    def encrypt(self, data: bytes, fingerprints: Sequence[OpenPGPFingerprint]) -> bytes:
        """``data`` encrypted to all of these keys, armoured: to all or not at all.

        Whose keys these are is the directory's business, already settled.  Raises :class:`NoSuchKey`,
        :class:`KeyRevoked`, :class:`KeyExpired`, :class:`KeyInvalid`, :class:`KeyWeak`, :class:`KeyCannotEncrypt`.
        """
        _limit(data, MOST_DATA_BYTES)
        if not fingerprints:
            raise NoSuchKey(fingerprint="–")
        for fingerprint in fingerprints:
            self._usable(fingerprint)
        names = [_name(fingerprint) for fingerprint in fingerprints]
        report = self._run("encrypt", self._gpg.encrypt, data, names, always_trust=True, armor=True)
        refused = report.rest("INV_RECP")
        if refused:
            raise KeyCannotEncrypt(fingerprint=OpenPGPFingerprint(refused[0][-1]).grouped())
        if "END_ENCRYPTION" not in report.words or report.words & {"FAILURE", "ERROR"} or not report.data:
            raise GnuPGFailed(operation="encrypt", status=_said(report))
        return report.data

    def decrypt(self, data: bytes, passphrase: str | None = None) -> bytes:
        """What is encrypted to a secret key of ours.  It says nothing about who wrote it.

        Raises :class:`NotForUs`, :class:`WrongKeyPassphrase`, :class:`DecryptionFailed`.
        """
        _limit(data, MOST_DATA_BYTES)
        extra = _passphrase(passphrase)
        report = self._run("decrypt", self._gpg.decrypt, data, passphrase=_secret(passphrase), extra_args=extra)
        words = report.words
        if "DECRYPTION_OKAY" in words and not words & {"DECRYPTION_FAILED", "BADMDC", "FAILURE"}:
            if words >= {"GOODMDC", "DECRYPTION_KEY"} and len(report.rest("PLAINTEXT")) == 1:
                return report.data
            raise DecryptionFailed
        _refuse_passphrase(report)
        if "NO_SECKEY" in words and "DECRYPTION_KEY" not in words:
            raise NotForUs
        raise DecryptionFailed

    def sign_clear(self, text: str, fingerprint: OpenPGPFingerprint, passphrase: str | None = None) -> str:
        """``text`` clear-signed with our key; raises :class:`NoSecretKey`, :class:`WrongKeyPassphrase`."""
        return self._sign(text.encode(), fingerprint, passphrase, clearsign=True).decode()

    def sign_detached(self, data: bytes, fingerprint: OpenPGPFingerprint, passphrase: str | None = None) -> bytes:
        """An armoured detached signature over ``data``; raises :class:`NoSecretKey`, :class:`WrongKeyPassphrase`."""
        return self._sign(data, fingerprint, passphrase, detach=True)

    def verify_clear(self, content: str | bytes, *, historic: bool = False) -> Signature:
        """The signature over the one clear-signed text in ``content``, with the text as gpg gives it back.

        What stands around the signed text is not part of the result.  With ``historic``, a signature whose key
        has expired or been revoked since is returned too, and says so.  Raises a ``SignatureError``,
        :class:`KeyWeak` or :class:`TooLarge`.
        """
        raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        _limit(raw, MOST_DATA_BYTES)
        try:
            signed = read_clear_signed(raw.decode("utf-8"))
        except UnicodeDecodeError:
            raise SignatureUnclear(status="UTF-8") from None
        report = self._run("verify", self._gpg.verify, signed.message, extra_args=["--output", "-"])
        text = report.data.decode("utf-8", "replace")
        signature = self._judged(report, historic=historic)
        if plain(text) != signed.text:
            raise SignatureUnclear(status="text")
        return Signature(**{**vars(signature), "text": text})

    def verify_detached(self, data: bytes, signature: bytes, *, historic: bool = False) -> Signature:
        """The detached signature (armoured or binary) over ``data``; errors as :meth:`verify_clear`."""
        _limit(data, MOST_DATA_BYTES)
        _limit(signature, MOST_KEY_BYTES)
        with NamedTemporaryFile(dir=self._home, suffix=".sig") as file:
            file.write(read_detached(signature))
            file.flush()
            report = self._run("verify", self._gpg.verify_data, file.name, data)
        return self._judged(report, historic=historic)

    # --- inside -------------------------------------------------------------------------------------------------

    def _judged(self, report: Report, *, historic: bool) -> Signature:
        """The signature, by a key that is strong and, as listed, neither revoked nor expired."""
        if "NODATA" in report.words and "NEWSIG" not in report.words:
            raise NotSigned
        signature = judge_signature(report.lines, historic=historic)
        info = self.key(signature.primary_fingerprint)
        part = info.part(signature.signing_fingerprint) if info else None
        if info is None or part is None:
            raise SignatureUnclear(status="key")
        for strong in (info.primary, part):
            if not is_strong(strong):
                raise KeyWeak(**_named(strong), algorithm=strong.algorithm, bits=strong.bits)
        if not historic and (info.revoked or part.revoked):
            raise SignatureUnclear(status="key")
        return signature

    def _usable(self, fingerprint: OpenPGPFingerprint) -> None:
        """Whether gpg may encrypt to this key now, by its own clock; raises the one reason why not."""
        info = self.key(fingerprint)
        if info is None:
            raise NoSuchKey(fingerprint=fingerprint.grouped())
        primary = info.primary
        if primary.revoked:
            raise KeyRevoked(**_named(primary))
        if primary.validity == "e":
            raise KeyExpired(**_named(primary), expires=f"{primary.expires:%Y-%m-%d}" if primary.expires else "–")
        if primary.validity:
            raise KeyInvalid(**_named(primary))
        parts = [part for part in (primary, *info.subkeys) if "e" in part.capabilities and not part.validity]
        if not parts:
            raise KeyCannotEncrypt(**_named(primary))
        for part in (primary, max(parts, key=lambda part: part.created)):  # gpg takes the newest
            if not is_strong(part):
                raise KeyWeak(**_named(part), algorithm=part.algorithm, bits=part.bits)

    def _sign(self, data: bytes, fingerprint: OpenPGPFingerprint, passphrase: str | None, **how: bool) -> bytes:
        _limit(data, MOST_DATA_BYTES)
        extra = [*_passphrase(passphrase), "--local-user", _name(fingerprint), "--digest-algo", "SHA512"]
        how = {"clearsign": False, "detach": False, **how}
        report = self._run("sign", self._gpg.sign, data, passphrase=_secret(passphrase), extra_args=extra, **how)
        made = report.rest("SIG_CREATED")
        if len(made) == 1 and report.data and not report.words & {"FAILURE", "INV_SGNR"}:
            info = self.key(fingerprint)
            if info is not None and info.part(made[0][-1]) is not None:
                return report.data
        _refuse_passphrase(report)
        if "INV_SGNR" in report.words:
            raise NoSecretKey(fingerprint=fingerprint.grouped())
        raise GnuPGFailed(operation="sign", status=_said(report))

    def _run(self, operation: str, call: Callable[..., Any], *arguments: Any, **named: Any) -> Report:
        report: Report = self._call(operation, call, *arguments, **named)
        _ended(operation, report.returncode)
        return report

    def _listing(self, operation: str, call: Callable[..., Any], *arguments: Any, **named: Any) -> bytes:
        result = self._call(operation, call, *arguments, **named)
        _ended(operation, result.returncode)
        return bytes(result.data)

    @staticmethod
    def _call(operation: str, call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        try:
            return call(*arguments, **named)
        except (OSError, ValueError) as error:
            raise GnuPGFailed(operation=operation, status=type(error).__name__) from None


def _ended(operation: str, code: int | None) -> None:
    if code is None or code < 0:
        raise GnuPGFailed(operation=operation, status="time limit" if code == -9 else f"signal {code}")


def _name(fingerprint: OpenPGPFingerprint) -> str:
    """For gpg's command line: parsed again, so that nothing else can reach it."""
    return "0x" + OpenPGPFingerprint(fingerprint)


def _named(part: SubkeyInfo) -> dict[str, str]:
    return {"fingerprint": part.fingerprint.grouped()}


def _limit(content: bytes, most: int) -> None:
    if len(content) > most:
        raise TooLarge(bytes=len(content), most=most)


def _passphrase(passphrase: str | None) -> list[str]:
    """Options for gpg: without a passphrase it must never ask for one."""
    if passphrase is None:
        return _NO_PINENTRY
    odd = any(unicodedata.category(letter)[0] == "C" for letter in passphrase)
    if not passphrase or odd or passphrase != passphrase.strip() or len(passphrase) > _LONGEST_PASSPHRASE:
        raise WrongKeyPassphrase
    return []


def _secret(passphrase: str | None) -> str | None:
    """python-gnupg writes passphrases as Latin-1; gpg keeps them as the bytes that it was given, UTF-8."""
    return passphrase.encode().decode("latin-1") if passphrase is not None else None


def _refuse_passphrase(report: Report) -> None:
    wrong = {"BAD_PASSPHRASE", "MISSING_PASSPHRASE"}
    # Source and code as libgpg-error packs them: 11 bad passphrase, 85 no pinentry, 99 operation cancelled.
    codes = {
        int(fields[1]) & 0xFFFF
        for fields in report.rest("ERROR") + report.rest("FAILURE")
        if fields[1:2] and fields[1].isdigit()
    }
    if report.words & wrong or codes & {11, 85, 99}:
        raise WrongKeyPassphrase


def _said(report: Report) -> str:
    return ", ".join(sorted(report.words)) or f"exit {report.returncode}"
