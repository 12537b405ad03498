// Only improves: while the questions are open, the call stays with whoever asks them.

const EVERY = 5 * 60 * 1000;
const NARROW = "(max-width: 59.99rem)";
const call = document.querySelector("[data-claim]");
const token = document.querySelector('#survey [name="csrf_token"]');

if (call && token) {
  setInterval(() => {
    const body = new URLSearchParams({ csrf_token: token.value });
    // Without an answer the claim runs out by itself, and the next page says who has the call.
    fetch(call.dataset.claim, { method: "POST", body, redirect: "manual" }).catch(() => {});
  }, EVERY);
}

// On a phone the questions come soon: what stands above them is folded, a press away.
if (matchMedia(NARROW).matches) {
  for (const folding of document.querySelectorAll("[data-folds]")) {
    folding.open = false;
  }
}
