"""What is taken over of a file: a harmless name, its key, and nothing that is only said about it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.exchange.files import FileNotEncrypted
from bot.exchange.rules.attachment import LONGEST, ROOM, caption, clean_name, image_type, posted, readable_size

FILE = {"url": "mxc://a/b", "key": {"k": "x"}, "iv": "i", "hashes": {"sha256": "h"}, "v": "v2"}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("indicators.csv", "indicators.csv"),
        ("Informe técnico n.º 7.pdf", "Informe técnico n.º 7.pdf"),
        ("ملف.pdf", "ملف.pdf"),
        ("dump.2026.tar.gz", "dump.2026.tar.gz"),
        ("README", "README"),
        ("Informe. Versión final", "Informe. Versión final"),
        # Not another folder, and no name that a system takes for something else.
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\Windows\\win.ini", "C__Windows_win.ini"),
        ("a\u2215b\u2044c\uff0fd.txt", "a_b_c_d.txt"),
        (".bashrc", "bashrc"),
        ("nul.txt", "_nul.txt"),
        ("name.txt. . ", "name.txt"),
        # Not another order: what a bidirectional override shows as exe.pdf is said as what it is.
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\u200bb\u0007c\r\nd.txt", "abc d.txt"),
        ("e\u0000\u0301.txt", "\u00e9.txt"),
        # Not another kind: second extensions, letters that look like others, a dot that is none.
        ("report.pdf.exe", "report_pdf.exe"),
        ("report.pdf        .exe", "report_pdf.exe"),
        ("report\uff0epdf\u2024scr", "report_pdf.scr"),
        ("report.\u0440df", "report__df.bin"),
        ("report.exe\u0301", "report_ex_.bin"),
        ("", "file"),
        ("...", "file"),
        ("\u202e", "file"),
    ],
)
def test_names(said: str, kept: str) -> None:
    assert clean_name(said) == kept


@given(st.text(max_size=400))
@example("x" * 500 + ".pdf")
@example("\u00e9" * 500 + ".pdf")
@example("a." + "b" * 500)
@example("r." + "\u9aaa" * 60 + " end")  # cut off before its space, the rest looks like an extension
def test_every_name_is_one_line_of_harmless_characters(said: str) -> None:
    name = clean_name(said)
    assert name
    assert len(name.encode()) <= LONGEST
    assert name.isprintable()
    assert not set(name) & set('/\\:*?"<>|\n\u202e\u200b')
    assert name == name.strip(". ")
    assert len(name.encode()) > LONGEST - ROOM or clean_name(name) == name, "what is clean stays as it is"


def test_only_address_and_key_are_taken_over() -> None:
    one = posted(
        {
            "msgtype": "m.image",
            "body": "what it shows",
            "filename": "a/b.png",
            "file": {**FILE, "mimetype": "text/html"},
            "info": {"w": 640, "h": "480", "mimetype": "image/svg+xml", "thumbnail_file": FILE},
        }
    )
    assert one.file == FILE
    assert (one.name, one.image, one.width, one.height) == ("a_b.png", True, 640, None)


@pytest.mark.parametrize("file", [None, "mxc://a/b", {"url": "mxc://a/b"}, {"url": "mxc://a/b", "key": "k"}])
def test_an_unencrypted_file_is_refused(file: object) -> None:
    with pytest.raises(FileNotEncrypted):
        posted({"msgtype": "m.file", "body": "a.txt", "url": "mxc://a/b", "file": file})


def test_a_caption_is_a_body_beside_a_name() -> None:
    assert caption({"body": "look at this", "filename": "a.png"}) == "look at this"
    assert caption({"body": "a.png", "filename": "a.png"}) == ""
    assert caption({"body": "a.png"}) == ""
    assert caption({"filename": "a.png"}) == ""


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"<svg xmlns=", None),
        (b"<html>", None),
        (b"", None),
    ],
)
def test_an_image_is_what_begins_like_one(start: bytes, kind: str | None) -> None:
    assert image_type(start) == kind


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (340_200, "340 kB"), (9_800_000, "9800 kB"), (12_300_000, "12 MB")],
)
def test_sizes(size: int, shown: str) -> None:
    assert readable_size(size) == shown
