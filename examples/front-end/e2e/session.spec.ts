import { expect, test, type Page } from "@playwright/test";

import { caller, inspect, password, signIn } from "./support";

/** The service takes the token of the next list of schools no longer. */
async function refuseOnce(page: Page): Promise<void> {
  let refused = false;
  await page.route("**/api/v1/schools?**", (route) => {
    if (refused) return route.continue();
    refused = true;
    const headers = { "access-control-allow-origin": "*", "content-type": "application/problem+json" };
    return route.fulfill({ status: 401, headers, body: "{}" });
  });
}

test("a wrong password is explained, and a sign-in outlives a reload of the page", async ({ page }) => {
  await page.goto("/");
  await inspect(page, "sign-in");
  await page.getByLabel("E-mail address").fill("hos@demo.example");
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toBeFocused();
  await expect(page.getByRole("alert")).toContainText("password");
  await inspect(page, "sign-in-refused");

  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Schools Music Education Plan");
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Schools Music Education Plan");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain("refresh");
});

test("an access token that has ended is replaced once for all calls, without a word", async ({ page }) => {
  await signIn(page, "hos@demo.example");
  await refuseOnce(page);
  const refreshed = page.waitForRequest((request) => request.postData()?.includes('"refresh_token"') ?? false);
  await page.getByRole("link", { name: "Schools", exact: true }).click();
  await refreshed;
  await expect(page.getByRole("status").filter({ hasText: "Schools 1 to 20" })).toBeVisible();
});

test("when a sign-in ends, the screen stays and goes on after signing in again", async ({ page }) => {
  await signIn(page, "hos@demo.example");
  await page.evaluate(() => sessionStorage.setItem("smep.refresh", "ended"));
  await refuseOnce(page);
  await page.getByRole("link", { name: "Schools", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Sign in again" });
  await expect(dialog).toBeVisible();
  await inspect(page, "sign-in-again");
  await dialog.getByLabel("Password").fill(password);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole("status").filter({ hasText: "Schools 1 to 20" })).toBeVisible();
});

test("a copy of a tab signs in by itself and leaves the first one alone", async ({ page, context }) => {
  await signIn(page, "hos@demo.example");
  const held = await page.evaluate(() => ({ ...sessionStorage }));
  const copy = await context.newPage();
  await copy.goto("/");
  await copy.evaluate((held) => Object.assign(sessionStorage, held), held);
  await copy.reload();
  await expect(copy.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
});

test("a password that somebody else has set is changed first", async ({ page }) => {
  const call = await caller("hos@demo.example");
  const email = `governor-${Date.now()}@demo.example`;
  const user = await call("POST", "/users", { email, name: "Gus Oakes", grant: { role: "governor" } });
  const { one_time_password: given } = await call("POST", `/users/${user.id}/reset-password`, {}, user.version);
  await page.goto("/");
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(given);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("The password so far").fill(given);
  await page.getByLabel("Your own password").fill("governor");
  await page.getByRole("button", { name: "Change it" }).click();
  await expect(page.getByLabel("Your own password")).toHaveAttribute("aria-invalid", "true");
  await inspect(page, "new-password");
  await page.getByLabel("Your own password").fill("teapot otter quarry lantern");
  await page.getByRole("button", { name: "Change it" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Schools Music Education Plan");
});
