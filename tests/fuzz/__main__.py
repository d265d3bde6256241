"""Feeds the properties for a while, guided by coverage: ``python -m tests.fuzz [NAME …] [--seconds N]``.

Needs atheris (libFuzzer for Python), which has wheels for CPython 3.11 to 3.13 on Linux x86_64: there ``make install``
brings it.  An input that breaks a property is printed and kept in ``fuzz-<name>-…``.
"""

import argparse
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.corpus import corpus, keep, words
from tests.fuzz.properties import PROPERTIES

LONGEST_INPUT = 4096


def main() -> int:
    """Run each property in a process of its own, or all in one."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("names", nargs="*", help="properties; all of them otherwise")
    parser.add_argument("--seconds", type=int, default=60, help="for each process")
    parser.add_argument("--runs", type=int, help="so many inputs for each process, however long it takes")
    parser.add_argument("--seed", type=int, default=0, help="of the random choices; 0 is another one each time")
    parser.add_argument("--together", action="store_true", help="all in one process: it starts only once")
    parser.add_argument("--keep", action="store_true", help="put what led somewhere new into the corpus")
    asked = parser.parse_args()
    if find_spec("atheris") is None:
        print("the fuzz run needs atheris, which has no wheel for this Python or this machine", file=sys.stderr)
        return 2
    names = asked.names or list(PROPERTIES)
    limit = f"-max_total_time={asked.seconds}" if asked.runs is None else f"-runs={asked.runs}"
    broken = []
    for group in [names] if asked.together else [[name] for name in names]:
        print(f"== {' '.join(group)}", flush=True)
        if not _hold(group, [limit, f"-seed={asked.seed}"], keep_found=asked.keep):
            broken += group
    print(f"broken: {', '.join(broken)}" if broken else "nothing broke")
    return 1 if broken else 0


def _hold(group: list[str], options: list[str], *, keep_found: bool) -> bool:
    """Whether they held.  Of several, the first character of an input says which one it is for."""
    with tempfile.TemporaryDirectory(prefix="enlace-fuzz-") as folder:
        found = Path(folder, "corpus")
        found.mkdir()
        for number, name in enumerate(group):
            for at, text in enumerate(corpus(name)):
                choice = chr(ord("A") + number) if len(group) > 1 else ""
                (found / f"{name}-{at}").write_text(choice + text, encoding="utf-8")
        dictionary = Path(folder, "words")
        dictionary.write_text("".join(f'"{_escaped(word)}"\n' for word in words()), encoding="ascii")
        options = [*options, f"-max_len={LONGEST_INPUT}", f"-dict={dictionary}", f"-artifact_prefix=fuzz-{group[0]}-"]
        taken_over = [sys.executable, "-m", "tests.fuzz.inside", ",".join(group), str(found), *options]
        if subprocess.run(taken_over, check=False).returncode:
            return False
        if keep_found and len(group) == 1:
            keep(group[0], [path.read_text(encoding="utf-8", errors="replace") for path in found.iterdir()])
    return True


def _escaped(word: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word.encode())


if __name__ == "__main__":
    sys.exit(main())
