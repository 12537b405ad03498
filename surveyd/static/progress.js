// Keeps a wave's progress fresh while its page is open. Without it the page shows how things stood when it opened.

const part = document.getElementById("progress");
const bar = part.querySelector("progress");

function show(told) {
  bar.max = told.most;
  bar.value = told.value;
  for (const place of document.querySelectorAll("[data-live]")) {
    place.textContent = told.words[place.dataset.live] ?? place.textContent;
  }
}

// What can be done changes with the state, so the whole page is read again, but never while somebody types.
function isOld(told) {
  const changed = told.state !== part.dataset.state || told.paused !== Boolean(part.dataset.paused);
  return changed && !document.activeElement?.matches("input");
}

async function look() {
  let again = 30;
  try {
    const answer = await fetch(part.dataset.url, { headers: { Accept: "application/json" }, redirect: "error" });
    const told = await answer.json();
    if (isOld(told)) {
      location.reload();
      return;
    }
    show(told);
    again = told.again;
  } catch {
    // Signed out, or the server is away: the numbers stay as they were, and the next look may work.
  }
  later(again);
}

function later(seconds) {
  if (seconds) {
    setTimeout(look, seconds * 1000);
  }
}

later(Number(part.dataset.again));
