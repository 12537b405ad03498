// Only improves what stands beside the questions; call.js keeps the call with whoever asks them.

const NARROW = "(max-width: 59.99rem)";

// On a phone the questions come soon: what stands above them is folded, a press away.
if (matchMedia(NARROW).matches) {
  for (const folding of document.querySelectorAll("[data-folds]")) {
    folding.open = false;
  }
}
