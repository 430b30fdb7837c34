import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HoldfastError, operationContext } from '../../base/index.ts';
import type { RecoveryHost, ResumedRecovery } from './host/index.ts';
import type { RecoveryOutcome } from './journal/index.ts';
import { resumeRecovery, rollBackRecovery } from './pending-recoveries.ts';
import type { RecoveryPlan } from './plan/index.ts';

const names = ['cp1', 'cp2', 'cp3'];
const plan = { id: 'r1', hosts: names.map((host) => ({ host, manifests: [] })) } as unknown as RecoveryPlan;

interface HostState {
  readonly name: string;
  /** Which host of the plan its journal is of; none without. */
  readonly journalOf?: number;
  readonly turnedBack?: string;
  readonly outcome?: RecoveryOutcome;
}

/** Does nothing, and tells what it was asked to do. */
function hostIn({ name, journalOf, turnedBack, outcome }: HostState, done: string[]): RecoveryHost {
  const resumed: ResumedRecovery | undefined =
    journalOf === undefined ? undefined : { plan, hostIndex: journalOf, turnedBack };
  const note = (what: string) => {
    if (!done.includes(`${name} ${what}`)) done.push(`${name} ${what}`);
    return Promise.resolve();
  };
  return {
    name,
    resume: () => Promise.resolve(resumed),
    outcomeOf: () => Promise.resolve(outcome),
    begin: () => note('begin'),
    run: () => note('run'),
    rollBack: () => note('back'),
    finish: (how: RecoveryOutcome) => note(how),
  } as unknown as RecoveryHost;
}

const ctx = operationContext();

test('a host that was undone keeps the others from going on without it', async () => {
  const done: string[] = [];
  const hosts = [
    hostIn({ name: 'cp1', outcome: 'rolled-back' }, done),
    hostIn({ name: 'cp2', outcome: 'rolled-back' }, done),
    hostIn({ name: 'cp3', journalOf: 2 }, done),
  ];
  await assert.rejects(resumeRecovery(hosts, ctx), { code: 'RECOVERY_TURNED_BACK' });
  assert.deepEqual(done, []);
  await rollBackRecovery(hosts, ctx);
  assert.deepEqual(done, ['cp3 back', 'cp3 rolled-back']);
});

test('a host that is lost keeps the others from going back only until they are asked to leave it', async () => {
  const done: string[] = [];
  const hosts = [hostIn({ name: 'cp1', journalOf: 0 }, done), hostIn({ name: 'cp2', journalOf: 1 }, done)];
  const isAboutCp3 = { code: 'USAGE', message: /concerns cp3$/, hint: /--rollback --abandon-members/ };
  await assert.rejects(resumeRecovery(hosts, ctx), isAboutCp3);
  await assert.rejects(rollBackRecovery(hosts, ctx), isAboutCp3);
  assert.deepEqual(done, []);
  await rollBackRecovery(hosts, ctx, { withoutOthers: true });
  assert.deepEqual(done, ['cp1 back', 'cp2 back', 'cp1 rolled-back', 'cp2 rolled-back']);
});

test('what is complete on a host is not undone on the others, not even without that host', async () => {
  const done: string[] = [];
  const hosts = [
    hostIn({ name: 'cp1', outcome: 'committed' }, done),
    hostIn({ name: 'cp2', journalOf: 1 }, done),
  ];
  await assert.rejects(rollBackRecovery(hosts, ctx, { withoutOthers: true }), {
    code: 'RECOVERY_COMMITTED',
  });
  assert.deepEqual(done, []);
});

test('a host is the one of its journal, whatever it is called by now', async () => {
  const done: string[] = [];
  const hosts = names.map((name, index) => hostIn({ name: `root@${name}.example`, journalOf: index }, done));
  await resumeRecovery(hosts, ctx);
  assert.equal(done.filter((what) => what.endsWith('committed')).length, 3);
});

test('a resumed recovery that fails early is undone in all phases that the first run may have reached', async () => {
  const undone: string[] = [];
  const host = (name: string, index: number): RecoveryHost => ({
    ...hostIn({ name, journalOf: index }, []),
    run: () => (name === 'cp3' ? Promise.reject(new Error('gone')) : Promise.resolve()),
    rollBack(phase: string) {
      if (name === 'cp3') return Promise.reject(new Error('gone'));
      undone.push(`${name} ${phase}`);
      return Promise.resolve();
    },
  });
  await assert.rejects(resumeRecovery(names.map(host), ctx), { code: 'ROLL_BACK_FAILED', message: /cp3: / });
  for (const phase of ['swap', 'fence-etcd', 'start-etcd', 'commit'])
    for (const name of ['cp1', 'cp2']) assert.ok(undone.includes(`${name} ${phase}`), `${name} ${phase}`);
});

test('a journal that cannot be closed undoes nothing', async () => {
  const done: string[] = [];
  const hosts = names.map((name, index): RecoveryHost => {
    const host = hostIn({ name, journalOf: index }, done);
    const failure = new HoldfastError('HOST_UNREACHABLE', 'no connection to cp2');
    return name === 'cp2' ? { ...host, finish: () => Promise.reject(failure) } : host;
  });
  await assert.rejects(resumeRecovery(hosts, ctx), {
    code: 'HOST_UNREACHABLE',
    message: /is recovered, but the journal on cp2 is not closed: no connection/,
    hint: /--resume/,
  });
  assert.ok(!done.some((what) => what.endsWith('back')), done.join());
});
