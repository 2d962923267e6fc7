// How far a computation is, as it goes; without this script the page is loaded anew every few seconds.
"use strict";

const run = document.querySelector("[data-events]");

function show(progress) {
  run.querySelector("[data-run-text]").textContent = progress.text;
  run.querySelector("[data-run-bar]").value = progress.way_permille;
  const share = run.querySelector("[data-run-share]");
  share.textContent = share.dataset.words.replace("{share}", Math.floor(progress.done_permille / 10));
}

if (run) {
  const lost = run.querySelector("[data-run-lost]");
  const events = new EventSource(run.dataset.events);
  events.addEventListener("run", (event) => {
    lost.hidden = true;
    show(JSON.parse(event.data).progress);
  });
  events.addEventListener("end", (event) => {
    events.close();
    const ended = JSON.parse(event.data);
    if (ended.state === "DONE" && ended.plan) location.replace(`/plans/${ended.plan}`);
    else location.reload();
  });
  // The browser connects again by itself; streams are also ended now and then on purpose, which is no news.
  let failures = 0;
  events.addEventListener("open", () => { failures = 0; });
  events.addEventListener("error", () => {
    failures += 1;
    if (events.readyState === EventSource.CLOSED) location.reload();
    else if (failures > 1) lost.hidden = false;
  });
}
