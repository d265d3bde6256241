import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keys import vault as v
from keys.vault import Kdf, Vault

PASSPHRASE = "correct horse battery"
CHEAP = Kdf(memory_kib=19 * 1024, iterations=2, lanes=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "private" / "vault"


@pytest.fixture
def vault(path: Path) -> Vault:
    return Vault.create(path, PASSPHRASE, {"token": b"syt_secret", "empty": b""}, kdf=CHEAP)


def test_round_trip(vault: Vault, path: Path) -> None:
    again = Vault.open(path, PASSPHRASE)
    assert again.names == {"token", "empty"}
    assert (again.get("token"), again.get("empty")) == (b"syt_secret", b"")
    again.put("mail", b"\x00\xff")
    again.remove("empty")
    again.remove("empty")
    assert Vault.open(path, PASSPHRASE).names == {"token", "empty"}, "nothing is written before save"
    again.save()
    assert Vault.open(path, PASSPHRASE).get("mail") == b"\x00\xff"
    with pytest.raises(v.SecretMissing):
        Vault.open(path, PASSPHRASE).get("empty")


def test_nothing_is_readable_in_the_file_or_the_repr(vault: Vault, path: Path) -> None:
    content = path.read_bytes()
    for secret in (b"syt_secret", base64.b64encode(b"syt_secret"), b"token"):
        assert secret not in content
    assert "syt" not in repr(vault)


def test_modes(vault: Vault, path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["vault"], "no draft is left behind"
    path.chmod(0o640)
    with pytest.raises(v.VaultTooOpen, match="0640"):
        Vault.open(path, PASSPHRASE)
    vault.save()
    assert path.stat().st_mode & 0o777 == 0o600
    path.parent.chmod(0o750)
    with pytest.raises(v.VaultTooOpen, match="0750"):
        Vault.open(path, PASSPHRASE)
    with pytest.raises(v.VaultTooOpen):
        vault.save()


def test_an_open_folder_gets_no_vault(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o755)  # whatever the umask
    with pytest.raises(v.VaultTooOpen):
        Vault.create(folder / "vault", PASSPHRASE, {}, kdf=CHEAP)
    assert not list(folder.iterdir())


def test_links_are_not_followed(vault: Vault, path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to(path)
    with pytest.raises(v.VaultNotOurs):
        Vault.open(link, PASSPHRASE)


def test_missing_and_existing(vault: Vault, path: Path) -> None:
    with pytest.raises(v.VaultMissing):
        Vault.open(path.with_name("other"), PASSPHRASE)
    with pytest.raises(v.VaultMissing):
        Vault.open(path.parent / "no" / "vault", PASSPHRASE)
    before = path.read_bytes()
    with pytest.raises(v.VaultExists):
        Vault.create(path, "another passphrase", {}, kdf=CHEAP)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["vault"]


def test_passphrases(vault: Vault, path: Path) -> None:
    for wrong in ("", "Correct horse battery", PASSPHRASE + "\n"):
        with pytest.raises(v.WrongPassphrase):
            Vault.open(path, wrong)
    with pytest.raises(v.PassphraseTooShort):
        Vault.create(path.with_name("other"), "short", {}, kdf=CHEAP)
    with pytest.raises(v.PassphraseTooShort):
        vault.change_passphrase("short")
    vault.change_passphrase("contrasen\u0303a nueva")
    vault.save()
    assert Vault.open(path, "contraseña nueva").get("token") == b"syt_secret"
    with pytest.raises(v.WrongPassphrase):
        Vault.open(path, PASSPHRASE)


def rewrite(path: Path, change: Any) -> None:
    whole = json.loads(path.read_text())
    change(whole)
    path.write_text(json.dumps(whole))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda w: w["header"].update(memory_kib=20 * 1024), v.WrongPassphrase),
        (lambda w: w["header"].update(note="x"), v.WrongPassphrase),
        (lambda w: w["header"].update(note=1.5), v.WrongPassphrase),
        (lambda w: w.update(nonce=base64.b64encode(bytes(12)).decode()), v.WrongPassphrase),
        (lambda w: w.update(sealed=w["sealed"][:-8]), v.WrongPassphrase),
        (lambda w: w["header"].update(memory_kib=1024), v.VaultKdfUnsound),
        (lambda w: w["header"].update(memory_kib=2**31), v.VaultKdfUnsound),
        (lambda w: w["header"].update(iterations=1), v.VaultKdfUnsound),
        (lambda w: w["header"].update(iterations=10**9), v.VaultKdfUnsound),
        (lambda w: w["header"].update(lanes=True), v.VaultKdfUnsound),
        (lambda w: w["header"].update(lanes="4"), v.VaultKdfUnsound),
        (lambda w: w["header"].update(salt="AAAA"), v.VaultDamaged),
        (lambda w: w["header"].update(salt=7), v.VaultDamaged),
        (lambda w: w["header"].update(format="enlace vault v2"), v.VaultDamaged),
        (lambda w: w["header"].update(kdf="scrypt"), v.VaultDamaged),
        (lambda w: w["header"].pop("lanes"), v.VaultDamaged),
        (lambda w: w.update(header=[]), v.VaultDamaged),
        (lambda w: w.update(nonce="AA=="), v.VaultDamaged),
        (lambda w: w.pop("sealed"), v.VaultDamaged),
    ],
)
def test_a_changed_file(vault: Vault, path: Path, change: Any, error: type[Exception]) -> None:
    rewrite(path, change)
    with pytest.raises(error):
        Vault.open(path, PASSPHRASE)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{", b"[" * 100_000, b" " * 5_000_000])
def test_garbage(vault: Vault, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(v.VaultDamaged):
        Vault.open(path, PASSPHRASE)


def test_a_failed_save_leaves_the_old_file(vault: Vault, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("keys.vault.os.fsync", full)
    vault.put("token", b"new")
    with pytest.raises(OSError, match="No space"):
        vault.save()
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["vault"]


def test_seals_survive_a_new_process_and_a_new_passphrase(vault: Vault, path: Path) -> None:
    sealed = vault.seal(b"queued", b"outbox 7")
    assert b"queued" not in sealed
    assert sealed != vault.seal(b"queued", b"outbox 7")
    vault.change_passphrase("another passphrase")
    vault.save()
    assert Vault.open(path, "another passphrase").unseal(sealed, b"outbox 7") == b"queued"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60), st.binary(max_size=20), st.data())
def test_a_changed_seal_is_broken(vault: Vault, plain: bytes, aad: bytes, data: st.DataObject) -> None:
    sealed = vault.seal(plain, aad)
    assert vault.unseal(sealed, aad) == plain
    at = data.draw(st.integers(0, len(sealed) - 1))
    for bad, bound in (
        (sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], aad),
        (sealed[:at], aad),
        (sealed, aad + b"x"),
        (b"", aad),
    ):
        with pytest.raises(v.SealBroken):
            vault.unseal(bad, bound)


def test_another_vaults_seal(vault: Vault, path: Path) -> None:
    other = Vault.create(path.with_name("other"), PASSPHRASE, {}, kdf=CHEAP)
    with pytest.raises(v.SealBroken):
        other.unseal(vault.seal(b"x", b""), b"")
