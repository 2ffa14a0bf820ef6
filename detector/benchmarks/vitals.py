"""What a visitor waits for: the main pages in Chromium, each loaded anew several times."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from .browser import open_browser, send, set_screen
from .lines import Line
from .pictures import save_jpegs
from .site import open_site

if TYPE_CHECKING:
    from selenium import webdriver

# Seconds after the load within which the last paints, shifts and long tasks are told.
SETTLED = 1.0
# As Chromium tells them; of a task that blocks, what is beyond 50 ms counts (web.dev/tbt).
OBSERVE = """
window.vitals = { largest: 0, shifts: 0, blocked: 0 };
function watch(type, take) {
  const observer = new PerformanceObserver((list) => list.getEntries().forEach(take));
  observer.observe({ type, buffered: true });
}
watch("largest-contentful-paint", (entry) => { vitals.largest = entry.startTime; });
watch("layout-shift", (entry) => { if (!entry.hadRecentInput) vitals.shifts += entry.value; });
watch("longtask", (entry) => { vitals.blocked += Math.max(0, entry.duration - 50); });
"""
READ = """
const loaded = ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind));
const bytes = loaded.reduce((sum, entry) => sum + entry.encodedBodySize, 0);
return [vitals.largest, vitals.shifts, vitals.blocked, bytes, loaded.length];
"""
TARGETS = {"Home": "<= 60 KB"}


class Load(NamedTuple):
    """One load: milliseconds to the largest paint, the sum of the layout shifts, milliseconds that
    scripts blocked the page, bytes of all bodies as they were sent, and how many there were.
    """

    largest: float
    shifts: float
    blocked: float
    size: float
    requests: float


def measure_vitals(*, runs: int = 5, pictures: int = 12) -> Iterator[Line]:
    """The first load of the main pages on a screen of 1280 pixels; `pictures` are in the batch."""
    with TemporaryDirectory() as name, open_site(with_static=True) as site:
        folder = Path(name)
        photos = sorted(save_jpegs(folder / "photos", pictures, 0.5).iterdir())
        home = f"http://127.0.0.1:{site.port}/"
        with open_browser(folder / "profile") as browser:
            set_screen(browser, 1280)
            addresses = {"Home": home, "Result": send(browser, home, photos[0])}
            addresses[f"Batch of {pictures}"] = send(browser, home, *photos)
            addresses |= {"History": f"{home}history/", "Methods": f"{home}methods/"}
            browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": OBSERVE})
            for page, address in addresses.items():
                loads = [_load(browser, address) for _ in range(runs)]
                yield Line(page, describe(loads), TARGETS.get(page, ""))


def _load(browser: webdriver.Chrome, address: str) -> Load:
    """Load a page with nothing in the cache."""
    browser.get("about:blank")
    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    browser.get(address)
    time.sleep(SETTLED)
    return Load(*browser.execute_script(READ))


def describe(loads: list[Load]) -> str:
    """The median of each value over the loads, in words."""
    middle = Load(*map(statistics.median, zip(*loads, strict=True)))
    return (
        f"largest paint {middle.largest:,.0f} ms, layout shift {middle.shifts:.3f}, "
        f"blocked {middle.blocked:,.0f} ms, {middle.size / 1024:,.1f} KB "
        f"in {middle.requests:.0f} requests"
    )
