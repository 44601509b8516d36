"""A webhook receiver that does what a test says: answers, fails, hangs, answers twice, drops the line in the middle."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Post:
    """A request as it came. `headers` have lower-case names."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Way = Callable[["Receiver", socket.socket, Post], None]


def answer(status: int, body: bytes = b"", *headers: str) -> Way:
    """A whole answer."""

    def way(receiver: Receiver, line: socket.socket, post: Post) -> None:
        line.sendall(whole(status, body, *headers))

    return way


def whole(status: int, body: bytes = b"", *headers: str) -> bytes:
    """The bytes of an answer."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def hang(receiver: Receiver, line: socket.socket, post: Post) -> None:
    """Never say anything, until the receiver ends."""
    receiver.ended.wait()


def twice(receiver: Receiver, line: socket.socket, post: Post) -> None:
    """Two answers to one request."""
    line.sendall(whole(200) + whole(500))


def drop(receiver: Receiver, line: socket.socket, post: Post) -> None:
    """The line breaks in the middle of the answer's head."""
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")


class Receiver:
    """Listens on a free port. `way` decides what it does; `posts` is what came, in order of arrival."""

    def __init__(self) -> None:
        self.way: Way = answer(200)
        self.posts: list[Post] = []
        self.ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with line, contextlib.suppress(OSError):
            post = _read(line)
            if post is not None:
                way = self.way
                self.posts.append(post)
                way(self, line, post)

    def close(self) -> None:
        """Stop listening; whoever hangs is let go."""
        self.ended.set()
        self._listener.close()


def _read(line: socket.socket) -> Post | None:
    raw = b""
    while b"\r\n\r\n" not in raw:
        part = line.recv(65_536)
        if not part:
            return None
        raw += part
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (each.partition(":") for each in rest)}
    while len(body) < int(headers.get("content-length", 0)):
        body += line.recv(65_536)
    return Post(first.split(" ")[1], headers, body)


@contextlib.contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver for as long as it is needed."""
    made = Receiver()
    try:
        yield made
    finally:
        made.close()
