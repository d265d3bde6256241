"""A small directory for tests."""

from bot.directory.model import Contact, Entries, Membership, OpenPGPKey, Organisation, Person
from bot.directory.service.profiles import shipped
from bot.ids import Handle, UserId
from bot.tlp import Tlp

KEY = "0123456789ABCDEF0123456789ABCDEF01234567"


def organisation(
    handle: str, country: str | None, networks: dict[str, str] | None = None, **more: object
) -> Organisation:
    """``networks``: roles by network, parted by spaces."""
    memberships = tuple(Membership(network, tuple(held.split())) for network, held in (networks or {}).items())
    return Organisation(Handle(handle), country=country, memberships=memberships, **more)  # type: ignore[arg-type]


def entries() -> Entries:
    """Mexico (CSIRT, foreign ministry, police), Brazil (two CSIRTs), Chile, Spain, both Congos."""
    csirt = {"csirtamericas": "operational", "un-gpd": "technical"}
    listed = [
        organisation(
            "CERT-MX", "MX", csirt,
            names={"es": "Centro Nacional de Respuesta a Incidentes Cibernéticos", "en": "National CERT of Mexico"},
            languages=("es", "en"), timezone="America/Mexico_City", office_hours="Mon-Fri 09:00-18:00",
            capabilities=("malware-analysis", "forensics"), sectors=("energy",),
            contacts=(
                Contact("email", "cert@cert.example.mx", Tlp.CLEAR),
                Contact("phone", "+52 55 0000 0000", Tlp.AMBER),
                Contact("phone", "+52 55 0000 0001", Tlp.AMBER_STRICT),
                Contact("phone", "+52 55 0000 0002", Tlp.RED),
            ),
            openpgp=(OpenPGPKey(KEY),), response={"critical": 15, "high": 60},
        ),
        organisation(
            "SRE-MX", "MX", {"un-gpd": "diplomatic", "oas-cbm": "diplomatic"}, names={"es": "Cancillería de México"}
        ),
        organisation("FGR-MX", "MX", {"budapest-247": "law-enforcement"}, names={"es": "Fiscalía de México"}),
        organisation(
            "CERT.br", "BR", csirt, names={"pt": "Centro de Tratamento de Incidentes"}, capabilities=("malware-analysis",),
            always=True,
        ),
        organisation("CTIR-Gov", "BR", {"csirtamericas": "operational"}, names={"pt": "CTIR Governo"}),
        organisation("CSIRT-CL", "CL", csirt, names={"es": "CSIRT de Gobierno de Chile"}, sectors=("energy",)),
        organisation(
            "INCIBE-CERT", "ES", {"first": "technical", "tf-csirt": "technical"}, names={"es": "INCIBE-CERT"},
            former_names=("INTECO-CERT", "NC3", "Brasil"),
        ),
        organisation("CERT-NO", "NO", csirt),
        organisation("CERT-CD", "CD", csirt),
        organisation("JPCERT-CC", "JP", {"first": "technical"}, names={"en": "Japan CERT"}, aliases=("JPCERT/CC",)),
        organisation("NC3", "KE", csirt, names={"en": "Kenya Cyber Command"}),
    ]  # fmt: skip
    people = (
        Person(
            "Ana Pérez", Handle("CERT-MX"), UserId("@ana:cert.example.mx"), ("technical",), lead=True, languages=("es",)
        ),
        Person("Bruno Souza", Handle("CERT.br"), UserId("@bruno:cert.example.br"), ("operational",)),
        Person("Carla Díaz", Handle("CSIRT-CL"), UserId("@carla:csirt.example.cl"), ("technical",)),
    )
    return Entries(shipped(), {o.handle: o for o in listed}, people)
