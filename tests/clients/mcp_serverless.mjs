// @runpod/mcp-server 4.0.0 (npm): templates, endpoints, workers, logs, jobs and bills
// (spec/runpod.md §2-§6).
//
// | tool                                              | checked                                          |
// |---------------------------------------------------|--------------------------------------------------|
// | create-, get-, update-, list-, delete-template    | fields, sparse update, gone after delete         |
// | create-endpoint                                   | defaults, request URLs; 422, 400 (image, quota)  |
// | get-endpoint, list-endpoints                      | the same endpoint                                |
// | update-endpoint                                   | sparse; env is replaced whole; 400, 422          |
// | set-endpoint-gpus                                 | pools, exclusions cleared and set                |
// | list-endpoint-releases                            | versions newest first, what changed, rollout     |
// | list-endpoint-workers                             | summary = histogram of the list                  |
// | stream-worker-logs                                | sources, tail a source, since; unknown: 404      |
// | endpoint-health, run-endpoint, get-job-status     | a job from queue to end, with and without wait   |
// | runsync-endpoint, stream-job                      | output; chunks                                   |
// | cancel-job, retry-job, purge-endpoint-queue       | states, 400                                      |
// | list-serverless-billing, list-billing, others     | buckets, totals add up                           |
// | delete-endpoint                                   | 404 afterwards, jobs too                         |

import assert from 'node:assert/strict';
import { eventually, finish, startSim, test } from './harness.mjs';
import { Mcp } from './mcp.mjs';

const IMAGE = 'runpod/worker-v1-vllm:v2.25.2';

const sim = await startSim();
const mcp = new Mcp(sim);
await mcp.start();

const sum = (list, key) => list.reduce((total, item) => total + item[key], 0);
const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-6, `${a} is not ${b}`);
const input = (text, more) => ({ prompt: text, sampling_params: { max_tokens: 24 }, ...more });

// ---- templates and endpoints --------------------------------------------------------------------

let template;
let endpoint;

await test('a template', async () => {
  template = await mcp.call('create-template', {
    body: {
      name: 'clients-template',
      image: IMAGE,
      serverless: true,
      disk: 60,
      env: { A: '1', B: '2' },
    },
  });
  assert.ok(template.id);
  assert.deepEqual(template.env, { A: '1', B: '2' });
  assert.equal(template.serverless, true);
  const changed = await mcp.call('update-template', { id: template.id, body: { disk: 80 } });
  assert.equal(changed.disk, 80);
  assert.equal(changed.image, IMAGE);
  assert.deepEqual(await mcp.call('get-template', { id: template.id }), changed);
  const { templates } = await mcp.call('list-templates');
  assert.ok(templates.some((row) => row.id === template.id && row.name === 'clients-template'));
});

await test(
  'create-endpoint fills in what was left out',
  async () => {
    endpoint = await mcp.call('create-endpoint', {
      body: {
        name: 'clients-new',
        type: 'QUEUE',
        image: IMAGE,
        disk: 100,
        env: { MODEL_NAME: 'acme/tiny', MAX_MODEL_LEN: '4096' },
        gpu: { pools: ['ADA_48_PRO', 'AMPERE_48'], count: 1, minCudaVersion: '13.0' },
        workers: { min: 0, max: 2, idleTimeout: 10 },
        scaling: { type: 'QUEUE_DELAY', queueDelay: 4 },
      },
    });
    assert.match(endpoint.id, /^[a-z0-9]{8,14}$/);
    assert.equal(endpoint.flashboot, 'OFF');
    assert.deepEqual(endpoint.workers, { min: 0, max: 2, idleTimeout: 10 });
    assert.deepEqual(endpoint.gpu.allowedCudaVersions, []);
    assert.equal(endpoint.gpu.minCudaVersion, '13.0');
    assert.deepEqual(Object.keys(endpoint.requestUrls).sort(), [
      'cancel',
      'health',
      'purgeQueue',
      'retry',
      'run',
      'runSync',
      'status',
      'stream',
    ]);
    assert.match(endpoint.requestUrls.status, new RegExp(`/${endpoint.id}/status/\\{job_id\\}$`));
    assert.deepEqual(await mcp.call('get-endpoint', { id: endpoint.id }), endpoint);
    const { items } = await mcp.call('list-endpoints');
    assert.ok(items.some((row) => row.id === endpoint.id && row.name === 'clients-new'));
  },
  { vital: true },
);

await test('create-endpoint from a template merges env by key', async () => {
  const made = await mcp.call('create-endpoint', {
    body: {
      name: 'clients-from-template',
      type: 'QUEUE',
      templateId: template.id,
      env: { B: '3' },
      gpu: { pools: ['ADA_24'] },
      workers: { min: 0, max: 1 },
      scaling: { type: 'REQUEST_COUNT', requestCount: 2 },
    },
  });
  assert.equal(made.image, IMAGE);
  assert.equal(made.disk, 80);
  assert.deepEqual(made.env, { A: '1', B: '3' });
  assert.deepEqual(made.workers, { min: 0, max: 1 }, 'no idleTimeout with QUEUE and REQUEST_COUNT');
  await mcp.call('delete-endpoint', { id: made.id });
});

await test('what create-endpoint refuses', async () => {
  const body = {
    name: 'x',
    type: 'QUEUE',
    image: IMAGE,
    gpu: { pools: ['ADA_24'] },
    scaling: { type: 'QUEUE_DELAY', queueDelay: 4 },
  };
  const refuse = (more) => mcp.refuse('create-endpoint', { body: { ...body, ...more } });
  const unknown = await refuse({ colour: 'red' });
  assert.equal(unknown.status, 422);
  assert.ok(Array.isArray(unknown.errors) && unknown.errors.length > 0, JSON.stringify(unknown));
  assert.equal((await refuse({ scaling: undefined })).status, 422);
  assert.equal((await refuse({ workers: { min: 0, max: 3, idleTimeout: 0 } })).status, 422);
  assert.ok([400, 422].includes((await refuse({ image: 'runpod/worker-vllm:stable' })).status));
  assert.equal((await refuse({ templateId: 'nosuchid', image: undefined })).status, 404);
  assert.equal(
    (await refuse({ gpu: { pools: ['ADA_24'], excludedTypes: ['NVIDIA L40S'] } })).status,
    400,
  );
  assert.equal(
    (
      await refuse({
        gpu: { pools: ['ADA_24'], minCudaVersion: '12.8', allowedCudaVersions: ['12.8'] },
      })
    ).status,
    400,
  );
  const quota = await refuse({ workers: { min: 0, max: 500 } });
  assert.equal(quota.status, 400);
  assert.match(quota.detail, /workers quota \(\d+\)/);
});

await test('update-endpoint is sparse, but env is one value', async () => {
  const id = endpoint.id;
  const scaled = await mcp.call('update-endpoint', {
    id,
    body: { workers: { min: 0, max: 1, idleTimeout: 30 } },
  });
  assert.deepEqual(scaled, { ...endpoint, workers: { min: 0, max: 1, idleTimeout: 30 } });
  const moved = await mcp.call('update-endpoint', {
    id,
    body: { env: { MODEL_NAME: 'acme/tiny' } },
  });
  assert.deepEqual(moved.env, { MODEL_NAME: 'acme/tiny' });
  assert.deepEqual(moved.workers, scaled.workers);
  const free = await mcp.call('update-endpoint', { id, body: { gpu: { minCudaVersion: '' } } });
  assert.ok(!free.gpu.minCudaVersion);
  assert.deepEqual(free.gpu.pools, endpoint.gpu.pools);
  assert.equal((await mcp.refuse('update-endpoint', { id, body: { type: 'QUEUE' } })).status, 422);
  assert.equal(
    (await mcp.refuse('update-endpoint', { id, body: { cpu: [{ id: 'cpu5c', vcpuCount: 2 }] } }))
      .status,
    400,
  );
  assert.equal(
    (await mcp.refuse('update-endpoint', { id: 'nosuchendpoint', body: { name: 'y' } })).status,
    404,
  );
});

await test('set-endpoint-gpus replaces the selection', async () => {
  const id = endpoint.id;
  const pinned = await mcp.call('set-endpoint-gpus', {
    endpointId: id,
    gpuIds: 'ADA_48_PRO,-NVIDIA L40',
  });
  assert.equal(pinned.endpoint.gpuIds, 'ADA_48_PRO,-NVIDIA L40');
  assert.equal(pinned.previousGpuIds, 'ADA_48_PRO,AMPERE_48');
  const cleared = await mcp.call('update-endpoint', {
    id,
    body: { gpu: { pools: ['ADA_48_PRO'] } },
  });
  assert.deepEqual(cleared.gpu.excludedTypes, []);
});

await test('list-endpoint-releases tells what changed', async () => {
  const { endpointVersion, rollout, releases } = await mcp.call('list-endpoint-releases', {
    id: endpoint.id,
  });
  assert.ok(releases.length >= 3);
  const versions = releases.map((release) => release.version);
  assert.deepEqual(
    versions,
    [...versions].sort((a, b) => b - a),
    'newest first',
  );
  assert.equal(versions[0], endpointVersion);
  for (const key of ['inProgress', 'workersOnLatest', 'workersTotal', 'percentOnLatest'])
    assert.ok(key in rollout, key);
  const env = releases
    .flatMap((release) => release.diff ?? [])
    .find((change) => /env/.test(change.field));
  assert.ok(env, JSON.stringify(releases));
});

// ---- workers, logs, jobs ------------------------------------------------------------------------

const warm = 'clientswarm';
const off = 'clientsoff';
let worker;

await test(
  'list-endpoint-workers counts what it lists',
  async () => {
    const list = await eventually('a worker is idle', async () => {
      const seen = await mcp.call('list-endpoint-workers', { id: warm });
      return seen.workers.some((row) => row.status === 'IDLE') && seen;
    });
    assert.equal(list.summary.total, list.workers.length);
    for (const status of ['RUNNING', 'IDLE', 'INITIALIZING', 'THROTTLED', 'UNHEALTHY']) {
      assert.equal(
        list.summary[status.toLowerCase()],
        list.workers.filter((row) => row.status === status).length,
        status,
      );
    }
    worker = list.workers.find((row) => row.status === 'IDLE');
    assert.equal(worker.image, IMAGE);
    assert.ok(
      worker.gpuTypeId &&
        worker.dataCenterId &&
        worker.uptimeSeconds >= 0 &&
        worker.isStale === false,
    );
    assert.ok(!Number.isNaN(Date.parse(worker.startedAt)));
  },
  { limit: 40_000 },
);

await test(
  'stream-worker-logs',
  async () => {
    const logs = (more) =>
      mcp.call('stream-worker-logs', {
        endpointId: warm,
        workerId: worker.id,
        maxWaitMs: 1_000,
        ...more,
      });
    const both = await logs({ tail: 500 });
    assert.deepEqual([...new Set(both.items.map((line) => line.source))].sort(), [
      'container',
      'system',
    ]);
    assert.ok(
      both.items.every(
        (line) => typeof line.line === 'string' && !Number.isNaN(Date.parse(line.ts)),
      ),
    );
    const system = await logs({ source: 'system', tail: 500 });
    assert.ok(system.items.length > 0 && system.items.every((line) => line.source === 'system'));
    assert.ok(
      system.items.some((line) => /start container/.test(line.line)),
      JSON.stringify(system.items),
    );
    const short = await logs({ tail: 1 });
    assert.ok(short.items.length >= 2, 'tail counts each source');
    const since = both.items.at(-2).ts;
    const later = await logs({ since });
    assert.ok(
      later.items.length > 0 && later.items.every((line) => line.ts >= since),
      JSON.stringify(later.items),
    );
    const unknown = await mcp.refuse('stream-worker-logs', {
      endpointId: warm,
      workerId: 'nosuchworker',
      maxWaitMs: 1_000,
    });
    assert.match(unknown.error, /404/);
  },
  { limit: 40_000 },
);

await test(
  'a job from queue to end',
  async () => {
    const { id, status } = await mcp.call('run-endpoint', {
      endpointId: warm,
      input: input('Say hello.'),
    });
    assert.equal(status, 'IN_QUEUE');
    const job = await mcp.call('get-job-status', { endpointId: warm, jobId: id, wait: 20_000 });
    assert.equal(job.status, 'COMPLETED');
    assert.ok(job.output.length > 0);
    const refused = await mcp.refuse('retry-job', { endpointId: warm, jobId: id });
    assert.match(refused.error, /400/);
  },
  { limit: 40_000 },
);

await test(
  'runsync-endpoint and stream-job',
  async () => {
    const job = await mcp.call('runsync-endpoint', {
      endpointId: warm,
      input: input('Hold on.'),
      wait: 20_000,
    });
    assert.equal(job.status, 'COMPLETED');
    const { id } = await mcp.call('run-endpoint', {
      endpointId: warm,
      input: input('Tell a story.', { stream: true }),
    });
    const streamed = await mcp.call('stream-job', { endpointId: warm, jobId: id });
    assert.equal(streamed.status, 'COMPLETED');
    assert.ok(streamed.stream.length > 1);
    const whole = await mcp.call('get-job-status', { endpointId: warm, jobId: id });
    assert.deepEqual(
      streamed.stream.map((chunk) => chunk.output),
      whole.output,
    );
  },
  { limit: 60_000 },
);

await test('a queued job is diagnosed, cancelled, purged', async () => {
  const run = () => mcp.call('run-endpoint', { endpointId: off, input: input('Never.') });
  const { id } = await run();
  const waiting = await mcp.call('get-job-status', { endpointId: off, jobId: id });
  assert.equal(waiting.status, 'IN_QUEUE');
  assert.equal(waiting.workerHealth.total, 0);
  assert.equal((await mcp.call('endpoint-health', { endpointId: off })).jobs.inQueue, 1);
  assert.equal((await mcp.call('cancel-job', { endpointId: off, jobId: id })).status, 'CANCELLED');
  await run();
  assert.deepEqual(await mcp.call('purge-endpoint-queue', { endpointId: off }), {
    removed: 1,
    status: 'completed',
  });
});

// ---- money --------------------------------------------------------------------------------------

await test('list-serverless-billing adds up', async () => {
  const bill = await mcp.call('list-serverless-billing', {
    bucketSize: 'hour',
    lastN: 24,
    serverlessId: warm,
  });
  assert.ok(bill.records.length > 0);
  assert.equal(bill.metadata.recordCount, bill.records.length);
  assert.equal(bill.metadata.query.bucketSize, 'hour');
  for (const key of ['totalAmount', 'gpuAmount', 'cpuAmount', 'diskAmount', 'feeAmount']) {
    near(bill.metadata.totals[key], sum(bill.records, key));
  }
  for (const record of bill.records) {
    assert.equal(record.serverlessId, warm);
    assert.equal(Date.parse(record.endTime) - Date.parse(record.startTime), 3_600_000);
    assert.equal(Date.parse(record.startTime) % 3_600_000, 0);
    near(
      record.totalAmount,
      record.gpuAmount + record.cpuAmount + record.diskAmount + record.feeAmount,
    );
  }
  const day = await mcp.call('list-serverless-billing', { lastN: 1 });
  assert.equal(day.metadata.query.bucketSize, 'day');
  assert.equal(
    day.metadata.uniqueServerlessCount,
    new Set(day.records.map((record) => record.serverlessId)).size,
  );
  const both = { lastN: 1, startTime: '2026-11-01T00:00:00Z', endTime: '2026-11-02T00:00:00Z' };
  assert.equal((await mcp.refuse('list-serverless-billing', both)).status, 400);
});

await test('the other bills answer', async () => {
  for (const name of [
    'list-billing',
    'list-pod-billing',
    'list-endpoint-billing',
    'list-network-volume-billing',
    'list-cluster-billing',
  ]) {
    const bill = await mcp.call(name, { lastN: 1 });
    assert.ok(Array.isArray(bill.records) && bill.metadata, name);
  }
});

// ---- the end ------------------------------------------------------------------------------------

await test('delete-endpoint', async () => {
  const { id } = await mcp.call('run-endpoint', {
    endpointId: endpoint.id,
    input: input('Too late.'),
  });
  await mcp.call('delete-endpoint', { id: endpoint.id });
  assert.equal((await mcp.refuse('get-endpoint', { id: endpoint.id })).status, 404);
  const job = await mcp.refuse('get-job-status', { endpointId: endpoint.id, jobId: id });
  assert.match(job.error, /404/);
  await mcp.call('delete-template', { id: template.id });
  assert.equal((await mcp.refuse('get-template', { id: template.id })).status, 404);
});

await finish();
