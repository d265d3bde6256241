import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matrix_people import Device, Server, identity

from keys.canonical import sign_json, verify_json
from keys.crosssigning import (
    BadSeeds,
    CrossSigningSeeds,
    NotOurDevice,
    SeenIdentity,
    public_keys,
    read_identity,
    sign_device,
    signatures_upload,
)
from keys.fingerprint import MatrixKey

ANA = "@ana:cert.example.mx"
MINE, OTHER = identity("mine"), identity("other")
PHONE, LAPTOP = Device(ANA, "PHONE"), Device(ANA, "LAPTOP")


def server() -> Server:
    return Server(ANA).publish(MINE, signed_by=PHONE).add(PHONE, MINE).add(LAPTOP, MINE)


def test_what_is_uploaded_is_read_back() -> None:
    bodies = public_keys(MINE, ANA)
    assert bodies.keys() == {"master_key", "self_signing_key", "user_signing_key"}
    by_master = f"ed25519:{MINE.master_key}"
    for name in ("self_signing_key", "user_signing_key"):
        assert verify_json(bodies[name], ANA, by_master, MINE.master_key)
    upload = signatures_upload(MINE, ANA, PHONE.keys(), PHONE.private.sign)[ANA]
    seen = read_identity(ANA, upload[MINE.master_key], bodies["self_signing_key"], {"PHONE": upload["PHONE"]})
    assert (seen.master_key, seen.self_signing_key) == (MINE.master_key, MINE.self_signing_key)
    assert seen.devices["PHONE"].cross_signed
    assert seen.devices["PHONE"].signed_master
    assert seen.devices["PHONE"].key == PHONE.key


def test_seeds() -> None:
    assert CrossSigningSeeds.decode(MINE.encode()) == MINE
    assert "bytes" not in repr(MINE)
    assert MINE.master.hex() not in repr(MINE)
    assert repr(MINE) == "CrossSigningSeeds()"
    for bad in (b"", bytes(96), MINE.encode()[:-1], MINE.encode() + b"x"):
        with pytest.raises(BadSeeds):
            CrossSigningSeeds.decode(bad)


def test_only_a_device_of_the_user_is_signed() -> None:
    stranger = Device("@eva:evil.example", "PHONE").keys()
    swapped = copy.deepcopy(PHONE.keys())
    swapped["keys"]["ed25519:PHONE"] = LAPTOP.key.ed25519
    for bad in (stranger, swapped, {}, {"device_id": 3}):
        with pytest.raises(NotOurDevice):
            sign_device(MINE, ANA, bad)


def test_the_device_that_did_not_sign_the_master_key() -> None:
    seen = server().seen()
    assert (seen.devices["PHONE"].signed_master, seen.devices["LAPTOP"].signed_master) == (True, False)


def test_a_replaced_identity_does_not_live_on_the_old_ones_signatures() -> None:
    """Homeservers keep the old self-signing key's signature on a device."""
    lying = server().publish(OTHER)
    seen = lying.seen()
    assert seen.master_key == OTHER.master_key
    assert not any(device.cross_signed or device.signed_master for device in seen.devices.values())


def forged(change: Any) -> SeenIdentity:
    lying = server()
    change(lying)
    return lying.seen()


def _wrong_user(lying: Server) -> None:
    lying.master = public_keys(MINE, "@eva:evil.example")["master_key"]


def _self_signing_as_master(lying: Server) -> None:
    lying.master = lying.self_signing


def _two_usages(lying: Server) -> None:
    lying.master["usage"] = ["master", "self_signing"]


def _two_keys(lying: Server) -> None:
    lying.master["keys"][f"ed25519:{OTHER.master_key}"] = str(OTHER.master_key)


def _misnamed(lying: Server) -> None:
    lying.master["keys"] = {f"ed25519:{OTHER.master_key}": str(MINE.master_key)}


@pytest.mark.parametrize(
    "change",
    [_wrong_user, _self_signing_as_master, _two_usages, _two_keys, _misnamed, lambda s: setattr(s, "master", None)],
)
def test_a_false_master_key_object_is_none(change: Any) -> None:
    seen = forged(change)
    assert seen.master_key is None
    assert seen.self_signing_key is None
    assert seen.devices.keys() == {"PHONE", "LAPTOP"}
    assert not any(device.cross_signed or device.signed_master for device in seen.devices.values())


def _other_self_signing(lying: Server) -> None:
    lying.self_signing = public_keys(OTHER, ANA)["self_signing_key"]
    lying.devices["PHONE"] = sign_device(OTHER, ANA, PHONE.keys())


def _user_signing_as_self_signing(lying: Server) -> None:
    lying.self_signing = public_keys(MINE, ANA)["user_signing_key"]


def _unsigned_self_signing(lying: Server) -> None:
    del lying.self_signing["signatures"]


@pytest.mark.parametrize("change", [_other_self_signing, _user_signing_as_self_signing, _unsigned_self_signing])
def test_a_self_signing_key_that_the_master_did_not_sign_signs_nothing(change: Any) -> None:
    seen = forged(change)
    assert seen.master_key == MINE.master_key
    assert seen.self_signing_key is None
    assert not any(device.cross_signed for device in seen.devices.values())
    assert seen.devices["PHONE"].signed_master


def test_a_device_whose_keys_were_changed_is_not_there() -> None:
    for algorithm in ("ed25519", "curve25519"):
        lying = server()
        lying.devices["PHONE"]["keys"][f"{algorithm}:PHONE"] = LAPTOP.key.ed25519
        assert lying.seen().devices.keys() == {"LAPTOP"}


def test_a_device_under_another_name_or_user_is_not_there() -> None:
    lying = server()
    lying.devices = {"TABLET": PHONE.keys(), "X": Device("@eva:evil.example", "X").keys()}
    assert lying.seen().devices == {}


def test_a_device_named_like_a_key_is_not_there() -> None:
    trick = Device(ANA, str(MINE.master_key))
    assert server().add(trick, MINE).seen().devices.keys() == {"PHONE", "LAPTOP"}


def test_a_device_signed_by_the_master_key_itself_is_not_cross_signed() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    lying = server()
    master = Ed25519PrivateKey.from_private_bytes(MINE.master)
    lying.devices["PHONE"] = sign_json(PHONE.keys(), f"ed25519:{MINE.master_key}", ANA, master.sign)
    assert not lying.seen().devices["PHONE"].cross_signed


GARBAGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.just("ed25519:PHONE"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["user_id", "usage", "keys", "signatures", "device_id", ANA, "PHONE", "ed25519:PHONE"]),
            inner,
        )
    ),
    max_leaves=10,
)


@given(GARBAGE, GARBAGE, GARBAGE)
def test_garbage_identities_are_empty_never_an_exception(master: object, self_signing: object, devices: object) -> None:
    seen = read_identity(ANA, master, self_signing, devices)
    assert (seen.master_key, seen.self_signing_key) == (None, None)
    assert dict(seen.devices) == {}


@settings(max_examples=60)
@given(st.data())
def test_one_changed_leaf_never_adds_trust(data: st.DataObject) -> None:
    """Whatever single value the homeserver changes, nothing becomes signed that was not, and no key appears."""
    honest, lying = server(), server()
    lying.add(Device(ANA, "TABLET"))
    target: Any = data.draw(st.sampled_from([lying.master, lying.self_signing, lying.devices]))
    while True:
        name = data.draw(st.sampled_from(sorted(target)))
        if not isinstance(target[name], dict) or data.draw(st.booleans()):
            break
        target = target[name]
    target[name] = data.draw(GARBAGE | st.sampled_from([str(OTHER.master_key), str(MINE.master_key), "TABLET"]))
    seen, truth = lying.seen(), honest.seen()
    assert seen.master_key in {None, truth.master_key}
    assert seen.self_signing_key in {None, truth.self_signing_key}
    for device_id, device in seen.devices.items():
        MatrixKey(device.ed25519)
        assert not device.cross_signed or device == truth.devices.get(device_id) or not device.signed_master
        assert not device.cross_signed or device.key == truth.devices[device_id].key
