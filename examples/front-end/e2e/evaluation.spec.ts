import { expect, test, type Page } from "@playwright/test";

import { caller, inspect, signIn } from "./support";

type Call = Awaited<ReturnType<typeof caller>>;

const saved = (page: Page) => expect(page.locator(".saved")).toHaveText("All answers are saved.");

async function responses(call: Call, page: Page) {
  const id = page.url().match(/evaluations\/([0-9a-f-]+)/)![1];
  return (await call("GET", `/evaluation-responses?evaluation_id=${id}&limit=200`)).items;
}

test("a self-evaluation saves itself, lets people choose between two versions, and is submitted", async ({
  page,
  context,
}) => {
  await signIn(page, "school@demo.example");
  const colleague = await caller("staff@demo.example");
  await page.getByRole("navigation", { name: "Of this school" }).getByRole("link", { name: "Evaluations" }).click();
  await page.getByRole("button", { name: "Begin" }).click();
  await expect(page.getByRole("heading", { name: "Timetabled curriculum music" })).toBeVisible();
  await inspect(page, "evaluation");

  const card = page.getByRole("article").first();
  await card.getByRole("radio", { name: /Developing/ }).check();
  await card.getByLabel("What shows it").fill("Timetables of Years 7 to 9");
  await saved(page);
  let [first] = await responses(colleague, page);
  expect(first).toMatchObject({ level: 2, evidence: "Timetables of Years 7 to 9" });

  // Somebody else works on another part of the same answer: both are kept, and nobody is asked.
  await colleague("PATCH", `/evaluation-responses/${first.id}`, { next_step: "Count lost lessons" }, first.version);
  await card.getByLabel("What shows it").fill("Timetables of all years");
  await saved(page);
  await expect(card.getByLabel("Next step")).toHaveValue("Count lost lessons");

  // Somebody else changes the same part.
  [first] = await responses(colleague, page);
  await colleague("PATCH", `/evaluation-responses/${first.id}`, { evidence: "The head’s survey" }, first.version);
  await card.getByLabel("What shows it").fill("Timetables, and a count of lessons");
  const conflict = card.getByRole("alert");
  await expect(conflict).toContainText("The head’s survey");
  await inspect(page, "conflict");
  await conflict.getByRole("radio", { name: /Yours/ }).check();
  await conflict.getByRole("button", { name: "Save the choice" }).click();
  await saved(page);
  [first] = await responses(colleague, page);
  expect(first).toMatchObject({ evidence: "Timetables, and a count of lessons", next_step: "Count lost lessons" });

  // Without a connection the text stays, and is saved when there is one.
  await context.setOffline(true);
  await card.getByLabel("Next step").fill("Count lost lessons each half-term");
  await expect(page.locator(".saved")).toHaveText("Not everything is saved.");
  await context.setOffline(false);
  await saved(page);

  await page.getByRole("link", { name: "Check and submit" }).click();
  await expect(page.getByRole("main")).toContainText("1 of 19 criteria are answered");
  await expect(page.getByRole("button", { name: "Submit to the hub" })).toBeDisabled();
  await inspect(page, "check-and-submit");
  const items = (await responses(colleague, page)).slice(1);
  for (const { id, version } of items) await colleague("PATCH", `/evaluation-responses/${id}`, { level: 3 }, version);
  await page.reload();
  await page.getByRole("button", { name: "Submit to the hub" }).click();
  await expect(page.getByRole("heading", { level: 1 }).locator("..")).toContainText("Submitted");
});
