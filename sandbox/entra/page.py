"""The page where a person enters a device code; who opens it counts as signed in with MFA, as the tenant's user."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.responses import HTMLResponse, Response

from sandbox.entra import devices
from sandbox.tenant import tenant_of
from sandbox.world import ActError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from starlette.requests import Request

    from sandbox.world import World

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Simulated sign-in</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 30rem; color: #1f2430 }}
input, button {{ font: inherit; padding: .3rem .6rem }}
input {{ text-transform: uppercase }}
</style>
</head>
<body>
<h1>Simulated sign-in</h1>
<p>You are {user}, with MFA.</p>
<form method="post">
<label>Code <input name="code" autofocus autocomplete="off"></label>
<button>Sign in</button>
</form>
<p>{outcome}</p>
</body>
</html>
"""


def page(world: World) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """Give the page: GET shows the form, POST takes the code."""

    async def endpoint(request: Request) -> Response:
        status, outcome = 200, ""
        if request.method == "POST":
            form = dict(parse_qsl((await request.body()).decode()))
            status, outcome = _entered(world, form.get("code", "").strip().upper())
        user = html.escape(tenant_of(world).user)
        return HTMLResponse(_PAGE.format(user=user, outcome=html.escape(outcome)), status)

    return endpoint


def _entered(world: World, code: str) -> tuple[int, str]:
    try:
        devices.approve(world, user_code=code)
    except ActError:
        return 400, "No sign-in waits for this code."
    return 200, "Done. You can close this page."
