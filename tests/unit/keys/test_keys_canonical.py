import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from keys.canonical import NotCanonical, canonical_json, sign_json, verify_json
from keys.fingerprint import MatrixKey

# The Matrix specification's test vectors, appendix "Cryptographic Test Vectors": this seed, these signatures.
PRIVATE = Ed25519PrivateKey.from_private_bytes(
    __import__("base64").b64decode("YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1=")
)
PUBLIC = "XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI"
VECTORS = [
    ({}, "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ"),
    (
        {"one": 1, "two": "Two"},
        "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw",
    ),
]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(("obj", "signature"), VECTORS)
def test_the_specifications_vectors(obj: dict[str, Any], signature: str) -> None:
    signed = sign_json(obj, "ed25519:1", "domain", PRIVATE.sign)
    assert signed["signatures"] == {"domain": {"ed25519:1": signature}}
    assert verify_json(signed, "domain", "ed25519:1", PUBLIC)


def test_canonical_form() -> None:
    obj = {"b": [1, None, True], "a": {"日": '本\u2028"', "A": -0}}
    assert canonical_json(obj).decode() == '{"a":{"A":0,"日":"本\u2028\\""},"b":[1,null,true]}'


@pytest.mark.parametrize("bad", [1.5, float("nan"), 2**53, {1: "x"}, "\ud800", {"x": {1}}, b"x"])
def test_what_has_no_canonical_form(bad: object) -> None:
    with pytest.raises(NotCanonical):
        canonical_json({"x": [bad]} if not isinstance(bad, dict) else bad)


def test_deep_nesting_is_refused_and_does_not_exhaust_the_stack() -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = {"x": deep}
    with pytest.raises(NotCanonical):
        canonical_json(deep)
    assert verify_json({**deep, "signatures": {"u": {"k": "A" * 86}}}, "u", "k", PUBLIC) is False


def test_signatures_and_unsigned_are_not_covered_but_everything_else_is() -> None:
    signed = sign_json({"x": 1, "unsigned": {"age": 3}}, "ed25519:1", "domain", PRIVATE.sign)
    assert "unsigned" not in signed
    assert verify_json({**signed, "unsigned": {"age": 9}}, "domain", "ed25519:1", PUBLIC)
    assert not verify_json({**signed, "x": 2}, "domain", "ed25519:1", PUBLIC)
    assert not verify_json({**signed, "y": 2}, "domain", "ed25519:1", PUBLIC)


def test_a_second_signature_stands_beside_the_first() -> None:
    once = sign_json({"x": 1}, "ed25519:1", "a", PRIVATE.sign)
    twice = sign_json(once, "ed25519:2", "b", PRIVATE.sign)
    assert once["signatures"].keys() == {"a"}
    assert twice["signatures"].keys() == {"a", "b"}
    assert sign_json({"signatures": "garbage"}, "k", "u", PRIVATE.sign)["signatures"].keys() == {"u"}


@given(JSON, st.text(max_size=50))
def test_garbage_is_false_never_an_exception(obj: object, key: str) -> None:
    assert verify_json(obj, "u", "k", key) is False
    assert verify_json({"signatures": obj}, "u", "k", PUBLIC) is False
    assert verify_json({"signatures": {"u": {"k": obj}}}, "u", "k", PUBLIC) is False


@given(JSON)
def test_round_trip(value: object) -> None:
    try:
        encoded = canonical_json({"x": value})
    except NotCanonical:
        return
    assert json.loads(encoded) == {"x": value}
    assert verify_json(sign_json({"x": value}, "k", "u", PRIVATE.sign), "u", "k", MatrixKey(PUBLIC))
