"""Attachments: encrypted on the server, whole or refused here."""

import pytest

from bot.matrix.errors import FileNotTaken

pytestmark = pytest.mark.homeserver


async def test_round_trip_and_refusals(bot, homeserver):
    data = b"indicator,tlp\n203.0.113.7,amber\n" * 1000
    files = bot.service.files
    file = await files.upload(data)
    assert not homeserver.stores(b"203.0.113.7")
    assert await files.download(file) == data
    for broken in (
        {**file, "hashes": {"sha256": "A" * 43}},
        {**file, "url": "https://elsewhere.test/x"},
        {**file, "url": "mxc://elsewhere/../../x"},
        {**file, "url": file["url"] + "x"},
        {"url": file["url"]},
    ):
        with pytest.raises(FileNotTaken):
            await files.download(broken)
    with pytest.raises(FileNotTaken):
        await files.download(file, limit=1000)
