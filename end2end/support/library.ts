import type { Person } from './person.ts';

/** A library with something of everything. */
export interface Library {
  folder: string;
  /** A chat in the folder that refers to a text, with two versions and a draft that is neither. */
  triage: string;
  tone: string;
  /** Without a version. */
  fresh: string;
}

type Fields = Record<string, string>;

/** Makes a folder or a prompt, and tells its id. */
export async function makes(person: Person, action: 'folders/create' | 'prompts/create', org: string, fields: Fields): Promise<string> {
  const answer = await person.sends(action, { org, ...fields });
  return answer.headers()['location']!.split('/').at(-1)!;
}

/** Writes a draft, whatever it was before. */
export async function writes(person: Person, org: string, prompt: string, fields: Fields): Promise<void> {
  await person.sends('prompts/save_draft', { org, prompt, revision: await hidden(person, org, prompt, 'revision'), ...fields });
}

/** Saves the draft as a version. */
export async function saves(person: Person, org: string, prompt: string, message: string): Promise<void> {
  const at = `${prompt}/save`;
  const [revision, latest] = [await hidden(person, org, at, 'revision'), await hidden(person, org, at, 'latest')];
  await person.sends('prompts/save_version', { org, prompt, revision, latest, message });
}

async function hidden(person: Person, org: string, page: string, field: string): Promise<string> {
  const html = await (await person.page.request.get(`${person.at.url}/${org}/prompts/${page}`)).text();
  return html.match(new RegExp(`name="${field}" value="([^"]*)"`))![1]!;
}

const TRIAGE = {
  kind: 'chat',
  'role-0': 'system',
  'content-0': 'You sort support tickets of {{ company }}.\n[[ Support/Tone | audience=customers ]]\n\nAnswer with one word: billing, bug or other.',
  'role-1': 'placeholder',
  'name-1': 'history',
  'role-2': 'user',
  'content-2': '{{ ticket }}',
  'var-0': 'ticket',
  'type-0': 'string',
  'required-0': 'true',
  'about-0': 'The ticket as the customer wrote it',
  'var-1': 'company',
  'default-1': 'Acme',
  provider: 'openai',
  model: 'gpt-5-mini',
  temperature: '0.2',
};

export async function makeLibrary(person: Person, org: string): Promise<Library> {
  const folder = await makes(person, 'folders/create', org, { name: 'Support' });
  await person.sends('variables/set', { org, folder, 'name-0': 'audience', 'value-0': 'colleagues', 'name-1': 'max_words', 'value-1': '200' });
  const tone = await makes(person, 'prompts/create', org, { folder, name: 'Tone', kind: 'text' });
  await writes(person, org, tone, { kind: 'text', text: 'Be kind and brief. You write to {{ audience }}.' });
  await saves(person, org, tone, 'The first');
  const triage = await makes(person, 'prompts/create', org, { folder, name: 'Triage', kind: 'chat' });
  await writes(person, org, triage, TRIAGE);
  await saves(person, org, triage, 'As the team agreed on Monday');
  await writes(person, org, triage, { ...TRIAGE, 'content-2': 'Ticket:\n{{ ticket }}', temperature: '0.7' });
  await saves(person, org, triage, '');
  await writes(person, org, triage, { ...TRIAGE, 'content-0': TRIAGE['content-0'].replace('one word', 'one  word only'), temperature: '0.7' });
  await person.sends('prompts/describe', { org, prompt: triage, name: 'Triage', description: 'Sorts what comes in.', tags: 'support, tickets' });
  const fresh = await makes(person, 'prompts/create', org, { name: 'A prompt with a rather long name that has no version yet', kind: 'text' });
  const gone = await makes(person, 'prompts/create', org, { folder, name: 'Old triage', kind: 'text' });
  await person.sends('prompts/trash', { org, prompt: gone });
  await makes(person, 'folders/create', org, { name: 'Marketing' });
  return { folder, triage, tone, fresh };
}
