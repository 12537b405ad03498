"""Makes the pictures of the documentation from the demo company.

Run `bin/test` once before, for the browser's driver, and `bin/surveyd up --demo` in another terminal; then
`.venv/bin/python docs/pictures/make.py`, with the address that `up` has said when it is another. With
`--every FOLDER` behind the address it takes every page of the staff instead, in two sizes and two schemes.
"""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from surveyd.operations.company.staff import STAFF
from surveyd.people.models import StaffRole

FOLDER = Path(__file__).parent
DESK, PHONE = ViewportSize(width=1080, height=760), ViewportSize(width=390, height=760)
LARGEST = 200_000
SIZES = {"phone": ViewportSize(width=360, height=780), "desk": ViewportSize(width=1280, height=900)}
# A path that ends with * stands for the first row of the list before it.
EVERY = {
    StaffRole.EXECUTIVE: "health accounts accounts/* team cases actions waves waves/3/summary",
    StaffRole.REGIONAL_LEADER: "health accounts team cases",
    StaffRole.ACCOUNT_MANAGER: "accounts accounts/* cases cases/* actions me",
    StaffRole.SUPPORT: "calls calls/* cases",
    StaffRole.ADMIN: (
        "waves waves/4 waves/4/audience waves/3/letter waves/3/letter/edit calendar programs programs/1 "
        "outbox outbox/* users users/1 imports templates templates/invitation responses/1 actions/new"
    ),
}
BEST = {
    "health.png": (StaffRole.EXECUTIVE, "health"),
    "letter.png": (StaffRole.EXECUTIVE, "waves/3/letter"),
    "account.png": (StaffRole.ACCOUNT_MANAGER, "accounts/*"),
    "calls.png": (StaffRole.SUPPORT, "calls"),
    "wave.png": (StaffRole.ADMIN, "waves/4"),
}
REMINDER = re.compile("how is it going with")


def main(url: str, every: Path | None = None) -> None:
    """Take the pictures of the documentation from the demo at `url`, or those of every page into a folder."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    flags = ["--no-sandbox"] if os.getuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=[*flags, "--disable-gpu"])
        if every:
            take_every(chromium, url, every)
            return
        for name, (role, path) in BEST.items():
            desk = signed_in(chromium, url, role)
            go(desk, url, path)
            keep(desk, name)
        phone = chromium.new_page(viewport=PHONE, locale="en-GB")
        phone.goto(open_link(phone, url))
        keep(phone, "survey.png")
        chromium.close()


def signed_in(chromium: Browser, url: str, role: StaffRole) -> Page:
    """A page in which the first of the demo's staff with that role has signed in."""
    somebody = next(one for one in STAFF if one.role is role)
    page = chromium.new_page(viewport=DESK, locale="en-GB")
    page.goto(f"{url}/staff/login")
    page.fill("#email", somebody.email)
    page.fill("#password", somebody.password)
    page.click("button.main")
    page.wait_for_url(re.compile("/staff/(?!login)"))
    return page


def take_every(chromium: Browser, url: str, folder: Path) -> None:
    """Every page of every role, whole, in both sizes and schemes."""
    folder.mkdir(parents=True, exist_ok=True)
    for role, paths in EVERY.items():
        page = signed_in(chromium, url, role)
        for path in paths.split():
            for size, viewport in SIZES.items():
                page.set_viewport_size(viewport)
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
                    go(page, url, path)
                    name = f"{role.value}-{path.replace('/', '-').replace('*', 'one')}-{size}-{scheme}.png"
                    page.screenshot(path=folder / name, full_page=True)


def go(page: Page, url: str, path: str) -> None:
    """Open a staff page; `*` follows the first row of its list."""
    page.goto(f"{url}/staff/{path.rstrip('/*')}")
    if path.endswith("*"):
        page.goto(f"{url}{page.locator('table a.whole').first.get_attribute('href')}")


def open_link(page: Page, url: str) -> str:
    """A personal link whose survey is in English and not answered yet."""
    for link in links(page, url):
        page.goto(link)
        if page.locator("form#survey").count() and page.locator("html").get_attribute("lang") == "en":
            return f"{link}?score=9"
    raise SystemExit("every survey is answered")


def links(page: Page, url: str) -> Iterator[str]:
    """The personal links in the latest English reminders."""
    address: str | None = "/demo/mail"
    while address:
        page.goto(f"{url}{address}")
        mails = page.locator("a.whole", has_text=REMINDER).all()
        found = [mail.get_attribute("href") for mail in mails]
        older = page.get_by_role("link", name="Older mails")
        address = older.get_attribute("href") if older.count() else None
        for mail in found:
            page.goto(f"{url}{mail}/html")
            hrefs = [link.get_attribute("href") or "" for link in page.locator("a").all()]
            yield from {href.partition("?")[0] for href in hrefs if "/s/" in href}


def keep(page: Page, name: str) -> None:
    """Write what the page shows."""
    path = FOLDER / name
    page.screenshot(path=path)
    size = path.stat().st_size
    assert size < LARGEST, f"{name} has {size} bytes, {LARGEST} at most"
    sys.stderr.write(f"{name}: {size // 1000} kB\n")


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--every"]
    address = words[0] if words else "http://127.0.0.1:8000"
    main(address, Path(words[1]) if "--every" in sys.argv else None)
