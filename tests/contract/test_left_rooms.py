"""A room that the bot left long ago is on nobody's record any more."""

import inspect
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from bot.ids import RoomId
from bot.workers.keeper import Keeper
from tests.harness.calling import ANA, DESK_MX, MX, build, logged


async def test_a_desk_that_was_left_is_taken_off_the_record_once(tmp_path: Path) -> None:
    world = await build(f"sqlite+aiosqlite:///{tmp_path / 'enlace.db'}")
    left: set[RoomId] = set()
    used: dict[str, Any] = {
        "database": world.db,
        "matrix": SimpleNamespace(forgotten=left.__contains__),
        "register": world.register,
        "directory": world.directory,
        "audit": world.audit,
    }
    others = dict.fromkeys(inspect.signature(Keeper).parameters.keys() - used.keys(), cast("Any", None))
    keeper = Keeper(**used, **others)
    await keeper.forget_rooms()
    assert DESK_MX in world.register.desk_rooms(MX)
    left.update({DESK_MX, RoomId("!ana")})
    await keeper.forget_rooms()
    await keeper.forget_rooms()
    assert world.register.desk_rooms(MX) == ()
    assert world.register.direct_room(ANA) is None
    actions = [entry.details.action for entry in await logged(world) if entry.details]
    assert actions.count("room.forgotten") == 2
    await world.db.close()
