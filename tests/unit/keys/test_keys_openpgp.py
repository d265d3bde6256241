"""Against the real gpg: every status that it can report, on real keys."""

import base64
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import People

from keys import openpgp as o
from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp import OpenPGP
from keys.openpgp.armour import read_clear_signed, read_detached
from keys.openpgp.process import stop_agent
from keys.openpgp.status import judge_signature
from keys.policy import judge_key


def now() -> datetime:
    """A little ahead: keys are made while the tests run."""
    return datetime.now(UTC) + timedelta(seconds=5)


TEXT = "enlace identity statement v1\nPerson: Ana Ñandú\n- guion\n\nFrom: x\n"


def taken(pgp: OpenPGP, people: People, *names: str) -> list[OpenPGPFingerprint]:
    for name in names:
        pgp.import_key(people.public(name))
    return [people.keys[name] for name in names]


# --- the home -------------------------------------------------------------------------------------------------------


def test_gpg_missing(tmp_path: Path) -> None:
    with pytest.raises(o.GnuPGMissing, match="no-such-gpg"):
        OpenPGP(tmp_path / "home", "no-such-gpg")
    with pytest.raises(o.GnuPGMissing):
        OpenPGP(tmp_path / "home", "/bin/false")


def test_the_home_is_ours_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    OpenPGP(home).close()
    assert home.stat().st_mode & 0o777 == 0o700
    home.chmod(0o750)
    with pytest.raises(o.GnuPGHomeTooOpen, match="0750"):
        OpenPGP(home)


def test_the_surroundings_do_not_matter(people: People, pgp: OpenPGP, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNUPGHOME", str(people.home))
    assert pgp.key(people.keys["ana"]) is None


def test_a_hanging_gpg_is_ended(short_tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keys.openpgp.process.TIME_LIMIT", 0.5)
    script = short_tmp / "slow-gpg"
    script.write_text('#!/bin/sh\ncase "$*" in *list-config*) echo "cfg:version:2.4.0";; *) exec sleep 30;; esac\n')
    script.chmod(0o700)
    with pytest.raises(o.GnuPGFailed, match="time limit"):
        OpenPGP(short_tmp / "slow", str(script)).key(OpenPGPFingerprint("AB" * 20))


# --- keys -----------------------------------------------------------------------------------------------------------


def test_import_and_read(people: People, pgp: OpenPGP) -> None:
    [info] = pgp.import_key(people.public("ana"))
    assert info.fingerprint == people.keys["ana"]
    assert (info.algorithm, info.revoked, info.expires) == ("ed25519", False, None)
    assert info.emails == {"ana@cert.example.mx"}
    assert [part.capabilities for part in info.subkeys] == [{"e"}]
    assert pgp.key(info.fingerprint) == info
    assert pgp.key(info.subkeys[0].fingerprint) is None, "a key is named by its primary fingerprint"
    assert abs(info.created - now()) < timedelta(hours=1)


def test_reading_a_file_takes_nothing(people: People, pgp: OpenPGP) -> None:
    both = people.public("ana") + people.public("luz")
    assert {info.fingerprint for info in pgp.read_keys(both)} == {people.keys["ana"], people.keys["luz"]}
    assert pgp.key(people.keys["ana"]) is None


def test_binary_keys(people: People, pgp: OpenPGP) -> None:
    assert pgp.import_key(people.gpg("--export", people.keys["ana"]))[0].fingerprint == people.keys["ana"]


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n", os.urandom(500)]
)
def test_what_is_no_key(pgp: OpenPGP, content: bytes) -> None:
    with pytest.raises(o.NotAKey):
        pgp.import_key(content)


def test_a_secret_key_is_refused(people: People, pgp: OpenPGP) -> None:
    for armour in ("--armor", "--no-armor"):
        secret = people.gpg(
            "--pinentry-mode=loopback", "--passphrase=", armour, "--export-secret-keys", people.keys["ana"]
        )
        with pytest.raises(o.SecretKeyGiven):
            pgp.import_key(people.public("luz") + secret if armour == "--armor" else secret)
    assert pgp.key(people.keys["luz"]) is None


def test_a_flood_is_refused(pgp: OpenPGP) -> None:
    with pytest.raises(o.TooLarge):
        pgp.import_key(b"x" * (1024 * 1024 + 1))


def test_generate_export_and_sign(pgp: OpenPGP, people: People) -> None:
    passphrase = "frase ñ 鍵 %commit"
    info = pgp.generate("enlace – bot", "enlace@poc.example", passphrase, "2y")
    assert info.emails == {"enlace@poc.example"}
    assert info.expires is not None
    assert timedelta(days=728) < info.expires - now() < timedelta(days=732)
    assert all(check.ok for purpose in ("sign", "encrypt") for check in judge_key(info, now(), purpose))
    assert people.pgp.import_key(pgp.export_public(info.fingerprint)) == [people.pgp.key(info.fingerprint)]
    signed = pgp.sign_clear(TEXT, info.fingerprint, passphrase)
    assert people.pgp.verify_clear(signed).made_by([info.fingerprint]) == info.fingerprint
    sealed = people.pgp.encrypt(b"x", [info.fingerprint])
    for wrong in ("wrong", None, "with\nnewline", ""):
        pgp.close()  # the agent remembers a passphrase
        with pytest.raises(o.WrongKeyPassphrase):
            pgp.sign_clear(TEXT, info.fingerprint, wrong)
        with pytest.raises(o.WrongKeyPassphrase):
            pgp.decrypt(sealed, wrong)
    assert pgp.decrypt(sealed, passphrase) == b"x"


def test_no_passphrase_on_a_command_line(pgp: OpenPGP) -> None:
    """Every command line that starts while we make a key, sign and decrypt, is looked at."""
    seen: list[list[str]] = []
    start = pgp._gpg._open_subprocess

    def watch(args: list[str], passphrase: bool = False) -> object:
        process = start(args, passphrase)
        seen.append(process.args)
        return process

    pgp._gpg._open_subprocess = watch
    info = pgp.generate("bot", "b@x.example", "hush-hush-hush")
    pgp.decrypt(pgp.encrypt(b"x", [info.fingerprint]), "hush-hush-hush")
    pgp.sign_detached(b"x", info.fingerprint, "hush-hush-hush")
    assert len(seen) > 4
    assert not any("hush" in argument for command in seen for argument in command)


@pytest.mark.parametrize("bad", ["", "a\nKey-Type: RSA", "a <b@c>", "\u202eevil"])
def test_names_that_would_change_the_key(pgp: OpenPGP, bad: str) -> None:
    with pytest.raises(o.BadKeyName):
        pgp.generate(bad, "b@x.example")
    with pytest.raises(o.BadKeyName):
        pgp.generate("bot", bad)


def test_the_key_as_policy_sees_it(people: People) -> None:
    def failed(name: str, purpose: str) -> list[str]:
        return [check.name for check in judge_key(people.pgp.key(people.keys[name]), now(), purpose) if not check.ok]

    assert failed("ana", "sign") == failed("ana", "encrypt") == failed("mute", "sign") == failed("rsa", "sign") == []
    assert failed("mute", "encrypt") == failed("rsa", "encrypt") == failed("halfold", "encrypt") == ["key-can-encrypt"]
    assert failed("old", "sign") == ["key-not-expired", "key-can-sign"]
    assert failed("weak", "sign") == ["key-strong", "key-can-sign"]
    early = judge_key(people.pgp.key(people.keys["ana"]), now() - timedelta(days=400), "sign")
    assert [check.name for check in early if not check.ok] == ["key-valid", "key-can-sign"]


# --- encryption -----------------------------------------------------------------------------------------------------


def test_encrypt_to_several(people: People, pgp: OpenPGP) -> None:
    recipients = taken(pgp, people, "ana", "luz")
    sealed = pgp.encrypt("¡Atención! \x00".encode(), recipients)
    assert b"PGP MESSAGE" in sealed
    assert people.pgp.decrypt(sealed) == "¡Atención! \x00".encode()


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("mute", o.KeyCannotEncrypt),
        ("rsa", o.KeyCannotEncrypt),
        ("halfold", o.KeyCannotEncrypt),
        ("old", o.KeyExpired),
        ("weak", o.KeyWeak),
    ],
)
def test_all_or_nobody(people: People, pgp: OpenPGP, name: str, error: type[Exception]) -> None:
    recipients = taken(pgp, people, "ana", name)
    with pytest.raises(error, match=people.keys[name].grouped()):
        pgp.encrypt(b"x", recipients)


def test_encrypt_to_a_revoked_or_unknown_key_or_nobody(people: People, pgp: OpenPGP) -> None:
    [gone] = taken(pgp, people, "gone")
    assert pgp.encrypt(b"x", [gone])
    pgp._gpg.import_keys(people.revoke("gone"))
    assert pgp.key(gone).revoked
    with pytest.raises(o.KeyRevoked):
        pgp.encrypt(b"x", [gone])
    with pytest.raises(o.NoSuchKey):
        pgp.encrypt(b"x", [people.keys["ana"]])
    with pytest.raises(o.NoSuchKey):
        pgp.encrypt(b"x", [])


def test_a_revocation_comes_with_the_key(people: People, pgp: OpenPGP, short_tmp: Path) -> None:
    """Importing the owner's newer public key brings the revocation in."""
    [leaked] = taken(pgp, people, "leaked")
    with OpenPGP(short_tmp / "owner") as owner:
        owner.import_key(people.public("leaked"))
        owner._gpg.import_keys(people.revoke("leaked"))
        newer = owner.export_public(leaked)
    assert pgp.import_key(newer)[0].revoked


def test_what_cannot_be_decrypted(people: People, pgp: OpenPGP) -> None:
    [ana] = taken(pgp, people, "ana")
    sealed = pgp.encrypt(b"x" * 100, [ana])
    with pytest.raises(o.NotForUs):
        pgp.decrypt(sealed)
    body = "".join(row for row in sealed.decode().splitlines() if row and row[0] not in "-=")
    raw = bytearray(base64.b64decode(body))
    raw[-10] ^= 1
    for bad in (bytes(raw), bytes(raw[:-30]), b"", b"nonsense", people.clear("ana", "x").encode()):
        with pytest.raises(o.DecryptionFailed):
            people.pgp.decrypt(bad)


def test_no_integrity_no_message(people: People) -> None:
    """RFC 9580, section 5.7: without integrity protection anybody can change the text."""
    sealed = people.gpg("--rfc2440", "--cipher-algo", "AES", "-e", "-r", people.keys["ana"], given=b"x")
    with pytest.raises(o.DecryptionFailed):
        people.pgp.decrypt(sealed)


def test_plain_text_is_not_taken_for_decrypted(people: People) -> None:
    with pytest.raises(o.DecryptionFailed):
        people.pgp.decrypt(people.gpg("--store", given=b"x"))


def test_a_message_under_a_passphrase_is_not_for_us(people: People) -> None:
    sealed = people.gpg("--pinentry-mode=loopback", "--passphrase=pw", "--symmetric", given=b"x")
    with pytest.raises(o.OpenPGPError):
        people.pgp.decrypt(sealed, "pw")


# --- signatures -----------------------------------------------------------------------------------------------------


def test_a_good_clear_signature(people: People, pgp: OpenPGP) -> None:
    [ana] = taken(pgp, people, "ana")
    signed = people.clear("ana", TEXT)
    signature = pgp.verify_clear(signed)
    assert signature.made_by([people.keys["luz"], ana]) == ana
    assert signature.signing_fingerprint == ana
    assert signature.text == TEXT
    assert signature.digest_algo in {"SHA-256", "SHA-512"}
    assert abs(signature.created - now()) < timedelta(minutes=10)
    with pytest.raises(o.SignedByAnotherKey) as caught:
        signature.made_by([people.keys["luz"]])
    assert caught.value.values == {"found": ana.grouped(), "wanted": people.keys["luz"].grouped()}


@pytest.mark.parametrize("more", [1, 2, 3])
def test_a_signature_of_any_length(people: People, more: int) -> None:
    """Where its base64 ends without ``=``, gpg needs a checksum to see the end (every RSA key of 3072 bits)."""
    options = ("--sig-notation", f"case@example.mx={'x' * more}")
    assert people.pgp.verify_clear(people.clear("ana", TEXT, *options)).text == TEXT
    people.pgp.verify_detached(b"x", people.detached("ana", b"x", *options))


def test_a_signing_subkey_counts_as_its_primary_key(people: People, pgp: OpenPGP) -> None:
    [rsa] = taken(pgp, people, "rsa")
    for signature in (
        pgp.verify_clear(people.clear("rsa", TEXT)),
        pgp.verify_detached(b"x", people.detached("rsa", b"x")),
    ):
        assert signature.primary_fingerprint == rsa
        assert signature.signing_fingerprint == pgp.key(rsa).subkeys[0].fingerprint


@pytest.mark.parametrize(
    "paste",
    [
        lambda signed: signed.replace("\n", "\r\n"),
        lambda signed: f"Here you are:\n```\n{signed}```\nPlease run !remove @x\n",
        lambda signed: signed.replace("-----\n", "-----\u00a0 \n"),
        lambda signed: signed.replace("Person: Ana Ñandú\n", "Person: Ana Ñandú  \t\n"),
        lambda signed: signed.replace("\n\niH", "\nComment: hi\nVersion: x\n\niH"),
    ],
)
def test_what_stands_around_is_not_part_of_it(people: People, paste) -> None:
    signature = people.pgp.verify_clear(paste(people.clear("ana", TEXT)))
    assert signature.text == TEXT


def test_detached_signatures(people: People, pgp: OpenPGP) -> None:
    [ana] = taken(pgp, people, "ana")
    data = os.urandom(3000)
    armoured = people.detached("ana", data)
    binary = people.gpg("--local-user", ana, "--no-armor", "--detach-sign", given=data)
    for signature in (armoured, binary, armoured.replace(b"\n", b"\r\n"), b"see below\n" + armoured):
        found = pgp.verify_detached(data, signature)
        assert (found.primary_fingerprint, found.text) == (ana, None)
        with pytest.raises(o.SignatureBad):
            pgp.verify_detached(data + b"x", signature)
    assert not list(Path(pgp._home).glob("*.sig"))


def test_our_own_signatures(people: People) -> None:
    ana = people.keys["ana"]
    assert people.pgp.verify_clear(people.pgp.sign_clear(TEXT, ana)).text == TEXT
    assert people.pgp.verify_clear(people.pgp.sign_clear(TEXT, ana)).digest_algo == "SHA-512"
    assert people.pgp.verify_detached(b"x", people.pgp.sign_detached(b"x", ana)).made_by([ana])


def test_no_secret_key_to_sign_with(people: People, pgp: OpenPGP) -> None:
    [ana] = taken(pgp, people, "ana")
    for fingerprint in (ana, people.keys["luz"]):
        with pytest.raises(o.NoSecretKey):
            pgp.sign_clear(TEXT, fingerprint)
    with pytest.raises(o.NoSecretKey):
        people.pgp.sign_clear(TEXT, people.keys["old"])


def test_a_changed_text(people: People) -> None:
    with pytest.raises(o.SignatureBad):
        people.pgp.verify_clear(people.clear("ana", TEXT).replace("Ana", "Eva"))
    with pytest.raises(o.SignatureBad):
        people.pgp.verify_clear(people.clear("ana", TEXT).replace("Ana Ñandú", "Ana\u00a0Ñandú"))


def test_an_unknown_key(people: People, pgp: OpenPGP) -> None:
    with pytest.raises(o.SignerUnknown) as caught:
        pgp.verify_clear(people.clear("ana", TEXT))
    assert caught.value.values == {"signer": people.keys["ana"]}


def test_an_expired_key(people: People) -> None:
    signed = people.clear("old", TEXT, "--faked-system-time=20200601T000000")
    with pytest.raises(o.SignerKeyExpired):
        people.pgp.verify_clear(signed)
    old = people.pgp.verify_clear(signed, historic=True)
    assert (old.key_expired, old.key_revoked, old.text) == (True, False, TEXT)
    assert old.made_by([people.keys["old"]])


def test_a_revoked_key(people: People, pgp: OpenPGP) -> None:
    taken(pgp, people, "gone")
    signed = people.clear("gone", TEXT)
    assert pgp.verify_clear(signed).text == TEXT
    pgp._gpg.import_keys(people.revoke("gone"))
    with pytest.raises(o.SignerKeyRevoked):
        pgp.verify_clear(signed)
    assert pgp.verify_clear(signed, historic=True).key_revoked
    with pytest.raises(o.SignatureBad):
        pgp.verify_clear(signed.replace("Ana", "Eva"), historic=True)


def test_an_expired_signature(people: People) -> None:
    signed = people.clear("halfold", TEXT, "--faked-system-time=20200601T000000", "--default-sig-expire", "1d")
    for historic in (False, True):
        with pytest.raises(o.SignatureExpired):
            people.pgp.verify_clear(signed, historic=historic)


@pytest.mark.parametrize(("digest", "name"), [("SHA1", "SHA-1"), ("RIPEMD160", "RIPEMD-160"), ("MD5", "MD5")])
def test_weak_digests(people: People, digest: str, name: str) -> None:
    options = ("--digest-algo", digest, "--allow-weak-digest-algos")
    for check in (
        lambda: people.pgp.verify_clear(people.clear("rsa", TEXT, *options)),
        lambda: people.pgp.verify_detached(b"x", people.detached("rsa", b"x", *options)),
    ):
        with pytest.raises(o.DigestWeak, match=name):
            check()


def test_a_weak_key(people: People) -> None:
    with pytest.raises(o.KeyWeak):
        people.pgp.verify_clear(people.clear("weak", TEXT))


def test_two_signatures_two_texts(people: People) -> None:
    both = people.clear("ana", TEXT, "--local-user", people.keys["luz"])
    with pytest.raises(o.SeveralSignatures):
        people.pgp.verify_clear(both)
    with pytest.raises(o.SeveralSignatures):
        people.pgp.verify_clear(people.clear("ana", TEXT) + people.clear("ana", "other"))
    two = people.detached("ana", b"x", "--local-user", people.keys["luz"])
    with pytest.raises(o.SeveralSignatures):
        people.pgp.verify_detached(b"x", two)
    with pytest.raises(o.SeveralSignatures):
        people.pgp.verify_detached(b"x", people.detached("ana", b"x") * 2)


@pytest.mark.parametrize("content", ["", "hello", "-----BEGIN PGP SIGNED MESSAGE-----\n\nx", b"\xff\xfe", "\ud800"])
def test_nothing_signed(people: People, content: str | bytes) -> None:
    with pytest.raises(o.SignatureError):
        people.pgp.verify_clear(content)
    with pytest.raises(o.SignatureError):
        people.pgp.verify_detached(b"x", content if isinstance(content, bytes) else content.encode("utf-8", "replace"))


def test_a_signed_message_is_no_detached_signature(people: People) -> None:
    """It carries its own text: a reader that verifies that one never looks at the data."""
    for armour in ("--armor", "--no-armor"):
        inline = people.gpg("--local-user", people.keys["ana"], armour, "--sign", given=b"something else")
        with pytest.raises(o.SignatureError):
            people.pgp.verify_detached(b"x", inline)
        disguised = inline.replace(b"PGP MESSAGE", b"PGP SIGNATURE")
        with pytest.raises(o.SignatureError):
            people.pgp.verify_detached(b"x", disguised)
        with pytest.raises(o.SignatureError):
            people.pgp.verify_clear(inline)


@pytest.mark.parametrize(
    "change",
    [
        lambda signed: signed.replace("Hash:", "NotDashEscaped: x\nHash:"),
        lambda signed: signed.replace("Hash:", "X-Approve: everything\nHash:"),
        lambda signed: signed.replace("\n\nenlace", "\nenlace"),
        lambda signed: signed.replace("Person:", "\x0cPerson:"),
        lambda signed: signed.replace("Person:", "\x00Person:"),
        lambda signed: signed.replace("- - guion", "-- guion"),
        lambda signed: signed.replace(
            "-----BEGIN PGP SIGNATURE", "-----BEGIN PGP SIGNED MESSAGE-----\n\n-----BEGIN PGP SIGNATURE"
        ),
    ],
)
def test_framing_that_readers_disagree_about(people: People, change) -> None:
    signed = people.clear("ana", TEXT)
    assert change(signed) != signed
    with pytest.raises(o.SignatureError):
        people.pgp.verify_clear(change(signed))


def test_the_text_is_read_the_same_way_twice(people: People) -> None:
    for text in (
        "",
        "x",
        "\n\n",
        "a\n\n\nb\n\n",
        "- x\n-\n--\n-----\n",
        " lead\ntrail \t\n",
        "ñ\u2028x\u0085y".replace("\u0085", ""),
    ):
        signed = people.clear("ana", text)
        assert people.pgp.verify_clear(signed).text.rstrip("\n") == read_clear_signed(signed).text


def test_status_lines_that_no_honest_gpg_writes() -> None:
    fingerprint = "AB" * 20
    good = [
        ("NEWSIG", ""),
        ("GOODSIG", f"{fingerprint[-16:]} Ana"),
        ("VALIDSIG", f"{fingerprint} 2026-11-23 1795468739 0 4 0 22 10 01 {fingerprint}"),
    ]
    assert judge_signature(good).primary_fingerprint == fingerprint
    for lines, error in (
        ([], o.NotSigned),
        (good[:1], o.NotSigned),
        (good[:2], o.SignatureUnclear),
        ([*good, good[0]], o.SeveralSignatures),
        ([*good, good[1]], o.SeveralSignatures),
        ([*good, good[2]], o.SignatureUnclear),
        ([*good, ("BADSIG", "x")], o.SeveralSignatures),
        ([*good, ("ERRSIG", "x")], o.SeveralSignatures),
        ([*good, ("FAILURE", "verify 1")], o.SignatureUnclear),
        ([*good, ("ERROR", "x")], o.SignatureUnclear),
        ([*good, ("NO_PUBKEY", "x")], o.SignatureUnclear),
        ([*good, ("DECRYPTION_OKAY", "")], o.SignatureUnclear),
        ([*good, ("SOMETHING_NEW", "")], o.SignatureUnclear),
        ([good[0], ("ERRSIG", "AB 1 1 00 5 4")], o.DigestWeak),
        ([good[0], ("ERRSIG", "AB 99 10 00 5 4")], o.SignatureUnclear),
        ([*good[:2], ("VALIDSIG", good[2][1].replace(" 01 ", " 10 "))], o.SignatureUnclear),
        ([*good[:2], ("VALIDSIG", good[2][1].replace(" 10 ", " 2 "))], o.DigestWeak),
        ([*good[:2], ("VALIDSIG", good[2][1].replace(" 10 ", " 99 "))], o.DigestWeak),
        ([*good[:2], ("VALIDSIG", good[2][1].replace(fingerprint, "ABCDEF"))], o.SignatureUnclear),
    ):
        with pytest.raises(error):
            judge_signature(lines)


def test_many_threads(people: People, pgp: OpenPGP) -> None:
    taken(pgp, people, "ana")
    signed, found = people.clear("ana", TEXT), []

    def run() -> None:
        found.append(pgp.verify_clear(signed).text)
        found.append(pgp.verify_detached(b"x", detached).text)

    detached = people.detached("ana", b"x")
    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, found)) == sorted(["None"] * 6 + [TEXT] * 6)


def test_one_signature_packet_and_nothing_else(people: People) -> None:
    """Refused before gpg sees it, whatever this gpg would make of it."""
    data = people.gpg("--local-user", people.keys["ana"], "--no-armor", "--detach-sign", given=b"x")
    inline = people.gpg("--local-user", people.keys["ana"], "--no-armor", "--compress-algo=none", "--sign", given=b"x")
    assert read_detached(data) == read_detached(read_detached(data))
    with pytest.raises(o.SeveralSignatures):
        read_detached(data + data)
    for bad in (inline, data + inline, data[:-1], data + b"\x00", b"\xc2", b"\xc2\xff", b"\xc2\xe1x", b"\x8b" + data):
        with pytest.raises(o.SignatureUnclear):
            read_detached(bad)


def test_a_gpg_that_gives_back_another_text_is_not_believed(people: People, short_tmp: Path) -> None:
    script = short_tmp / "lying-gpg"
    script.write_text("#!/bin/sh\ngpg \"$@\" | sed 's/^Person: Ana/Person: Eva/'\n")
    script.chmod(0o700)
    signed = people.clear("ana", TEXT)
    with OpenPGP(short_tmp / "lied-to", str(script)) as pgp:
        pgp.import_key(people.public("ana"))
        with pytest.raises(o.SignatureUnclear, match="text"):
            pgp.verify_clear(signed)
        assert pgp.verify_clear(people.clear("ana", "hello")).text == "hello\n"


def test_whatever_ends_the_agent_sees_nothing_of_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A passphrase may stand there."""
    seen = tmp_path / "seen"
    program = tmp_path / "gpgconf"
    program.write_text(f"#!/bin/sh\nenv > {seen}\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("ENLACE_VAULT__PASSPHRASE", "marker-passphrase")
    stop_agent(tmp_path)
    assert f"HOME={tmp_path}" in seen.read_text()
    assert "marker-passphrase" not in seen.read_text()
