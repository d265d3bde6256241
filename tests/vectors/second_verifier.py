"""A second verifier of receipts and exports, written from docs/log-format.md alone; it imports nothing of enlace.

python second_verifier.py KEY receipt FILE
python second_verifier.py KEY export FILE CHECKPOINT-FILE
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def need(condition):
    if not condition:
        raise SystemExit("refused")


def sha(data):
    return hashlib.sha256(data).digest()


def node(left, right):
    return sha(b"\x01" + left + right)


def canonical(value):  # RFC 8785, for what the log holds: texts, integers, true, false, null
    def by_utf16(value):
        if isinstance(value, dict):
            return {k: by_utf16(value[k]) for k in sorted(value, key=lambda k: k.encode("utf-16-be"))}
        return [by_utf16(v) for v in value] if isinstance(value, list) else value

    return json.dumps(by_utf16(value), ensure_ascii=False, separators=(",", ":")).encode()


def checkpoint(note, vkey):
    name, key_id, key = vkey.split("+", 2)
    raw = base64.b64decode(key)
    need(raw[0] == 1 and sha(name.encode() + b"\n" + raw)[:4].hex() == key_id)
    text, _, signatures = note.rpartition("\n\n")
    good = 0
    for line in signatures.splitlines():
        dash, signer, blob = line.split(" ")
        signature = base64.b64decode(blob, validate=True)
        if dash == "\u2014" and signer == name and signature[:4].hex() == key_id:
            Ed25519PublicKey.from_public_bytes(raw[1:]).verify(signature[4:], f"{text}\n".encode())
            good += 1
    origin, size, root, *_ = text.split("\n")
    need(good and origin == name and str(int(size)) == size)
    return int(size), base64.b64decode(root, validate=True)


def check_leaf(text):
    leaf = json.loads(text)
    need(set(leaf) == {"details_sha256", "salt", "seq", "time"} and canonical(leaf) == text.encode())
    return leaf


def check_receipt(receipt, vkey):
    need(receipt["format"] == "enlace-receipt/1" and receipt["entries"])
    size, root = checkpoint(receipt["checkpoint"], vkey)
    for entry in receipt["entries"]:
        leaf = check_leaf(entry["leaf"])
        need(entry["details"] is None or sha(entry["details"].encode()).hex() == leaf["details_sha256"])
        f, s, r = leaf["seq"], size - 1, sha(b"\x00" + entry["leaf"].encode())
        need(0 <= f < size)
        for p in (base64.b64decode(h, validate=True) for h in entry["path"]):
            need(s > 0)
            if f % 2 or f == s:
                r = node(p, r)
                while f % 2 == 0 and f:
                    f, s = f // 2, s // 2
            else:
                r = node(r, p)
            f, s = f // 2, s // 2
        need(s == 0 and r == root)


def root_of(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else sha(b"")
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node(root_of(leaves[:k]), root_of(leaves[k:]))


def check_export(lines, note, vkey):
    size, root = checkpoint(note, vkey)
    leaves = []
    for number, entry in enumerate(json.loads(line) for line in lines):
        need(entry["seq"] == number)
        need(entry["details"] is None or sha(canonical(entry["details"])).hex() == entry["details_sha256"])
        leaf = {name: entry[name] for name in ("details_sha256", "salt", "seq", "time")}
        leaves.append(sha(b"\x00" + canonical(leaf)))
        need(leaves[-1].hex() == entry["leaf_hash"])
    need(len(leaves) >= size and root_of(leaves[:size]) == root)


if __name__ == "__main__":
    key, kind, *files = sys.argv[1:]
    first, *more = (Path(file).read_text(encoding="utf-8") for file in files)
    if kind == "receipt":
        check_receipt(json.loads(first), key)
    else:
        check_export(first.splitlines(), more[0], key)
    print("good")
