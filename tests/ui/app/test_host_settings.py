"""What a host sets is used, or refused with a sentence that names it; and a page that asks for a login."""

import asyncio
import gc
from pathlib import Path

import bcrypt
import httpx
import pytest

from cxr_demo.teaching.deck_file import find_bundled_decks
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.app import host_settings
from cxr_demo.ui.app import page as app_page
from cxr_demo.ui.app.host_settings import HUB_FRAMES, HostSettings, read_host_settings
from tests.serving import find_port
from tests.ui.stand_ins import StandIn

DECKS = find_bundled_decks()[0].parent
HASHED = bcrypt.hashpw(b"open sesame", bcrypt.gensalt(4)).decode()
WRONG = {
    "PORT": ("http", "70000", "-1"),
    "GRADIO_SERVER_NAME": ("everywhere",),
    "CXR_WEIGHTS": ("/nowhere/at/all",),
    "CXR_LANGUAGE": ("fr",),
    "CXR_HOSTS": ("page.example.org, https://other.example.org",),
    "CXR_FRAMES": ("moodle.example.org", "https://moodle.example.org/course", "javascript:alert(1)", "https://a;b"),
    "CXR_ROOT_PATH": ("xray", "https://example.org/xray", "/a b", "//"),
    "CXR_LOGIN": ("/nowhere/people.txt",),
    "CXR_SESSIONS": ("0", "many"),
    "CXR_IMAGES_MB": ("1",),
    "CXR_THREADS": ("0",),
    "CXR_FILM_ENDPOINTS": ("yes please",),
    "CXR_DECKS": ("/nowhere/at/all", str(Path(__file__).parent)),
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in WRONG.items() for text in texts])
def test_a_setting_that_cannot_be_used_is_named_with_what_is_needed(name, text):
    settings, (fault,) = read_host_settings({name: text})
    assert str(fault).startswith(f"{name}=") and str(fault).endswith((".", "origin."))
    assert settings == HostSettings()


def test_a_name_that_there_is_not_is_refused_since_it_may_have_been_a_login():
    _, (fault,) = read_host_settings({"CXR_LOGINS": "people.txt", "CXR_DATA": "films"})
    assert str(fault) == format_text("setting-unknown", name="CXR_LOGINS", nearest="CXR_LOGIN")


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("anna:secret", ("setting-login-line", 1)),
        (f"# people\nanna:{HASHED}\n\nanna:{HASHED}", ("setting-login-twice", 4)),
        ("# nobody\n", None),
    ],
)
def test_a_file_of_people_is_refused_with_the_line_and_never_repeated(tmp_path, lines, why):
    people = tmp_path / "people.txt"
    people.write_text(lines)
    _, (fault,) = read_host_settings({"CXR_LOGIN": str(people)})
    expected = format_text(why[0], line=why[1]) if why else format_text("setting-login-empty")
    assert expected in str(fault) and str(people) not in str(fault) and "secret" not in str(fault)


def test_what_a_host_has_set_is_what_the_page_gets(tmp_path):
    people = tmp_path / "people.txt"
    people.write_text(f"anna:{HASHED}\n")
    given = {
        "PORT": "8080", "GRADIO_SERVER_NAME": "0.0.0.0", "CXR_WEIGHTS": str(tmp_path), "CXR_LANGUAGE": "DE",
        "CXR_HOSTS": "Page.example.org, *.school.example", "CXR_FRAMES": "https://moodle.example.org:8443",
        "CXR_ROOT_PATH": "/xray/", "CXR_LOGIN": str(people), "CXR_SESSIONS": "60", "CXR_IMAGES_MB": "512",
        "CXR_THREADS": "2", "CXR_NETWORK": "phantom-honest", "CXR_FILM_ENDPOINTS": "on",
        "CXR_DECKS": f"{DECKS}:{DECKS / 'shortcuts'}",
    }  # fmt: skip
    settings, faults = read_host_settings(given)
    assert not faults
    assert settings == HostSettings(
        tmp_path, "0.0.0.0", 8080, "/xray", ("page.example.org", "*.school.example"),
        (*HUB_FRAMES, "https://moodle.example.org:8443"), {"anna": HASHED.encode()}, "phantom-honest", "de", 60, 512, 2,
        True, (*find_bundled_decks(), DECKS / "shortcuts"),
    )  # fmt: skip
    assert read_host_settings({"CXR_LOGIN": f"anna:{HASHED}"})[0].login == settings.login


def test_a_space_answers_to_every_name_unless_names_are_given():
    on_space, _ = read_host_settings({"SPACE_ID": "user/page"})
    assert (on_space.address, on_space.hosts) == ("0.0.0.0", ("*",))
    assert read_host_settings({"SYSTEM": "spaces", "CXR_HOSTS": "a.example.org"})[0].hosts == ("a.example.org",)


def test_a_password_is_compared_also_where_nobody_has_the_name():
    login = {"anna": HASHED.encode()}
    assert host_settings.is_login_right(login, "anna", "open sesame")
    assert not host_settings.is_login_right(login, "anna", "open sesame!")
    assert not host_settings.is_login_right(login, "ben", "open sesame")
    assert not host_settings.is_login_right(login, "anna", "ä" * 500)


@pytest.fixture
def asking(tmp_path, monkeypatch) -> str:
    """The address of a page that asks for a login, is framed by a school and opens in German."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    settings = HostSettings(
        port=find_port(), login={"anna": HASHED.encode()}, frames=("https://moodle.example.org",), language="de"
    )
    demo = app_page.build_page({"a": StandIn()}, {}, Path(tmp_path), settings=settings)
    app_page.serve_page(demo, settings, ["a"])
    yield f"http://127.0.0.1:{settings.port}"
    demo.close(verbose=False)
    asyncio.set_event_loop(None)
    gc.collect()


BEHIND_LOGIN = (
    "/config", "/gradio_api/info", "/gradio_api/film/x", "/gradio_api/export/x", "/gradio_api/heartbeat/x",
    "/gradio_api/queue/data?session_hash=x", "/gradio_api/app_id", "/anything",
)  # fmt: skip


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_nothing_is_answered_before_a_login_and_everything_after(asking):
    with httpx.Client(base_url=asking, timeout=60) as client:
        first = client.get("/")
        assert first.status_code == 200 and "auth_required" in first.text and "intake" not in first.text
        assert "frame-ancestors 'self' https://moodle.example.org" in first.headers["content-security-policy"]
        assert client.get("/healthz").json()["served"] == ["a"]
        assert [path for path in BEHIND_LOGIN if client.get(path).status_code != 401] == []
        sent = {"files": ("film.png", b"x")}
        assert client.post("/gradio_api/upload", files=sent).status_code == 401
        wrong = {"username": "anna", "password": "guess"}
        assert client.post("/login", data=wrong).status_code == 400 and client.get("/config").status_code == 401
        assert client.post("/login", data={"username": "anna", "password": "open sesame"}).status_code == 200
        page = client.get("/").text
        assert client.get("/config").status_code == 200 and "intake" in page
        assert "HOST_LANGUAGE" in page and "de" in page.partition("HOST_LANGUAGE")[2][:8]
        assert client.post("/gradio_api/upload", files=sent).status_code == 200
        assert client.get("/gradio_api/film/x").status_code == 404
