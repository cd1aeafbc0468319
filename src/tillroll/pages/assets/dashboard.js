// What pages of the dashboard do where scripts run: draw the chart, and keep Live alive. Every figure is in the page
// without it.
"use strict";

const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function written(data) {
  const digits = { minimumFractionDigits: data.places, maximumFractionDigits: data.places };
  const format = new Intl.NumberFormat(data.locale, { style: "currency", currency: data.currency, ...digits });
  return (value) => format.format(value);
}

function draw(canvas, data) {
  const money = written(data);
  const short = new Intl.NumberFormat(data.locale, { notation: "compact" });
  const ticks = { color: colour("soft"), maxRotation: 0, autoSkipPadding: 16 };
  return new Chart(canvas, {
    type: "bar",
    data: {
      labels: data.labels,
      datasets: data.series.map((one) => ({
        label: one.name,
        data: one.values,
        backgroundColor: colour(one.colour),
        borderWidth: 0,
        borderRadius: 2,
        maxBarThickness: 40,
      })),
    },
    options: {
      responsive: true,
      maintainAspectRatio: false,
      animation: still.matches ? false : { duration: 300 },
      interaction: { mode: "index", intersect: false },
      plugins: {
        legend: { display: false },
        tooltip: {
          callbacks: {
            label: (item) => ` ${item.dataset.label}: ${money(item.parsed.y)}`,
            footer: (items) => `All: ${money(items.reduce((sum, item) => sum + item.parsed.y, 0))}`,
          },
        },
      },
      scales: {
        x: { stacked: true, grid: { display: false }, border: { color: colour("line") }, ticks },
        y: {
          stacked: true,
          grid: { color: colour("line") },
          border: { display: false },
          ticks: { ...ticks, maxTicksLimit: 6, callback: (value) => short.format(value) },
        },
      },
    },
  });
}

function showChart() {
  const source = document.getElementById("chart-data");
  const canvas = document.getElementById("chart");
  if (!source || !canvas || typeof Chart === "undefined") return;
  const data = JSON.parse(source.textContent);
  canvas.parentElement.hidden = false;
  let chart = draw(canvas, data);
  dark.addEventListener("change", () => {
    chart.destroy();
    chart = draw(canvas, data);
  });
}

// The newest events, asked for again and again while somebody looks.
function keepLive() {
  const place = document.getElementById("live");
  const button = document.getElementById("live-pause");
  if (!place || !button) return;
  let paused = false;
  const said = document.getElementById("live-state");
  button.hidden = false;
  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Go on" : "Pause";
    button.setAttribute("aria-pressed", String(paused));
    said.textContent = paused ? "Paused." : "Refreshed every three seconds.";
  });
  said.textContent = "Refreshed every three seconds.";
  setInterval(async () => {
    if (paused || document.hidden) return;
    try {
      const answer = await fetch(place.dataset.rows, { headers: { accept: "text/html" }, redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      const text = await answer.text();
      if (text !== place.dataset.shown) {
        place.dataset.shown = text;
        place.innerHTML = text;
      }
      said.textContent = "Refreshed every three seconds.";
    } catch {
      said.textContent = "The server does not answer; trying again.";
    }
  }, 3000);
}

// Words to paste are copied by a button, where the browser lets a page do that.
function offerCopies() {
  if (!navigator.clipboard) return;
  for (const words of document.querySelectorAll("pre[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet small copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", words.getAttribute("aria-label").replace("What to paste", "Copy"));
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(words.textContent);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
    words.before(button);
  }
}

showChart();
keepLive();
offerCopies();
