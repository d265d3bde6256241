"""No text of anybody makes a reader fail, gets lost, or becomes anything but text.

``make fuzz`` runs the same properties for long, guided by coverage; where it can be, a little of that is run here."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.corpus import corpus
from tests.fuzz.properties import PROPERTIES, SEEDS

ROOT = Path(__file__).parents[2]
ATHERIS = sys.platform == "linux" and platform.machine() == "x86_64" and sys.version_info < (3, 14)
"""As the extra ``fuzz`` says; elsewhere there is no wheel of it, and what it found is tried all the same."""

WORDS = st.sampled_from(
    [word for seeds in SEEDS.values() for seed in seeds for word in (*seed.split(" "), *seed.split("\n"))]
    + [
        "tlp",
        ":",
        "/",
        ",",
        '"',
        "“",
        "»",
        "!",
        "@",
        ">",
        "\n",
        "\u202e",
        "\u200b",
        "\u0301",
        "\r",
        "strict",
        "amber",
        "alta",
        ".",
        ":",
    ]
)
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(st.one_of(WORDS, st.text(max_size=4)), max_size=12).map(" ".join),
    st.lists(st.one_of(WORDS, st.text(max_size=2)), max_size=12).map("".join),
    st.lists(WORDS, max_size=20).map("\n".join),
)


@pytest.mark.parametrize("name", PROPERTIES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=TEXTS)
def test_it_holds_of_any_text(name: str, text: str) -> None:
    PROPERTIES[name](text)


@pytest.mark.parametrize("name", PROPERTIES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_it_holds_of_what_is_nearly_what_it_is_made_for(name: str, data: st.DataObject) -> None:
    """Something put in, taken out or said twice."""
    text = data.draw(st.sampled_from(SEEDS[name]))
    for _ in range(data.draw(st.integers(1, 3))):
        at, to = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
        put = data.draw(st.one_of(WORDS, st.text(max_size=3), st.just(text[at:to])))
        text = text[:at] + put + text[data.draw(st.sampled_from([at, to])) :]
    PROPERTIES[name](text)


@pytest.mark.parametrize("name", PROPERTIES)
def test_it_holds_of_what_it_is_made_for(name: str) -> None:
    for text in corpus(name):
        PROPERTIES[name](text)


if ATHERIS:

    def test_it_holds_of_what_coverage_leads_to() -> None:
        guided = [sys.executable, "-m", "tests.fuzz", "--together", "--runs", "6000", "--seed", "20261125"]
        done = subprocess.run(guided, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
        assert done.returncode == 0, done.stdout + done.stderr[-4000:]
