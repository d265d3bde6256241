"""Network profiles: read from a document and written back as plain values.  Pure."""

import re
from typing import Any

from bot.directory.model import Network, Role
from bot.directory.rules.checks import BadRhythm, Rhythm
from bot.directory.rules.document import Form, Node, Problems

KINDS = ("csirt", "diplomatic", "judicial")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_NETWORK_KEYS = frozenset({"id", "kind", "names", "reach", "check_every", "roles"})
_ROLE_KEYS = frozenset({"id", "names", "purpose", "expected", "always"})


def read_network(node: Node, problems: Problems, *, shipped: bool = False) -> Network | None:
    """A whole profile; None if it is not usable (then ``problems`` says why)."""
    before = len(problems.found)
    form = Form(node, problems, _NETWORK_KEYS)
    id_ = _identifier(form)
    kind = form.text("kind") or "csirt"
    if kind not in KINDS:
        form.bad("kind", "bad-network-kind", value=kind)
    names = form.names("names", required=True)
    roles = tuple(role for item in form.nodes("roles") if (role := _role(item, problems)) is not None)
    if not form.nodes("roles"):
        problems.add(form.line, "missing", field="roles")
    if len({role.id for role in roles}) < len(roles):
        form.bad("roles", "role-twice", network=id_)
    reach, check = form.names("reach"), form.text("check_every")
    try:
        Rhythm.parse(check or "P1Y")
    except BadRhythm:
        form.bad("check_every", "bad-rhythm", value=check or "")
    if len(problems.found) > before:
        return None
    return Network(id_, names, roles, reach, kind, check, shipped)


def _role(node: Node, problems: Problems) -> Role | None:
    before = len(problems.found)
    form = Form(node, problems, _ROLE_KEYS)
    role = Role(
        id=_identifier(form),
        names=form.names("names", required=True),
        purpose=form.names("purpose", required=True),
        expected=form.names("expected"),
        always=form.flag("always"),
    )
    return role if len(problems.found) == before else None


def _identifier(form: Form) -> str:
    value = form.text("id", required=True) or ""
    if value and not _ID.fullmatch(value):
        form.bad("id", "bad-id", value=value)
    return value


def plain_network(network: Network) -> dict[str, Any]:
    """The profile as it is written; :func:`read_network` gives it back."""
    plain: dict[str, Any] = {"id": network.id, "kind": network.kind, "names": dict(network.names)}
    if network.reach:
        plain["reach"] = dict(network.reach)
    if network.check_every:
        plain["check_every"] = network.check_every
    plain["roles"] = [_plain_role(role) for role in network.roles]
    return plain


def _plain_role(role: Role) -> dict[str, Any]:
    plain: dict[str, Any] = {"id": role.id, "names": dict(role.names), "purpose": dict(role.purpose)}
    if role.expected:
        plain["expected"] = dict(role.expected)
    if role.always:
        plain["always"] = True
    return plain
