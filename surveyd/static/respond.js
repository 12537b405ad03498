// Only improves: every page works without it. What is written or chosen is saved while the page is open,
// a second press sends nothing, and whoever leaves with something unsaved is asked first.

const PAUSE = 2500;
const LONGEST_PAUSE = 60_000;
const LONGEST_WAIT = 15_000;
const STOPPED = 10_000;
// What a browser takes along while the page is closing.
const LARGEST_BODY = 60_000;

const form = document.getElementById("survey");

function keep() {
  const seen = form.querySelector('input[type="hidden"][name="seen"]');
  const state = document.getElementById("saved");
  const names = new Set(seen.value.split(" ").map((mark) => mark.split(":")[0]));
  // What the server sent is what it has; a browser may have put back more when it opened the page again.
  let kept = words((field) => field.defaultValue, "defaultChecked");
  let timer = 0;
  let stopped = 0;
  let running = null;
  let failures = 0;
  let over = false;
  let warned = false;

  function words(valueOf, checked) {
    const found = new Map([...names].map((name) => [name, ""]));
    for (const field of form.querySelectorAll("input, textarea")) {
      if (names.has(field.name) && (!/^(radio|checkbox)$/.test(field.type) || field[checked])) {
        found.set(field.name, `${found.get(field.name)}\n${valueOf(field)}`);
      }
    }
    return found;
  }

  function current() {
    return words((field) => field.value, "checked");
  }

  function changed() {
    const now = current();
    return [...now.keys()].filter((name) => now.get(name) !== kept.get(name));
  }

  function say(text, late) {
    state.classList.toggle("not-yet", late);
    if (state.textContent !== text) {
      state.textContent = text;
    }
  }

  function sayWhen() {
    const page = document.documentElement.lang;
    const own = navigator.languages.find((language) => language.split("-")[0] === page) ?? page;
    // Digits as they stand on the scales.
    const digits = { hour: "2-digit", minute: "2-digit", numberingSystem: "latn" };
    const clock = new Intl.DateTimeFormat(own, digits);
    say(state.dataset.saved.replace("{time}", clock.format(new Date())), false);
  }

  function soon(wait = PAUSE) {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  }

  function save() {
    clearTimeout(timer);
    if (!running && !over && !form.dataset.sent && changed().length) {
      running = send().finally(() => {
        running = null;
      });
    }
    return running;
  }

  async function send() {
    const now = current();
    const body = new URLSearchParams(new FormData(form));
    body.set("go", "keep");
    // Until the answer is here these are changes of this page, whatever they are changed to.
    for (const name of changed()) {
      seen.value = seen.value.replace(new RegExp(`(^| )${name}:\\S+`), `$1${name}:?`);
    }
    try {
      const answer = await fetch(form.getAttribute("action"), {
        method: "POST",
        body,
        keepalive: body.toString().length < LARGEST_BODY,
        redirect: "manual",
        signal: AbortSignal.timeout(LONGEST_WAIT),
      });
      const marks = answer.headers.get("Survey-Seen");
      if (answer.status === 204 && marks) {
        [seen.value, kept, failures] = [marks, now, 0];
        sayWhen();
        return;
      }
      // A first page that keeps nothing yet says so; else it was sent from elsewhere or closed. Trouble passes.
      over = answer.status < 500 && answer.status !== 429;
      if (over && answer.status !== 204) {
        say(state.dataset.over, true);
      }
    } catch {
      over = false;
    }
    if (!over) {
      failures += 1;
      say(state.dataset.unsaved, true);
      soon(Math.min(PAUSE * 2 ** failures, LONGEST_PAUSE));
    }
  }

  function release() {
    clearTimeout(stopped);
    delete form.dataset.sent;
  }

  // Whoever writes the words of an "other" sees it chosen, unless something else is.
  function chooseOther(words) {
    const name = words.name?.endsWith("_other") ? words.name.slice(0, -"_other".length) : "";
    const other = name && form.querySelector(`input[name="${name}"][data-other]`);
    if (other && words.value.trim() && !form.querySelector(`input[name="${name}"]:checked`)) {
      other.checked = true;
    }
  }

  form.addEventListener("input", (event) => {
    if (!running) {
      release();
    }
    chooseOther(event.target);
    soon();
  });
  form.addEventListener("change", () => soon());
  window.addEventListener("online", save);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") {
      save();
    }
  });

  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
    } else if (!navigator.onLine && !warned) {
      // The browser would show an error page in place of what was written. It may be wrong: once.
      event.preventDefault();
      warned = true;
      say(state.dataset.unsaved, true);
    } else if (running) {
      // What is on its way is older than what is sent now, and must not come in after it.
      event.preventDefault();
      form.dataset.sent = "yes";
      const button = event.submitter;
      running.then(() => {
        delete form.dataset.sent;
        HTMLFormElement.prototype.requestSubmit.call(form, button);
      });
    } else {
      form.dataset.sent = "yes";
      clearTimeout(timer);
      // The browser's Stop says nothing: the page stays, and its buttons must not be dead.
      stopped = setTimeout(release, STOPPED);
    }
  });

  window.addEventListener("beforeunload", (event) => {
    if (!form.dataset.sent && changed().length) {
      event.preventDefault();
    }
  });

  // A page that comes back from the browser's memory can be sent again, and may hold unsaved words.
  window.addEventListener("pageshow", () => {
    release();
    if (changed().length) {
      soon();
    }
  });
}

if (form) {
  keep();
}
document.querySelector(".problems")?.focus();
