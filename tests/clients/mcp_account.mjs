// @runpod/mcp-server 4.0.0 (npm): the catalogue, pods and the rest of the account (spec/runpod.md §4).
//
// | tool                                              | checked                                          |
// |---------------------------------------------------|--------------------------------------------------|
// | initialize, tools/list                            | name, version, number of tools                   |
// | list-gpu-types, get-gpu-type                      | pools, prices, availability; 400 without product |
// | list-data-centers, get-data-center                | GPU availability                                 |
// | get-capacity (GraphQL without a key), both modes  | stock and CUDA versions                          |
// | list-public-endpoints, list-hub-repos             | answer without an error                          |
// | list-cpu-types, list-public-templates             | wrapped lists                                    |
// | create-pod, get-, list-, update-, pod-action,     | states, 409, 400 without a GPU, logs, 404 after  |
// |   stream-pod-logs, delete-pod                     |                                                  |
// | network volumes, registries, ssh keys             | created, read, changed, deleted                  |
// | list-delegations, list-clusters, list-…-builds    | empty lists                                      |
// | list-endpoints, endpoint-health with a wrong key  | 401 with the server's own hint                   |

import assert from 'node:assert/strict';
import { eventually, finish, startSim, test } from './harness.mjs';
import { Mcp } from './mcp.mjs';

const sim = await startSim();
const mcp = new Mcp(sim);

await test(
  'initialize and tools/list',
  async () => {
    const hello = await mcp.start();
    assert.equal(hello.serverInfo.name, 'Runpod API Server');
    assert.match(hello.serverInfo.version, /^4\.0\.0/);
    const { tools } = await mcp.request('tools/list', {});
    assert.equal(tools.length, 68);
  },
  { vital: true },
);

// ---- the catalogue ------------------------------------------------------------------------------

await test('GPU types have pools, prices and stock', async () => {
  const { gpus } = await mcp.call('list-gpu-types', {
    include: ['AVAILABILITY'],
    product: ['SERVERLESS'],
  });
  assert.ok(gpus.length > 10);
  for (const gpu of gpus) {
    assert.ok(gpu.id && gpu.name && gpu.memory > 0 && gpu.manufacturer, JSON.stringify(gpu));
    assert.ok(['NONE', 'LOW', 'MEDIUM', 'HIGH'].includes(gpu.availability), gpu.id);
    assert.ok(Array.isArray(gpu.dataCenters), gpu.id);
    assert.ok(gpu.manufacturer !== 'NVIDIA' || gpu.cudaVersions.length > 0, gpu.id);
  }
  const ada = gpus.find((gpu) => gpu.id === 'NVIDIA GeForce RTX 4090');
  assert.equal(ada.pool, 'ADA_24');
  assert.ok(ada.price.serverless > 0);
  const one = await mcp.call('get-gpu-type', { id: 'NVIDIA L40S' });
  assert.equal(one.pool, 'ADA_48_PRO');
  assert.equal(one.availability, undefined, 'only when asked for');
  assert.equal((await mcp.refuse('list-gpu-types', { include: ['AVAILABILITY'] })).status, 400);
  assert.equal((await mcp.refuse('get-gpu-type', { id: 'NVIDIA ABACUS' })).status, 404);
});

await test('data centers', async () => {
  const { dataCenters } = await mcp.call('list-data-centers', { include: ['GPU_AVAILABILITY'] });
  assert.ok(dataCenters.length > 0);
  for (const center of dataCenters)
    assert.ok(center.id && center.name && Array.isArray(center.gpuAvailability));
  assert.equal(
    (await mcp.call('get-data-center', { id: dataCenters[0].id })).id,
    dataCenters[0].id,
  );
});

await test('capacity by GraphQL without a key', async () => {
  const matrix = await mcp.call('get-capacity', { gpuTypeIds: ['4090'] });
  assert.equal(matrix.items[0].id, 'NVIDIA GeForce RTX 4090');
  assert.ok(
    Object.values(matrix.items[0].cudaVersions).every((word) =>
      ['AVAILABLE', 'UNAVAILABLE'].includes(word),
    ),
  );
  assert.ok(Object.keys(matrix.items[0].cudaVersions).length > 0);
  const probe = await mcp.call('get-capacity', {
    gpuTypeIds: ['4090'],
    cudaVersions: ['12.8', '13.0'],
  });
  assert.deepEqual(probe.probedCudaVersions, ['12.8', '13.0']);
  assert.equal(probe.probeErrors, undefined);
});

await test('the other catalogues answer', async () => {
  assert.ok(Array.isArray((await mcp.call('list-public-endpoints')).items));
  assert.ok(Array.isArray((await mcp.call('list-hub-repos')).items));
  assert.ok(Array.isArray((await mcp.call('list-cpu-types')).cpus));
  assert.ok(Array.isArray((await mcp.call('list-public-templates')).templates));
});

// ---- pods and the rest --------------------------------------------------------------------------

await test(
  'a pod',
  async () => {
    const gpu = { id: 'NVIDIA GeForce RTX 4090', count: 1 };
    const body = {
      name: 'clients-pod',
      image: 'runpod/pytorch:1.0.2-cu1281-torch280-ubuntu2404',
      gpu,
      disk: 20,
    };
    const pod = await mcp.call('create-pod', { body });
    const id = pod.id;
    assert.ok(['PROVISIONING', 'STARTING', 'RUNNING'].includes(pod.status), pod.status);
    assert.ok(pod.cost > 0);
    const running = await eventually('the pod runs', async () => {
      const seen = await mcp.call('get-pod', { id });
      return seen.status === 'RUNNING' && seen;
    });
    assert.deepEqual([...running.actions].sort(), ['restart', 'stop', 'terminate']);
    assert.ok(running.runtime.uptime >= 0);
    assert.ok((await mcp.call('list-pods')).pods.some((row) => row.id === id));
    assert.equal(
      (await mcp.call('update-pod', { id, body: { name: 'clients-pod-2' } })).name,
      'clients-pod-2',
    );
    const logs = await mcp.call('stream-pod-logs', {
      podId: id,
      source: 'system',
      maxWaitMs: 1_000,
    });
    assert.ok(logs.items.length > 0);
    const stopped = await mcp.call('pod-action', { id, body: { action: 'stop' } });
    assert.equal(stopped.status, 'EXITED');
    assert.equal(stopped.cost, 0);
    assert.deepEqual([...stopped.actions].sort(), ['start', 'terminate']);
    assert.equal((await mcp.refuse('pod-action', { id, body: { action: 'stop' } })).status, 409);
    await mcp.call('pod-action', { id, body: { action: 'start' } });
    await mcp.call('delete-pod', { id });
    assert.equal((await mcp.refuse('get-pod', { id })).status, 404);
    assert.equal(
      (await mcp.refuse('create-pod', { body: { ...body, gpu: undefined } })).status,
      400,
    );
  },
  { limit: 40_000 },
);

await test('a network volume', async () => {
  const { dataCenters } = await mcp.call('list-data-centers');
  const dataCenter = dataCenters[0].id;
  const volume = await mcp.call('create-network-volume', {
    body: { name: 'clients-volume', size: 20, dataCenter },
  });
  const id = volume.id;
  assert.equal(volume.size, 20);
  assert.equal((await mcp.call('update-network-volume', { id, body: { size: 30 } })).size, 30);
  assert.ok(
    [400, 422].includes(
      (await mcp.refuse('update-network-volume', { id, body: { size: 10 } })).status,
    ),
  );
  assert.ok((await mcp.call('list-network-volumes')).networkVolumes.some((row) => row.id === id));
  await mcp.call('delete-network-volume', { id });
  assert.equal((await mcp.refuse('get-network-volume', { id })).status, 404);
});

await test('registry credentials and ssh keys', async () => {
  const registry = await mcp.call('create-registry', {
    body: { name: 'clients', username: 'u', password: 'p4ssw0rd' },
  });
  assert.ok(!JSON.stringify(registry).includes('p4ssw0rd'), 'a password never comes back');
  assert.equal((await mcp.call('get-registry', { id: registry.id })).name, 'clients');
  assert.ok((await mcp.call('list-registries')).registries.some((row) => row.id === registry.id));
  await mcp.call('delete-registry', { id: registry.id });
  const keys = ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIClients test'];
  await mcp.call('update-ssh-keys', { body: { keys } });
  assert.deepEqual((await mcp.call('get-ssh-keys')).keys, keys);
});

await test('what the account does not use is empty', async () => {
  assert.deepEqual((await mcp.call('list-delegations')).delegations, []);
  assert.deepEqual((await mcp.call('list-clusters')).clusters, []);
  assert.deepEqual((await mcp.call('list-endpoint-builds', { id: 'clientswarm' })).builds, []);
});

await test('a wrong key is 401 on every plane', async () => {
  const stranger = new Mcp(sim, 'rpa_NOTAKEY');
  await stranger.start();
  const control = await stranger.refuse('list-endpoints');
  assert.equal(control.status, 401);
  assert.match(control.hint, /API key is missing or invalid/);
  const data = await stranger.refuse('endpoint-health', { endpointId: 'clientswarm' });
  assert.match(data.error, /401/);
  assert.match(data.hint, /API key is missing or invalid/);
});

await finish();
