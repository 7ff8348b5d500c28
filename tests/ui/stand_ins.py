"""A page without a browser and networks without weights: what the tests of the page share."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np

from cxr_demo.analysis import Explanation, MemberAnswers
from cxr_demo.explain.methods import METHODS
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.film.reading import Radiograph
from cxr_demo.networks.card import Card, EnsembleSpec, Member
from cxr_demo.ui.app.desk import Desk
from cxr_demo.ui.app.follower import follow, look
from cxr_demo.ui.app.intentions import INTENTIONS, Press
from cxr_demo.ui.app.sessions import Sessions
from cxr_demo.ui.app.wish import Wish
from cxr_demo.ui.viewer.film_pictures import FilmPictures, make_film_pictures

NASTY = "<img src=x onerror=alert(1)>${alert(2)}{{alert}}`\"'"
LABELS = ("normal", "bacterial_pneumonia", "viral_pneumonia")


def card(**changes) -> Card:
    facts = {
        "name": "a", "backbone": "densenet121", "labels": LABELS, "task": "single-label",
        "preprocess": Preprocess(64, "letterbox", (0.5,), (0.2,)), "temperature": 1.2,
        "thresholds": {"normal": 0.5, "bacterial_pneumonia": 0.4, "viral_pneumonia": 0.3},
    }  # fmt: skip
    return Card(**facts | changes)


def ensemble(rule: str = "weighted", names=("one", "two"), temperature: float = 1.1, **changes) -> Card:
    members = tuple(Member(name, "densenet121", "linear", temperature, "ef" * 32) for name in names)
    made = EnsembleSpec(rule, (0.3, 0.7) if rule == "weighted" else (0.5, 0.5), members)
    return card(backbone="", ensemble=made, **changes)


def study(probabilities=(0.2, 0.7, 0.1), notes=(), shape=(90, 70), header=None) -> SimpleNamespace:
    pixels = np.random.default_rng(0).random(shape, dtype=np.float32)
    image = Radiograph(pixels, notes, "ab" * 32, "PNG", header)
    p = np.array(probabilities)
    members = MemberAnswers(("one", "two"), np.log([p, p]), np.clip([p - 0.1, p + 0.1], 0, 1))
    return SimpleNamespace(
        image=image,
        labels=LABELS,
        probabilities=p,
        logits=np.log(p),
        calibrated=True,
        members=members,
        checkpoint_sha256="cd" * 32,
    )


def explanation(method: str, map_square: np.ndarray, label: str = "bacterial_pneumonia") -> Explanation:
    return Explanation(method, label, map_square, METHODS[method].unit, 1.7, 1.5, 0.2)


def pictures(of: SimpleNamespace, name: str = "film.png", truth=None) -> FilmPictures:
    """What the page shows of the film of a study."""
    return make_film_pictures(name, of.image, truth or {})


def png(seed: int = 0) -> bytes:
    film = np.random.default_rng(seed).integers(0, 255, (80, 64), dtype=np.uint8)
    return cv2.imencode(".png", film)[1].tobytes()


def uploaded(folder: Path, name: str, data: bytes) -> str:
    """The path of a file that has arrived."""
    path = Path(tempfile.mkdtemp(prefix="upload-", dir=folder)) / name
    path.write_bytes(data)
    return str(path)


def figure(made: dict, method: str) -> str:
    return re.search(rf'<figure class="panel" data-method="{method}">.*?</figure>', made["html"])[0]


class StandIn:
    """An Analyser's face with arithmetic instead of a network."""

    def __init__(self, broken: Exception | None = None) -> None:
        self.card, self.sha256, self.broken = card(), "cd" * 32, broken
        self.proof = SimpleNamespace(line="Grad-CAM ok", refusals={})
        self.is_proved = True
        self.asked: list[tuple[str, str]] = []

    @property
    def known_refusals(self):
        return self.proof.refusals if self.is_proved else {}

    def prove(self):
        self.is_proved = True
        return self.proof

    def analyse(self, image):
        if self.broken:
            raise self.broken
        return SimpleNamespace(**study().__dict__ | {"image": image})

    def explain(self, study, labels, methods, on_progress=lambda done, total: None):
        self.asked += [(method, label) for method in methods for label in labels]
        on_progress(0.5, 1)
        side = 2 if METHODS[methods[0]].family.reads == "features" else 64
        return {(m, la): explanation(m, np.full((side, side), 0.5), la) for m in methods for la in labels}

    def estimate_forwards(self, methods, part):
        return 10.0 * sum(METHODS[key].cost_forwards for key in methods)


def make_desk(analysers: dict, folder: Path, lungs=None) -> Desk:
    first = next(iter(analysers), "")
    return Desk(analysers, {}, folder, lungs, None, Sessions(Wish(checkpoint=first, own_checkpoint=first)))


class Page:
    """An open page: its presses get their numbers one after the other, and each part that a value names is looked up
    among the bodies that have come so far, as its browser does."""

    def __init__(self, desk: Desk, key: str = "page") -> None:
        self.desk, self.key, self.session = desk, key, desk.sessions.keep(key)
        self.number, self.bodies = 0, {}

    def press(self, intention: str, number: int | None = None, **data) -> None:
        """With `number`, one that arrives later than it was made."""
        self.number = self.number + 1 if number is None else max(self.number, number)
        with self.session.lock:
            data.setdefault("at", look(self.desk, self.session, ())["at"])
            INTENTIONS[intention](Press(self.desk, self.session, number or self.number, data))

    def upload(self, data: bytes, name: str = "film.png", **more) -> str:
        """A file arrives; returns its path."""
        path = uploaded(self.desk.folder, name, data)
        self.press("take_film", path=path, name=name, **more)
        return path

    def look(self) -> SimpleNamespace:
        """What the answer to a press shows: what is there now, without any work."""
        with self.session.lock:
            return self._read(look(self.desk, self.session, self.bodies))

    def follow(self) -> Iterator[SimpleNamespace]:
        """Every value until the page shows what is wanted: the body of each part by its name, and the `value`."""
        for value in follow(self.desk, self.session, list(self.bodies)):
            yield self._read(value)

    def settle(self) -> SimpleNamespace:
        """The page as it shows what is wanted."""
        shown = list(self.follow())[-1]
        assert shown.value["rest"]
        return shown

    def open(self, data: bytes | None = None, methods=None) -> SimpleNamespace:
        """A film on the page, and all its maps made."""
        if methods is not None:
            self.press("choose_methods", methods=list(methods))
        self.upload(png() if data is None else data)
        return self.settle()

    def _read(self, value: dict) -> SimpleNamespace:
        self.bodies |= value["bodies"]
        return SimpleNamespace(value=value, **{name: self.bodies[id_] for name, id_ in value["parts"].items()})
