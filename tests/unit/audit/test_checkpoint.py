"""Signed notes and checkpoints: what C2SP's own examples say, and what has to be refused."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audit.checkpoint import (
    BadCheckpoint,
    BadVerifierKey,
    Checkpoint,
    NoteSigner,
    NoteVerifier,
    NotSigned,
    WrongLog,
    open_checkpoint,
    open_note,
    sign_checkpoint,
)

# c2sp.org/signed-note, "Example".
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# golang.org/x/mod/sumdb/note, its documentation: a seed, its key and its signature.
GO_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

ORIGIN = "bot.example.org/enlace"
SIGNER = NoteSigner.from_seed(ORIGIN, bytes(range(32)))
KEYS = [SIGNER.verifier]
POINT = Checkpoint(ORIGIN, 3, bytes(range(32)))
NOTE = sign_checkpoint(POINT, SIGNER)
TEXT, LINE = NOTE.split("\n\n")


def test_the_example_of_the_specification() -> None:
    assert open_note(EXAMPLE, [NoteVerifier.parse(VKEY)]) == "This is an example message.\n"
    assert NoteVerifier.parse(VKEY).vkey() == VKEY


def test_the_example_of_go() -> None:
    signer = NoteSigner.from_seed("PeterNeumann", GO_SEED)
    assert signer.verifier.vkey() == GO_VKEY
    signature = base64.b64encode(signer.verifier.key_id + signer.sign(GO_TEXT.encode())).decode()
    assert f"— PeterNeumann {signature}\n" == GO_LINE
    assert open_note(f"{GO_TEXT}\n{GO_LINE}", [signer.verifier]) == GO_TEXT


def test_there_and_back() -> None:
    assert NOTE.startswith(f"{ORIGIN}\n3\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n— {ORIGIN} ")
    assert open_checkpoint(NOTE, KEYS, ORIGIN) == POINT
    more = Checkpoint(ORIGIN, 0, bytes(32), ("approvals 1",))
    assert open_checkpoint(sign_checkpoint(more, SIGNER), KEYS) == more


def test_text_may_hold_empty_lines() -> None:
    signature = base64.b64encode(SIGNER.verifier.key_id + SIGNER.sign(b"a\n\nb\n")).decode()
    assert open_note(f"a\n\nb\n\n— {ORIGIN} {signature}\n", KEYS) == "a\n\nb\n"


def test_other_peoples_signatures_are_ignored() -> None:
    # the same name with another id, another name with the same id, a signature type of tomorrow
    other = NoteSigner.from_seed(ORIGIN, bytes(32)).verifier.key_id
    lines = [
        f"— {ORIGIN} {base64.b64encode(other + bytes(64)).decode()}",
        f"— elsewhere {base64.b64encode(SIGNER.verifier.key_id + bytes(64)).decode()}",
        f"— witness.example {base64.b64encode(bytes(5000)).decode()}",
    ]
    assert open_checkpoint("".join([TEXT, "\n\n", *(f"{line}\n" for line in lines), LINE]), KEYS) == POINT
    with pytest.raises(NotSigned):
        open_checkpoint("".join([TEXT, "\n\n", *(f"{line}\n" for line in lines)]), KEYS)


def test_sixteen_long_signatures_are_accepted() -> None:
    line = f"— witness.example {base64.b64encode(bytes(4800)).decode()}\n"
    assert open_checkpoint(f"{TEXT}\n\n{line * 16}{LINE}", KEYS) == POINT


def test_one_wrong_signature_of_a_known_key_refuses_the_note() -> None:
    wrong = base64.b64encode(SIGNER.verifier.key_id + bytes(64)).decode()
    with pytest.raises(NotSigned):
        open_checkpoint(f"{NOTE}— {ORIGIN} {wrong}\n", KEYS)


def test_a_key_vouches_for_its_own_log_only() -> None:
    foreign = sign_checkpoint(Checkpoint("other.example/log", 3, bytes(32)), SIGNER)
    with pytest.raises(NotSigned):
        open_checkpoint(foreign, KEYS)
    other = NoteSigner.from_seed("other.example/log", bytes(32))
    with pytest.raises(WrongLog) as wrong:
        open_checkpoint(sign_checkpoint(Checkpoint("other.example/log", 3, bytes(32)), other), [other.verifier], ORIGIN)
    assert wrong.value.values == {"found": "other.example/log", "log": ORIGIN}


@given(st.integers(0, len(NOTE) - 1), st.characters())
def test_no_character_can_be_changed(at: int, by: str) -> None:
    changed = NOTE[:at] + by + NOTE[at + 1 :]
    if changed == NOTE:
        return
    with pytest.raises((BadCheckpoint, NotSigned)):
        open_checkpoint(changed, KEYS)


@given(st.text())
def test_anything_else_is_refused(text: str) -> None:
    for note in (text, f"{text}\n\n{LINE}", f"{TEXT}\n\n{text}"):
        if note != NOTE:
            with pytest.raises((BadCheckpoint, NotSigned)):
                open_checkpoint(note, KEYS)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        TEXT + "\n",
        f"{TEXT}\n\n",
        f"{TEXT}\n\n\n",
        f"\n\n{LINE}",
        NOTE[:-1],
        NOTE + "\n",
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("— ", "- "),
        NOTE.replace(f"{ORIGIN} ", f"{ORIGIN}  "),
        NOTE.replace("—", "—\u00a0"),
        f"{TEXT}\n\n— a+b AAAAAAAA\n{LINE}",
        f"{TEXT}\n\n— a AAAA\n{LINE}",
        f"{TEXT}\n\n— a AAAAAAA\n{LINE}",
        f"{TEXT}\n\n— a AAAAAAB=\n{LINE}",
        f"{TEXT}\n\n{LINE * 101}",
        NOTE.replace("3\n", "3\x00\n", 1),
        NOTE.replace("3\n", "\ud800\n", 1),
        "x" * 2_000_000 + NOTE,
    ],
)
def test_what_is_no_signed_note(note: str) -> None:
    with pytest.raises(BadCheckpoint):
        open_checkpoint(note, KEYS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log\n3\n",
        "log\n3\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "\n3\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "log\n03\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "log\n+3\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "log\n-3\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "log\n3 \nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "log\n٣\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "log\n3\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=\n",
        "log\n3\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==\n",
        "log\n3\nnot base64\n",
        "log\n3\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n",
        "log\n3\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\nx\n",
    ],
)
def test_what_is_no_checkpoint_however_signed(text: str) -> None:
    with pytest.raises(ValueError, match=r"line|size|base64|root|not enough"):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "example.com/foo",
        VKEY.replace("530d903a", "530d903b"),
        VKEY.replace("530d903a", "530D903A"),
        VKEY.replace("+Ae", "+Be"),
        VKEY[:-4],
        VKEY.replace("example", "exam ple"),
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "a+00000000+",
        "a+00000000+AQ==",
    ],
)
def test_what_is_no_public_key_of_a_log(vkey: str) -> None:
    with pytest.raises(BadVerifierKey):
        NoteVerifier.parse(vkey)


@pytest.mark.parametrize("bad", [("a\nb",), ("",), ("tab\there",)])
def test_nothing_is_signed_that_cannot_be_read_back(bad: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"read back|empty"):
        sign_checkpoint(Checkpoint(ORIGIN, 1, bytes(32), bad), SIGNER)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b"])
def test_names_that_no_key_may_have(name: str) -> None:
    with pytest.raises(ValueError, match="key name"):
        NoteSigner.from_seed(name, bytes(32))
