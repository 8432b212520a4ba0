import { expect, test } from "@playwright/test";

import { caller, inspect, signIn } from "./support";

test.use({ viewport: { width: 360, height: 800 } });
test.beforeEach(({ page }) => signIn(page, "school@demo.example"));

test("a school reads the plan without figures, and finds what waits for it", async ({ page }) => {
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Bosworth Academy");
  await expect(page.getByRole("main")).toContainText("Find a day for a singing break");
  await inspect(page, "my-school");
  await page.setViewportSize({ width: 360, height: 800 });
  await page.getByRole("link", { name: "The plan" }).click();
  await expect(page.getByRole("main")).toContainText("100 % of schools are told about the process");
  await inspect(page, "plan-of-a-school");
});

test("a school answers the report of a visit", async ({ page }) => {
  const hub = await caller("hos@demo.example");
  const [school] = (await hub("GET", "/schools?q=bosworth%20academy")).items;
  let [report] = (await hub("GET", `/visit-reports?school_id=${school.id}&status=draft`)).items;
  report = await hub(
    "PATCH",
    `/visit-reports/${report.id}`,
    { judgement: "The groups are a good beginning." },
    report.version,
  );
  await hub("POST", `/visit-reports/${report.id}/share`, {}, report.version);

  await page.reload();
  await page.getByRole("link", { name: "Answer the report of a visit" }).click();
  await expect(page.getByRole("main")).toContainText("The groups are a good beginning.");
  await page.getByRole("radio", { name: /No, something is not accurate/ }).check();
  await page.getByRole("button", { name: "Send the answer" }).click();
  await expect(page.getByRole("alert")).toBeFocused();
  await inspect(page, "report");
  await page.getByLabel("What is not accurate").fill("There are four small groups.");
  await page.getByRole("button", { name: "Send the answer" }).click();
  await expect(page.getByRole("heading", { name: "What the school says" })).toBeVisible();
  await expect(page.getByRole("main")).toContainText("There are four small groups.");
});

test("a head orders what was quoted", async ({ page }) => {
  await page.getByRole("navigation", { name: "Of this school" }).getByRole("link", { name: "Orders" }).click();
  await page.getByRole("link", { name: "Ask for a quote" }).click();
  await page.getByRole("radio", { name: /Leadership support for heads of music/ }).check();
  await page.getByLabel("How many").fill("0");
  await page.getByRole("button", { name: "Ask for the quote" }).click();
  await expect(page.getByLabel("How many")).toHaveAttribute("aria-invalid", "true");
  await inspect(page, "new-order");
  await page.getByLabel("How many").fill("2");
  await page.getByRole("button", { name: "Ask for the quote" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Quote");
  await expect(page.getByRole("main")).toContainText("£480.00");
  await inspect(page, "quote");

  // Somebody at the school's office has changed the quote meanwhile.
  const office = await caller("staff@demo.example");
  const id = page.url().split("/").at(-1);
  await office("PATCH", `/orders/${id}`, { note: "For the new head of music" }, 1);
  await page.getByRole("button", { name: "Order for £480.00" }).click();
  await page.getByRole("button", { name: "Show it as it is now" }).click();
  await expect(page.getByRole("main")).toContainText("For the new head of music");
  await page.getByLabel("Your purchase order number").fill("BA-2701");
  await page.getByRole("button", { name: "Order for £480.00" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Order");
  await expect(page.getByRole("main")).toContainText("purchase order BA-2701");
  await inspect(page, "order");
});
