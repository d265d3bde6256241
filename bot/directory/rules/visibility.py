"""Who may see what of an entry: one pure rule.  Every contact has a label of its own, set by whom it reaches.

The audience is everyone in the room that the answer goes to, not only whoever asked.
"""

from dataclasses import dataclass

from bot.directory.model import Contact, Organisation
from bot.ids import Handle
from bot.tlp import Tlp

DETAILS = Tlp.GREEN
"""The label of what an entry says beside its contacts about people, networks, roles and rooms: which States
nominated whom is for the networks' members (the UN directory, for one, is not public)."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who reads the answer."""

    verified: bool
    """The caller is verified and the room's verdict holds."""
    direct: bool
    """The room is the caller's own direct room."""
    shared_room: bool
    """The room is for more than one organisation by its kind (an incident or coordination room)."""
    organisations: frozenset[Handle]
    """The organisations that the room is for, and the caller's own."""
    ceiling: Tlp | None
    """The most restrictive label that the caller's trust level may get; None: none above CLEAR."""
    everything: bool = False
    """The caller is a coordinator in their own direct room, who keeps the directory."""


def may_see(label: Tlp, audience: Audience, owner: Organisation, connected: frozenset[Handle]) -> bool:  # noqa: PLR0911  (one clause per label)
    """Whether information that ``owner`` put under ``label`` may be shown to ``audience``.

    ``connected`` are the organisations that share a network with the owner.  In this order:

    1. CLEAR is for anybody;
    2. everything else is for verified people in verified rooms, up to the caller's ceiling;
    3. the owner's own people see all of it, RED in a direct room only;
    4. nobody else sees RED: it is for named people;
    5. GREEN: everyone in the room shares a network with the owner;
    6. AMBER and AMBER+STRICT: so do they, and the room is one organisation's or one person's own: need-to-know
       stays with whoever asked.
    """
    if label is Tlp.CLEAR:
        return True
    if not audience.verified or audience.ceiling is None or audience.ceiling < label:
        return False
    there = frozenset(handle.casefold() for handle in audience.organisations)
    if there == {owner.handle.casefold()} and not audience.shared_room:
        return audience.direct or label is not Tlp.RED
    if label is Tlp.RED:
        return False
    if audience.everything:
        return True
    near = frozenset(handle.casefold() for handle in connected) | {owner.handle.casefold()}
    if not there or not there <= near:
        return False
    return label is Tlp.GREEN or not audience.shared_room


def visible(
    contacts: tuple[Contact, ...], audience: Audience, owner: Organisation, connected: frozenset[Handle]
) -> tuple[Contact, ...]:
    """The contacts that this audience may see."""
    return tuple(contact for contact in contacts if may_see(contact.tlp, audience, owner, connected))
