// Comfort for forms; every page works without it.
"use strict";

// A form is sent once: a second click while the first is on its way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "get") return;
  const question = event.submitter && event.submitter.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    return;
  }
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
// Coming back by the browser's history, the form may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// A form that was kept through a log-in is shown again at once; it changes nothing until its person sends it.
const kept = document.querySelector("form[data-send-now]");
if (kept) kept.submit();

// A row more in a table of lines: a copy of the last one, emptied, with the next number in its names.
function addRow(table) {
  const rows = table.tBodies[0].rows;
  const last = rows[rows.length - 1];
  const copy = last.cloneNode(true);
  const renumber = (text) => text.replace(/\.(\d+)\./, (_, number) => `.${Number(number) + 1}.`);
  for (const part of copy.querySelectorAll("[id], [name]")) {
    if (part.id) part.id = renumber(part.id);
    if (part.name) part.name = renumber(part.name);
    if (part.matches("input, textarea")) part.value = part.defaultValue = "";
    if (part.matches("select")) part.selectedIndex = 0;
    part.removeAttribute("aria-invalid");
    part.removeAttribute("aria-describedby");
  }
  for (const past of copy.querySelectorAll(".fault, input[type=hidden]")) past.remove();
  last.after(copy);
  return copy;
}
for (const button of document.querySelectorAll("[data-add-row]")) {
  const table = document.getElementById(button.dataset.addRow);
  button.hidden = false;
  button.addEventListener("click", () => addRow(table).querySelector("input, select, textarea").focus());
}

// What stands in a cell is replaced by what is typed, as in a spreadsheet; a click puts the caret where it was clicked.
const isCell = (field) => field.matches("table.lines input");
document.addEventListener("focusin", (event) => {
  if (isCell(event.target)) event.target.select();
});
// The browser may have gone to the first field before this script ran; nothing may have been typed there yet.
const begun = document.activeElement;
if (begun && isCell(begun) && begun.value === begun.defaultValue) begun.select();

// Enter in a table of lines goes on to the next row as in a spreadsheet, and sends nothing. In the last row it adds an
// empty one, where the table may grow; where each row stands for something that is there, it stays.
for (const table of document.querySelectorAll("table.lines")) {
  const mayGrow = table.id && document.querySelector(`[data-add-row="${table.id}"]`);
  table.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input, select")) return;
    event.preventDefault();
    const cell = event.target.closest("td");
    const next = cell.parentElement.nextElementSibling || (mayGrow ? addRow(table) : null);
    if (!next) return;
    const first = next.cells[cell.cellIndex].querySelector("input, select, textarea");
    if (first) first.focus();
  });
}

// A form whose first button is disabled is not sent by Enter; Chromium forgets that in fields for a day.
document.addEventListener("keydown", (event) => {
  const form = event.key === "Enter" && event.target.matches("input") && event.target.form;
  if (form && form.querySelector("button:disabled") && form.method === "post") event.preventDefault();
});

// What went wrong is read out first.
const notice = document.querySelector("[data-focus]");
if (notice) notice.focus();

// One box chooses all.
for (const box of document.querySelectorAll("[data-choose-all]")) {
  box.closest("label").hidden = false;
  box.addEventListener("change", () => {
    for (const one of document.querySelectorAll("input[name=chosen]")) one.checked = box.checked;
  });
}
