// Small helps. Every page works without them.
"use strict";

// The sign-in tells the zone of this computer, so that times are shown in it.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
for (const field of document.querySelectorAll("input[data-zone]")) field.value = zone;
for (const link of document.querySelectorAll("a[data-zone]")) {
  const address = new URL(link.href);
  address.searchParams.set("zone", zone);
  link.href = address;
}

// A double click sends a form once. Coming back to the page makes its buttons work again.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if (event.target.dataset.sent) {
    event.preventDefault();
    return;
  }
  event.target.dataset.sent = "yes";
  event.target.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }
});

// One button ticks all boxes of a list.
for (const button of document.querySelectorAll("[data-ticks]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const boxes = [...button.form.querySelectorAll(`input[type=checkbox][name=${button.dataset.ticks}]`)];
    const tick = !boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = tick;
  });
}
// A page that waits for something looks again by itself, unless somebody is about to use it.
for (const waiting of document.querySelectorAll("[data-refresh]")) {
  setInterval(() => {
    if (!document.hidden && !document.querySelector("form[data-sent], details[open]")) location.reload();
  }, waiting.dataset.refresh * 1000);
}
