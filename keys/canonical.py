"""Matrix canonical JSON and signed objects (Matrix v1.19, appendix "Signing JSON")."""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

import canonicaljson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from keys.errors import NotAccepted

LARGEST_INTEGER = 2**53 - 1
_DEEPEST = 64
_UNSIGNED = frozenset({"signatures", "unsigned"})


class NotCanonical(NotAccepted):
    """This object has no canonical JSON form: {why}."""

    code = "not-canonical"


def canonical_json(obj: object) -> bytes:
    """``obj`` as Matrix canonical JSON.

    Raises :class:`NotCanonical` for what the specification excludes: floats, integers beyond 2^53-1, keys
    that are not strings, text that is not Unicode, and nesting deeper than any object that is signed.
    """
    _examine(obj, 0)
    try:
        return canonicaljson.encode_canonical_json(obj)
    except (TypeError, ValueError, RecursionError) as error:
        raise NotCanonical(why=str(error)) from None


def signable(obj: Mapping[str, Any]) -> bytes:
    """The bytes that a signature of this object covers: everything but ``signatures`` and ``unsigned``."""
    return canonical_json({key: value for key, value in obj.items() if key not in _UNSIGNED})


def sign_json(obj: Mapping[str, Any], key_id: str, user_id: str, sign: Callable[[bytes], bytes]) -> dict[str, Any]:
    """A copy of ``obj`` with one more signature; ``unsigned`` is left out.

    ``key_id`` is the full id, for example ``ed25519:ABCDEFGH``.  ``sign`` gives the 64 raw bytes of an Ed25519
    signature over what it gets.  Raises :class:`NotCanonical`.
    """
    signature = base64.b64encode(sign(signable(obj))).decode("ascii").rstrip("=")
    present = obj.get("signatures")
    signatures = {
        user: dict(of_user)
        for user, of_user in (present.items() if isinstance(present, Mapping) else ())
        if isinstance(of_user, Mapping)
    }
    signatures.setdefault(user_id, {})[key_id] = signature
    return {**{key: value for key, value in obj.items() if key not in _UNSIGNED}, "signatures": signatures}


def verify_json(obj: object, user_id: str, key_id: str, public_key: str) -> bool:
    """Whether ``obj`` carries ``user_id``'s valid signature ``key_id`` by this Ed25519 key (unpadded base64).

    The object comes from the homeserver: whatever is wrong with it is False, never an exception.
    """
    try:
        if not isinstance(obj, Mapping):
            return False
        signature = _decode(obj["signatures"][user_id][key_id])
        Ed25519PublicKey.from_public_bytes(_decode(public_key)).verify(signature, signable(obj))
    except (KeyError, TypeError, ValueError, AttributeError, InvalidSignature, NotCanonical):
        return False
    return True


def _decode(text: object) -> bytes:
    if not isinstance(text, str):
        raise TypeError("base64 is text")
    bare = text.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def _examine(value: object, depth: int) -> None:
    if depth > _DEEPEST:
        raise NotCanonical(why="nested too deeply")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise NotCanonical(why="half a surrogate pair")
    elif isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise NotCanonical(why="an integer beyond 2^53-1")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotCanonical(why="a key that is not text")
            _examine(key, depth + 1)
            _examine(item, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _examine(item, depth + 1)
    else:
        raise NotCanonical(why=f"a {type(value).__name__}")
