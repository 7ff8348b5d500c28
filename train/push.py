"""What leaves this machine: a checkpoint's folder to the Hugging Face Hub, and the README.md that goes with it."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import httpx
from huggingface_hub import CommitOperationAdd, HfApi, ModelCard, get_token
from huggingface_hub.errors import HfHubHTTPError

from cxr_demo.errors import TrainingError
from cxr_demo.networks import checkpoint
from train.fit.environment import hide_folders
from train.measure.model_card import MODEL_CARD_FILE, format_model_card, list_pictures, write_model_card

# A path from the root of one machine, from a home, or out of a folder, where a word begins.
LOCAL_PATH = re.compile(r"""(?:^|(?<=[\s"'`=(\[]))(?:~/|/[\w.-]+/|\.\.[/\\]|[A-Za-z]:\\)[^\s"'`)\]]*""")
STATUSES = {  # of the Hub's refusals -> what a person can do about each
    401: "Log in with a token that may write: hf auth login",
    403: "Log in with a token that may write: hf auth login, or give --repo another owner.",
    404: "Give --repo an owner whose repositories you may write.",
}


def rewrite_card(folder: Path) -> None:
    """The README.md of a checkpoint anew, from its card; folders of one machine in the card's command are left out."""
    card = checkpoint.read_card(folder)
    command = " ".join(hide_folders(card.training.command.split()))
    if command != card.training.command:
        card = dataclasses.replace(card, training=card.training.replace(command=command))
        checkpoint.save_card(folder, card)
    write_model_card(folder, card)


def push_checkpoint(folder: Path, repo: str, private: bool = False, dry_run: bool = False) -> None:
    """Send weights, card, README.md and its pictures, and nothing else of the folder, to the repository `repo`
    ("owner/name"), which is made where there is none. With `dry_run` prints alone what would be sent.

    CheckpointError where the checkpoint cannot be loaded, TrainingError where its README.md is not its card's, or where
    the Hub refuses or cannot be reached.
    """
    files = list_files(folder)
    for name, size in files.items():
        print(f"{name:24}{size / 1e6:10.2f} MB")
    print(f"{len(files)} files, {sum(files.values()) / 1e6:.2f} MB, {'would go' if dry_run else 'go'} to {repo}.")
    if dry_run:
        return
    if get_token() is None:
        raise TrainingError("There is no token for the Hugging Face Hub.", STATUSES[401])
    try:
        api = HfApi()
        api.create_repo(repo, private=private or None, exist_ok=True)
        added = [CommitOperationAdd(path_in_repo=name, path_or_fileobj=folder / name) for name in files]
        print(api.create_commit(repo, added, commit_message=f"Checkpoint {folder.resolve().name}").commit_url)
    except HfHubHTTPError as error:
        status = error.response.status_code
        raise TrainingError(
            f"The Hugging Face Hub refused {repo} ({status}).", STATUSES.get(status, "Try again later.")
        ) from error
    except (httpx.HTTPError, OSError) as error:
        raise TrainingError(
            f"The Hugging Face Hub could not be reached ({type(error).__name__}).",
            "Check the network; --dry-run needs none.",
        ) from error


def list_files(folder: Path) -> dict[str, int]:
    """Name -> bytes of what is sent, once the checkpoint loads and its README.md is what its card says."""
    stored = checkpoint.load(folder)
    card, pictures = checkpoint.read_card(stored.folder), list_pictures(stored.folder)
    again = f"Write it anew: python -m train card {folder}"
    page = stored.folder / MODEL_CARD_FILE
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    if text != format_model_card(card, pictures):
        raise TrainingError(f"The {MODEL_CARD_FILE} of {folder.name} is not what its card says.", again)
    if found := find_local_path(text) or find_local_path(card.to_json()):
        raise TrainingError(f"The card of {folder.name} names a folder of this machine: {found}", again)
    ModelCard(text)  # ValueError would be a fault of ours: the text is made from checked facts
    names = (checkpoint.WEIGHTS_FILE, checkpoint.CARD_FILE, MODEL_CARD_FILE, *pictures)
    return {name: (stored.folder / name).stat().st_size for name in names}


def find_local_path(text: str) -> str:
    """The first path in a text that is of one machine, or "". Paths within a project, as `weights/NAME`, are not."""
    found = LOCAL_PATH.search(text)
    return found[0] if found else ""
