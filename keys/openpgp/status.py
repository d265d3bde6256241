"""Judge what gpg reports on its status channel (GnuPG's ``doc/DETAILS``): every line, none skipped unseen."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from keys.fingerprint import NotAFingerprint, OpenPGPFingerprint
from keys.openpgp.errors import (
    DigestWeak,
    NotSigned,
    SeveralSignatures,
    SignatureBad,
    SignatureExpired,
    SignatureUnclear,
    SignedByAnotherKey,
    SignerKeyExpired,
    SignerKeyRevoked,
    SignerUnknown,
)
from keys.policy import digest_is_strong, digest_name

Line = tuple[str, str]
"""A status keyword and the rest of its line."""

_VERDICTS = frozenset({"GOODSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "BADSIG", "ERRSIG"})
# Neither good nor bad news.  KEYEXPIRED and its like are said of any old subkey of a good key: the verdict decides.
_HARMLESS = frozenset({
    "NEWSIG", "KEY_CONSIDERED", "SIG_ID", "VALIDSIG", "PLAINTEXT", "PLAINTEXT_LENGTH", "PROGRESS", "KEYEXPIRED",
    "SIGEXPIRED", "KEYREVOKED", "NOTATION_NAME", "NOTATION_DATA", "NOTATION_FLAGS", "POLICY_URL",
    "VERIFICATION_COMPLIANCE_MODE", "TRUST_UNDEFINED", "TRUST_MARGINAL", "TRUST_FULLY", "TRUST_ULTIMATE",
})  # fmt: skip
_NO_PUBLIC_KEY = "9"


@dataclass(frozen=True)
class Signature:
    """One signature that counts; ``created`` is aware, in UTC, and the signer's own word.

    ``text`` is what was signed, as gpg gave it back; None for a detached signature.  ``key_expired`` and
    ``key_revoked`` can be True only where the caller asked for historic signatures.
    """

    primary_fingerprint: OpenPGPFingerprint
    signing_fingerprint: OpenPGPFingerprint
    created: datetime
    digest_algo: str
    key_expired: bool = False
    key_revoked: bool = False
    text: str | None = None

    def made_by(self, wanted: Collection[OpenPGPFingerprint]) -> OpenPGPFingerprint:
        """The one of these primary keys that signed; raises :class:`SignedByAnotherKey` if none did."""
        if self.primary_fingerprint not in wanted:
            names = ", ".join(sorted(fingerprint.grouped() for fingerprint in wanted)) or "–"
            raise SignedByAnotherKey(found=self.primary_fingerprint.grouped(), wanted=names)
        return self.primary_fingerprint


def judge_signature(lines: Iterable[Line], *, historic: bool = False) -> Signature:
    """The one signature that these status lines of ``--verify`` report.

    1. nothing but known lines; 2. exactly one verdict on one signature; 3. it is GOODSIG (with ``historic`` also
    EXPKEYSIG or REVKEYSIG: the key was good once); 4. exactly one VALIDSIG, of a document (class 00 or 01), naming
    signing and primary key in full; 5. a digest that cannot be forged.  Raises a ``SignatureError``.
    """
    lines = list(lines)
    verdicts = [(word, rest) for word, rest in lines if word in _VERDICTS]
    started = sum(word == "NEWSIG" for word, _ in lines)
    if len(verdicts) > 1 or started > 1:
        raise SeveralSignatures(count=max(len(verdicts), started))
    if not verdicts:
        raise NotSigned
    # 2, 3.
    [(word, rest)] = verdicts
    _refuse(word, rest, historic=historic)
    # 1.  After the verdict, so that a bad signature is named as such.
    odd = sorted({word for word, _ in lines} - _HARMLESS - _VERDICTS)
    if odd:
        raise SignatureUnclear(status=", ".join(odd))
    # 4.
    valid = [rest.split() for word, rest in lines if word == "VALIDSIG"]
    if len(valid) != 1 or len(valid[0]) < 10:
        raise SignatureUnclear(status="VALIDSIG")
    signing, _, created, _, _, _, _, digest, document, primary = valid[0][:10]
    if document not in {"00", "01"}:
        raise SignatureUnclear(status=f"class {document}")
    # 5.
    if not digest_is_strong(int(digest)):
        raise DigestWeak(digest=digest_name(int(digest)))
    try:
        return Signature(
            primary_fingerprint=OpenPGPFingerprint(primary),
            signing_fingerprint=OpenPGPFingerprint(signing),
            created=_time(created),
            digest_algo=digest_name(int(digest)),
            key_expired=word == "EXPKEYSIG",
            key_revoked=word == "REVKEYSIG",
        )
    except (NotAFingerprint, ValueError):
        raise SignatureUnclear(status="VALIDSIG") from None


def _refuse(word: str, rest: str, *, historic: bool) -> None:
    fields = rest.split()
    key = fields[0] if fields and re.fullmatch("[0-9A-Fa-f]{16,64}", fields[0]) else "?"
    if word == "BADSIG":
        raise SignatureBad
    if word == "EXPSIG":
        raise SignatureExpired(signer=key)
    if word == "EXPKEYSIG" and not historic:
        raise SignerKeyExpired(signer=key)
    if word == "REVKEYSIG" and not historic:
        raise SignerKeyRevoked(signer=key)
    if word == "ERRSIG":
        # ERRSIG <keyid> <pkalgo> <hashalgo> <class> <time> <reason> <fingerprint>
        if len(fields) > 5 and fields[5] == _NO_PUBLIC_KEY:
            raise SignerUnknown(signer=fields[6] if len(fields) > 6 and fields[6] != "-" else key)
        if len(fields) > 2 and fields[2].isdigit() and not digest_is_strong(int(fields[2])):
            raise DigestWeak(digest=digest_name(int(fields[2])))
        raise SignatureUnclear(status=f"ERRSIG {' '.join(fields[1:6])}")


def _time(text: str) -> datetime:
    """Seconds since 1970, or ISO 8601 as gpg writes it for late dates."""
    if "T" in text:
        return datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return datetime.fromtimestamp(int(text), UTC)
