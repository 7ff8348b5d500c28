"""No request may be large, but an upload, or take for ever: `BoundedRequests` stands before the whole page, and
`BoundedConnection` before that, where the head of a request has not come yet."""

from __future__ import annotations

import asyncio
import time

import h11
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from cxr_demo.limits import LEAST_UPLOAD_BYTES_S, MAX_REQUEST_BYTES, REQUEST_SECONDS

TOO_LARGE, TOO_SLOW = (413, "This request is too large."), (408, "This request took too long.")


class BoundedRequests:
    """What passes a bound ends like one whose client has gone, and is answered in a sentence that browsers never show.

    A request may take REQUEST_SECONDS to arrive, an upload as long as it brings LEAST_UPLOAD_BYTES_S beyond that.
    """

    def __init__(self, app: ASGIApp, upload_path: str) -> None:
        self.app, self.upload_path = app, upload_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        is_upload = scope["path"].endswith(self.upload_path)
        begun, received, is_whole, has_answered = time.monotonic(), 0, False, False
        fault: tuple[int, str] | None = None

        async def receive_bounded() -> Message:
            nonlocal received, is_whole, fault
            if is_whole:  # whoever asks now waits for the client to leave
                return await receive()
            if fault is None:
                seconds = REQUEST_SECONDS + (received / LEAST_UPLOAD_BYTES_S if is_upload else 0)
                try:
                    message = await asyncio.wait_for(receive(), begun + seconds - time.monotonic())
                except TimeoutError:
                    fault = TOO_SLOW
                else:
                    received += len(message.get("body", b""))
                    is_whole = message["type"] != "http.request" or not message.get("more_body", False)
                    if is_upload or received <= MAX_REQUEST_BYTES:
                        return message
                    fault = TOO_LARGE
            return {"type": "http.disconnect"}

        async def send_if_sound(message: Message) -> None:
            nonlocal has_answered
            if fault is None or has_answered:
                has_answered = True
                await send(message)

        try:
            await self.app(scope, receive_bounded, send_if_sound)
        except ClientDisconnect:  # nobody is there to be told
            pass
        except Exception:
            if fault is None:
                raise
        if fault is not None and not has_answered:
            await PlainTextResponse(fault[1], fault[0], {"connection": "close"})(scope, receive, send)


class BoundedConnection(H11Protocol):
    """uvicorn's, which waits for ever for the head of a request. Here a connection that has brought none after
    REQUEST_SECONDS is closed, also where it trickles."""

    head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_watching()

    def _watch_head(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._stop_watching()
        elif self.head_timer is None:
            self.head_timer = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def _stop_watching(self) -> None:
        if self.head_timer is not None:
            self.head_timer.cancel()
            self.head_timer = None
