"""Settings: read, overridden, and refused with every problem at once."""

import inspect
import re
from pathlib import Path

import pytest
import yaml

from bot.commands.registry import Registry
from bot.config import Config, ConfigError, load_config
from bot.config import problems as wrong
from bot.config.shape import dotted, field, is_path, is_secret, leaves
from bot.i18n.catalogue import catalogue
from bot.tlp import Tlp

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.yaml"

GOOD = """\
matrix:
  homeserver: https://matrix.example.org
  user_id: "@enlace:example.org"
  device_id: ENLACE01
openpgp:
  fingerprint: "0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567"
policy:
  coordinators:
    - {user: "@a:one.example", name: Ana, fingerprint: "89AB CDEF 0123 4567 89AB  CDEF 0123 4567 89AB CDEF"}
    - {user: "@b:two.example", name: Bruno, fingerprint: "FEDC BA98 7654 3210 FEDC  BA98 7654 3210 FEDC BA98"}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path, **environ: str) -> list[wrong.ConfigProblem]:
    with pytest.raises(ConfigError) as caught:
        load_config(path, environ)
    return list(caught.value.problems)


def told(path: Path, **environ: str) -> list[tuple[type, int | None, str]]:
    return [(type(p), p.line, p.key) for p in problems(path, **environ)]


def test_example_is_loaded() -> None:
    config = load_config(EXAMPLE, {})
    assert config.matrix.user_id == "@enlace:example.org"
    assert config.matrix.store == Path("/var/lib/enlace/matrix")
    assert config.database_url == "sqlite+aiosqlite:////var/lib/enlace/enlace.db"
    assert config.policy.coordinators[0].name == "Carla Núñez"
    assert config.log_origin == "example.org/enlace"


def test_example_names_every_setting_with_its_default() -> None:
    """With the comment signs taken off, the example is still valid YAML, holds every key, and each default is right."""
    text = EXAMPLE.read_text(encoding="utf-8")
    uncommented = re.sub(r"^(\s*)# ([a-z_]+:)", r"\1\2", text, flags=re.MULTILINE)
    data = yaml.safe_load(uncommented)
    for key, info in leaves():
        if is_secret(info):
            continue
        at = data
        for part in key:
            assert part in at, f"config.example.yaml lacks {dotted(key)}"
            at = at[part]
        if not info.is_required() and info.default is not None:
            shown = Config.model_fields[key[0]].annotation
            default = info.default.value if isinstance(info.default, Tlp) else info.default
            assert str(at) == (str(list(default)) if isinstance(default, tuple) else str(default)), (dotted(key), shown)


def test_every_setting_says_what_it_does() -> None:
    for key, info in leaves():
        assert info.description, dotted(key)
        if info.is_required():
            assert info.examples, dotted(key)


def test_good_file(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD + "state_directory: state\n"), {})
    assert config.state_directory == tmp_path / "state"
    assert config.vault.path == tmp_path / "state/vault"
    assert config.openpgp.fingerprint == "0123456789ABCDEF0123456789ABCDEF01234567"
    assert config.policy.tlp_default is Tlp.AMBER
    assert config.matrix.room_version == "12"
    assert config.vault.passphrase is None
    assert not config.web.enabled


def test_state_directory_from_the_service_manager(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    assert load_config(path, {"STATE_DIRECTORY": "/var/lib/private/enlace"}).vault.path == Path(
        "/var/lib/private/enlace/vault"
    )
    assert load_config(path, {"STATE_DIRECTORY": "/a", "ENLACE_STATE_DIRECTORY": "/b"}).state_directory == Path("/b")


def test_all_problems_at_once_each_with_its_line(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """\
matrix:
  homserver: https://matrix.example.org
  user_id: enlace
  device_id: 1234
  undecryptable_after_seconds: soon
  allowed_servers: cert.example.mx
openpgp: home
policy:
  tlp_default: PURPLE
  coordinators:
    - user: "@a:one.example"
      name: Ana
      fingerprint: 89AB
    - user: "@b:two.example"
      fingerprint: "FEDC BA98 7654 3210 FEDC  BA98 7654 3210 FEDC BA98"
web:
  enabled: yess
  host: 0.0.0.0
  port: 65536
directory:
  stale_after_days: 0
  profiles: [missing.yaml]
logging:
  level: "8420"
audit:
  origin: 8420
nonsense: 1
""",
    )
    assert told(path) == [
        (wrong.MissingKey, 1, "matrix.homeserver"),
        (wrong.UnknownKeyNear, 2, "matrix.homserver"),
        (wrong.WantsForm, 3, "matrix.user_id"),
        (wrong.WantsText, 4, "matrix.device_id"),
        (wrong.WantsNumber, 5, "matrix.undecryptable_after_seconds"),
        (wrong.WantsList, 6, "matrix.allowed_servers"),
        (wrong.WantsSection, 7, "openpgp"),
        (wrong.WantsChoice, 9, "policy.tlp_default"),
        (wrong.WantsForm, 13, "policy.coordinators[1].fingerprint"),
        (wrong.MissingKey, 14, "policy.coordinators[2].name"),
        (wrong.WantsTruth, 17, "web.enabled"),
        (wrong.NotLoopback, 18, "web.host"),
        (wrong.TooLarge, 19, "web.port"),
        (wrong.TooSmall, 21, "directory.stale_after_days"),
        (wrong.Unreadable, 22, f"directory.profiles[1] ({Path('/var/lib/enlace/missing.yaml')})"),
        (wrong.WantsChoice, 24, "logging.level"),
        (wrong.WantsText, 26, "audit.origin"),
        (wrong.UnknownKey, 27, "nonsense"),
    ]
    assert all(p.file == str(path) for p in problems(path))
    said = str(problems(path)[1])
    assert said == f"{path}:2: there is no setting matrix.homserver. Did you mean matrix.homeserver?"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("web: {port: 8420.0}", wrong.WantsNumber),
        ("web: {port: true}", wrong.WantsNumber),
        ("web: {port: }", wrong.WantsNumber),
        ("web: {enabled: 1}", wrong.WantsTruth),
        ("web: [1]", wrong.WantsSection),
        ("i18n: {default: NO}", wrong.WantsText),
        ("i18n: {default: Spanish!}", wrong.WantsForm),
        ("logging: {format: xml}", wrong.WantsChoice),
        ("database: {url: mysql://x/y}", wrong.WantsForm),
        ("database: {url: 'postgresql+asyncpg://enlace:hunter2@db/enlace'}", wrong.SecretInUrl),
        ("database: {password: hunter2}", wrong.SecretInFile),
        ("vault: {passphrase: hunter2}", wrong.SecretInFile),
        ("web: {port: 1}\nweb: {port: 2}", wrong.Twice),
        ("commands: {allowed: [whois, '../etc']}", wrong.WantsForm),
        ("audit: {origin: 'a b'}", wrong.WantsForm),
    ],
)
def test_one_wrong_value(tmp_path: Path, line: str, kind: type) -> None:
    found = problems(write(tmp_path, GOOD + line + "\n"))
    assert [type(p) for p in found] == [kind]
    assert found[0].line == GOOD.count("\n") + 1 + line.count("\n")
    assert "hunter2" not in str(found[0])


def test_the_default_language_must_be_offered(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD + "i18n: {default: fr-CA}\n")
    assert load_config(path, {}).i18n.default == "fr-CA"  # the caller knows of no languages
    with pytest.raises(ConfigError) as caught:
        load_config(path, {}, catalogue().languages)
    (problem,) = caught.value.problems
    assert isinstance(problem, wrong.LanguageNotOffered)
    assert (problem.line, problem.values["choices"]) == (GOOD.count("\n") + 1, "en, es")
    assert load_config(write(tmp_path, GOOD + "i18n: {default: es-MX}\n"), {}, catalogue().languages)
    with pytest.raises(ConfigError):
        load_config(write(tmp_path, GOOD), {"ENLACE_I18N__DEFAULT": "pt"}, catalogue().languages)


def test_the_example_allows_only_commands_that_there_are() -> None:
    """So does the error that shows the same example."""
    allowed = yaml.safe_load(re.search(r"# allowed: (.*)", EXAMPLE.read_text(encoding="utf-8"))[1])
    info = field(("commands", "allowed"))
    assert info is not None
    assert info.examples == ["[" + ", ".join(allowed) + "]"]
    assert set(allowed) <= {command.name for command in Registry.load().commands()}


@pytest.mark.parametrize(
    ("homeserver", "kind"),
    [
        ("http://matrix.example.org", wrong.PlainHttp),
        ("matrix.example.org", wrong.WantsForm),
        ("https://bot:hunter2@matrix.example.org", wrong.WantsForm),
        ("http://localhost.example.org", wrong.PlainHttp),
    ],
)
def test_homeserver_must_be_reached_safely(tmp_path: Path, homeserver: str, kind: type) -> None:
    found = problems(write(tmp_path, GOOD.replace("https://matrix.example.org", homeserver)))
    assert [(type(p), p.line) for p in found] == [(kind, 2)]
    assert "hunter2" not in str(found[0])


@pytest.mark.parametrize("homeserver", ["http://127.0.0.1:8008", "http://[::1]:8008", "http://localhost:8008/"])
def test_plain_http_on_this_machine(tmp_path: Path, homeserver: str) -> None:
    config = load_config(write(tmp_path, GOOD.replace("https://matrix.example.org", homeserver)), {})
    assert config.matrix.homeserver == homeserver.rstrip("/")


def test_trust_starts_from_two_people(tmp_path: Path) -> None:
    lines = GOOD.splitlines()
    assert told(write(tmp_path, "\n".join(lines[:-1]))) == [(wrong.TooFewCoordinators, 8, "policy.coordinators")]
    key_of_ana = "89ABCDEF0123456789ABCDEF0123456789ABCDEF"
    same_key = GOOD.replace("FEDC BA98 7654 3210 FEDC  BA98 7654 3210 FEDC BA98", key_of_ana)
    assert told(write(tmp_path, same_key)) == [(wrong.SameCoordinator, 8, "policy.coordinators")]
    same_user = GOOD.replace("@b:two.example", "@a:one.example")
    assert told(write(tmp_path, same_user)) == [(wrong.SameCoordinator, 8, "policy.coordinators")]


def test_what_is_public_has_a_port_of_its_own(tmp_path: Path) -> None:
    url = "  public_url: https://enlace.example.org\n"
    lines = len(GOOD.splitlines())
    same = f"{GOOD}web:\n  enabled: true\n{url}  public_port: 8420\n"
    assert told(write(tmp_path, same)) == [(wrong.SamePort, lines + 4, "web.public_port")]
    assert load_config(write(tmp_path, f"{GOOD}web:\n{url}"), {}).web.public_url == "https://enlace.example.org"


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ("directory:\n  confirm_every_days: 91\n  stale_after_days: 90\n", 3),
        ("directory:\n  stale_after_days: 89\n", 2),
        ("directory:\n  confirm_every_days: 181\n", 1),
    ],
)
def test_nothing_is_stale_before_anybody_was_asked(tmp_path: Path, section: str, line: int) -> None:
    found = told(write(tmp_path, GOOD + section))
    assert found == [(wrong.StaleBeforeAsked, len(GOOD.splitlines()) + line, "directory.stale_after_days")]
    same = "directory: {confirm_every_days: 90, stale_after_days: 90}\n"
    assert load_config(write(tmp_path, GOOD + same), {}).directory.stale_after_days == 90


def test_proxies_are_addresses_or_networks(tmp_path: Path) -> None:
    good = load_config(write(tmp_path, f"{GOOD}web: {{trusted_proxies: [10.0.0.5, 2001:db8::/32]}}\n"), {})
    assert good.web.trusted_proxies == ("10.0.0.5/32", "2001:db8::/32")
    for bad in ("proxy.example.org", "10.0.0.5/8"):
        found = told(write(tmp_path, f"{GOOD}web: {{trusted_proxies: [{bad}]}}\n"))
        assert [kind for kind, *_ in found] == [wrong.WantsForm]


def test_no_file_and_no_yaml(tmp_path: Path) -> None:
    assert told(tmp_path / "none.yaml") == [(wrong.Unreadable, None, str(tmp_path / "none.yaml"))]
    assert told(write(tmp_path, "matrix:\n  a: [1\npolicy: 2\n"))[0][:2] == (wrong.BadYaml, 3)
    assert told(write(tmp_path, "- a\n- b\n")) == [(wrong.WantsSection, 1, "config.yaml")]
    assert told(write(tmp_path, "a: !!python/object:os.system {}\n"))[0][:2] == (wrong.BadYaml, 1)
    assert told(write(tmp_path, "web: &a [*a]\n"))[-1] == (wrong.WantsSection, 1, "web")
    (tmp_path / "config.yaml").write_bytes(b"\xff\xfe\x00")
    assert told(tmp_path / "config.yaml")[0][0] is wrong.Unreadable


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: x\x07y\n", 2),
        ('a: "\0"', 1),
        ("a: 1\n? [a, b]\n: c\n", 2),
        ("? {a: b}\n: c\n", 1),
        ("a:\n  b: 2026-13-45\n", 2),
        ("2026-13-45: x\n", 1),
        (f"a: 1\nb: {'9' * 6000}\n", 2),
        ("[" * 3000, None),
        ("{a: " * 2000, None),
    ],
)
def test_what_no_yaml_is_is_said_with_its_line(tmp_path: Path, text: str, line: int | None) -> None:
    (problem,) = problems(write(tmp_path, text))
    assert (type(problem), problem.line) == (wrong.BadYaml, line)


@pytest.mark.parametrize("bad", ["~no-such-user/x", '"a\\0b"'])
def test_every_path_that_can_be_nowhere_is_named(tmp_path: Path, bad: str) -> None:
    paths = [key for key, info in leaves() if is_path(info)]
    assert ("notify", "smtp_password_file") in paths
    for key in paths:
        whole = yaml.safe_load(GOOD)
        whole.setdefault(key[0], {}) if len(key) > 1 else None
        (whole[key[0]] if len(key) > 1 else whole)[key[-1]] = yaml.safe_load(bad)
        (problem,) = problems(write(tmp_path, yaml.safe_dump(whole)))
        assert isinstance(problem, wrong.Unreadable)
        assert problem.key.startswith(dotted(key))
        assert problem.line
    (problem,) = problems(write(tmp_path, f"{GOOD}directory: {{profiles: [{bad}]}}\n"))
    assert problem.key.startswith("directory.profiles[1]")


@pytest.mark.parametrize("bad", ["2026-13-45", "9" * 6000, "[" * 3000])
def test_a_variable_that_is_no_value_is_named(tmp_path: Path, bad: str) -> None:
    (problem,) = problems(write(tmp_path, GOOD), ENLACE_WEB__PORT=bad)
    assert (type(problem), problem.file) == (wrong.WantsNumber, "ENLACE_WEB__PORT")


@pytest.mark.parametrize("bad", ["https://a:99999", "https://a:0", "https://a:x/", "https://a\\0b", "https://[::1"])
def test_an_address_has_a_port_that_there_can_be(tmp_path: Path, bad: str) -> None:
    text = GOOD.replace("https://matrix.example.org", f'"{bad}"')
    rest = f'web: {{public_url: "{bad}"}}\nnotify: {{heartbeat_url: "{bad}"}}\n'
    keys = ["matrix.homeserver", "web.public_url", "notify.heartbeat_url"]
    found = [(kind, key) for kind, _, key in told(write(tmp_path, text + rest))]
    assert found == [(wrong.WantsForm, key) for key in keys]


def test_empty_file_names_everything_required(tmp_path: Path) -> None:
    found = problems(write(tmp_path, ""))
    required = {dotted(key) for key, info in leaves() if info.is_required()}
    assert {p.key for p in found} == required
    assert all(type(p) is wrong.MissingKey and p.values["example"] != "…" for p in found)


def test_environment_overrides(tmp_path: Path) -> None:
    config = load_config(
        write(tmp_path, GOOD + "web: {port: 1}\n"),
        {
            "ENLACE_MATRIX__HOMESERVER": "https://other.example",
            "ENLACE_MATRIX__DEVICE_ID": "1234",
            "ENLACE_MATRIX__ALLOWED_SERVERS": "[one.example, two.example]",
            "ENLACE_WEB__PORT": "9000",
            "ENLACE_WEB__ENABLED": "true",
            "ENLACE_POLICY__TLP_DEFAULT": "tlp:green",
            "ENLACE_CONFIG": "/not/a/setting",
            "HOME": "/root",
        },
    )
    assert config.matrix.homeserver == "https://other.example"
    assert config.matrix.device_id == "1234"
    assert config.matrix.allowed_servers == ("one.example", "two.example")
    assert (config.web.port, config.web.enabled) == (9000, True)
    assert config.policy.tlp_default is Tlp.GREEN


def test_environment_problems_name_the_variable(tmp_path: Path) -> None:
    found = problems(
        write(tmp_path, GOOD), ENLACE_WEB__PORT="many", ENLACE_WEB__PROT="1", ENLACE_MATRIX__ALLOWED_SERVERS="[a"
    )
    assert [(type(p), p.file, p.line) for p in found] == [
        (wrong.WantsList, "ENLACE_MATRIX__ALLOWED_SERVERS", None),
        (wrong.WantsNumber, "ENLACE_WEB__PORT", None),
        (wrong.UnknownKeyNear, "ENLACE_WEB__PROT", None),
    ]


def secret_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "secret"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def passphrase(config: Config) -> str | None:
    return config.vault.passphrase.get_secret_value() if config.vault.passphrase else None


def test_secret_sources(tmp_path: Path) -> None:
    path, file = write(tmp_path, GOOD), secret_file(tmp_path, " open sesame \n")
    assert passphrase(load_config(path, {"ENLACE_VAULT__PASSPHRASE": "123"})) == "123"
    assert passphrase(load_config(path, {"ENLACE_VAULT__PASSPHRASE_FILE": str(file)})) == " open sesame "
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "vault.passphrase").write_text("from the manager\n")
    environ = {"CREDENTIALS_DIRECTORY": str(credentials)}
    assert passphrase(load_config(path, environ)) == "from the manager"
    named = write(tmp_path, GOOD + f"vault: {{passphrase_file: {file}}}\n")
    assert passphrase(load_config(named, environ)) == " open sesame "
    assert passphrase(load_config(named, {"ENLACE_VAULT__PASSPHRASE": "mine"})) == "mine"
    relative = write(tmp_path, GOOD + "state_directory: .\nvault: {passphrase_file: secret}\n")
    assert passphrase(load_config(relative, {})) == " open sesame "


def test_secrets_are_refused_where_others_read_them(tmp_path: Path) -> None:
    file = secret_file(tmp_path, "open sesame", 0o640)
    path = write(tmp_path, GOOD + f"vault:\n  passphrase_file: {file}\n")
    found = problems(path)
    assert [(type(p), p.line, p.key) for p in found] == [(wrong.OpenToOthers, 12, "vault.passphrase_file")]
    assert f"chmod 600 {file}" in str(found[0])
    file.chmod(0o600)
    assert passphrase(load_config(path, {})) == "open sesame"
    file.write_text("\n")
    assert told(path)[0][0] is wrong.Unreadable
    file.unlink()
    assert told(path)[0][0] is wrong.Unreadable
    twice = {"ENLACE_VAULT__PASSPHRASE": "a", "ENLACE_VAULT__PASSPHRASE_FILE": "b"}
    assert told(write(tmp_path, GOOD), **twice)[0][0] is wrong.SecretTwice


def test_secrets_do_not_show(tmp_path: Path) -> None:
    config = load_config(
        write(tmp_path, GOOD + "database: {url: 'postgresql+asyncpg://enlace@db.example/enlace'}\n"),
        {"ENLACE_VAULT__PASSPHRASE": "hunter2", "ENLACE_DATABASE__PASSWORD": "p@ss/wörd"},
    )
    assert "hunter2" not in f"{config!r} {config} {config.model_dump_json()}"
    assert config.database_url == "postgresql+asyncpg://enlace:p%40ss%2Fw%C3%B6rd@db.example/enlace"


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD), {})
    with pytest.raises(ValueError, match="frozen"):
        config.web.enabled = True  # type: ignore[misc]
    assert field(("web", "enabled")) is not None


def test_every_problem_is_told_in_every_language() -> None:
    kinds = [kind for _, kind in inspect.getmembers(wrong, inspect.isclass) if issubclass(kind, wrong.ConfigProblem)]
    assert len(kinds) > 20
    for kind in kinds:
        names = set(re.findall(r"{(\w+)}", kind.__doc__ or "")) - {"where", "setting"}
        problem = kind(spot=wrong.Spot("config.yaml", 3), key="web.port", **dict.fromkeys(names, "<x>"))
        assert str(problem).startswith("config.yaml:3: ")
        for language in ("en", "es"):
            said = catalogue().error(language, problem).plain
            assert said.startswith("config.yaml:3"), said
            assert f"error-{kind.code}" in catalogue().messages[language]
    whole = ConfigError([wrong.UnknownKey(spot=wrong.Spot("config.yaml", 3), key="web.prot")])
    assert "web.prot" in catalogue().error("es", whole).plain


def test_one_person_coordinates_alone_only_where_it_is_said(tmp_path: Path) -> None:
    alone = "\n".join(GOOD.splitlines()[:-1])
    config = load_config(write(tmp_path, f"{alone}\n  approvals: 1\n"), {})
    assert config.policy.said_on_checkpoints == ("approvals 1",)
    assert load_config(write(tmp_path, GOOD), {}).policy.said_on_checkpoints == ()
    assert told(write(tmp_path, f"{GOOD}  approvals: 0\n"))[0][2] == "policy.approvals"
    assert told(write(tmp_path, f"{GOOD}  approvals: 3\n"))[0][2] == "policy.approvals"
    for bad in ("yes", "true", "1.0", '"1"'):
        assert told(write(tmp_path, f"{GOOD}  approvals: {bad}\n")) == [(wrong.WantsNumber, 11, "policy.approvals")]
    assert load_config(write(tmp_path, GOOD), {"ENLACE_POLICY__APPROVALS": "1"}).policy.approvals == 1
