// Opens the demonstration's plan in Chromium by a link without a token, as a front end shows it:
// nothing overlaps at four widths, and every printed page of an objective repeats its title.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

const base = process.env.SMEP;
const password = process.env.SMEP_DEMO_PASSWORD;
assert.ok(base && password, "SMEP and SMEP_DEMO_PASSWORD are set");

async function call(path, token, body) {
  const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const reply = await fetch(`${base}/api/v1${path}`, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers });
  const json = await reply.json();
  assert.ok(reply.ok, JSON.stringify(json));
  return json;
}

// Cells whose text leaves them, and elements that make the page wider than the window.
function overlaps() {
  const faults = [];
  const window_width = document.documentElement.clientWidth;
  for (const cell of document.querySelectorAll("th, td, dt, dd, h1, h2, li")) {
    const box = cell.getBoundingClientRect();
    const range = document.createRange();
    range.selectNodeContents(cell);
    for (const rect of range.getClientRects()) {
      const outside = rect.right > box.right + 1 || rect.left < box.left - 1 || rect.bottom > box.bottom + 1;
      if (rect.width > 0 && (outside || rect.right > window_width + 1)) {
        faults.push(cell.textContent.trim().slice(0, 60));
        break;
      }
    }
  }
  return faults;
}

const { access_token: token } = await call("/auth/token", undefined, {
  grant_type: "password",
  username: "hos@demo.example",
  password,
});
const plans = await call("/plans?status=active&limit=1", token);
const plan = plans.items[0].id;
const link = await call(`/plans/${plan}/document-link`, token, { as_at: "2015-03-31" });
// The demonstration's public address names no port of its own.
const address = new URL(new URL(link.url).pathname, base).href;

const folder = mkdtempSync(join(tmpdir(), "plan-page-"));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const page = await browser.newPage();
  for (const width of [360, 1120, 1280, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    const reply = await page.goto(address);
    assert.equal(reply.status(), 200);
    assert.deepEqual(await page.evaluate(overlaps), [], `at ${width} pixels`);
  }
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).fontSize), "12px", "9 pt in print");

  const pdf = join(folder, "plan.pdf");
  await page.pdf({ path: pdf, preferCSSPageSize: true });
  const document_ = await call(`/plans/${plan}/document?as_at=2015-03-31`, token);
  const pages = execFileSync("pdftotext", ["-layout", pdf, "-"], { encoding: "utf8" }).split("\f");
  let continued = 0;
  for (const objective of document_.objectives) {
    const strand = new RegExp(`(^|\\s)${objective.number}\\.[ivx]+\\s`, "m");
    const on = pages.filter((text) => strand.test(text));
    assert.ok(on.length > 0, `objective ${objective.number} is printed`);
    continued += on.length - 1;
    for (const text of on) assert.ok(text.includes(objective.title), `objective ${objective.number} has its title on each page`);
  }
  assert.ok(continued > 0, "an objective goes over a page's end, so that its title is repeated");
  console.log(`the plan's page fits at four widths and prints on ${pages.length - 1} pages`);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
