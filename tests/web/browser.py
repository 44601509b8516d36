"""Debian's Chromium with one page in it that notes every error and every request that leaves the hub."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.servers.missing import need

CHROMIUM = Path("/usr/bin/chromium")
# The last list counts, so that Playwright's own stands here too. The popups of the address bar, two pages that Chromium
# loads for every window, cost more than our page does.
_OFF = [
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "LensOverlay"),
    *("HttpsFirstBalancedModeAutoEnable", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning"),
    *("AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled"),
    *("PreconnectToSearch", "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"),
]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(_OFF)}",
]
DESKTOP = (1440, 900)
PHONE = (390, 844)


class _Left:
    """The browser that one module's tests leave open for the next one's, while `left_open` holds."""

    stack: contextlib.ExitStack | None = None
    browser: Browser | None = None


@contextlib.contextmanager
def left_open() -> Iterator[None]:
    """Meanwhile there is one browser: to start it takes longer than most tests of a page."""
    with contextlib.ExitStack() as _Left.stack:
        try:
            yield
        finally:
            _Left.stack = _Left.browser = None  # whoever comes later has its own


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window, in which nobody is signed in. What was opened in it is closed at the end."""
    if _Left.stack is None:
        with _launched() as browser:
            yield browser
        return
    if _Left.browser is None or not _Left.browser.is_connected():
        _Left.browser = _Left.stack.enter_context(_launched())
    browser = _Left.browser
    others = browser.contexts
    try:
        yield browser
    finally:
        for context in browser.contexts:
            if context not in others:
                context.close()


@contextlib.contextmanager
def _launched() -> Iterator[Browser]:
    need("chromium", CHROMIUM.exists(), "apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        try:
            yield browser
        finally:
            browser.close()


class Screen:
    """One page of one person. `errors` are what the console and the page complained of, `elsewhere` foreign requests."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        page.set_default_timeout(30_000)
        page.on(
            "console",
            lambda message: self.errors.append(message.text) if message.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and f"{parts.scheme}://{parts.netloc}" != self.url:
            self.elsewhere.append(url)

    def at(self, testid: str) -> Locator:
        """The element with that test id."""
        return self.page.get_by_test_id(testid)

    def ask(self, expression: str, argument: Any = None) -> Any:
        """The value of a JavaScript expression on the page."""
        return self.page.evaluate(expression, argument)

    def until(self, what: str, look: Callable[[], object], within: float = 60.0) -> None:
        """Wait for something on the page; fails naming `what`."""
        end = time.monotonic() + within
        while not look():
            assert time.monotonic() < end, f"waited {within:.0f} s in vain for: {what}"
            self.page.wait_for_timeout(50)

    def sign_in(self, name: str, password: str) -> None:
        """Fill in the form and wait for the live map."""
        self.at("username").fill(name)
        self.at("password").fill(password)
        self.at("submit").click()
        self.until("a live map", lambda: self.ask("() => lamplighter.ready && lamplighter.connection === 'live'"))

    def click(self, testid: str) -> None:
        """Click the visible element with that test id (the page has a language switch in two places)."""
        self.at(testid).filter(visible=True).first.click()

    def clean(self) -> None:
        """Fail when anything was complained of or asked of somebody else."""
        assert not self.errors, f"the page complained: {self.errors}"
        assert not self.elsewhere, f"the page asked others: {self.elsewhere}"


@contextlib.contextmanager
def screen(browser: Browser, url: str, size: tuple[int, int] = DESKTOP, locale: str = "en-GB") -> Iterator[Screen]:
    """A page of that size in a browser of that language, opened at `url`."""
    phone = size == PHONE
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale=locale,
        timezone_id="Asia/Ho_Chi_Minh",
        has_touch=phone,
        device_scale_factor=2 if phone else 1,
    )
    try:
        page = context.new_page()
        shown = Screen(page, url)
        page.goto(url)
        yield shown
    finally:
        context.close()
