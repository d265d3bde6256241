"""Which format a file is in: by the ending of its name, and for JSON and CSV by what is in it."""

from collections.abc import Mapping
from pathlib import PurePath

from bot.directory.model import Network, Reading
from bot.directory.rules.document import Problems
from bot.directory.rules.following import Follow, unwatched
from bot.formats import first_teams, misp, national_csirts, native, table, trusted_introducer, vcard_reading
from bot.formats.jsontext import parse

_JSON = (first_teams, trusted_introducer, misp)


def read(
    data: bytes, file: str, *, known: Mapping[str, Network], beside: native.Beside, follow: Follow = unwatched
) -> Reading | None:
    """What the file named ``file`` says; None if it is in no format that is known here."""
    ending = PurePath(file).suffix.lower()
    if ending in {".yaml", ".yml"}:
        return native.read(data, file, known=known, beside=beside, follow=follow)
    if ending == ".csv":
        return table.read(data, file, known=known) if table.is_this(data) else national_csirts.read(data, file)
    if ending in {".vcf", ".vcard"}:
        return vcard_reading.read(data, file, known=known)
    if ending != ".json":
        return None
    problems = Problems(file)
    document = parse(data, problems)
    if problems.found:
        return Reading(problems=problems.sorted())
    return next((form.read(data, file) for form in _JSON if form.is_this(document)), None)
