"""What the page of the static edition runs of npm's packages: installed as the lock says, copied file by file.

There is no bundler. A browser takes modules of the language alone, so what was written for CommonJS is put into one,
and a package that names another is told where that lies.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path

from cxr_demo.errors import CxrError
from cxr_demo.explain.proof_cache import get_proof_folder

RUNTIME = "ort-wasm-simd-threaded.wasm"
COPIED = {  # name in lib/ -> file or folder of npm; of a folder all scripts
    "ort.js": "onnxruntime-web/dist/ort.wasm.bundle.min.mjs",
    "fluent": "@fluent/bundle/esm",
    "fast-png": "fast-png/lib",
    "fflate.js": "fflate/esm/browser.js",
    "iobuffer": "iobuffer/lib",
    "noble": "@noble/hashes",
    "dicom-parser.js": "dicom-parser/dist/dicomParser.min.js",
    "jpeg-lossless.js": "jpeg-lossless-decoder-js/release/lossless-min.js",
    "charls.js": "@cornerstonejs/codec-charls/dist/charlswasm_decode.js",
    "charls.wasm": "@cornerstonejs/codec-charls/dist/charlswasm_decode.wasm",
    "openjpeg.js": "@cornerstonejs/codec-openjpeg/dist/openjpegwasm_decode.js",
    "openjpeg.wasm": "@cornerstonejs/codec-openjpeg/dist/openjpegwasm_decode.wasm",
}
NEEDED = {"noble": ("sha2.js", "_md.js", "_u64.js", "utils.js")}  # of folders that hold much else
COMMON_JS = ("dicom-parser.js", "charls.js", "openjpeg.js")
# Of packages that bring no licence, or that of their wrapper alone: texts in licences/, and of a package of Python that
# is made of the same sources.
LICENCES = {
    "@cornerstonejs/codec-charls": ("charls.txt",),
    "@cornerstonejs/codec-openjpeg": ("codecs.txt", "openjpeg.txt"),
    "@fluent/bundle": ("fluent.txt",),
}
PYTHON_LICENCES = {"onnxruntime-web": ("onnxruntime", ("LICENSE", "ThirdPartyNotices.txt"))}
PLACES = {"fflate": "../fflate.js", "iobuffer": "../iobuffer/iobuffer.js"}  # of packages, seen from a folder in lib/
BARE_IMPORT = re.compile(rf"(from\s*)['\"]({'|'.join(PLACES)})['\"]")
SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


def install_libraries(folders: Iterable[Path] | None = None) -> Path:
    """npm's packages as the lock has them, by the Node of this environment or the machine's npm, unless they are there:
    in the first of `folders` that can be written. Returns their folder node_modules, which is whole or not there at
    all, so that two may ask at once. CxrError without npm, and where it fails."""
    given = resources.files("cxr_demo.export.static")
    lock = given.joinpath("package-lock.json").read_bytes()
    name = hashlib.sha256(lock).hexdigest()[:16]
    places = [folder / name for folder in folders or list_install_folders()]
    for place in places:
        if (place / "node_modules").is_dir():
            return place / "node_modules"
    npm = shutil.which("npm", path=str(Path(sys.executable).parent)) or shutil.which("npm")
    if npm is None:
        raise CxrError("static-no-npm")
    for place in places:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=place.parent, prefix="new-", ignore_cleanup_errors=True) as fresh:
                _run_npm(npm, Path(fresh), lock, given.joinpath("package.json").read_bytes())
                return _put_in_place(Path(fresh), place)
        except OSError:  # not ours to write, or full
            continue
    raise CxrError("static-no-packages")


def list_install_folders() -> list[Path]:
    """In this environment, or else in the user's own cache: one of the system belongs to somebody else."""
    return [Path(sys.prefix) / "static-edition", get_proof_folder().parent / "static-edition"]


def _run_npm(npm: str, folder: Path, lock: bytes, package: bytes) -> None:
    (folder / "package.json").write_bytes(package)
    (folder / "package-lock.json").write_bytes(lock)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    if subprocess.run(command, cwd=folder, check=False).returncode:
        raise CxrError("static-no-packages")


def _put_in_place(fresh: Path, place: Path) -> Path:
    try:
        fresh.rename(place)
    except OSError:
        if not (place / "node_modules").is_dir():  # another was faster
            raise
    return place / "node_modules"


def copy_libraries(node_modules: Path, out: Path) -> None:
    """Into `out`, the folder lib/ of an edition, with the licences of all. The runtime is compressed: many servers
    would not do it."""
    for name, source in COPIED.items():
        found = node_modules / source
        if found.is_dir():
            for script in sorted(found.rglob("*.js")):
                inner = script.relative_to(found).as_posix()
                if inner in NEEDED.get(name, (inner,)):
                    _copy_script(script, out / name / inner)
        elif found.suffix == ".wasm":
            (out / name).write_bytes(found.read_bytes())
        else:
            _copy_script(found, out / name, name)
    packed = gzip.compress((node_modules / "onnxruntime-web/dist" / RUNTIME).read_bytes(), 9, mtime=0)
    (out / f"{RUNTIME}.gz").write_bytes(packed)
    (out / "licences.txt").write_text("\n\n".join(_list_licences(node_modules)), encoding="utf-8")


def hash_programs(lib: Path) -> dict[str, str]:
    """Of what is no script in lib/, by path: the SHA-256 of what is inside."""
    found = {}
    for path in sorted(lib.glob("*.wasm*")):
        data = path.read_bytes()
        found[f"lib/{path.name}"] = hashlib.sha256(gzip.decompress(data) if path.suffix == ".gz" else data).hexdigest()
    return found


def _list_licences(node_modules: Path) -> Iterator[str]:
    """What each package says of itself, and its licences. CxrError for one whose text is nowhere."""
    for name in sorted({"/".join(each.split("/")[: 2 if each[0] == "@" else 1]) for each in COPIED.values()}):
        told = json.loads((node_modules / name / "package.json").read_text(encoding="utf-8"))
        author = told.get("author")
        author = f" By {author['name'] if isinstance(author, dict) else author}." if author else ""
        texts = [path.read_text(encoding="utf-8") for path in sorted((node_modules / name).glob("LICEN[CS]E*"))]
        own = resources.files("cxr_demo.export.static").joinpath("licences")
        texts += [own.joinpath(each).read_text(encoding="utf-8") for each in LICENCES.get(name, ())]
        package, files = PYTHON_LICENCES.get(name, ("", ()))
        texts += [resources.files(package).joinpath(each).read_text(encoding="utf-8") for each in files]
        if not texts:
            raise CxrError("static-no-licence", package=name)
        yield "\n\n".join([f"{name} {told['version']}, {told['license']}.{author}", *texts])


def _copy_script(source: Path, target: Path, name: str = "") -> None:
    text = SOURCE_MAP.sub("", source.read_text(encoding="utf-8"))
    text = BARE_IMPORT.sub(lambda found: f'{found[1]}"{PLACES[found[2]]}"', text)
    if name in COMMON_JS:
        head = "const module = { exports: {} }, exports = module.exports, require = () => undefined;\n"
        text = f"{head}{text}\nexport default module.exports;\n"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
