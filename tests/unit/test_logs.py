"""Log lines: one reference each, no content, no secrets."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import logs
from bot.ids import BadUserId, parse_user_id
from tests.harness.written import written


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    with written() as stream:
        yield stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object(out: io.StringIO) -> None:
    logs.logger("bot.incident").info("room made", room="!r", ref="INC-7F3KQ", count=2)
    (line,) = lines(out)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "room made", "level": "info", "logger": "bot.incident", "room": "!r", "ref": "INC-7F3KQ", "count": 2,
    }  # fmt: skip


def test_every_line_has_a_reference(out: io.StringIO) -> None:
    with logs.about("MSG-7F3KQ"):
        logs.logger("bot").info("sent")
        logging.getLogger("nio").warning("something")
        logging.getLogger("bot.outbox").warning("our own, by logging")
    logs.logger("bot").info("idle")
    assert [line["ref"] for line in lines(out)] == ["MSG-7F3KQ", "MSG-7F3KQ", "MSG-7F3KQ", "-"]


@pytest.mark.parametrize(
    "name",
    ["body", "content", "subject", "summary", "details", "passphrase", "access_token", "password", "session_key"],
)
def test_content_and_secrets_are_left_out_by_name(out: io.StringIO, name: str) -> None:
    logs.logger("bot").warning("odd", **{name: "swordfish"}, inner={"deep": [{name: "swordfish"}]})
    assert "swordfish" not in out.getvalue()
    assert lines(out)[0][name] == logs.CUT


@pytest.mark.parametrize(
    "value",
    [
        "Bearer swordfish",
        "syt_Ym90_swordfishXYZ_1abcde",
        "https://hs/sync?access_token=swordfish&since=1",
        "postgresql+asyncpg://enlace:swordfish@db/enlace",
        '{"password": "swordfish"}',
        "passphrase = swordfish",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nswordfish\n-----END",
    ],
)
def test_secrets_are_cut_out_of_values_and_events(out: io.StringIO, value: str) -> None:
    logs.logger("bot").warning(value, reason=value, many=[value], raw=value.encode())
    assert "swordfish" not in out.getvalue()
    assert logs.CUT in out.getvalue()


def test_useful_words_stay(out: io.StringIO) -> None:
    logs.logger("bot").info("held", reason="@x:one.example is not verified", room="!abc:one.example", attempts=3)
    line = lines(out)[0]
    assert (line["reason"], line["room"], line["attempts"]) == ("@x:one.example is not verified", "!abc:one.example", 3)


def test_libraries_lines_tell_only_where(out: io.StringIO) -> None:
    logging.getLogger("nio.crypto").error("cannot decrypt %s", {"body": "swordfish"})
    logging.getLogger("asyncio").error(f"Task exception: {'swordfish'}")  # noqa: G004  (that is what libraries do)
    logging.getLogger("aiohttp").info("not even written")
    first, second = lines(out)
    assert "swordfish" not in out.getvalue()
    assert first["logger"] == "nio.crypto"
    assert first["level"] == "error"
    assert first["where"].startswith("test_logs:")
    assert second["logger"] == "asyncio"


def fail() -> None:
    try:
        parse_user_id("swordfish")
    except BadUserId as error:
        raise ValueError("swordfish") from error


def test_exceptions_tell_type_code_and_place_but_not_their_text(out: io.StringIO) -> None:
    try:
        fail()
    except ValueError:
        logs.logger("bot").exception("failed", secretless=1)
        logging.getLogger("nio").exception("swordfish")
    logs.logger("bot").warning("failed", reason=ValueError("swordfish"))
    assert "swordfish" not in out.getvalue()
    ours, library, _ = lines(out)
    assert ours["error"].startswith("ValueError at ")
    assert "tests/unit/test_logs.py:" in ours["error"]
    assert ", from BadUserId(bad-user-id) at " in ours["error"]
    assert library["error"].startswith("ValueError at ")


def test_exception_groups_and_circles() -> None:
    group = ExceptionGroup("swordfish", [ValueError("swordfish"), OSError(2, "swordfish")])
    text = logs.describe(group)
    assert "ExceptionGroup" in text
    assert "OSError(2)" in text or "FileNotFoundError(2)" in text
    assert "swordfish" not in text
    first, second = ValueError(), ValueError()
    first.__cause__, second.__cause__ = second, first
    assert logs.describe(first).count("ValueError") == 2


@given(st.text(max_size=2000))
def test_no_value_starts_a_second_line_or_moves_the_cursor(text: str) -> None:
    cleaned = logs.redact({"event": text, "user": text})
    for value in (cleaned["event"], cleaned["user"]):
        assert value.isprintable()
        assert len(value) < 4000


def test_console(out: io.StringIO) -> None:
    console = io.StringIO()
    logs.configure(form="console", level="info", stream=console)
    logs.logger("bot").info("sent\x1b[2J\nforged line", ref="MSG-7F3KQ", body="swordfish")
    logs.logger("bot").debug("too low")
    text = console.getvalue()
    assert text.count("\n") == 1
    assert "\x1b[2J" not in text
    assert "MSG-7F3KQ" in text
    assert "swordfish" not in text
    assert "too low" not in text
    assert out.getvalue() == ""


def test_auto_is_json_in_a_pipe() -> None:
    stream = io.StringIO()
    logs.configure(form="auto", stream=stream)
    logs.logger("bot").error("sent")
    assert json.loads(stream.getvalue())["event"] == "sent"
