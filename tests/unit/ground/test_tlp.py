"""The labels as people write them, and their order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tlp import Tlp, UnclearLabel, parse


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("TLP:RED", Tlp.RED),
        ("tlp red", Tlp.RED),
        ("TLP: Amber strict", Tlp.AMBER_STRICT),
        ("TLP:AMBER-STRICT", Tlp.AMBER_STRICT),
        ("tlp:amber+strict", Tlp.AMBER_STRICT),
        ("amber", Tlp.AMBER),
        ("tlp：green", Tlp.GREEN),
        ("TLP:WHITE", Tlp.CLEAR),
        (" TLP:CLEAR ", Tlp.CLEAR),
    ],
)
def test_lenient_in_canonical_out(typed: str, label: Tlp) -> None:
    assert parse(typed) is label
    assert str(parse(typed)).startswith("TLP:")
    assert str(Tlp.AMBER_STRICT) == "TLP:AMBER+STRICT"


@pytest.mark.parametrize("typed", ["", "tlp", "tlp:purple", "amberish", "red green", "TLP:EX:CHR", "strict"])
def test_unclear_is_refused(typed: str) -> None:
    with pytest.raises(UnclearLabel):
        parse(typed)


@given(st.text(max_size=40))
def test_any_text_is_a_label_or_refused(text: str) -> None:
    try:
        assert parse(text) in Tlp
    except UnclearLabel:
        pass


def test_order_and_colours() -> None:
    assert Tlp.CLEAR < Tlp.GREEN < Tlp.AMBER < Tlp.AMBER_STRICT < Tlp.RED
    assert Tlp.RED.colour == "#FF2B2B"
    assert Tlp.AMBER.colour == Tlp.AMBER_STRICT.colour == "#FFC000"
