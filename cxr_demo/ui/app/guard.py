"""What stands before gradio: headers for every answer, no way to fetch a file, no other site's name or script, nobody
who has not logged in where a host asks for it, films for those who look closely, a health check."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cxr_demo.text.catalogue import format_text, match_language, use_language
from cxr_demo.ui.app.bounded_requests import BoundedRequests
from cxr_demo.ui.app.host_settings import HostSettings
from cxr_demo.ui.app.hosts import is_allowed
from cxr_demo.ui.app.upload_route import UploadRoute
from cxr_demo.ui.export.export_files import send_export_file
from cxr_demo.ui.lesson.class_routes import OF_LEARNERS, TEACH, list_class_routes
from cxr_demo.ui.viewer.deep_film import send_deep_film

# gradio compiles its templates in the browser, hence 'unsafe-eval'. Nothing but this server is ever asked.
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; connect-src 'self' data: blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
# Of gradio's own interface, only what this page calls. It hands out no file, records nothing and lists nothing.
API = "/gradio_api/"
UPLOAD = f"{API}upload"
JOIN = f"{API}queue/join"
OPEN = (
    "queue/", "run/predict", "upload", "heartbeat/", "startup-events", "cancel", "reset", "theme.css", "info",
    "app_id", "login_check", "film/", "export/", "call/", "openapi.json", "mcp/",
)  # fmt: skip
CLOSED = ("/monitoring", "/file", "/proxy", "/stream")
ASSETS = ("/assets/", "/static/")
# For those too who have not logged in: gradio's page asks for a name and a password there, and gradio itself asks for
# the start of what it serves.
BEFORE_LOGIN = (
    "/login", "/logout", "/healthz", "/favicon", "/manifest", "/svelte/", "/theme.css", f"{API}startup-events", *ASSETS,
)  # fmt: skip
AGENTS = Path(__file__).parent / "agents.md"  # what the Hub offers of every Space
OWN_SITE = ("same-origin", "none", "")  # what a browser says of where a request comes from; others say nothing


class Guard:
    """Pure ASGI, nothing is buffered: server-sent events keep streaming."""

    def __init__(
        self,
        app: ASGIApp,
        hosts: Collection[str] = (),
        frames: Sequence[str] = (),
        asks_for_login: bool = False,
        root_path: str = "",
    ) -> None:
        self.app, self.hosts, self.asks_for_login, self.root_path = app, hosts, asks_for_login, root_path
        self.headers = ((b"content-security-policy", " ".join([POLICY, *frames]).encode()), *HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        path = scope["path"]
        root = self.root_path or scope.get("root_path", "")
        while root and path.startswith(f"{root}/"):  # gradio takes it off, as often as it stands there
            path = path.removeprefix(root)
        kept = path.startswith(ASSETS)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = {name for name, _ in self.headers} | {b"cache-control"}
                theirs = [pair for pair in message.get("headers", []) if pair[0].lower() not in ours]
                cache = b"public, max-age=604800" if kept and message["status"] == 200 else b"no-store"
                message["headers"] = [*theirs, *self.headers, (b"cache-control", cache)]
            await send(message)

        headers = Headers(scope=scope)
        if not is_allowed(host := headers.get("host", ""), self.hosts):
            with use_language(match_language(headers.get("accept-language", ""))):
                answer = PlainTextResponse(format_text("host-unknown", host=host), 421)
            return await answer(scope, receive, send_with_headers)
        if scope["method"] not in ("GET", "HEAD") and headers.get("sec-fetch-site", "") not in OWN_SITE:
            return await PlainTextResponse("Not available.", 403)(scope, receive, send_with_headers)
        if path.startswith(CLOSED) or (path.startswith(API) and not path.removeprefix(API).startswith(OPEN)):
            return await PlainTextResponse("Not available.", 403)(scope, receive, send_with_headers)
        is_for_all = path in ("/", *OF_LEARNERS) or path.startswith(BEFORE_LOGIN)
        if self.asks_for_login and not (is_for_all or find_user(scope)):
            if path == TEACH and scope["method"] == "GET":  # gradio's page asks for the login, and leads there
                return await RedirectResponse("../", 303)(scope, receive, send_with_headers)
            return await PlainTextResponse("Log in first.", 401)(scope, receive, send_with_headers)
        if path == JOIN:
            return await self._join(scope, receive, send_with_headers)
        return await self.app(scope, receive, send_with_headers)

    async def _join(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Where the queue is full, gradio's page shows what the answer says, which is gradio's own English."""
        is_full = False

        async def send_if_taken(message: Message) -> None:
            nonlocal is_full
            is_full |= message["type"] == "http.response.start" and message["status"] == 503
            if not is_full:
                await send(message)

        await self.app(scope, receive, send_if_taken)
        if is_full:
            with use_language(match_language(Headers(scope=scope).get("accept-language", ""))):
                answer = JSONResponse({"detail": format_text("queue-full")}, 503)
            await answer(scope, receive, send)


def find_user(scope: Scope) -> str | None:
    """The name that somebody has logged in with, as gradio keeps it; None for others."""
    app, cookies = scope["app"], HTTPConnection(scope).cookies
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    return next((app.tokens[token] for name in names if (token := cookies.get(name, "")) in app.tokens), None)


async def tell_programs(request: object) -> PlainTextResponse:
    return PlainTextResponse(AGENTS.read_text(encoding="utf-8"), media_type="text/markdown")


def make_app_settings(settings: HostSettings, served: Collection[str], refused: Collection[str]) -> dict:
    """For gradio's `app_kwargs`; with the names of checkpoints that are there and of those that cannot be used."""
    health = {"ok": bool(served), "served": sorted(served), "refused": sorted(refused)}

    async def report_health(request: object) -> JSONResponse:
        return JSONResponse(health, 200 if served else 503)

    return {
        "middleware": [
            Middleware(
                Guard,
                hosts=settings.hosts,
                frames=settings.frames,
                asks_for_login=bool(settings.login),
                root_path=settings.root_path,
            ),
            Middleware(BoundedRequests, upload_path=UPLOAD),
        ],
        # They stand before gradio's, so that uploads arrive at ours.
        "routes": [
            Route("/healthz", report_health),
            Route("/agents.md", tell_programs),
            Route(UPLOAD, UploadRoute().receive, methods=["POST"]),
            Route(f"{API}film/{{name}}", send_deep_film),
            Route(f"{API}export/{{name}}", send_export_file),
            *list_class_routes(),
        ],
        "openapi_url": None,
        "docs_url": None,
        "redoc_url": None,
    }
