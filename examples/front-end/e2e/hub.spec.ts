import { expect, test } from "@playwright/test";

import { caller, inspect, signIn } from "./support";

test.beforeEach(({ page }) => signIn(page, "hos@demo.example"));

test("the plan shows the status of its targets on a day, and a target what is wanted", async ({ page }) => {
  await inspect(page, "plan");
  const met = page.getByRole("button", { name: /^Met/ });
  const count = Number((await met.innerText()).match(/\d+/)![0]);
  await met.click();
  await expect(page.getByRole("status")).toContainText(`${count} of`);
  await expect(page.getByRole("main").getByRole("listitem")).toHaveCount(count);
  await page.getByLabel("As on").fill("2014-03-31");
  await expect(page.getByRole("status")).not.toContainText(`${count} of`);

  await page.goto("/#/plan");
  await page.getByRole("link", { name: /100 % of schools are told about the process/ }).click();
  await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
  await expect(page.getByRole("main")).toContainText("at least 100 %");
  await inspect(page, "target");
});

test("a live target shows its figure month by month, and the schools behind it", async ({ page }) => {
  const call = await caller("hos@demo.example");
  const [live] = (await call("GET", "/targets?live=true&limit=1")).items;
  await page.goto(`/#/plan/targets/${live.id}`);
  await expect(page.getByRole("img", { name: /^The figure month by month/ })).toBeVisible();
  await expect(page.getByText("What counts")).toBeVisible();
  await inspect(page, "target-live");
});

test("schools are searched, filtered with counts, and paged", async ({ page }) => {
  await page.getByRole("link", { name: "Schools", exact: true }).click();
  const status = page.getByRole("status").first();
  await expect(status).toContainText("Schools 1 to 20");
  await inspect(page, "schools");
  const first = await page.getByRole("rowheader").first().innerText();
  await page.getByRole("button", { name: "Next" }).click();
  await expect(status).toContainText("Schools 21 to 40");
  await expect(page.getByRole("rowheader").first()).not.toHaveText(first);
  await page.getByRole("button", { name: "Previous" }).click();
  await expect(page.getByRole("rowheader").first()).toHaveText(first, { useInnerText: true });

  const primary = page.locator("label").filter({ hasText: "Primary" });
  const promised = (await primary.innerText()).match(/\d+/)![0];
  await primary.click();
  await expect(status).toContainText(`${promised} schools`);
  const charnwood = page.locator("label").filter({ hasText: "Charnwood" });
  const both = (await charnwood.innerText()).match(/\d+/)![0];
  await charnwood.click();
  await expect(status).toContainText(`${both} school`);

  await page.goto("/#/schools");
  await page.getByLabel("Search").fill("bosworth academy");
  await expect(status).toContainText("1 school");
  await page.getByLabel("Search").fill("no such school");
  await expect(status).toContainText("No school fits");
});

test("a school has its briefing, timeline, visits, evaluations, orders and ratings", async ({ page }) => {
  const call = await caller("hos@demo.example");
  const [school] = (await call("GET", "/schools?q=bosworth%20academy")).items;
  await page.goto(`/#/schools/${school.id}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Bosworth Academy");
  await expect(page.getByRole("main")).toContainText("Stella Trebleclef");
  await inspect(page, "briefing");
  const shows = {
    Timeline: "How a wind band grew from twelve to forty",
    Visits: "See how the small-group lessons have begun",
    Evaluations: "A fair picture, well evidenced",
    Orders: "Leadership support for heads of music",
    Ratings: "A secure department that needs a path",
  };
  const parts = page.getByRole("navigation", { name: "Of this school" });
  for (const [part, words] of Object.entries(shows)) {
    await parts.getByRole("link", { name: part }).click();
    await expect(page.getByRole("main")).toContainText(words);
    await expect(parts.getByRole("link", { name: part })).toHaveAttribute("aria-current", "page");
    await inspect(page, part.toLowerCase());
  }
});

test("the head of service changes a rating, with a reason, and shares it", async ({ page }) => {
  const call = await caller("hos@demo.example");
  const [school] = (await call("GET", "/schools?q=bosworth%20academy")).items;
  await page.goto(`/#/schools/${school.id}/ratings`);
  await page.getByRole("link", { name: "Change the rating" }).click();
  await page.getByRole("radio", { name: /Red/ }).check();
  await page.getByLabel("Holds until").fill("");
  await page.getByRole("button", { name: "Give the rating" }).click();
  const alert = page.getByRole("alert");
  await expect(alert).toBeFocused();
  await inspect(page, "rating-refused");
  await alert.getByRole("button", { name: /Reason: say why/ }).click();
  await expect(page.getByLabel("Reason")).toBeFocused();
  await expect(page.getByLabel("Reason")).toHaveAttribute("aria-invalid", "true");

  const reason = `The head of music leaves at Easter (${Date.now()})`;
  await page.getByLabel("Reason").fill(reason);
  await page.getByLabel("Holds until").fill(`${new Date().getFullYear() + 1}-07-31`);
  await page.getByRole("button", { name: "Give the rating" }).click();
  const given = page.getByRole("listitem").filter({ hasText: reason });
  await expect(given).toContainText("the school does not see it");
  await given.getByRole("button", { name: "Share with the school" }).click();
  await given.getByRole("button", { name: "Share with the school" }).click();
  await expect(given).toContainText("the school sees it");
});
