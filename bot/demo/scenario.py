"""The story."""


async def demonstrate(*, keep: bool = False) -> None:
    """Tell it."""
    raise NotImplementedError(keep)
