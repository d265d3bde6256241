"""Fields of an entry as people type them: what can be dialled, mailed or read passes, and nothing else."""

import pytest

from bot.directory.model import Organisation
from bot.formats import typed
from bot.formats.typed import NotForThisField
from bot.ids import Handle

MEXICO = Organisation(Handle("CERT-MX"), response={"high": 240}, languages=("es",), website="https://old.example")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("phone", "+52 55  1234 5678", "+52 55 1234 5678"),
        ("emergency-phone", "+44 (0) 20 7946 0000 ext. 12", "+44 (0) 20 7946 0000 ext. 12"),
        ("fax", "+1-202-555-0100", "+1-202-555-0100"),
        ("email", "cert+24x7@cert.example.mx", "cert+24x7@cert.example.mx"),
        ("email", "noc@xn--espaa-rta.example", "noc@xn--espaa-rta.example"),
    ],
)
def test_contacts(kind: str, text: str, value: str) -> None:
    assert typed.contact(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *((kind, text) for kind in ("phone", "emergency-phone", "fax") for text in (
            "", "0052 55 1234 5678", "55 1234 5678", "+0 55 1234 5678", "+52", "+52 1234567890123456", "call me",
            "+52 55 1234 5678 / +52 55 0000", "+52 55 1234 5678; evil", "cert@cert.mx",
            "+52 55 1234 567৪", "+٥٢ ٥٥ ١٢٣٤ ٥٦٧٨", "+52 55 1234 5678 x ٥",
        )),
        *(("email", text) for text in (
            "", "a@b", "a@b.c@d.example", "Ana <ana@cert.mx>", "ana@cert.mx, b@cert.mx", "ana@cert mx", "ana@-cert.mx",
            "ana@cert..mx", ".ana@cert.mx", "ana.@cert.mx", "ana@192.0.2.1", "аna@cert.mx", "mailto:ana@cert.mx",
            f"{'a' * 65}@cert.mx", f"a@{'b.' * 130}mx", '"a b"@cert.mx', "ana@cert.mx\nbcc: x@y.mx",
        )),
    ],
)  # fmt: skip
def test_what_cannot_be_dialled_or_mailed(kind: str, text: str) -> None:
    with pytest.raises(NotForThisField):
        typed.contact(kind, text)


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("office_hours", "Lun-Vie 09:00-18:00", "Lun-Vie 09:00-18:00"),
        ("office_hours", "24/7", "24/7"),
        ("timezone", "america/mexico_city", "America/Mexico_City"),
        ("timezone", "America/Argentina/Buenos Aires", "America/Argentina/Buenos_Aires"),
        ("timezone", "utc", "UTC"),
        ("languages", "ES, pt-BR en es", ("es", "pt-BR", "en")),
        ("website", "https://cert.example.mx/es?x=1", "https://cert.example.mx/es?x=1"),
        ("security_txt", "https://cert.example.mx:8443/.well-known/security.txt",
         "https://cert.example.mx:8443/.well-known/security.txt"),
        ("response", "critical 15m", {"high": 240, "critical": 15}),
        ("response", "crítica: 15m, alta: 2h; media 2d", {"high": 120, "critical": 15, "medium": 2880}),
    ],
)  # fmt: skip
def test_other_fields(field: str, text: str, value: object) -> None:
    assert getattr(typed.changed(MEXICO, field, text), field) == value


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("office_hours", "always"),
        ("office_hours", "Mon-Fri 9-18"),
        ("timezone", "EST"),
        ("timezone", "UTC-6"),
        ("timezone", "../etc/passwd"),
        ("timezone", "America/Mexico"),
        ("languages", "spanish"),
        ("languages", "es, xx"),
        ("website", "http://cert.example.mx"),
        ("website", "cert.example.mx"),
        ("website", "https://localhost"),
        ("website", "https://ana:secret@cert.example.mx"),
        ("website", "https://cert.example.mx:port/"),
        ("website", "javascript:alert(1)"),
        ("website", "https://cert.example.mx/ two"),
        ("website", "https://cert.example.mx/\u202egnp.exe"),
        ("security_txt", "https://cert.example.mx/"),
        ("response", "critical"),
        ("response", "critical soon"),
        ("response", "urgent 15m"),
        ("response", "critical 31d"),
        *((field, text) for field in typed.OTHERS for text in ("", " ", "x" * 300)),
    ],
)
def test_what_is_no_value_of_a_field(field: str, text: str) -> None:
    with pytest.raises(NotForThisField):
        typed.changed(MEXICO, field, text)


def test_a_field_that_goes() -> None:
    bare = MEXICO
    for field in typed.OTHERS:
        bare = typed.without(bare, field)
    assert bare == Organisation(MEXICO.handle)
