// Keeps a wave's progress fresh while its page is open, and pauses, goes on and sets the rate in place. Without it
// the page shows how things stood when it opened, and its forms bring a new one.

const part = document.getElementById("progress");
const bar = part.querySelector("progress");
let next = 0;

function show(told) {
  bar.max = told.most;
  bar.value = told.value;
  for (const place of document.querySelectorAll("[data-live]")) {
    place.textContent = told.words[place.dataset.live] ?? place.textContent;
  }
  for (const place of document.querySelectorAll("[data-when]")) {
    place.hidden = (place.dataset.when === "paused") !== told.paused;
  }
}

// What can be done changes with the state, so the whole page is read again, but never while somebody types.
function isOld(told) {
  return told.state !== part.dataset.state && !document.activeElement?.matches("input");
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
  clearTimeout(next);
  if (seconds) {
    next = setTimeout(look, seconds * 1000);
  }
}

// What is refused, or cannot be sent from here, goes the usual way, so that its page says why.
async function send(event) {
  event.preventDefault();
  const form = event.target;
  try {
    const sent = { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" };
    const answer = await fetch(form.action, sent);
    if (answer.type !== "opaqueredirect") {
      form.submit();
      return;
    }
    await look();
  } catch {
    form.submit();
  }
}

for (const form of document.querySelectorAll("form[data-at-once]")) {
  form.addEventListener("submit", send);
}
later(Number(part.dataset.again));
