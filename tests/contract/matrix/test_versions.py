"""The hooks rest on private parts of these very releases: anything else has to be looked at by a person first."""

from importlib.metadata import version


def test_exactly_these_releases():
    assert version("matrix-nio") == "0.26.0"
    assert version("vodozemac") == "0.10.0"


def test_every_private_part_that_is_built_on_is_there():
    import vodozemac
    from nio import AsyncClient
    from nio.crypto import DeviceStore, InboundGroupSession, OlmAccount
    from nio.crypto.olm_machine import Olm

    for name in (
        "_handle_room_key_event",
        "_handle_forwarded_room_key_event",
        "_mark_device_for_unwedging",
        "_olm_encrypt",
        "create_group_session",
        "create_session",
        "decrypt",
        "decrypt_event",
        "handle_to_device_event",
        "load",
        "verify_json",
    ):
        assert callable(getattr(Olm, name)), name
    assert isinstance(DeviceStore()._entries, dict)
    assert hasattr(OlmAccount()._account, "generate_fallback_key")
    assert callable(AsyncClient.send)
    session = vodozemac.GroupSession()
    assert InboundGroupSession(session.session_key.to_base64(), "", "", "")._session.session_id == session.session_id
