"""Our own copy of room state, and the sync answer taken apart: pure, so quick."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matrix import batch
from bot.matrix.state import RoomState

BOT = "@bot:x"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


def event(kind, content, key="", sender=BOT):
    return {"type": kind, "state_key": key, "sender": sender, "content": content, "event_id": "$" + kind}


def room(*events):
    state = RoomState("!r")
    state.apply(events)
    return state


def test_creators_of_version_12_stand_above_all_numbers():
    create = {"room_version": "12", "additional_creators": ["@ana:x"]}
    state = room(event("m.room.create", create), event("m.room.power_levels", {"users": {"@eva:x": 100}}))
    assert state.power() == {BOT: float("inf"), "@ana:x": float("inf"), "@eva:x": 100}
    older = room(event("m.room.create", {"room_version": "11"}), event("m.room.power_levels", {"users": {"@eva:x": 1}}))
    assert older.power() == {"@eva:x": 1}
    assert room(event("m.room.create", {"room_version": "11"})).power() == {BOT: 100}


def test_a_demotion_by_omission():
    state = room(event("m.room.power_levels", {"users": {"@eva:x": 100}}))
    state.apply([event("m.room.power_levels", {"users": {}})])
    assert state.power() == {}


def test_what_is_no_number_counts_as_above_all():
    state = room(event("m.room.power_levels", {"users": {"@eva:x": "lots", "@old:x": "50"}, "users_default": None}))
    assert state.power() == {"@eva:x": float("inf"), "@old:x": 50}
    assert state.users_default == float("inf")


def test_encryption_is_never_unlearned():
    state = room(event("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}))
    assert state.encrypted
    state.apply([event("m.room.encryption", {})])
    assert (state.encrypted, state.ever_encrypted) == (False, True)
    again = RoomState.from_json("!r", "join", state.ever_encrypted, state.to_json())
    assert (again.encrypted, again.ever_encrypted) == (False, True)
    again.replace_all([])
    assert again.ever_encrypted


def test_members():
    state = room(
        *(
            event("m.room.member", {"membership": membership}, f"@{membership}:x")
            for membership in ("join", "invite", "leave", "ban", "knock", 7)
        )
    )
    assert state.members() == {"@join:x": "join", "@invite:x": "invite"}


@given(st.lists(json_values | st.builds(event, st.sampled_from(["m.room.member", "m.room.power_levels"]), json_values)))
def test_no_state_breaks_it(events):
    state = room(*events)
    state.members(), state.power(), state.users_default, state.protected_level, state.creators(), state.encrypted
    again = RoomState.from_json("!r", "join", False, state.to_json())
    assert again.events == state.events


@given(
    st.dictionaries(st.sampled_from(["rooms", "to_device", "device_lists", "device_one_time_keys_count"]), json_values)
)
def test_no_sync_answer_breaks_it(raw):
    assert batch.parse({**raw, "next_batch": "s1"}).next_batch == "s1"


def nested(depth):
    return {"a": nested(depth - 1)} if depth else "x"


@pytest.mark.parametrize(
    "content", [{"users": nested(500)}, {"users": {"@x": "y" * 200_000}}, {"users": {"@\ud800": 1}}]
)
def test_state_that_cannot_be_kept_fails_every_check(content):
    """It stops no sync, and is not taken for what was there before."""
    state = room(event("m.room.power_levels", {"users": {"@lead:x": 50}, "users_default": 0}))
    state.apply([event("m.room.power_levels", content), event("m.room.join_rules", content)])
    assert state.users_default == float("inf")
    assert state.text("m.room.join_rules", "join_rule") is None
    assert json.dumps(state.to_json())
