// Opens the pages to print in Chromium. Nothing overlaps at four widths. The plan is opened by a link without a token,
// as a front end shows it, and every printed page of an objective repeats its title. A certificate is one page.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

const base = process.env.SMEP;
const password = process.env.SMEP_DEMO_PASSWORD;
assert.ok(base && password, "SMEP and SMEP_DEMO_PASSWORD are set");

async function text(path, token) {
  const reply = await fetch(`${base}/api/v1${path}`, { headers: { authorization: `Bearer ${token}`, accept: "text/html" } });
  assert.equal(reply.status, 200, path);
  return reply.text();
}

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

async function fits(page, name, open) {
  for (const width of [360, 1120, 1280, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    await open();
    assert.deepEqual(await page.evaluate(overlaps), [], `${name} at ${width} pixels`);
  }
}

// The texts of the printed pages.
async function printed(page, name) {
  const pdf = join(folder, `${name}.pdf`);
  await page.pdf({ path: pdf, preferCSSPageSize: true });
  return execFileSync("pdftotext", ["-layout", pdf, "-"], { encoding: "utf8" }).split("\f").slice(0, -1);
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

const [evaluation] = (await call("/evaluations?status=agreed&limit=1", token)).items;
const [order] = (await call("/orders?limit=1", token)).items;
const [attendance] = (await call("/attendances?status=attended&limit=1", token)).items;
const [review] = (await call("/reviews?status=approved&limit=1", token)).items;
const [award] = (await call("/award-applications?status=awarded&limit=1", token)).items;

const folder = mkdtempSync(join(tmpdir(), "pages-"));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const page = await browser.newPage();
  await fits(page, "the plan", async () => assert.equal((await page.goto(address)).status(), 200));
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).fontSize), "12px", "9 pt in print");

  const document_ = await call(`/plans/${plan}/document?as_at=2015-03-31`, token);
  const pages = await printed(page, "plan");
  let continued = 0;
  for (const objective of document_.objectives) {
    const strand = new RegExp(`(^|\\s)${objective.number}\\.[ivx]+\\s`, "m");
    const on = pages.filter((text) => strand.test(text));
    assert.ok(on.length > 0, `objective ${objective.number} is printed`);
    continued += on.length - 1;
    for (const text of on) assert.ok(text.includes(objective.title), `objective ${objective.number} has its title on each page`);
  }
  assert.ok(continued > 0, "an objective goes over a page's end, so that its title is repeated");
  console.log(`the plan's page fits at four widths and prints on ${pages.length} pages`);

  const others = {
    "an evaluation": [`/evaluations/${evaluation.id}/document`, "Levels by section", 6],
    "a briefing": [`/schools/${evaluation.school_id}/briefing`, "The school’s own evaluation", 1],
    "a certificate": [`/award-applications/${award.id}/certificate`, "is awarded to", 1],
    "a road map": [`/schools/${evaluation.school_id}/road-map`, "What is agreed", 1],
    "an order": [`/orders/${order.id}/document`, "net of VAT", 1],
    "a review": [`/reviews/${review.id}/document`, "What revision 2 changes", 2],
    "the governors' page": [`/plans/${plan}/dashboard?as_at=2015-03-31`, "Every target", 3],
    "a certificate of attendance": [`/attendances/${attendance.id}/certificate`, "attended", 1],
  };
  for (const [name, [path, words, most]] of Object.entries(others)) {
    const html = await text(path, token);
    const page = await browser.newPage();
    await fits(page, name, () => page.setContent(html));
    const pages = await printed(page, name);
    assert.ok(pages.join().includes(words), `${name} has ${words}`);
    assert.ok(pages.length <= most, `${name} prints on ${pages.length} pages, ${most} at most`);
    console.log(`${name} fits at four widths and prints on ${pages.length} pages`);
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
