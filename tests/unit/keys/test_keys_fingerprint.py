import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.fingerprint import MatrixKey, NotAFingerprint, NotAMatrixKey, OpenPGPFingerprint

V4 = "0123456789ABCDEF0123456789ABCDEF01234567"


@pytest.mark.parametrize(
    "written",
    [
        V4,
        V4.lower(),
        "0x" + V4,
        "0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567",
        "0123\u00a04567 89AB CDEF 0123 4567 89AB CDEF 0123 4567\n",
        ":".join(V4[at : at + 2] for at in range(0, 40, 2)),
    ],
)
def test_a_fingerprint_is_read_as_people_write_it(written: str) -> None:
    parsed = OpenPGPFingerprint.parse(written)
    assert parsed == V4
    assert parsed.grouped() == "0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567"
    assert OpenPGPFingerprint.parse(parsed.grouped()) == parsed


@pytest.mark.parametrize("refused", ["", "89ABCDEF", "0x89ABCDEF01234567", V4[:-1], V4 + "0", V4[:-1] + "G", V4 + V4])
def test_short_ids_and_everything_else_are_refused(refused: str) -> None:
    with pytest.raises(NotAFingerprint):
        OpenPGPFingerprint(refused)


def test_version_6_fingerprints_have_64_digits() -> None:
    assert len(OpenPGPFingerprint("AB" * 32)) == 64


@given(st.binary(min_size=32, max_size=32))
def test_a_matrix_key_survives_reading_aloud(raw: bytes) -> None:
    key = MatrixKey(base64.b64encode(raw).decode())
    assert key.raw == raw
    assert MatrixKey(key.grouped()) == key
    assert max(map(len, key.grouped().split())) == 4
    assert key.matches(key.grouped())
    assert not key.matches(base64.b64encode(bytes([raw[0] ^ 1]) + raw[1:]).decode())


@pytest.mark.parametrize("refused", ["", "A" * 42, "A" * 44, "A" * 42 + "-", "A" * 42 + "B", "A" * 43 + "==", "ключ"])
def test_what_is_not_the_one_spelling_of_32_bytes_is_refused(refused: str) -> None:
    with pytest.raises(NotAMatrixKey):
        MatrixKey(refused)
    assert not MatrixKey("A" * 43).matches(refused)
