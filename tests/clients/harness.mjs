// harness: what the client tests share. It starts slipway-sim, runs named tests one after the other,
// prints TAP, and ends the stand-in by its process id on every way out.
//
// Every wait has a deadline: a test (20 s unless it says otherwise), the stand-in's start and end, a
// polled condition, and the file as a whole. A test that overruns counts as failed and the next one
// runs. A test marked `vital` ends the file when it fails, because what follows would only repeat it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';

const START_LIMIT_MS = 15_000;
const END_LIMIT_MS = 5_000;
const TEST_LIMIT_MS = 20_000;
const FILE_LIMIT_MS = 240_000;

let count = 0;
let failures = 0;
let ending = false;
const cleanups = [];

// ---- waiting ----------------------------------------------------------------------------------

// Waits for `promise`, but not longer than `ms`.
export function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no end within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// Asks again and again until `look` gives something true, and returns that.
export async function eventually(what, look, { limit = 15_000, every = 50 } = {}) {
  const end = Date.now() + limit;
  do {
    const seen = await look();
    if (seen) return seen;
    await new Promise((resolve) => setTimeout(resolve, every));
  } while (Date.now() < end);
  throw new Error(`${what}: not within ${limit} ms`);
}

// ---- TAP --------------------------------------------------------------------------------------

const say = (line) => process.stdout.write(`${line}\n`);

export function note(text) {
  for (const line of String(text).split('\n')) say(`# ${line}`);
}

// A client that prints must not look like a result.
console.log = (...words) => note(words.join(' '));

function failed(name, error) {
  failures++;
  say(`not ok ${++count} - ${name}`);
  note(error?.stack ?? error);
  if (error?.response?.status) note(`answered ${error.response.status}`);
}

export async function test(name, body, { limit = TEST_LIMIT_MS, vital = false } = {}) {
  try {
    await within(limit, name, Promise.resolve().then(body));
    say(`ok ${++count} - ${name}`);
  } catch (error) {
    failed(name, error);
    if (vital) await finish();
  }
}

// Ends the file: what was started is ended, the plan is printed, the status says whether all was well.
export async function finish() {
  if (ending) return;
  ending = true;
  for (const end of cleanups.reverse()) {
    await end().catch((error) => failed('everything that was started ends', error));
  }
  say(`1..${count}`);
  process.exit(failures > 0 || count === 0 ? 1 : 0);
}

export const atEnd = (end) => cleanups.push(end);

setTimeout(() => {
  failed(`the file ends within ${FILE_LIMIT_MS} ms`, 'it did not');
  void finish();
}, FILE_LIMIT_MS).unref();

for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, (error) => {
    failed('no error escapes from a client', error);
    void finish();
  });
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    failed('the file is not interrupted', signal);
    void finish();
  });
}

// ---- a program that was started -----------------------------------------------------------------

// Ends `child` by asking, then by force. Resolves when it is gone.
export async function endProcess(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS);
  await within(2 * END_LIMIT_MS, `process ${child.pid}`, gone).finally(() => clearTimeout(timer));
}

// ---- bytes --------------------------------------------------------------------------------------

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

// The name git gives to a file's content.
export function gitBlob(bytes) {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

// What a repository holds in place of a file kept in LFS (spec/huggingface.md §4.6).
export function lfsPointer(bytes) {
  return Buffer.from(
    `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(bytes)}\n` +
      `size ${bytes.length}\n`,
  );
}

// Bytes without a pattern, the same in every run.
export function noise(length, seed) {
  const words = new Uint32Array(Math.ceil(length / 4));
  let x = seed >>> 0 || 1;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x >>> 0;
  }
  return Buffer.from(words.buffer, 0, length);
}

// ---- the stand-in -------------------------------------------------------------------------------

const RUNPOD_KEY = 'rpa_CLIENTS0000000000000000000000000000000000000000';
const HUB_TOKEN = 'hf_clientsclientsclientsclientsclients';
const SCENARIO = fileURLToPath(new URL('scenario.json', import.meta.url));

// Starts slipway-sim ($SLIPWAY_SIM) with the tests' scenario and returns its addresses, the only keys
// that it accepts, and `log`, which gives what it was asked. The file's end ends it.
export async function startSim({ speed = 20 } = {}) {
  // --exit-with-stdin: should this file be killed, the stand-in goes with it.
  const options = ['--scenario', SCENARIO, '--speed', String(speed), '--exit-with-stdin'];
  const child = spawn(process.env.SLIPWAY_SIM, options, { stdio: ['pipe', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (text) => {
    errors = (errors + text).slice(-4000);
  });
  atEnd(async () => {
    const early = child.exitCode ?? child.signalCode;
    await endProcess(child);
    if (errors) note(`slipway-sim: ${errors}`);
    assert.equal(early, null, `slipway-sim ended by itself: ${early}`);
    assert.equal(child.exitCode, 0, `slipway-sim ends with ${child.exitCode ?? child.signalCode}`);
  });

  const line = new Promise((resolve, reject) => {
    let text = '';
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new Error(`slipway-sim ended: ${code ?? signal} ${errors}`)),
    );
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
  });
  const addresses = JSON.parse(await within(START_LIMIT_MS, 'slipway-sim starts', line));

  const control = async (method, path, body) => {
    const answer = await fetch(`${addresses.control}/_sim/${path}`, {
      method,
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    assert.equal(answer.status, 200, `${method} /_sim/${path}: ${text}`);
    return JSON.parse(text);
  };
  await control('POST', 'keys', { only: [RUNPOD_KEY, HUB_TOKEN] });
  return {
    ...addresses,
    runpodKey: RUNPOD_KEY,
    hubToken: HUB_TOKEN,
    log: async () => (await control('GET', 'requests')).requests,
  };
}
