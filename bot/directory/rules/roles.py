"""Roles as people name them, and who holds one.  Pure."""

from collections.abc import Iterable, Mapping

from bot.directory.model import Network, Organisation
from bot.directory.rules.naming import fold

DEFAULT = "technical"
FAMILY = frozenset({"technical", "operational"})
"""Two words of the networks for the people who handle incidents; asking for one finds both."""
ROUND_THE_CLOCK = frozenset({"247", "24 7", "24x7", "24h"})

_WORDS = {
    "technical": ("technical", "tech", "tecnico", "tecnica", "technique", "csirt"),
    "operational": ("operational", "operativo", "operativa", "operacional", "operationnel", "operations"),
    "diplomatic": ("diplomatic", "diplomatico", "diplomatica", "diplomatique", "mfa", "cancilleria"),
    "law-enforcement": ("law enforcement", "police", "policia", "policial", "judicial", "fiscalia", "le"),
}
_BY_WORD = {word: role for role, words in _WORDS.items() for word in words}


def canonical(word: str) -> str:
    """The role's id for a word of any language; a network's own role is its own id."""
    return _BY_WORD.get(fold(word), word.strip().casefold())


def answers_to(role: str) -> frozenset[str]:
    """The role ids that satisfy a request for this role."""
    return FAMILY if role in FAMILY else frozenset({role})


def in_network(network: Network, word: str) -> str | None:
    """The network's own id for a role that somebody wrote; None if it has no such role."""
    wanted = canonical(word)
    if network.role(wanted):
        return wanted
    return next((role.id for role in network.roles if role.id in answers_to(wanted)), None)


def holds(organisation: Organisation, role: str, networks: Iterable[str] | None = None) -> bool:
    """Whether it holds the role in a network (in one of ``networks``, where given)."""
    within = None if networks is None else frozenset(networks)
    wanted = answers_to(role)
    return any(
        wanted.intersection(membership.roles)
        for membership in organisation.memberships
        if within is None or membership.network in within
    )


def meant(organisation: Organisation, networks: Iterable[str] | None = None) -> str:
    """The role that is meant where nobody names one: the technical one if it holds that, else the first that it holds
    (in one of ``networks``, where given)."""
    within = None if networks is None else frozenset(networks)
    if holds(organisation, DEFAULT, within):
        return DEFAULT
    members = (m for m in organisation.memberships if within is None or m.network in within)
    return next((role for membership in members for role in membership.roles), DEFAULT)


def held_as(organisation: Organisation, word: str) -> str | None:
    """The id under which the organisation holds the role that somebody wrote; None if it holds none like it."""
    held = [role for membership in organisation.memberships for role in membership.roles]
    wanted = canonical(word)
    return wanted if wanted in held else next((role for role in held if role in answers_to(wanted)), None)


def round_the_clock(organisation: Organisation, role: str, networks: Mapping[str, Network]) -> bool:
    """Whether somebody in this role can be reached at any hour: as the organisation says, or as the network expects."""
    if organisation.always:
        return True
    wanted = answers_to(role)
    return any(
        (found := network.role(role_id)) is not None and found.always
        for membership in organisation.memberships
        if (network := networks.get(membership.network)) is not None
        for role_id in wanted.intersection(membership.roles)
    )
