// The calendar: a planned post is dragged to another day and keeps its time of day. Without this file, and without a
// mouse, each has a form that moves it.
"use strict";

(() => {
  let moved = null;
  const dayOf = (target) => target.closest && target.closest("[data-day]");
  const clear = () => document.querySelectorAll(".day[data-over]").forEach((day) => { delete day.dataset.over; });

  document.addEventListener("dragstart", (event) => {
    const item = event.target.closest && event.target.closest("[data-move]");
    if (!item) return;
    moved = document.getElementById(item.dataset.move);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", item.id);
  });
  document.addEventListener("dragover", (event) => {
    const day = moved && dayOf(event.target);
    if (!day) return;
    event.preventDefault();
    clear();
    day.dataset.over = "";
  });
  document.addEventListener("drop", (event) => {
    const day = moved && dayOf(event.target);
    if (!day) return;
    event.preventDefault();
    clear();
    const field = moved.elements.scheduled_at, kept = field.value;
    field.value = day.dataset.day + kept.slice(10);
    if (field.value !== kept) moved.requestSubmit();
    moved = null;
  });
  document.addEventListener("dragend", () => { moved = null; clear(); });
})();
