"""The network profiles that ship with the product."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from bot.directory.model import Network
from bot.directory.rules.document import Problems, parse
from bot.directory.rules.profile import read_network
from bot.directory.service.wording import say_problem
from bot.errors import ServiceError

ORDER = ("un-gpd", "oas-cbm", "csirtamericas", "first", "tf-csirt", "interpol-247", "budapest-247")


class BadProfile(ServiceError):
    """The network profile cannot be used: {problem}."""

    code = "directory-bad-profile"


@cache
def shipped() -> Mapping[str, Network]:
    """Every shipped profile by its id; raises :class:`BadProfile` if one was damaged."""
    folder = files("bot.directory") / "networks"
    found = {}
    for id_ in ORDER:
        network = read_profile((folder / f"{id_}.yaml").read_bytes(), f"{id_}.yaml", is_shipped=True)
        found[network.id] = network
    return found


def read_profile(data: bytes, file: str, *, is_shipped: bool = False) -> Network:
    """A profile from a file of its own, as a deployment adds it; raises :class:`BadProfile`."""
    problems = Problems(file)
    document = parse(data, problems)
    network = None if problems.found else read_network(document, problems, shipped=is_shipped)
    if network is None:
        raise BadProfile(problem=say_problem(problems.sorted()[0], "en").plain)
    return network


def with_shipped(own: Iterable[Network]) -> dict[str, Network]:
    """The shipped profiles and a deployment's own; an own one of a shipped one's id takes its place."""
    return {**shipped(), **{network.id: network for network in own}}
