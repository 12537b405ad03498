// The cards that say where a number comes from: Escape closes the one that is open, until it is pointed at or focused anew.

const CLOSED = "closed";

addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const basis of document.querySelectorAll(".basis:is(:hover, :focus-within)")) basis.classList.add(CLOSED);
});

for (const entering of ["pointerover", "focusin"]) {
  addEventListener(entering, ({ target, relatedTarget }) => {
    const basis = target.closest?.(".basis");
    if (basis && !basis.contains(relatedTarget)) basis.classList.remove(CLOSED);
  });
}
