"""Which first line takes up the text below a refused one."""

import pytest

from bot.commands.resuming import says_again


@pytest.mark.parametrize(
    ("words", "line", "again"),
    [
        ("", "BR tlp:ambar Phishing kit", True),
        ("Phishing kit", "BR tlp:ambar Phishing kit", True),
        ("phishing  KIT", "BR tlp:ambar Phishing kit", True),
        ("Avión caído", "BR tlp:ambar avion caido", True),
        ("kit", "BR tlp:ambar Phishing kit", True),
        ("it", "BR tlp:ambar Phishing kit", False),
        ("Phishing kits", "BR tlp:ambar Phishing kit", False),
        ("Something else", "BR tlp:ambar Phishing kit", False),
        ("Something", "", False),
    ],
)
def test_the_same_words(words: str, line: str, again: bool) -> None:
    assert says_again(words, line) is again
