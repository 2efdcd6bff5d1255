"use strict";
const cells = [...document.querySelectorAll(".c[data-told]")];
const tip = document.createElement("div");
tip.className = "tip";
tip.hidden = true;
document.body.append(tip);

function tell(place, cell) {
  place.replaceChildren();
  for (const [label, value] of JSON.parse(cell.dataset.told)) {
    const line = document.createElement("div");
    const name = document.createElement("b");
    name.textContent = label + " ";
    line.append(name, value);
    place.append(line);
  }
}

function move(event) {
  const right = event.clientX + 16, below = event.clientY + 16;
  tip.style.left = Math.max(4, right + tip.offsetWidth > innerWidth ? event.clientX - tip.offsetWidth - 8 : right) + "px";
  tip.style.top = Math.max(4, below + tip.offsetHeight > innerHeight ? event.clientY - tip.offsetHeight - 8 : below) + "px";
}

const dialog = document.querySelector("dialog");
const large = dialog.querySelector(".large"), words = dialog.querySelector(".words");
const drawn = cells.filter((cell) => cell.dataset.picture);
let shown = -1;

function show(number) {
  shown = (number + drawn.length) % drawn.length;
  large.className = "large " + drawn[shown].dataset.picture;
  large.setAttribute("aria-label", drawn[shown].getAttribute("aria-label"));
  tell(words, drawn[shown]);
  if (!dialog.open) dialog.showModal();
}

for (const cell of cells) {
  cell.addEventListener("mouseenter", (event) => { tell(tip, cell); tip.hidden = false; move(event); });
  cell.addEventListener("mousemove", move);
  cell.addEventListener("mouseleave", () => { tip.hidden = true; });
  if (cell.dataset.picture) cell.addEventListener("click", () => { tip.hidden = true; show(drawn.indexOf(cell)); });
}
dialog.addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => { if (shown >= 0) drawn[shown].focus(); });
dialog.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (step) { event.preventDefault(); show(shown + step); }
});
