import { defineConfig } from '@playwright/test';
import type { StudioOptions, StudioWorkerOptions } from './support/studio.ts';

// `cargo xtask test` brings one up; a run by hand does without and says so.
const postgres = process.env.STUDIO_POSTGRES_URL;
if (!postgres && !process.env.TEST_WORKER_INDEX) {
  console.warn('STUDIO_POSTGRES_URL is not set: nothing runs on PostgreSQL.');
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
    // What still moves is clicked anew after scrolling, and a menu that follows its button is then not where it was.
    contextOptions: { reducedMotion: 'reduce' },
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
  projects: [
    { name: 'js', use: { scripting: 'on' } },
    {
      name: 'nojs',
      testMatch: ['join', 'forms', 'entry', 'settings', 'account', 'ownership', 'audit', 'library', 'deployments', 'api-keys'].map((spec) => `${spec}.spec.ts`),
      use: { scripting: 'off', javaScriptEnabled: false },
    },
    { name: 'wasm-blocked', testMatch: 'forms.spec.ts', use: { scripting: 'no-wasm', contextOptions: { reducedMotion: 'no-preference' } } },
    ...(postgres
      ? [
          {
            name: 'postgres',
            testMatch: ['join.spec.ts', 'live.spec.ts', 'access.spec.ts'],
            use: { scripting: 'on' as const, database: 'postgres' as const },
          },
        ]
      : []),
  ],
});
