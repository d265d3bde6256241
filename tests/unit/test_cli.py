"""The command line where it needs neither a homeserver nor a database."""

from pathlib import Path

import pytest

from bot.cli import main


def ends(*arguments: str | Path) -> object:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return ended.value.code


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('a: "x\\0"\nb: y\a\n', ":2: this is not valid YAML: there is a control character (U+0007)."),
        ("? [a, b]\n: c\n", ":1: this is not valid YAML: found unhashable key."),
        ("[" * 3000, ": this is not valid YAML: it is nested too deeply."),
        ("state_directory: ~no-such-user/x\n", ":1: state_directory (~no-such-user/x) cannot be read: this machine"),
        ('vault: {passphrase_file: "a\\0b"}\n', ":1: vault.passphrase_file (ab) cannot be read: no path holds a NUL"),
    ],
)
def test_a_bad_configuration_is_one_sentence_a_problem_and_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    assert ends("check", "--config", path) == 2
    told = capsys.readouterr().err
    assert f"{path}{said}" in told
    assert "inside enlace" not in told


def test_a_witness_that_is_no_text_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "witness"
    path.write_bytes(b"\xff\xfe")
    assert ends("audit", "verify", "--witness", path) == 2
    assert f"“{path}” cannot be read or written: it is not UTF-8 text." in capsys.readouterr().err
