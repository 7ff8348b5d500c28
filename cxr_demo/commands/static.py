"""`export-static`: the edition without a server, as a folder of files."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

from cxr_demo.commands import arguments
from cxr_demo.errors import CxrError
from cxr_demo.text.catalogue import format_text


def add_static(commands: arguments.Commands) -> None:
    static = commands.add_parser("export-static", help=format_text("help-static"))
    static.add_argument("out", type=Path, metavar="OUT")
    static.add_argument("--networks", nargs="+", metavar="NAME", default=(), help=format_text("help-static-networks"))
    static.add_argument("--single", action="store_true", help=format_text("help-static-single"))
    static.add_argument("--golden", type=Path, metavar="FOLDER", help=format_text("help-static-golden"))
    static.add_argument("--overwrite", action="store_true", help=format_text("help-static-overwrite"))
    static.set_defaults(act=run_static)


def run_static(options: argparse.Namespace) -> int:
    if not all(map(importlib.util.find_spec, ("onnx", "onnxruntime"))):
        raise CxrError("static-extra")
    from cxr_demo.export.static.edition import write_edition, write_single
    from cxr_demo.export.static.golden import write_cases
    from cxr_demo.networks import checkpoint
    from cxr_demo.progress import show_progress

    networks = options.networks or [path.name for path in checkpoint.find_checkpoints(checkpoint.get_weights_root())]
    with show_progress() as on_progress:
        if options.single:
            write_single(options.out, networks, on_progress, options.overwrite)
        else:
            write_edition(options.out, networks, on_progress, options.overwrite)
    print(options.out)
    for name in networks if options.golden else ():
        write_cases(options.golden / name, name)
    return 0
