"""The networks that ship with the product."""

import pytest

from bot.directory.rules.document import Problems, parse
from bot.directory.service import BadProfile, read_profile, shipped, with_shipped


def test_every_profile_is_whole_in_both_languages() -> None:
    networks = shipped()
    assert set(networks) == {"un-gpd", "csirtamericas", "oas-cbm", "interpol-247", "budapest-247", "first", "tf-csirt"}
    for network in networks.values():
        assert network.shipped
        of_roles = [texts for role in network.roles for texts in (role.names, role.purpose, role.expected)]
        for texts in (network.names, network.reach, *of_roles):
            assert set(texts) >= {"en", "es"}, network.id


def test_roles() -> None:
    roles = {network.id: [role.id for role in network.roles] for network in shipped().values()}
    assert roles["un-gpd"] == ["diplomatic", "technical"]
    assert roles["oas-cbm"] == ["operational", "diplomatic"]
    assert roles["csirtamericas"] == ["operational"]
    assert roles["interpol-247"] == roles["budapest-247"] == ["law-enforcement"]
    assert shipped()["un-gpd"].check_every == "P6M"


def test_judicial_networks_know_no_role_of_a_csirt() -> None:
    for network in shipped().values():
        ids = {role.id for role in network.roles}
        assert (network.kind == "judicial") == ("law-enforcement" in ids)
        assert network.kind != "judicial" or ids == {"law-enforcement"}
        assert network.kind != "judicial" or all(role.always for role in network.roles)


def test_an_own_profile() -> None:
    text = b"id: my-net\nnames: {en: Mine}\nroles: [{id: watch, names: {en: Watch}, purpose: {en: To watch}}]"
    own = read_profile(text, "my.yaml")
    assert with_shipped([own])["my-net"].role("watch") is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"id: x\nname: y", "bad.yaml:1: “names” is missing"),
        (
            b"id: x\nnames: {en: X}\nextra: 1\nroles: [{id: a, names: {en: A}, purpose: {en: A}}]",
            "bad.yaml:3: there is no field “extra”",
        ),
        (b"- a", "bad.yaml:1: fields and values were expected here"),
        (b"", "bad.yaml:1: “id” is missing"),
        (b"\n\nid: '", "bad.yaml:3: this is not YAML: found unexpected end of stream"),
    ],
)
def test_a_bad_profile_says_where(text: bytes, said: str) -> None:
    with pytest.raises(BadProfile) as caught:
        read_profile(text, "bad.yaml")
    assert caught.value.values["problem"] == said


def test_a_document_with_aliases_is_refused_and_does_not_grow() -> None:
    bomb = b"a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n"
    problems = Problems("bomb.yaml")
    parse(bomb, problems)
    assert {problem.code for problem in problems.found} == {"no-aliases"}
    deep = Problems("deep.yaml")
    parse(b"[" * 5000 + b"]" * 5000, deep)
    assert [problem.code for problem in deep.found] == ["too-deep"]
