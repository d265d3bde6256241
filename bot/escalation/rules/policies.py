"""Which ladder an escalation climbs: the called organisation's, else its networks', else the deployment's.  Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.directory.model import Organisation
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

    def policy(self, organisation: Organisation | None, severity: Severity) -> Policy:
        """The ladder for a call to this organisation; of its networks the first in its entry that has one."""
        found: list[BySeverity] = []
        if organisation is not None:
            found.append(self.organisations.get(organisation.handle.casefold(), {}))
            found += [self.networks.get(membership.network, {}) for membership in organisation.memberships]
        return next((by[severity] for by in (*found, self.deployment) if severity in by), DEFAULT[severity])


def applies(step: Step, door: Door) -> bool:
    """Whether a step is for this hour: one that is only for the callee's office hours, or only for the others."""
    return step.hours is When.ANY or (step.hours is When.INSIDE) is door.open
