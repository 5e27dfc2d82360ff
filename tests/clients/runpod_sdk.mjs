// runpod-sdk 1.1.2 (npm) against the data plane (spec/runpod.md §2, §3.1).
//
// | call                             | checked                                                        |
// |----------------------------------|----------------------------------------------------------------|
// | endpoint.health                  | all eleven counters; they follow the jobs                      |
// | endpoint.runSync                 | COMPLETED, output, times, id "sync-…"                          |
// | endpoint.run, status             | IN_QUEUE, then final with delayTime, executionTime, workerId   |
// | endpoint.statusSync              | holds until the job is final                                   |
// | endpoint.stream                  | every chunk once; joined it is the job's output                |
// | endpoint.cancel                  | CANCELLED, also in status; a second status agrees              |
// | endpoint.purgeQueue              | the number removed; the jobs are CANCELLED                     |
// | retry (fetch: the SDK has none)  | FAILED goes back IN_QUEUE under its id; COMPLETED is refused   |
// | wrong key, endpoint, job         | throw with 401, 404, 404                                       |

import assert from 'node:assert/strict';
import runpodSdk from 'runpod-sdk';
import { eventually, finish, startSim, test } from './harness.mjs';

const sim = await startSim();
const base = sim.data;
const runpod = runpodSdk(sim.runpodKey, { baseUrl: base });
const warm = runpod.endpoint('clientswarm'); // a worker is always up
const off = runpod.endpoint('clientsoff'); // workers.max 0: nothing ever runs
const broken = runpod.endpoint('clientsfail'); // every job ends FAILED

const prompt = (text, extra) => ({
  input: { prompt: text, sampling_params: { max_tokens: 24 }, ...extra },
});
const refused = (status) => (error) => {
  assert.equal(error.response?.status, status, error.message);
  return true;
};

async function final(endpoint, id) {
  return eventually(`job ${id} ends`, async () => {
    const job = await endpoint.status(id);
    return job.completed && job;
  });
}

await test(
  'health has all eleven counters',
  async () => {
    const health = await warm.health();
    const names = (part) => Object.keys(health[part]).sort();
    assert.deepEqual(names('jobs'), ['completed', 'failed', 'inProgress', 'inQueue', 'retried']);
    assert.deepEqual(names('workers'), [
      'idle',
      'initializing',
      'ready',
      'running',
      'throttled',
      'unhealthy',
    ]);
    for (const value of [...Object.values(health.jobs), ...Object.values(health.workers)]) {
      assert.ok(Number.isInteger(value) && value >= 0);
    }
  },
  { vital: true },
);

await test('runSync gives the finished job', async () => {
  const job = await warm.runSync(prompt('Say hello.'), 30_000);
  assert.equal(job.status, 'COMPLETED');
  assert.equal(job.completed, true);
  assert.equal(job.succeeded, true);
  assert.match(job.id, /^sync-/);
  assert.ok(Array.isArray(job.output) && job.output.length > 0);
  assert.ok(Number.isInteger(job.delayTime) && Number.isInteger(job.executionTime));
  assert.equal(typeof job.workerId, 'string');
});

await test('run answers at once and status follows the job to its end', async () => {
  const queued = await warm.run(prompt('Count to ten.'));
  assert.equal(queued.status, 'IN_QUEUE');
  assert.equal(typeof queued.id, 'string');
  const job = await final(warm, queued.id);
  assert.equal(job.id, queued.id);
  assert.equal(job.status, 'COMPLETED');
  assert.equal(job.started, true);
  assert.equal(job.succeeded, true);
  assert.ok(job.executionTime > 0 && job.delayTime >= 0);
  assert.equal(job.retries, undefined, 'retries is there only from 1 on');
  assert.equal(job.input, undefined, 'the input is not in the answer');
});

await test('statusSync holds until the job is final', async () => {
  const { id } = await warm.run(prompt('Take your time.'));
  const job = await warm.statusSync(id, 15_000);
  assert.equal(job.id, id);
  assert.equal(job.status, 'COMPLETED');
});

await test('the same prompt gets the same answer', async () => {
  const [one, two] = await Promise.all([
    warm.runSync(prompt('What is a slip?')),
    warm.runSync(prompt('What is a slip?')),
  ]);
  const text = (job) =>
    job.output.map((part) => part.choices[0].text ?? part.choices[0].tokens.join('')).join('');
  assert.equal(text(one), text(two));
});

await test('stream yields every chunk once, and joined they are the output', async () => {
  const { id } = await warm.run(prompt('Tell a story.', { stream: true }));
  const chunks = [];
  for await (const chunk of warm.stream(id)) chunks.push(chunk.output);
  assert.ok(chunks.length > 1, `one chunk only: ${JSON.stringify(chunks)}`);
  const job = await warm.status(id);
  assert.equal(job.status, 'COMPLETED');
  assert.deepEqual(chunks, job.output);
  const text = chunks.join('');
  assert.match(text, /^data: \{/);
  assert.match(text, /data: \[DONE\]\n\n$/);
  for await (const chunk of warm.stream(id))
    assert.fail(`delivered twice: ${JSON.stringify(chunk)}`);
});

await test('cancel takes a queued job away', async () => {
  const { id } = await off.run(prompt('Never.'));
  assert.equal((await off.status(id)).status, 'IN_QUEUE');
  assert.equal((await off.health()).jobs.inQueue, 1);
  const cancelled = await off.cancel(id);
  assert.equal(cancelled.id, id);
  assert.equal(cancelled.status, 'CANCELLED');
  const after = await off.status(id);
  assert.equal(after.status, 'CANCELLED');
  assert.equal(after.completed, true);
  assert.equal(after.succeeded, false);
});

await test('purgeQueue drops what waits and says how many', async () => {
  const jobs = await Promise.all([1, 2, 3].map((n) => off.run(prompt(`Number ${n}`))));
  const purged = await off.purgeQueue();
  assert.deepEqual(purged, { removed: 3, status: 'completed' });
  for (const { id } of jobs) assert.equal((await off.status(id)).status, 'CANCELLED');
  assert.equal((await off.health()).jobs.inQueue, 0);
  assert.deepEqual(await off.purgeQueue(), { removed: 0, status: 'completed' });
});

await test('a failed job says why, and retry puts it back under its id', async () => {
  const { id } = await broken.run(prompt('Fail.'));
  const job = await final(broken, id);
  assert.equal(job.status, 'FAILED');
  assert.equal(job.succeeded, false);
  assert.ok(typeof job.error === 'string' && job.error.length > 0);
  const retry = await fetch(`${base}/clientsfail/retry/${id}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${sim.runpodKey}`, 'Content-Type': 'application/json' },
  });
  assert.equal(retry.status, 200);
  assert.deepEqual(await retry.json(), { id, status: 'IN_QUEUE' });
  assert.equal((await final(broken, id)).id, id);
});

await test('retry of a completed job is refused', async () => {
  const { id } = await warm.run(prompt('Once.'));
  await final(warm, id);
  const retry = await fetch(`${base}/clientswarm/retry/${id}`, {
    method: 'POST',
    headers: { Authorization: sim.runpodKey }, // the bare key is good here, spec §1.1
  });
  assert.equal(retry.status, 400);
  assert.match(retry.headers.get('content-type'), /json/);
});

await test('what is wrong throws with its status', async () => {
  await assert.rejects(
    runpodSdk('rpa_NOTAKEY', { baseUrl: base }).endpoint('clientswarm').health(),
    refused(401),
  );
  await assert.rejects(runpod.endpoint('nosuchendpoint').health(), refused(404));
  await assert.rejects(warm.status('0b51a3b6-0000-4000-8000-000000000000-u1'), refused(404));
  await assert.rejects(warm.run({ prompt: 'no input' }), refused(400));
});

await finish();
