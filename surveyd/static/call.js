// Only improves: a page of a call looks every few seconds whether it still is to be made, and keeps the call
// with whoever has it for as long as they are at the page.

const RENEW = 5 * 60 * 1000;
const AWAY = 15 * 60 * 1000;
const page = document.querySelector("[data-look]");
const told = document.querySelector("[data-told]");
const token = document.querySelector('[name="csrf_token"]');
let touched = Date.now();

async function look() {
  let again = 5;
  try {
    const answer = await fetch(page.dataset.look, { headers: { Accept: "application/json" }, redirect: "error" });
    if (answer.ok) {
      const now = await answer.json();
      again = now.again;
      tell(now);
    }
  } catch {
    // Signed out, or the line is away: the page stays as it is, and the next look may work.
  }
  if (again) {
    setTimeout(look, again * 1000);
  }
}

function tell(now) {
  const changed = now.key !== page.dataset.key;
  if (told.hidden === changed) {
    told.hidden = !changed;
  }
  const line = told.querySelector("[data-words]");
  if (changed && line.textContent !== now.words) {
    line.textContent = now.words;
  }
}

function renew() {
  // Who left the page open and went away keeps nobody from calling.
  if (document.hidden || Date.now() - touched > AWAY) {
    return;
  }
  const body = new URLSearchParams({ csrf_token: token.value });
  fetch(page.dataset.renew, { method: "POST", body, redirect: "manual" }).catch(() => {});
}

if (page && told) {
  for (const kind of ["pointerdown", "keydown", "scroll"]) {
    addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
  }
  setTimeout(look, 5000);
  if (page.dataset.renew && token) {
    setInterval(renew, RENEW);
  }
}
