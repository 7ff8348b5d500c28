"""What the page of the static edition runs of npm's packages: installed as the lock says, copied file by file.

There is no bundler. A browser takes modules of the language alone, so what was written for CommonJS is put into one,
and a package that names another is told where that lies.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from cxr_demo.errors import CxrError

INSTALLED = Path(sys.prefix) / "static-edition"
RUNTIME = "ort-wasm-simd-threaded.wasm"
COPIED = {  # name in lib/ -> file or folder of npm; of a folder all scripts
    "ort.js": "onnxruntime-web/dist/ort.wasm.bundle.min.mjs",
    "fluent": "@fluent/bundle/esm",
    "fast-png": "fast-png/lib",
    "fflate.js": "fflate/esm/browser.js",
    "iobuffer": "iobuffer/lib",
    "noble": "@noble/hashes",
    "utif.js": "utif2/UTIF.js",
    "pako.js": "pako/dist/pako_inflate.min.js",
    "dicom-parser.js": "dicom-parser/dist/dicomParser.min.js",
    "jpeg-lossless.js": "jpeg-lossless-decoder-js/release/lossless-min.js",
    "charls.js": "@cornerstonejs/codec-charls/dist/charlswasm_decode.js",
    "charls.wasm": "@cornerstonejs/codec-charls/dist/charlswasm_decode.wasm",
    "openjpeg.js": "@cornerstonejs/codec-openjpeg/dist/openjpegwasm_decode.js",
    "openjpeg.wasm": "@cornerstonejs/codec-openjpeg/dist/openjpegwasm_decode.wasm",
}
NEEDED = {"noble": ("sha2.js", "_md.js", "_u64.js", "utils.js")}  # of folders that hold much else
COMMON_JS = {  # what each of them asks `require` for
    "utif.js": "pako.js", "pako.js": "", "dicom-parser.js": "", "charls.js": "", "openjpeg.js": "",
}  # fmt: skip
PLACES = {"fflate": "../fflate.js", "iobuffer": "../iobuffer/iobuffer.js"}  # of packages, seen from a folder in lib/
BARE_IMPORT = re.compile(rf"(from\s*)['\"]({'|'.join(PLACES)})['\"]")
SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


def install_libraries(folder: Path = INSTALLED) -> Path:
    """npm's packages as the lock has them, by the Node of this environment or the machine's npm, unless they are there.
    Returns their folder node_modules. CxrError without npm, and where it fails."""
    given, done = resources.files("cxr_demo.export.static"), folder / "installed-lock.json"
    lock = given.joinpath("package-lock.json").read_bytes()
    if done.is_file() and done.read_bytes() == lock:
        return folder / "node_modules"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        (folder / name).write_bytes(given.joinpath(name).read_bytes())
    npm = shutil.which("npm", path=str(Path(sys.executable).parent)) or shutil.which("npm")
    if npm is None:
        raise CxrError("static-no-npm")
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    if subprocess.run(command, cwd=folder, check=False).returncode:
        raise CxrError("static-no-packages")
    done.write_bytes(lock)
    return folder / "node_modules"


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


def _list_licences(node_modules: Path) -> Iterator[str]:
    """What each package says of itself, and its licence where it brings the text."""
    for name in sorted({"/".join(each.split("/")[: 2 if each[0] == "@" else 1]) for each in COPIED.values()}):
        told = json.loads((node_modules / name / "package.json").read_text(encoding="utf-8"))
        author = told.get("author")
        author = f" By {author['name'] if isinstance(author, dict) else author}." if author else ""
        texts = [path.read_text(encoding="utf-8") for path in sorted((node_modules / name).glob("LICENSE*"))]
        yield "\n\n".join([f"{name} {told['version']}, {told['license']}.{author}", *texts])


def _copy_script(source: Path, target: Path, name: str = "") -> None:
    text = SOURCE_MAP.sub("", source.read_text(encoding="utf-8"))
    text = BARE_IMPORT.sub(lambda found: f'{found[1]}"{PLACES[found[2]]}"', text)
    if name in COMMON_JS:
        needed = COMMON_JS[name]
        head = f'import needed from "./{needed}";\n' if needed else "const needed = undefined;\n"
        head += "const module = { exports: {} }, exports = module.exports, require = () => needed;\n"
        text = f"{head}{text}\nexport default module.exports;\n"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
