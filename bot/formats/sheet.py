"""The directory on paper, for the day on which Matrix is down: a page for each network, printed from a browser."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape

from bot.directory.model import Contact, Network, Organisation
from bot.directory.rules import countries
from bot.directory.rules.checks import Check
from bot.directory.service import say_other_names
from bot.directory.service.checks import say_check
from bot.directory.service.confirming import say_unconfirmed
from bot.i18n.catalogue import catalogue
from bot.ids import Handle
from bot.tlp import Tlp
from keys.fingerprint import OpenPGPFingerprint

_COLUMNS = ("who", "roles", "phone", "mail", "key", "languages", "hours")
_PHONES = ("emergency-phone", "phone", "fax")
_STYLE = """
body { font: 9pt sans-serif; margin: 0 } section { break-after: page } h1 { font-size: 13pt; margin: 0 0 4pt }
table { border-collapse: collapse; width: 100% } thead { display: table-header-group } tr { break-inside: avoid }
th, td { border: 0.5pt solid #777; padding: 2pt 4pt; text-align: left; vertical-align: top }
td.key { font-family: monospace; font-size: 8pt; direction: ltr } p { margin: 3pt 0 } .tlp { font-weight: bold }
@page { size: A4 landscape; margin: 12mm }
"""


def write(
    networks: Mapping[str, Network],
    organisations: Iterable[Organisation],
    *,
    checks: Mapping[str, Check],
    stale_after_days: int,
    ceiling: Tlp,
    language: str,
    printed: datetime,
) -> bytes:
    """HTML that needs nothing else: each network's organisations with phone, mail, fingerprint, languages and hours.

    ``checks``: what is known of communication checks.  An entry that nobody confirmed for ``stale_after_days`` is
    marked.  ``printed`` (aware) stands on each page beside the highest label of what the page shows."""
    listed = sorted(organisations, key=lambda o: (countries.name(o.country or "", language), o.handle.casefold()))
    pages, today = [], printed.date()
    marks = {o.handle: say_unconfirmed(o, stale_after_days, today, language) for o in listed}
    marked = {handle: mark.plain for handle, mark in marks.items() if mark is not None}
    for network in sorted(networks.values(), key=lambda n: n.id):
        members = [organisation for organisation in listed if network.id in organisation.networks]
        if members:
            said = say_check(network, checks.get(network.id), today, language)
            pages.append(_page(network, members, marked, ceiling, language, printed, said.plain if said else ""))
    if left := [organisation for organisation in listed if not organisation.networks]:
        pages.append(_page(None, left, marked, ceiling, language, printed))
    head = f'<!doctype html>\n<html lang="{escape(language)}"><head><meta charset="utf-8"><title>enlace</title>'
    return f"{head}<style>{_STYLE}</style></head><body>\n{''.join(pages)}</body></html>\n".encode()


def _page(
    network: Network | None,
    members: Sequence[Organisation],
    marked: Mapping[Handle, str],
    ceiling: Tlp,
    language: str,
    printed: datetime,
    check: str = "",
) -> str:
    def say(key: str) -> str:
        return escape(catalogue().text(language, key).plain)

    title = say("sheet-no-network")
    if network is not None:
        title = escape(network.names.get(language) or network.names.get("en") or network.id)
    rows = [_row(member, network, marked.get(member.handle, ""), ceiling, language) for member in members]
    label = max((contact.tlp for member in members for contact in _shown(member, ceiling)), default=Tlp.CLEAR)
    mark = f'<p class="tlp">{label} · {printed:%Y-%m-%d %H:%M %Z}</p>'
    head = "".join(f"<th>{say(f'sheet-{column}')}</th>" for column in _COLUMNS)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    note = f"<p>{escape(check)}</p>" if check else ""
    return f"<section><h1>{title}</h1>{mark}{note}{table}{mark}</section>\n"


def _row(organisation: Organisation, network: Network | None, mark: str, ceiling: Tlp, language: str) -> str:
    shown = _shown(organisation, ceiling)
    country = countries.name(organisation.country, language) if organisation.country else ""
    hours = "24/7" if organisation.always else organisation.office_hours or ""
    keys = [OpenPGPFingerprint(key.fingerprint).grouped() for key in organisation.openpgp]
    cells = (
        [
            str(organisation.handle),
            organisation.name(language),
            *(line.plain for line in say_other_names(organisation, language)),
            country,
            mark,
        ],
        list(organisation.roles_in(network.id)) if network else [],
        [contact.value for kind in _PHONES for contact in shown if contact.kind == kind],
        [contact.value for contact in shown if contact.kind == "email"],
        keys,
        [", ".join(organisation.languages)],
        [hours, organisation.timezone or ""],
    )
    columns = zip(_COLUMNS, cells, strict=True)
    return f"<tr>{''.join(_cell(column, lines) for column, lines in columns)}</tr>"


def _cell(column: str, lines: Iterable[str]) -> str:
    inner = "<br>".join(f"<bdi>{escape(line)}</bdi>" for line in lines if line)
    return f'<td class="{column}">{inner}</td>'


def _shown(organisation: Organisation, ceiling: Tlp) -> list[Contact]:
    return [contact for contact in organisation.contacts if contact.tlp <= ceiling]
