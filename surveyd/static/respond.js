// Only improves: every page works without it.

const form = document.getElementById("survey");

// A second tap on the button while the first is on its way sends nothing.
form?.addEventListener("submit", (event) => {
  if (form.dataset.sent) {
    event.preventDefault();
  }
  form.dataset.sent = "yes";
});

// A page that comes back from the browser's memory can be sent again.
window.addEventListener("pageshow", () => {
  delete form?.dataset.sent;
});

document.querySelector(".problems")?.scrollIntoView();
