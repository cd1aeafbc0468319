// Looks for routes in the list of them, copies command lines, and opens the shape that a link leads to.
"use strict";

const search = document.querySelector("#search");
const list = document.querySelectorAll(".service");

function find(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const service of list) {
    const title = service.querySelector("h3").textContent.toLowerCase();
    let here = 0;
    for (const route of service.querySelectorAll("li")) {
      const told = `${title} ${route.textContent.toLowerCase()}`;
      route.hidden = !words.every((word) => told.includes(word));
      here += route.hidden ? 0 : 1;
    }
    service.hidden = here === 0;
    found += here;
  }
  for (const dialect of document.querySelectorAll(".dialect")) {
    dialect.hidden = dialect.querySelector(".service:not([hidden])") === null;
  }
  const told = document.querySelector(".found");
  told.hidden = words.length === 0;
  told.textContent = found === 1 ? "1 route has these words." : `${found || "No"} routes have these words.`;
}

function open(hash) {
  const target = hash.length > 1 ? document.getElementById(decodeURIComponent(hash.slice(1))) : null;
  const details = target === null ? null : target.closest("details");
  if (details !== null) {
    details.open = true;
    target.scrollIntoView();
  }
}

function addCopying(line) {
  const box = document.createElement("div");
  const button = document.createElement("button");
  box.className = "curl-box";
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(line.textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  line.replaceWith(box);
  box.append(line, button);
}

search.form.hidden = false;
if (list.length > 0) {
  search.value = new URLSearchParams(location.search).get("q") ?? "";
  find(search.value);
  search.addEventListener("input", () => find(search.value));
  search.form.addEventListener("submit", (event) => event.preventDefault());
}
if (navigator.clipboard) {
  document.querySelectorAll(".curl").forEach(addCopying);
}
if (matchMedia("(max-width: 56rem)").matches) {
  document.querySelectorAll(".side details").forEach((side) => { side.open = false; });
}
addEventListener("hashchange", () => open(location.hash));
open(location.hash);
