"""Stands on the path of a server under fire: its reader needs a minute of a processor for a film that says so."""

import sys
import time

MINUTE = b"ONE MINUTE"

if "cxr_demo.film.reader_process" in sys.orig_argv:
    from cxr_demo.film import reading

    read_image = reading.read_image

    def read_slowly(path):
        with open(path, "rb") as file:
            if MINUTE in file.read(400):
                until = time.process_time() + 60
                while time.process_time() < until:
                    pass
        return read_image(path)

    reading.read_image = read_slowly
