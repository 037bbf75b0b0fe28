"""A person at a real browser: one context each, and the checks that every page must pass for everybody."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, ViewportSize, expect

AXE = Path(__file__).parent / "axe.min.js"
AXE_RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]},
    "resultTypes": ["violations"],
    # Nothing is fetched again: all our styles are of this server and already there.
    "preload": False,
}
# Milliseconds after which something hangs; a slow machine alone never needs as many.
PATIENCE = 120_000
expect.set_options(timeout=PATIENCE)
FRAME = """() => ({
    headings: document.querySelectorAll("h1").length,
    language: document.documentElement.lang,
    title: document.title,
    skips: document.querySelector(`main${document.querySelector("a").hash}`) === document.querySelector("main"),
})"""
WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 320, "height": 640}
# Chromium says this of every answer of 400 and above; `Person.refusals` keeps those with their status.
REFUSED = "Failed to load resource: the server responded with a status of 4"


@functools.cache
def axe_source() -> str:
    """The accessibility checker, read once."""
    return AXE.read_text("utf-8")


class Person:
    """Somebody in front of a browser. What goes wrong behind the page is collected in `faults`."""

    def __init__(self, browser: Browser, address: str, *, scripts: bool = True) -> None:
        self.address = address
        self.scripts = scripts
        self.faults: list[str] = []
        self.refusals: list[tuple[int, str]] = []
        self.seen: set[str] = set()
        self.context = browser.new_context(
            base_url=address, locale="pl-PL", viewport=WIDE, java_script_enabled=scripts, reduced_motion="reduce"
        )
        self.context.set_default_timeout(PATIENCE)
        self.context.set_default_navigation_timeout(2 * PATIENCE)
        self.page = self._watched(self.context.new_page())

    def _watched(self, page: Page) -> Page:
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("request", self._on_request)
        page.on("response", self._on_response)
        return page

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(REFUSED):
            self.faults.append(f"console at {self.page.url}: {message.text}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.address}/", "data:", "blob:")):
            self.faults.append(f"{self.page.url} asks a foreign server: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.refusals.append((response.status, response.url.removeprefix(self.address)))

    def close(self) -> None:
        """Leave; whatever went wrong unseen fails the test now."""
        self.context.close()
        assert not self.faults, "\n".join(self.faults)

    # --- moving about

    def signed_in_by(self, cookie: str) -> "Person":
        """Bring the session along: for tests that are not about signing in."""
        self.context.add_cookies([{"name": "certify", "value": cookie, "url": self.address}])
        return self

    def open(self, path: str) -> int:
        """Go to an address; answers the status."""
        response = self.page.goto(path)
        assert response is not None
        return response.status

    def sign_in(self, email: str, password: str) -> None:
        """Through the form, as everybody does."""
        self.open("/sign-in")
        self.fill("Adres e-mail", email)
        self.fill("Hasło", password)
        self.press("Zaloguj się")
        assert "/sign-in" not in self.page.url, self.page.locator("main").inner_text()

    def fill(self, label: str, text: str) -> None:
        """Write into the field with this label."""
        self.page.get_by_label(label).fill(text)

    def choose(self, label: str, option: str) -> None:
        """Choose from the list with this label."""
        self.page.get_by_label(label).select_option(label=option)

    def tick(self, label: str) -> None:
        """Tick the box, or choose the one answer, with this label."""
        self.page.get_by_label(label).check()

    def press(self, name: str) -> None:
        """Press the one button of this name and wait for the next page."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name).click()

    def follow(self, name: str) -> None:
        """Follow the first link of this name inside the page."""
        with self.page.expect_navigation():
            self.page.locator("main").get_by_role("link", name=name).first.click()

    @contextmanager
    def refused(self, status: int) -> Iterator[None]:
        """What happens inside must be refused once, with this status."""
        before = len(self.refusals)
        yield
        found = [one for one, _ in self.refusals[before:]]
        assert found == [status], f"refusals: {self.refusals[before:]}"

    # --- looking

    def reads(self, *texts: str) -> None:
        """The page says each of these."""
        for text in texts:
            expect(self.page.locator("main").get_by_text(text).first).to_be_visible()

    def looks(self, title: str | None = None) -> None:
        """Check the page, and that its heading has these words.

        A page that was checked before, under the same heading, is not checked again.
        """
        heading = self.page.locator("h1")
        expect(heading).to_have_count(1)
        if title is not None:
            expect(heading).to_contain_text(title)
        key = f"{heading.inner_text()} {len(self.refusals)}"
        if key not in self.seen:
            self.seen.add(key)
            faults = self.look_over()
            assert not faults, f"{self.page.url}:\n" + "\n".join(faults)

    def look_over(self, *, twice: bool = False) -> list[str]:
        """What is wrong with the page; `twice`: accessibility on a phone too, where other parts of it are shown."""
        faults = [*self._frame(), *self.violations()]
        self.page.set_viewport_size(NARROW)
        faults += self.sideways()
        if twice:
            faults += [f"at 320 px: {one}" for one in self.violations()]
        self.page.set_viewport_size(WIDE)
        return faults

    def _frame(self) -> list[str]:
        found: dict[str, Any] = self.page.evaluate(FRAME)
        faults = {
            f"{found['headings']} headings of the first level": found["headings"] != 1,
            f"the page is in {found['language']!r}": found["language"] != "pl",
            f"the page is called {found['title']!r}": not found["title"].split("·")[0].strip(),
            "the first link does not skip to the content": not found["skips"],
        }
        return [fault for fault, true in faults.items() if true]

    def violations(self) -> list[str]:
        """What the accessibility checker finds. It runs beside the page's own scripts, out of the page's policy."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(axe_source())
        found: dict[str, Any] = self.page.evaluate("rules => axe.run(document, rules)", AXE_RULES)
        return [
            f"{one['id']} ({one['help']}): {node['target']} {node['html'][:160]}"
            for one in found["violations"]
            for node in one["nodes"]
        ]

    def sideways(self) -> list[str]:
        """What makes the page wider than a small phone."""
        width, widest = self.page.evaluate(
            """() => [document.documentElement.scrollWidth, [...document.querySelectorAll('body *')]
                .filter(one => one.getBoundingClientRect().right > innerWidth + 1).slice(0, 5)
                .map(one => one.tagName + '.' + one.className)]"""
        )
        return [] if width <= NARROW["width"] else [f"{width} px wide at 320 px: {widest}"]
