"""Which ladder an escalation climbs: the called organisation's, else its networks', else the deployment's.  Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.directory.model import Organisation
from bot.directory.rules import roles
from bot.escalation.model import Door, Policy, Severity, Step, When
from bot.escalation.rules.ladder import DEFAULT

BySeverity = Mapping[Severity, Policy]


@dataclass(frozen=True, slots=True)
class Policies:
    """Every ladder of a deployment; what it does not say is the built-in one."""

    deployment: BySeverity = field(default_factory=dict)
    networks: Mapping[str, BySeverity] = field(default_factory=dict)
    organisations: Mapping[str, BySeverity] = field(default_factory=dict)
    """By handle, case folded."""

    def policy(self, organisation: Organisation | None, severity: Severity, role: str = roles.DEFAULT) -> Policy:
        """The ladder for a call to this organisation in this role.

        Of its networks, those in which it holds the role come before the others, else in the order of its entry."""
        found: list[BySeverity] = []
        if organisation is not None:
            wanted = roles.answers_to(role)
            found.append(self.organisations.get(organisation.handle.casefold(), {}))
            memberships = sorted(organisation.memberships, key=lambda m: wanted.isdisjoint(m.roles))
            found += [self.networks.get(membership.network, {}) for membership in memberships]
        return next((by[severity] for by in (*found, self.deployment) if severity in by), DEFAULT[severity])

    def over(self, other: "Policies") -> "Policies":
        """These, and for a network and a severity of which they say nothing, the ladders of networks in ``other``."""
        ids = {*self.networks, *other.networks}
        both = {id_: {**other.networks.get(id_, {}), **self.networks.get(id_, {})} for id_ in ids}
        return Policies(self.deployment, both, self.organisations)


def applies(step: Step, door: Door) -> bool:
    """Whether a step is for this hour: one that is only for the callee's office hours, or only for the others."""
    return step.hours is When.ANY or (step.hours is When.INSIDE) is door.open
