"""Programs that ask the page get what the command line gives: gradio_client, plain HTTP by its OpenAPI, and MCP."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
import socket
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import cv2
import httpx
import numpy as np
import pypdf
import pytest
from gradio_client import Client, handle_file
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client

from cxr_demo import Analyser, load
from cxr_demo.__main__ import main
from cxr_demo.film.phantom import make_phantom
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.app import endpoints
from cxr_demo.ui.app.endpoints import Programs
from tests.serving import ROOT, serve_app

BOX = [0.1, 0.2, 0.3, 0.4]
FILM, NETWORK, METHODS = "synthetic:effusion", "phantom-honest", ["grad-cam", "lrp-epsilon"]
PROGRAMS = (ROOT / "docs" / "programs.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("weights")
    for name in (NETWORK, "gate", "lungs"):
        (root / name).symlink_to(ROOT / "weights" / name)
    return root


@pytest.fixture(scope="module", params=["off", "on"])
def server(weights, tmp_path_factory, request):
    settings = {"CXR_WEIGHTS": str(weights), "CXR_FILM_ENDPOINTS": request.param}
    with serve_app(tmp_path_factory.mktemp("programs") / "scratch", settings) as running:
        yield running
        assert running.left_files() == [] and "Traceback" not in running.log.read_text()


@pytest.fixture(scope="module")
def said(weights, tmp_path_factory) -> dict:
    """What the command line says of the film, by the name of the command."""
    folder, order = tmp_path_factory.mktemp("said"), [FILM, "--weights", str(weights / NETWORK)]

    def ask(*words: str) -> str:
        with redirect_stdout(io.StringIO()) as printed:
            assert main(list(words)) == 0
        return printed.getvalue()

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXR_WEIGHTS", str(weights))
        told = {command: json.loads(ask(command, "--json")) for command in ("models", "methods")}
        (told["predict"],) = json.loads(ask("predict", *order, "--json"))
        ask("explain", *order, "--method", *METHODS, "--label", "effusion", "mass", "--out", str(folder / "maps"))
        chosen = ["--method", "grad-cam", "--label", "effusion", "--region", *map(str, BOX)]
        (told["evaluate"],) = json.loads(ask("evaluate", *order, *chosen, "--json"))
        ask("report", *order, *chosen, "--out", str(folder / "report.pdf"))
    explained = json.loads((folder / "maps" / "result.json").read_text(encoding="utf-8"))
    pictures = {key: (folder / "maps" / each["overlay"]).read_bytes() for key, each in explained["maps"].items()}
    report = list_report_words((folder / "report.pdf").read_bytes())
    return told | {"explain": explained, "pictures": pictures, "report": report}


def list_report_words(file: bytes) -> list[str]:
    """Without what is of the moment."""
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(file)).pages)
    return [word for word in text.split() if not re.search(r"\d{1,2}:\d\d", word)]


CHECKED = {"film": FILM, "network": NETWORK, "methods": ["grad-cam"], "label": "effusion", "regions": [BOX]}
ASKED = {
    "models": {},
    "methods": {},
    "predict": {"film": FILM, "network": NETWORK},
    "explain": {"film": FILM, "network": NETWORK, "methods": METHODS, "labels": ["effusion", "Mass"]},
    "evaluate": CHECKED,
    "report": CHECKED,
}


def ask_gradio_client(url: str) -> dict:
    client = Client(url, verbose=False)
    return {name: client.predict(**given, api_name=f"/{name}") for name, given in ASKED.items()}


def ask_by_openapi(url: str) -> dict:
    """As a program does that has read nothing but the description."""
    paths = httpx.get(f"{url}/gradio_api/openapi.json").raise_for_status().json()["paths"]
    found = {}
    for name, given in ASKED.items():
        (asking,) = [path for path in paths if path.endswith(f"/v2/{name}")]
        properties = paths[asking]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
        assert set(given) <= set(properties)
        event = httpx.post(f"{url}{asking}", json=given).raise_for_status().json()["event_id"]
        (answering,) = [path for path in paths if path.endswith(f"/call/{name}/{{event_id}}")]
        text = httpx.get(f"{url}{answering}".replace("{event_id}", event), timeout=120).text
        (found[name],) = json.loads(re.search(r"event: complete\ndata: (.*)", text)[1])
    return found


def ask_mcp(url: str) -> dict:
    async def ask() -> dict:
        async with (
            streamablehttp_client(f"{url}/gradio_api/mcp/") as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            tools = {tool.name: tool for tool in (await session.list_tools()).tools}
            assert set(ASKED) == set(tools)
            for tool in tools.values():
                described = tool.inputSchema["properties"].values()
                assert tool.description and all(each.get("description") for each in described)
            answers = {name: await session.call_tool(name, given) for name, given in ASKED.items()}
        found = {name: json.loads(answer.content[0].text) for name, answer in answers.items()}
        for each in found["explain"]["maps"].values():
            picture = answers["explain"].content[each["overlay"]]
            assert picture.type == "image" and len(answers["explain"].content[0].text) < 200_000
            each["overlay"] = f"data:image/png;base64,{picture.data}"
        file = answers["report"].content[found["report"]["report"]].resource
        assert file.mimeType == "application/pdf" and len(answers["report"].content[0].text) < 10_000
        found["report"]["report"] = f"data:application/pdf;base64,{file.blob}"
        return found

    return asyncio.run(ask())


def assert_close(found: object, expected: object, place: str = "") -> None:
    """Numbers to 1e-5, as a network that reads one film or another day gives them; all else the same."""
    if isinstance(expected, dict):
        assert isinstance(found, dict) and set(found) == set(expected), place
        for key in expected:
            assert_close(found[key], expected[key], f"{place}/{key}")
    elif isinstance(expected, list):
        assert isinstance(found, list) and len(found) == len(expected), place
        for index, each in enumerate(expected):
            assert_close(found[index], each, f"{place}/{index}")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-5), place
    else:
        assert found == expected, place


@pytest.mark.parametrize("ask", [ask_gradio_client, ask_by_openapi, ask_mcp])
def test_a_program_gets_what_the_command_line_gives(server, said, ask):
    answers = ask(server.url)
    assert all(answer["format"] == 1 for answer in answers.values())
    for name in ("models", "methods"):
        assert answers[name] == said[name]
    assert_close(answers["predict"], said["predict"])
    explained = said["explain"]
    for key, each in answers["explain"]["maps"].items():
        overlay = base64.b64decode(each["overlay"].removeprefix("data:image/png;base64,"))
        shown, written = (cv2.imdecode(np.frombuffer(png, np.uint8), -1) for png in (overlay, said["pictures"][key]))
        assert np.abs(shown.astype(int) - written).max() <= 2
        each["overlay"] = explained["maps"][key]["overlay"]
    assert_close(answers["explain"], explained)
    assert_close(answers["evaluate"], said["evaluate"])
    report = base64.b64decode(answers["report"]["report"].removeprefix("data:application/pdf;base64,"))
    assert list_report_words(report) == said["report"]


def test_films_of_people_are_taken_where_the_host_allows_it_and_deleted(server, tmp_path, request):
    film = tmp_path / "DOE-JANE.png"
    cv2.imwrite(str(film), np.rint(make_phantom(6, 512, ("consolidation",)).pixels * 255))
    client = Client(server.url, verbose=False)
    answer = client.predict(film=handle_file(str(film)), network=NETWORK, anyway=True, api_name="/predict")
    if "on" in request.node.callspec.id:
        assert answer["probabilities"]["consolidation"] > 0.5 and answer["film"]["kind"] == "PNG"
        assert answer["file"] == "film"
    else:
        assert answer["error"].startswith(format_text("program-no-films", synthetic="synthetic:consolidation"))
    assert server.left_files() == [] and "DOE" not in server.log.read_text()
    for path in ("/etc/passwd", str(ROOT / "README.md"), "../film.png"):
        stolen = client.predict(film=path, anyway=True, api_name="/predict")
        assert "probabilities" not in stolen and stolen["error"]


@pytest.mark.parametrize(
    ("name", "given", "part"),
    [
        ("predict", {"film": "synthetic:flu"}, "synthetic:normal"),
        ("predict", {"film": FILM, "network": "none"}, NETWORK),
        ("explain", {"film": FILM, "labels": ["flu"]}, "effusion"),
        ("explain", {"film": FILM, "methods": ["telepathy"]}, "grad-cam"),
        ("explain", {"film": FILM, "labels": ["mass"] * 40}, "32"),
        ("evaluate", {"film": FILM, "label": "flu"}, "effusion"),
        ("evaluate", {"film": FILM, "methods": ["grad-cam"] * 5}, "4"),
        ("evaluate", {"film": FILM, "methods": ["score-cam"]}, "score-cam"),
        ("evaluate", {"film": FILM, "regions": [[0.1, 0.2, "x", 1]]}, "x, y, width and height"),
        ("report", {"film": FILM, "regions": [BOX] * 9}, "8"),
        ("report", {"film": FILM, "contrast": True, "checks": True}, "against"),
    ],
)
def test_what_cannot_be_answered_is_a_sentence_that_names_what_can(server, name, given, part):
    answer = Client(server.url, verbose=False).predict(**given, api_name=f"/{name}")
    assert part in answer["error"] and "Traceback" not in answer["error"]


def test_a_language_model_is_told_where_to_ask(server):
    told = httpx.get(f"{server.url}/agents.md")
    assert told.status_code == 200 and "gradio_api/mcp/" in told.text
    assert all(f"`{name}`" in told.text for name in ASKED)


def test_the_page_for_programs_runs_as_printed(server, tmp_path, monkeypatch, request):
    (block,) = re.findall(r"```py\n(.*?)```", PROGRAMS, re.DOTALL)
    cv2.imwrite(str(tmp_path / "film.png"), np.rint(make_phantom(6, 256).pixels * 255))
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(block.replace("http://127.0.0.1:7860", server.url), names)
    assert names["answer"]["probabilities"] and names["explained"]["maps"]
    assert ("error" in names["own"]) == ("off" in request.node.callspec.id)


def test_no_address_in_a_question_is_fetched(server):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0.5)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/film.png"
        for name, field in (("predict", "film"), ("models", "language")):
            given = {field: {"path": address, "meta": {"_type": "gradio.FileData"}}}
            asked = httpx.post(f"{server.url}/gradio_api/call/v2/{name}", json=given)
            if asked.status_code == 200:
                event = asked.json()["event_id"]
                told = httpx.get(f"{server.url}/gradio_api/call/{name}/{event}", timeout=60).text
                assert "event: error" in told and address not in told
        with pytest.raises(TimeoutError):
            listening.accept()


def test_slow_methods_are_left_to_the_command_line(server):
    answer = Client(server.url, verbose=False).predict(film=FILM, methods=["score-cam"], api_name="/explain")
    assert answer["error"].startswith(format_text("program-slow", methods="score-cam"))


def test_checks_that_take_too_long_are_ended(monkeypatch):
    monkeypatch.setattr(endpoints, "MAX_PROGRAM_CHECK_S", 0)
    desk = SimpleNamespace(analysers={NETWORK: Analyser(load(str(ROOT / "weights" / NETWORK)))}, lungs=None)
    desk.sessions = SimpleNamespace(working=nullcontext)
    request = SimpleNamespace(client=None)
    programs, asked = Programs(desk, False), {"label": "effusion", "methods": ["grad-cam"]}
    for answer in (programs.evaluate(request, FILM, **asked), programs.report(request, FILM, checks=True, **asked)):
        assert answer["error"].startswith("This took more than 0 minutes") and "report" not in answer
