"""Content at rest."""

import json
from collections.abc import Mapping
from typing import Any

from bot.ports import Sealer


class Sealed:
    """Seals what rows hold, each bound to its row."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def seal(self, plain: Mapping[str, Any], bound_to: str) -> bytes:
        """Content as it lies in a row."""
        return self._sealer.seal(json.dumps(plain, ensure_ascii=False).encode(), bound_to.encode())

    def _unseal(self, sealed: bytes | None, bound_to: str) -> dict[str, Any]:
        if sealed is None:
            return {}
        plain: dict[str, Any] = json.loads(self._sealer.unseal(sealed, bound_to.encode()))
        return plain
