import { expect, test, type Page } from "@playwright/test";

import { inspect, password, signIn } from "./support";

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
