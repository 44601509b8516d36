"""Run as a program: load what `lamplighter` is made of once, then become it as often as is asked for.

A request is a message on standard input, a Unix socket: JSON with the module to run as a program, its words, its environment
and its folder, and the descriptors of its standard input, output and errors. Answers are JSON lines on standard output:
{"pid"} once it is started, {"pid", "code"} once it has ended. What is started is a fork: a process of its own in all but
the loading, which takes longer than most tests.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
import time
from importlib import import_module
from typing import Any

from hub.loading import loading

LOADED = ("hub.cli", "hub.app", "hub.demo", "hub.doctor", "drivers.mqtt", "simulators.cli", "simulators.fleet")
LARGEST = 1 << 17  # bytes of a request


def serve(requests: socket.socket, answers: int) -> dict[str, Any] | None:
    """In the server: answer until nobody asks any more, then None. In what it starts: what was asked for."""
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready, _, _ = select.select([requests, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _reap(answers)
        if requests in ready:
            message, files, _, _ = socket.recv_fds(requests, LARGEST, 3)
            if not message:
                return None
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for number, file in enumerate(files):
                    os.dup2(file, number)
                for spare in (requests.fileno(), answers, woken, waker, *files):
                    os.close(spare)
                requests.detach()
                asked: dict[str, Any] = json.loads(message)
                return asked
            for file in files:
                os.close(file)
            _say(answers, pid=pid)


def _reap(answers: int) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _say(answers, pid=pid, code=os.waitstatus_to_exitcode(status))


def _say(answers: int, **said: int) -> None:
    os.write(answers, json.dumps(said).encode() + b"\n")


def _become(asked: dict[str, Any]) -> None:
    """Its session, folder, environment and words."""
    os.setsid()
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    os.chdir(asked["folder"])
    sys.path[:0] = filter(None, asked["environment"].get("PYTHONPATH", "").split(os.pathsep))
    sys.argv[1:] = asked["words"]


def _end(code: object) -> None:
    """All that an interpreter does at its end, but for taking its modules apart, which takes it half a second."""
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


def main() -> None:
    """Serve, or in a fork: do what was asked for."""
    with loading():
        for name in LOADED:
            import_module(name)
    gc.freeze()
    asked = serve(socket.socket(fileno=os.dup(0)), os.dup(1))
    if asked is None:
        return
    try:
        _become(asked)
        runpy.run_module(asked["module"], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        _end(end.code)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        _end(1)
    _end(0)


if __name__ == "__main__":
    main()
