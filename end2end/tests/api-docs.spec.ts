import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { expect, test } from '../support/studio.ts';
import type { Person } from '../support/person.ts';

const GOODBYE = 'Goodbye, {{ name }}{{sign}} \\{{ name }}';

/** A new key of the person's own workspace, and the examples beside it. */
async function newKey(ana: Person) {
  const { page } = ana;
  await ana.goes('/');
  const slug = new URL(page.url()).pathname.slice(1);
  await ana.goes(`/${slug}/settings/api-keys/new`);
  await ana.fills({ Name: 'Examples' });
  await page.getByRole('radio', { name: /^Full/ }).check();
  expect(await ana.presses('Create API key')).toBe(200);
  const key = await page.getByRole('textbox', { name: 'API key' }).inputValue();
  const examples = await page.locator('pre.example').allTextContents();
  return { key, examples, env: { ...process.env, FORCE_COLOR: '0', PROMPT_STUDIO_KEY: key } };
}

/** A service of the person's own workspace, with a prompt that is deployed to production. */
async function service(ana: Person) {
  const { key, env } = await newKey(ana);
  const post = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const answer = await fetch(`${ana.at.url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.status, await answer.clone().text()).toBe(201);
  };
  const deploys = async (version: number, text: string) => {
    await post('/prompts/Greeting/versions', { text, variables: [{ name: 'sign', default: '!' }] });
    await post('/deployments', { prompt: 'Greeting', environment: 'production', version });
  };
  const undeploys = () => post('/deployments', { prompt: 'Greeting', environment: 'production', version: null });
  await post('/prompts', { name: 'Greeting' });
  await deploys(1, 'Hello {{ name }}{{sign}} \\{{ name }}');
  return { env, deploys, undeploys };
}

/** Compiles and runs a program in TypeScript. */
async function runs(code: string, env: NodeJS.ProcessEnv): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'examples-'));
  writeFileSync(join(folder, 'example.mts'), code);
  const modules = join(import.meta.dirname, '../node_modules');
  const types = ['--types', 'node', '--typeRoots', join(modules, '@types'), '--skipLibCheck'];
  const compile = ['example.mts', '--module', 'nodenext', '--target', 'es2022', '--strict', ...types];
  execFileSync(join(modules, '.bin/tsc'), compile, { stdio: ['ignore', 'inherit', 'inherit'], cwd: folder });
  return (await promisify(execFile)('node', [join(folder, 'example.mjs')], { env })).stdout;
}

test('the examples beside a new key run as they stand', async ({ person }) => {
  const ana = await person('Ana');
  await service(ana);
  const { env, examples } = await newKey(ana);
  const [curl, python, typescript] = examples;
  const fetched = execFileSync('bash', ['-c', curl!], { env, stdio: 'pipe' });
  expect(JSON.parse(fetched.toString())).toMatchObject({ version: 1, environment: 'production' });
  expect(execFileSync('python3', ['-c', python!], { env }).toString()).toBe('1\n');
  expect(await runs(typescript!, env)).toBe('1\n');
});

test('the examples of the reference run as they stand', async ({ person }) => {
  const ana = await person('Ana');
  const { env, deploys, undeploys } = await service(ana);
  await ana.goes('/api/docs');
  const [curl, python, typescript] = await ana.page.locator('pre').allTextContents();

  const fetched = execFileSync('bash', ['-c', curl!.replace('Support%2FTriage', 'Greeting')], { env, stdio: 'pipe' });
  expect(JSON.parse(fetched.toString())).toMatchObject({ version: 1, text: 'Hello {{ name }}{{sign}} \\{{ name }}' });

  const code = `${python!}
print(fill(prompt("Greeting"), name="{{ sign }}"), prompt("Greeting")["version"], flush=True)
end = time.monotonic() + 25
def until(happens):
    while not happens() and time.monotonic() < end:
        time.sleep(0.05)
def version():
    return cache.get("Greeting", (None, {"version": 0}))[1]["version"]
def fetches():
    try:
        return prompt("Greeting")
    except OSError:
        return None
until(lambda: version() == 2)
print(version(), flush=True)
until(lambda: version() == 0)
print(version(), flush=True)
until(fetches)
print(version(), flush=True)
until(lambda: version() == 4)
print(version(), flush=True)`;
  const running = spawn('python3', ['-c', code], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  // What is deployed now is told to who listens, and who listens goes on when it was taken off.
  const steps = [() => deploys(2, 'Good day'), undeploys, () => deploys(3, 'Back'), () => deploys(4, GOODBYE)];
  for await (const line of createInterface(running.stdout)) {
    await steps[lines.push(line) - 1]?.();
  }
  expect(lines).toEqual(['Hello {{ sign }}! {{ name }} 1', '2', '0', '3', '4']);

  const again = "console.log(String((await prompt('Greeting')).version), fill(await prompt('Greeting'), { name: 'Ada' }));";
  expect(await runs(`${typescript!}\n${again}\n`, env)).toBe('4 Goodbye, Ada! {{ name }}\n');
});

test('a problem leads to where it is explained', async ({ person }) => {
  const ana = await person('Ana');
  const answer = await fetch(`${ana.at.url}/api/v1/whoami`);
  const { type, code } = (await answer.json()) as { type: string; code: string };
  await ana.goes(type);
  await expect(ana.page.locator(`[id="${code}"]`)).toContainText('The API key is missing');
});

test('a link to a shape opens it', async ({ person }) => {
  const { page, ...ana } = await person('Ana');
  await page.goto(`${ana.at.url}/api/docs`);
  await expect(page.locator('#schema-FetchedPrompt')).toBeHidden();
  await page.locator('#fetch_a_prompt > summary').click();
  await page.locator('#fetch_a_prompt').getByRole('link', { name: 'FetchedPrompt' }).click();
  await expect(page.locator('#schema-FetchedPrompt')).toBeInViewport();
});
