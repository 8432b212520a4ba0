// Signing in, calls by the side of the page, and what every screen has to pass.
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

export const service = setting("SMEP");
export const password = setting("SMEP_DEMO_PASSWORD");

export async function signIn(page: Page, email: string): Promise<void> {
  await page.goto("/");
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
}

type Json = { [name: string]: any };

/** A caller of the API itself, as a colleague who works at the same time. */
export async function caller(email: string) {
  const body = new URLSearchParams({ grant_type: "password", username: email, password });
  const { access_token } = (await (
    await fetch(`${service}/api/v1/auth/token`, { method: "POST", body })
  ).json()) as Json;
  return async function call(method: string, path: string, form?: object, version?: number): Promise<Json> {
    const reply = await fetch(`${service}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${access_token}`,
        ...(form && { "content-type": "application/json" }),
        ...(version !== undefined && { "if-match": `"${version}"` }),
      },
      body: form && JSON.stringify(form),
    });
    const json = (await reply.json()) as Json;
    expect(reply.ok, `${method} ${path}: ${JSON.stringify(json)}`).toBe(true);
    return json;
  };
}

/** Looks at a screen as a phone and a desk have it: nothing wider than the window, nothing serious for axe. */
export async function inspect(page: Page, name: string): Promise<void> {
  // Behind a dialog a screen may wait.
  if ((await page.getByRole("dialog").count()) === 0) await expect(page.getByText("Loading…")).toHaveCount(0);
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    const wider = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(wider, `${name} is wider than ${width} pixels`).toBe(0);
    const { violations } = await new AxeBuilder({ page }).analyze();
    const faults = violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .map(({ html }) => html)
            .join(" ")
            .slice(0, 300)}`,
      );
    expect(faults, `${name} at ${width} pixels`).toEqual([]);
    if (process.env.SCREENSHOTS) {
      await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}-${width}.png`, fullPage: true });
    }
  }
}
