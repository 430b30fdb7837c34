import { openPrivateDirectory, type OperationContext, throwIfInterrupted } from '../../base/index.ts';
import { openEtcdClient } from '../../etcd/index.ts';
import { freePort } from '../../hosts/index.ts';
import { openInspection } from '../objects/inspect/index.ts';
import { type ObjectSource, openObjectSource } from '../objects/source/index.ts';
import {
  bootEmbeddedServer,
  type BootedEtcd,
  bootEtcdProgram,
  createSandboxPki,
  requireProgram,
  type SandboxPki,
  type StagedData,
  stageData,
} from './boot/index.ts';
import {
  checkHealth,
  checkHistory,
  checkKeys,
  checkKeysSince,
  checkLeases,
  checkMembers,
  checkRestart,
  checkRevision,
  checkWrite,
  type BeforeRestart,
  type LeaseUse,
} from './checks/index.ts';
import type { DrillOptions } from './drill-options.ts';
import type { DrillFacts, DrillReport } from './drill-report.ts';
import { DrillRun } from './drill-run.ts';
import { compareObjects, holdsEncrypted, startApiServer } from './kube-apiserver/index.ts';
import {
  checkDataDirLog,
  checkExpected,
  checkFile,
  type DrillSubject,
  inspectSubject,
  type LoadedSubject,
  loadSubject,
  whatChanged,
} from './source/index.ts';

const defaultWaitTimeoutMs = 120_000;

/**
 * Brings a backup up in a sandbox and proves from outside that it is what the file holds. Damage is a result, not an
 * error: it is in the report. Nothing but the sandbox is written to, and nothing that was started stays.
 *
 * Errors: FILE_NOT_FOUND, NOT_A_REGULAR_FILE, FILE_NOT_READABLE (source, programs), HOST_COMMAND_FAILED (a program
 * cannot be started), DISK_FULL, WRITE_FAILED, INTERRUPTED.
 */
export async function drill(options: DrillOptions, ctx: OperationContext): Promise<DrillReport> {
  for (const program of [options.etcdProgram, options.kubeApiserverProgram])
    if (program !== undefined) await requireProgram(program);
  const startedAtMs = ctx.clock.now();
  const run = new DrillRun(ctx);
  const subject = await inspectSubject(options.source, options.walDir);
  await using sandbox = await openPrivateDirectory(options.workDir, 'holdfast-drill-', 'drill', ctx);
  const drilled = new Drill({ options, subject, sandbox: sandbox.path, run, ctx });
  try {
    await drilled.run();
  } finally {
    await drilled[Symbol.asyncDispose]();
  }
  const keptSandbox = options.keep === true ? await sandbox.keep() : undefined;
  const checks = run.checks();
  return {
    source: options.source,
    kind: subject.kind,
    sizeBytes: subject.sizeBytes,
    startedAtMs,
    server: { kind: options.etcdProgram === undefined ? 'embedded' : 'etcd', version: drilled.version },
    kubernetesVersion: drilled.kubernetesVersion,
    facts: drilled.facts,
    checks,
    ok: !run.failed,
    firstAnswerMs: drilled.firstAnswerMs,
    provenMs: run.failed ? undefined : drilled.provenMs,
    tookMs: run.elapsedMs,
    keptSandbox,
  };
}

interface DrillParts {
  readonly options: DrillOptions;
  readonly subject: DrillSubject;
  readonly sandbox: string;
  readonly run: DrillRun;
  readonly ctx: OperationContext;
}

/** A drill under way, and what it has open. Disposing stops and closes all of it. */
class Drill implements AsyncDisposable {
  version: string | undefined;
  kubernetesVersion: string | undefined;
  facts: DrillFacts | undefined;
  firstAnswerMs: number | undefined;
  provenMs: number | undefined;
  readonly #options: DrillOptions;
  readonly #subject: DrillSubject;
  readonly #sandbox: string;
  readonly #run: DrillRun;
  readonly #ctx: OperationContext;
  readonly #opened = new AsyncDisposableStack();
  readonly #waitTimeoutMs: number;
  #fileSha256: string | undefined;

  constructor({ options, subject, sandbox, run, ctx }: DrillParts) {
    this.#options = options;
    this.#subject = subject;
    this.#sandbox = sandbox;
    this.#run = run;
    this.#ctx = ctx;
    this.#waitTimeoutMs = options.waitTimeoutMs ?? defaultWaitTimeoutMs;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }

  async run(): Promise<void> {
    const loaded = await this.#preflight();
    if (loaded === undefined) return;
    const pki = await createSandboxPki(this.#sandbox);
    const staged = await this.#stage(loaded);
    const etcd = staged && (await this.#boot(staged, pki));
    if (etcd !== undefined) {
      const { source: path } = this.#options;
      const source = this.#opened.use(await openObjectSource({ source: path, prefix: '/' }, this.#ctx));
      await this.#askAll({ loaded, staged: staged!, etcd, source, pki });
    }
    await this.#sourceIsUntouched();
    this.provenMs = this.#run.elapsedMs;
  }

  /** What can be said before anything is started; undefined when that is enough. */
  async #preflight(): Promise<LoadedSubject | undefined> {
    const { kind } = this.#subject;
    const isSound = await this.#run.check('file', async (log) => {
      const { facts, fileSha256 } = await checkFile(this.#subject, log, this.#ctx);
      this.#fileSha256 = fileSha256;
      return facts;
    });
    if (!isSound) return undefined;
    let loaded: LoadedSubject | undefined;
    const load = async () => {
      loaded = this.#opened.use(await loadSubject(this.#subject, this.#ctx));
      this.facts = factsOf(loaded, this.#fileSha256);
      return loaded;
    };
    if (kind === 'data-dir') {
      await this.#run.check('log', async (log) =>
        checkDataDirLog(this.#subject, (await load()).dataDir!, log),
      );
    } else {
      this.#run.skip('log', 'no data dir');
      await load();
    }
    if (this.#run.failed || loaded === undefined) return undefined;
    return (await this.#isExpected(loaded)) ? loaded : undefined;
  }

  async #isExpected(loaded: LoadedSubject): Promise<boolean> {
    const expect = this.#options.expect ?? {};
    if (Object.values(expect).every((value) => value === undefined)) {
      this.#run.skip('expected', 'nothing was said to be expected');
      return true;
    }
    const known = { subject: this.#subject, loaded, fileSha256: this.#fileSha256 };
    return await this.#run.check('expected', (log) => checkExpected(expect, known, log, this.#ctx));
  }

  async #stage(loaded: LoadedSubject): Promise<StagedData | undefined> {
    let staged: StagedData | undefined;
    const peerUrl = `https://127.0.0.1:${await freePort()}`;
    const parts = { subject: this.#subject, sandbox: this.#sandbox, fileSha256: this.#fileSha256 };
    await this.#run.check('restore', async () => {
      staged = await stageData({ ...parts, loaded, peerUrl }, this.#ctx);
      return staged.isCopy ? 'the data dir was copied, its log included' : 'restored into a data dir';
    });
    return staged;
  }

  async #boot(staged: StagedData, pki: SandboxPki): Promise<BootedEtcd | undefined> {
    const { etcdProgram: program } = this.#options;
    const { sizeBytes } = this.#subject;
    const options = { staged, pki, sandbox: this.#sandbox, sizeBytes, waitTimeoutMs: this.#waitTimeoutMs };
    let etcd: BootedEtcd | undefined;
    await this.#run.check('boot', async () => {
      etcd =
        program === undefined
          ? await bootEmbeddedServer(options, this.#ctx)
          : await bootEtcdProgram({ ...options, program }, this.#ctx);
      this.#opened.use(etcd);
      await using client = openEtcdClient(etcd.client);
      this.version = (await client.maintenance.status({})).version;
      this.firstAnswerMs = this.#run.elapsedMs;
      return program === undefined
        ? 'the embedded server answers: no etcd was given or found'
        : `etcd ${this.version} answers`;
    });
    return etcd;
  }

  async #askAll(asked: Asked): Promise<void> {
    const { etcd, loaded } = asked;
    const ctx = this.#ctx;
    const startedMs = ctx.clock.monotonicMs();
    const { expectation, leases } = loaded;
    const hasLeases = leases.length > 0;
    const run = this.#run;
    let leaseUse: ReadonlyMap<bigint, LeaseUse> = new Map();
    let before: BeforeRestart | undefined;
    {
      await using client = openEtcdClient(etcd.client);
      await run.check('health', async (log) => (await checkHealth(client, log)).facts);
      await run.check('members', (log) => checkMembers(client, identityOf(asked), log));
      await run.check('revision', (log) => checkRevision(client, expectation, { hasLeases }, log));
      const limits = { waitTimeoutMs: this.#waitTimeoutMs };
      await run.check('history', (log) => checkHistory(client, expectation, limits, log, ctx));
      const { revision } = expectation;
      await run.check('keys', async (log) => {
        const { source } = asked;
        const found = await checkKeys({ client, source, revision }, log, ctx);
        leaseUse = found.leaseUse;
        await checkKeysSince({ client, source, revision }, log, ctx);
        return found.facts;
      });
      const runningMs = () => ctx.clock.monotonicMs() - startedMs;
      await run.check('leases', (log) => checkLeases({ client, leases, leaseUse, runningMs }, log, ctx));
      await run.check('write', async (log) => {
        const written = await checkWrite(client, log);
        before = written.before;
        return written.facts;
      });
    }
    if (before === undefined) return;
    const kept = { before, hasLeases, identity: identityOf(asked), waitTimeoutMs: this.#waitTimeoutMs };
    const isBack = await run.check('restart', (log) =>
      checkRestart({ ...kept, etcd, source: asked.source }, log, ctx),
    );
    if (isBack) await this.#compareObjects(asked);
  }

  async #compareObjects({ etcd, pki, loaded }: Asked): Promise<void> {
    const { kubeApiserverProgram: program, encryptionConfigFile, source, prefix } = this.#options;
    if (program === undefined) {
      this.#run.skip('objects', 'no kube-apiserver was given');
      return;
    }
    const ctx = this.#ctx;
    await this.#run.check('objects', async (log) => {
      const { encryptionHost } = this.#options;
      await using inspection = await openInspection(
        {
          source,
          ...(prefix === undefined ? {} : { prefix }),
          ...(encryptionConfigFile === undefined ? {} : { encryptionConfigFile }),
          ...(encryptionHost === undefined ? {} : { encryptionHost }),
        },
        ctx,
      );
      if (encryptionConfigFile === undefined && (await holdsEncrypted(inspection.source))) {
        log.fail(
          'encrypted',
          'objects are encrypted: no API server starts on them without --encryption-config',
        );
        return '';
      }
      const [found = '/registry'] = inspection.source.prefixes;
      await using server = await startApiServer(
        {
          program,
          sandbox: this.#sandbox,
          etcdUrl: etcd.clientUrl,
          etcdPki: pki,
          prefix: prefix ?? found,
          encryptionConfigFile,
          waitTimeoutMs: this.#waitTimeoutMs,
        },
        ctx,
      );
      this.kubernetesVersion = server.version;
      const { revision } = loaded.expectation;
      return await compareObjects({ client: server.client, inspection, revision }, log, ctx);
    });
  }

  async #sourceIsUntouched(): Promise<void> {
    throwIfInterrupted(this.#ctx.signal);
    await this.#run.check('source', async (log) => {
      const changed = await whatChanged(this.#subject);
      if (changed.length > 0) {
        const message = `${changed.length} of its files changed meanwhile: somebody writes to them, ${changed[0]!} for one`;
        log.fail('source-changed', message);
      }
      return 'as it was before the drill';
    });
  }
}

interface Asked {
  readonly loaded: LoadedSubject;
  readonly staged: StagedData;
  readonly etcd: BootedEtcd;
  readonly source: ObjectSource;
  readonly pki: SandboxPki;
}

/** A copied member goes on alone in the real etcd; the embedded server shows all members, and is none of them. */
function identityOf({ staged, etcd }: Asked): StagedData['identity'] {
  const { identity, isCopy, leavesOthers } = staged;
  if (!isCopy) return identity;
  if (etcd.kind === 'embedded') return { ...identity, clusterId: undefined, memberId: undefined };
  if (!leavesOthers) return identity;
  return { ...identity, members: identity.members.filter(({ id }) => id === identity.memberId) };
}

function factsOf(
  { expectation, leases, members }: LoadedSubject,
  fileSha256: string | undefined,
): DrillFacts {
  const { revision, keyCount: keys, hashes } = expectation;
  const { hash: hashKv, compactRevision } = hashes[0]!;
  return {
    fileSha256,
    revision,
    keys,
    leases: leases.length,
    hashKv,
    compactRevision,
    members: members.map(({ id, name }) => (name === '' ? id.toString(16) : name)),
  };
}
