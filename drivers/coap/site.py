"""What is where on the CoAP server, and what no path needs to care about: critical options, errors, defects of ours."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from aiocoap import Message
from aiocoap.error import RenderableError
from aiocoap.numbers.codes import Code
from aiocoap.pipe import Pipe

from drivers.coap.lwm2m import Lwm2mServer
from drivers.coap.orders import Orders
from drivers.coap.posts import CHANNELS, Posts
from drivers.coap.replies import Refused, content, plain
from drivers.coap.speakers import NotYours

_LINK_FORMAT = 40
_LINKS = (
    '</t>;rt="ll.t";ct="110 112",</s>;rt="ll.s",</e>;rt="ll.e",</r>;rt="ll.r",</c>;rt="ll.c";obs,</rd>;rt="core.rd"'
)
_UNDERSTOOD = frozenset({3, 7, 11, 15, 17, 23, 27})  # critical options: Uri-*, Accept, Block1, Block2
_PROXY = frozenset({35, 39})
_PATHS = "paths are /t, /s, /e, /r, /c with /DEVICE, and /rd"


class Site:
    """Answers requests by their paths."""

    def __init__(self, posts: Posts, orders: Orders, lwm2m: Lwm2mServer, running: Callable[[], bool]) -> None:
        self._posts, self._orders, self._lwm2m, self._running = posts, orders, lwm2m, running
        self._log = structlog.get_logger("lamplighter.coap")
        self.counted = {"requests": 0, "refused": 0, "failed": 0}

    async def render_to_pipe(self, pipe: Pipe) -> None:
        """Answer a request, whatever it is."""
        request = pipe.request
        self.counted["requests"] += 1
        try:
            await self._route(pipe, request)
        except Refused as refused:
            self.counted["refused"] += 1
            if isinstance(refused, NotYours):
                self._posts.put_aside(request, refused)
            pipe.add_response(plain(request, refused.code, str(refused), **refused.options), is_last=True)
        except RenderableError as error:
            self.counted["refused"] += 1
            pipe.add_response(error.to_message(), is_last=True)
        except Exception:
            if not self.counted["failed"]:
                self._log.exception("a request could not be answered", path="/".join(request.opt.uri_path)[:200])
            self.counted["failed"] += 1
            pipe.add_response(Message(code=Code.INTERNAL_SERVER_ERROR), is_last=True)

    async def _route(self, pipe: Pipe, request: Message) -> None:
        _check_options(request)
        path = request.opt.uri_path
        if path == (".well-known", "core"):
            _only(request, Code.GET)
            pipe.add_response(content(request, _LINKS.encode(), _LINK_FORMAT), is_last=True)
        elif not self._running():
            raise Refused(Code.SERVICE_UNAVAILABLE, "the hub is stopping", max_age=10)
        elif len(path) == 2 and path[0] in CHANNELS:
            _only(request, Code.POST)
            answer = await self._posts.take(path[0], path[1], request)
            self._orders.heard(path[1])
            pipe.add_response(answer, is_last=True)
        elif len(path) == 2 and path[0] == "c":
            _only(request, Code.GET)
            await self._orders.get(self._posts.speaker(path[1], request), pipe)
        elif path and path[0] == "rd" and len(path) <= 2:
            body = self._posts.whole(request)
            more = Message(code=Code.CONTINUE, block1=request.opt.block1)
            answer = more if body is None else self._lwm2m.answer(request, body)
            pipe.add_response(answer, is_last=True)
        else:
            raise Refused(Code.NOT_FOUND, _PATHS)


def _only(request: Message, code: Code) -> None:
    if request.code != code:
        raise Refused(Code.METHOD_NOT_ALLOWED, f"use {code.name}")


def _check_options(request: Message) -> None:
    """RFC 7252 section 5.4.1: an option that must be understood and is not ends the request."""
    for option in request.opt.option_list():
        number = int(option.number)
        if number in _PROXY:
            raise Refused(Code.PROXYING_NOT_SUPPORTED, "this is no proxy")
        if number & 1 and number not in _UNDERSTOOD:
            raise Refused(Code.BAD_OPTION, f"option {number} is not supported")
