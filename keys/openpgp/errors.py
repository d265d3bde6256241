"""What can go wrong with OpenPGP, one error per case."""

from keys.errors import KeysError


class OpenPGPError(KeysError):
    """Something is wrong with an OpenPGP key, signature or message."""

    code = "openpgp"


class GnuPGMissing(OpenPGPError):
    """The program “{binary}” (GnuPG 2.2 or later) is not installed or does not run."""

    code = "gnupg-missing"


class GnuPGHomeTooOpen(OpenPGPError):
    """The OpenPGP folder {path} has mode {mode}; others on this machine could reach it."""

    code = "gnupg-home-too-open"


class GnuPGFailed(OpenPGPError):
    """GnuPG could not {operation}: {status}."""

    code = "gnupg-failed"


class TooLarge(OpenPGPError):
    """This is too large: {bytes} bytes, {most} are the most."""

    code = "openpgp-too-large"


class NotAKey(OpenPGPError):
    """There is no OpenPGP public key in this file."""

    code = "not-a-key"


class SecretKeyGiven(OpenPGPError):
    """This file holds a secret key. It was not taken, and whoever sent it should no longer use it."""

    code = "secret-key-given"


class NoSuchKey(OpenPGPError):
    """The OpenPGP key {fingerprint} is not on file."""

    code = "no-such-key"


class NoSecretKey(OpenPGPError):
    """There is no secret key {fingerprint} here to sign with."""

    code = "no-secret-key"


class KeyExpired(OpenPGPError):
    """The OpenPGP key {fingerprint} expired on {expires}."""

    code = "key-expired"


class KeyRevoked(OpenPGPError):
    """The OpenPGP key {fingerprint} is revoked."""

    code = "key-revoked"


class KeyInvalid(OpenPGPError):
    """The OpenPGP key {fingerprint} has no good signature of its own, or is disabled."""

    code = "key-invalid"


class KeyWeak(OpenPGPError):
    """The OpenPGP key {fingerprint} is too weak: {algorithm}, {bits} bits."""

    code = "key-weak"


class KeyCannotEncrypt(OpenPGPError):
    """The OpenPGP key {fingerprint} has no current subkey to encrypt to."""

    code = "key-cannot-encrypt"


class BadKeyName(OpenPGPError):
    """“{value}” cannot stand in an OpenPGP user id."""

    code = "bad-key-name"


class WrongKeyPassphrase(OpenPGPError):
    """The passphrase of the OpenPGP key is missing or wrong."""

    code = "wrong-key-passphrase"


class NotForUs(OpenPGPError):
    """This message is not encrypted to the bot's key."""

    code = "not-for-us"


class DecryptionFailed(OpenPGPError):
    """This message cannot be decrypted: it is damaged or was changed."""

    code = "decryption-failed"


class SignatureError(OpenPGPError):
    """The signature does not count."""

    code = "signature"


class NotSigned(SignatureError):
    """There is no OpenPGP signature in this."""

    code = "not-signed"


class SeveralSignatures(SignatureError):
    """There are {count} signatures or signed texts in this; exactly one is accepted."""

    code = "several-signatures"


class SignatureBad(SignatureError):
    """The signature does not fit the text: the text was changed after it was signed."""

    code = "signature-bad"


class SignatureUnclear(SignatureError):
    """The signature cannot be judged: {status}."""

    code = "signature-unclear"


class SignatureExpired(SignatureError):
    """The signature by the key {signer} has expired."""

    code = "signature-expired"


class SignerUnknown(SignatureError):
    """The key {signer} that signed this is not on file."""

    code = "signer-unknown"


class SignerKeyExpired(SignatureError):
    """The key {signer} that signed this has expired."""

    code = "signer-key-expired"


class SignerKeyRevoked(SignatureError):
    """The key {signer} that signed this is revoked."""

    code = "signer-key-revoked"


class DigestWeak(SignatureError):
    """The signature uses {digest}, which can be forged."""

    code = "digest-weak"


class SignedByAnotherKey(SignatureError):
    """This was signed by the key {found}, not by {wanted}."""

    code = "signed-by-another-key"
