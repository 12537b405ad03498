// Only improves: a page that shows work going on looks again by itself; without this, its link does.

const PAUSE = 2000;

async function look() {
  const shown = document.querySelector("[data-waiting]");
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-waiting]");
    if (!answer.ok || !next) {
      location.reload();
      return;
    }
    if (next.textContent !== shown.textContent) {
      shown.replaceChildren(...next.childNodes);
    }
  } catch {
    // The line is away for a moment; what is shown stays.
  }
  setTimeout(look, PAUSE);
}

if (document.querySelector("[data-waiting]")) {
  setTimeout(look, PAUSE);
}
