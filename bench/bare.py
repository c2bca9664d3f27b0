"""The floor of (h): the same server and framework, with a path that reads the body and answers."""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI, Request, Response

app = FastAPI()


@app.post("/cosell/webhook")
async def answer(request: Request) -> Response:
    """Take anything."""
    await request.body()
    return Response("landed\n", 202, media_type="text/plain")


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
