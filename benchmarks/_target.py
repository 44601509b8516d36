"""A receiver of webhooks that may be killed: what it answered is on disk. `python -m benchmarks._target PORT FILE`."""

from __future__ import annotations

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock


def main(port: int, file: Path) -> None:
    """Append each body, a line each, before it is answered."""
    lock = Lock()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            with lock, file.open("ab") as out:
                out.write(body.replace(b"\n", b" ") + b"\n")
                out.flush()
                os.fsync(out.fileno())
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    ThreadingHTTPServer(("127.0.0.1", port), Receiver).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
