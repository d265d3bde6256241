"""Feeds each property for a while, guided by coverage: ``python -m tests.fuzz [NAME …] [--seconds N]``.

Needs atheris (libFuzzer for Python), which is not among enlace's dependencies: ``pip install atheris``.  An input that
breaks a property is printed and kept in ``fuzz-<name>-…``.
"""

import argparse
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

LONGEST_INPUT = 4096


def main() -> int:
    """Run every property in a process of its own, which libFuzzer takes over."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seconds", type=int, default=60, help="for each property")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if find_spec("atheris") is None:
        print("the fuzz run needs atheris, which is not installed: .venv/bin/pip install atheris", file=sys.stderr)
        return 2
    if asked.inside:
        _take_over(asked.names[0], asked.seconds)
    from tests.fuzz.properties import PROPERTIES

    broken = []
    for name in asked.names or PROPERTIES:
        print(f"== {name}", flush=True)
        again = [sys.executable, "-m", "tests.fuzz", name, "--seconds", str(asked.seconds), "--inside"]
        if subprocess.run(again, check=False).returncode:
            broken.append(name)
    print(f"broken: {', '.join(broken)}" if broken else "nothing broke")
    return 1 if broken else 0


def _take_over(name: str, seconds: int) -> None:
    import atheris

    with atheris.instrument_imports(include=["bot", "keys"]):
        from tests.fuzz.properties import PROPERTIES, SEEDS
    check = PROPERTIES[name]

    def one(data: bytes) -> None:
        check(data.decode("utf-8", errors="replace"))

    with tempfile.TemporaryDirectory(prefix="enlace-fuzz-") as corpus:
        for number, seed in enumerate(SEEDS[name]):
            (Path(corpus) / str(number)).write_text(seed, encoding="utf-8")
        options = [f"-max_total_time={seconds}", f"-max_len={LONGEST_INPUT}", f"-artifact_prefix=fuzz-{name}-"]
        atheris.Setup(["fuzz", corpus, *options, "-print_final_stats=1", "-verbosity=0"], one)
        atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
