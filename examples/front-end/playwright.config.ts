import { defineConfig } from "@playwright/test";

// The built page in Debian's Chromium, against the demonstration at SMEP. Nothing is downloaded.
const port = Number(process.env.FRONT_END_PORT ?? 5174);

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // All tests share one demonstration.
  workers: 1,
  reporter: [["list"]],
  use: {
    baseURL: `http://localhost:${port}`,
    locale: "en-GB",
    timezoneId: "Europe/London",
    trace: "off",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  webServer: {
    command: `npm run --silent preview -- --host localhost --port ${port} --strictPort`,
    url: `http://localhost:${port}`,
  },
});
