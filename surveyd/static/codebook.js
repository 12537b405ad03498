// Counts what the form would find while it is typed in; without a script the button does the same.

const PAUSE = 900;
const form = document.querySelector("form.wide");
const button = document.getElementById("count");
let waiting = 0;
let latest = 0;

async function count() {
  const mine = ++latest;
  const answer = await fetch(button.formAction, { method: "POST", body: new FormData(form), redirect: "error" });
  if (mine !== latest || !answer.headers.get("content-type")?.startsWith("text/html")) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const wanted of ["#counts", ...[...document.querySelectorAll("[data-found]")].map((one) => `[data-found="${one.dataset.found}"]`)]) {
    const fresh = page.querySelector(wanted);
    if (fresh) document.querySelector(wanted).replaceChildren(...fresh.childNodes);
  }
}

form?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => count().catch(() => {}), PAUSE);
});
