"""The portal's deeds by name, for processes that are not this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.partner_center import portal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.world import World

ACTS: dict[str, Callable[[World, Mapping[str, Any]], Any]] = {
    "create_deal": lambda world, said: portal.create_deal(world, **said),
    "invite": lambda world, said: portal.invite(world, **said),
    "edit": lambda world, said: portal.edit(world, said["id"], path=said["path"], value=said["value"]),
    "accept": lambda world, said: portal.accept(world, said["id"]),
    "decline": lambda world, said: portal.decline(world, said["id"], reason=said.get("reason")),
    "close": lambda world, said: portal.close(
        world, said["id"], substatus=said.get("substatus", "Won"), reason=said.get("reason")
    ),
    "expire": lambda world, said: portal.expire(world, said["id"]),
    "touch": lambda world, said: portal.touch(world, said["id"]),
    "send_lead": lambda world, said: portal.send_lead(world, **said),
    "ask_microsoft": lambda world, said: portal.ask_microsoft(
        world, said["id"], code=said.get("code", "GeneralOrOther"), notes=said.get("notes")
    ),
    "microsoft_accepts": lambda world, said: portal.microsoft_accepts(world, said["id"], sellers=said.get("sellers")),
    "microsoft_declines": lambda world, said: portal.microsoft_declines(world, said["id"], reason=said.get("reason")),
    "microsoft_expires": lambda world, said: portal.microsoft_expires(world, said["id"]),
    "microsoft_closes": lambda world, said: portal.microsoft_closes(
        world, said["id"], substatus=said.get("substatus", "Won")
    ),
    "show_microsofts": lambda world, said: portal.microsofts(world, said["id"]),
    "show_referral": lambda world, said: portal.show(world, said["id"]),
}
