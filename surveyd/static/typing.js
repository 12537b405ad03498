// Only improves: the preview follows the typing. Without it, the button "Preview" shows what is typed.

const PAUSE = 300;
const form = document.getElementById("texts");
const frame = document.getElementById("as-typed");
let waiting = 0;
let asked = 0;

async function show() {
  asked += 1;
  const mine = asked;
  try {
    const answer = await fetch(form.dataset.preview, { method: "POST", body: new FormData(form), redirect: "error" });
    const drawn = new DOMParser().parseFromString(await answer.text(), "text/html");
    // An answer that was overtaken by a newer one is not shown.
    if (mine === asked && frame.contentDocument) {
      frame.contentDocument.replaceChild(drawn.documentElement, frame.contentDocument.documentElement);
    }
  } catch {
    // The line is away for a moment; the next key asks again.
  }
}

form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(show, PAUSE);
});

// Typed words are not lost by a slip.
let saved = false;
const drawnWith = new FormData(form);

function isChanged() {
  return [...new FormData(form)].some(([name, value]) => name.startsWith("text.") && value !== drawnWith.get(name));
}

form.addEventListener("submit", (event) => {
  saved = !event.submitter?.formTarget;
});

addEventListener("beforeunload", (event) => {
  if (!saved && isChanged()) {
    event.preventDefault();
  }
});
