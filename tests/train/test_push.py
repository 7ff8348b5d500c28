"""Sending a checkpoint to the Hub: what goes, what stays, and what is said where it cannot go."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import httpx
import pytest
from huggingface_hub.errors import HfHubHTTPError

from cxr_demo.networks import checkpoint
from cxr_demo.networks.card_parts import Training
from tests.conftest import make_checkpoint
from train import push
from train.__main__ import main

REPO = "somebody/own"
FILES = ["README.md", "config.json", "model.safetensors", "roc.png"]


class Hub:
    """Stands in for HfApi: remembers what it was asked, or raises `error`."""

    error: Exception | None = None
    asked: list

    def create_repo(self, repo_id, *, private, exist_ok):
        if Hub.error:
            raise Hub.error
        Hub.asked.append((repo_id, private, exist_ok))

    def create_commit(self, repo_id, operations, *, commit_message):
        assert repo_id == REPO and commit_message == "Checkpoint own"
        Hub.asked += [(operation.path_in_repo, operation.path_or_fileobj) for operation in operations]
        return type("Commit", (), {"commit_url": f"https://hub/{repo_id}/commit/1"})


@pytest.fixture(autouse=True)
def hub(monkeypatch):
    Hub.asked, Hub.error = [], None
    monkeypatch.setattr(push, "HfApi", Hub)
    monkeypatch.setattr(push, "get_token", lambda: "a token")


@pytest.fixture
def folder(tmp_path):
    made, folder = make_checkpoint(), tmp_path / "own"
    training = Training(command="python -m train run x --data ../films --out /home/me/own")
    card = dataclasses.replace(made.card, name="own", licence="Apache-2.0", training=training)
    checkpoint.save(folder, made.model, card, half=False)
    for name in ("roc.png", "log.jsonl", "notes.png", "state.pt"):
        (folder / name).write_bytes(b"1")
    (folder / "tensorboard").mkdir()
    push.rewrite_card(folder)
    return folder


def refuse(status: int) -> HfHubHTTPError:
    request = httpx.Request("POST", "https://hub")
    return HfHubHTTPError("no", response=httpx.Response(status, request=request))


def test_the_card_is_written_anew_without_the_folders_of_this_machine(folder):
    card = checkpoint.read_card(folder)
    assert card.training.command == "python -m train run x --data DATA --out own"
    text = (folder / "README.md").read_text()
    assert f"`{card.training.command}`" in text and "(roc.png)" in text and "notes.png" not in text
    (folder / "README.md").write_text("mine")
    assert main(["card", str(folder)]) == 0 and (folder / "README.md").read_text() == text


def test_card_weights_page_and_pictures_go_and_nothing_else(folder, capsys):
    assert main(["push", str(folder), "--repo", REPO, "--private"]) == 0
    asked, *files = Hub.asked
    assert asked == (REPO, True, True)
    assert sorted(name for name, _ in files) == FILES and all(Path(path) == folder / name for name, path in files)
    assert f"https://hub/{REPO}/commit/1" in capsys.readouterr().out


def test_a_dry_run_says_what_would_go_and_asks_nobody(folder, capsys, monkeypatch):
    monkeypatch.setattr(push, "get_token", lambda: pytest.fail("no token is needed"))
    assert main(["push", str(folder), "--repo", REPO, "--dry-run"]) == 0
    said = capsys.readouterr().out
    size = sum((folder / name).stat().st_size for name in FILES)
    assert f"4 files, {size / 1e6:.2f} MB, would go to {REPO}." in said and all(name in said for name in FILES)
    assert not Hub.asked


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (refuse(401), "refused somebody/own (401). Log in with a token that may write: hf auth login"),
        (refuse(403), "refused somebody/own (403). Log in with a token"),
        (refuse(404), "refused somebody/own (404). Give --repo an owner"),
        (refuse(500), "refused somebody/own (500). Try again later."),
        (
            httpx.ConnectError("no route"),
            "could not be reached (ConnectError). Check the network; --dry-run",
        ),
        (httpx.ReadTimeout("slow"), "could not be reached (ReadTimeout)"),
    ],
)
def test_what_the_hub_refuses_is_a_sentence(folder, error, said, capsys):
    Hub.error = error
    assert main(["push", str(folder), "--repo", REPO]) == 2
    assert said in capsys.readouterr().err


def test_without_a_token_nobody_is_asked(folder, capsys, monkeypatch):
    monkeypatch.setattr(push, "get_token", lambda: None)
    assert main(["push", str(folder), "--repo", REPO]) == 2
    assert "no token for the Hugging Face Hub. Log in" in capsys.readouterr().err and not Hub.asked


def test_what_cannot_be_loaded_or_is_not_its_cards_stays(folder, capsys):
    page = folder / "README.md"
    page.write_text(page.read_text().replace("library_name: cxr-demo", "library_name: timm"))
    assert main(["push", str(folder), "--repo", REPO]) == 2
    assert "README.md of own is not what its card says. Write it anew: python -m train card" in capsys.readouterr().err
    card = checkpoint.read_card(folder)
    checkpoint.save_card(folder, dataclasses.replace(card, training=Training(data="films of /home/me/films")))
    push.rewrite_card(folder)
    assert main(["push", str(folder), "--repo", REPO]) == 2
    assert "names a folder of this machine: /home/me/films" in capsys.readouterr().err
    (folder / "model.safetensors").write_bytes(b"broken")
    assert main(["push", str(folder), "--repo", REPO]) == 2
    assert "are not the ones its config.json was written for" in capsys.readouterr().err
    assert not Hub.asked
    with pytest.raises(SystemExit):
        main(["push", str(folder), "--repo", "no owner"])
