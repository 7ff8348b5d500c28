"""What protects the server from requests of others: names, sites, sizes and time."""

import socket
import threading
import time

import httpx
import pytest

from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.app import bounded_requests, hosts
from tests.ui.test_served import list_left

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
OWN_NAMES = (
    "localhost",
    "localhost:7860",
    "127.0.0.1:80",
    "[::1]:7860",
    "192.168.1.7",
    "a.localhost",
    "LOCALHOST.",
    "",
)
FOREIGN_NAMES = (
    "evil.example",
    "evil.example:7860",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "1.2.3",
)


@pytest.mark.parametrize("name", OWN_NAMES)
def test_addresses_and_this_machine_are_answered(name):
    assert hosts.is_allowed(name, ())


@pytest.mark.parametrize("name", FOREIGN_NAMES)
def test_another_name_is_answered_where_a_host_has_allowed_it(name):
    assert not hosts.is_allowed(name, ("page.example.org", "*.school.example"))
    assert hosts.is_allowed(name, ("*",))


@pytest.mark.parametrize("path", ["/", "/healthz", "/config", "/gradio_api/queue/data?session_hash=x"])
def test_a_name_that_was_made_to_lead_here_reads_nothing(served, path):
    client, _, _ = served
    answer = client.get(path, headers={"host": "evil.example"})
    assert answer.status_code == 421 and answer.text == format_text("host-unknown", host="evil.example")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 400)])
def test_a_script_of_another_site_sends_nothing(served, site, status):
    client, _, _ = served
    assert client.post("/gradio_api/upload", headers={"sec-fetch-site": site}).status_code == status
    assert client.get("/", headers={"sec-fetch-site": "cross-site"}).status_code == 200, "a link to the page is none"


@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/gradio_api/run/predict", "/gradio_api/cancel"])
def test_a_large_request_that_is_no_upload_is_refused(served, path):
    client, _, _ = served
    large = b'{"data": ["' + b"x" * 2 * 2**20 + b'"]}'
    assert client.post(path, content=large).status_code == 413
    assert client.post(path, content=iter([large])).status_code == 413, "also where it does not say how large it is"


def connect(client: httpx.Client) -> socket.socket:
    made = socket.create_connection((client.base_url.host, client.base_url.port))
    made.settimeout(30)
    return made


def send_slowly(connection: socket.socket, data: bytes) -> None:
    """A byte in a while, as long as it is taken."""

    def run() -> None:
        for byte in data:
            try:
                connection.send(bytes([byte]))
            except OSError:
                return
            time.sleep(0.2)

    threading.Thread(target=run, daemon=True).start()


def receive_all(connection: socket.socket) -> bytes:
    data = b""
    try:
        while piece := connection.recv(4096):
            data += piece
    except ConnectionError:
        pass
    return data


@pytest.mark.parametrize("data", [b"", b"GET / HTTP/1.1\r\nX: " + b"x" * 1000])
def test_a_connection_that_asks_for_nothing_is_closed(served, monkeypatch, data):
    client, _, _ = served
    monkeypatch.setattr(bounded_requests, "REQUEST_SECONDS", 1)
    started = time.monotonic()
    with connect(client) as connection:
        send_slowly(connection, data)
        assert receive_all(connection) == b""
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("path", ["/gradio_api/upload", "/gradio_api/run/predict"])
def test_half_a_request_is_ended_and_leaves_nothing(served, monkeypatch, path):
    client, _, folder = served
    monkeypatch.setattr(bounded_requests, "REQUEST_SECONDS", 1)
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n' + b"x" * 3000
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    with connect(client) as connection:
        connection.sendall(head.encode() + b"Content-Length: 100000\r\n\r\n" + body)
        send_slowly(connection, b"x" * 1000)
        assert receive_all(connection).startswith(b"HTTP/1.1 408 ")
    assert list_left(folder) == []


def test_an_upload_on_a_slow_line_is_waited_for(served, monkeypatch):
    client, _, folder = served
    monkeypatch.setattr(bounded_requests, "REQUEST_SECONDS", 2)
    monkeypatch.setattr(bounded_requests, "LEAST_UPLOAD_BYTES_S", 512)  # each piece gives 8 seconds more
    body = (
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n' + b"x" * 20_000 + b"\r\n--b--\r\n"
    )
    head = "POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    with connect(client) as connection:
        full_head = f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        connection.sendall(full_head + body[:4096])
        for start in range(4096, len(body), 4096):
            time.sleep(0.7)  # 2.8 seconds in all
            connection.sendall(body[start : start + 4096])
        assert receive_all(connection).startswith(b"HTTP/1.1 200 ")
    assert len(list_left(folder)) == 2


def test_what_has_come_in_time_may_be_answered_late(served, monkeypatch):
    """The page's heartbeat is a request that never ends."""
    client, _, _ = served
    monkeypatch.setattr(bounded_requests, "REQUEST_SECONDS", 3)
    with client.stream("GET", "/gradio_api/heartbeat/late") as answer:
        pieces = answer.iter_raw()
        next(pieces)
        time.sleep(4)
        assert client.get("/healthz").json()["ok"]
        assert not answer.is_closed
