import { basename, resolve } from 'node:path';
import { hasCode, HoldfastError, throwIfInterrupted } from '../../../base/index.ts';
import { openDemoSandbox, tellDemo } from '../../../operations/demo/index.ts';
import type { CommandHost } from '../../command/index.ts';
import { shellWord } from '../../output/index.ts';
import { findDemoFiles } from './demo-files.ts';
import type { ToldDemo } from './demo-view.ts';
import { silentStage, terminalStage } from './stage.ts';

export { demoView } from './demo-view.ts';

export interface DemoFlags {
  readonly keep: boolean;
  readonly step: boolean;
  readonly etcd: string | undefined;
  readonly dir: string | undefined;
}

/**
 * The whole demo; when it resolves, everything is stopped and removed, or kept.
 * Errors: PROGRAM_INCOMPLETE, those of the sandbox and of the commands in the story, INTERRUPTED.
 */
export async function runDemo(flags: DemoFlags, host: CommandHost): Promise<ToldDemo> {
  try {
    return await tellInSandbox(flags, host);
  } catch (error) {
    if (!hasCode(error, 'INTERRUPTED')) throw error;
    throw new HoldfastError('INTERRUPTED', 'interrupted', {
      hint: 'Everything that ran was stopped, and the sandbox is removed.',
      cause: error,
    });
  }
}

async function tellInSandbox(flags: DemoFlags, host: CommandHost): Promise<ToldDemo> {
  const { clock, log } = host.ctx;
  const startedMs = clock.monotonicMs();
  const { standIn, samplePath } = findDemoFiles();
  const ctx = { ...host.ctx, log: { ...log, info() {} }, events() {} };
  const stage = host.format === 'json' ? silentStage(host) : terminalStage(host, flags);
  stage.title('Holdfast: a control plane is saved, destroyed and brought back');
  await using sandbox = await openDemoSandbox(
    {
      programs: { standIn, ...(flags.etcd === undefined ? {} : { etcd: resolve(flags.etcd) }) },
      samplePath,
      ...(flags.dir === undefined ? {} : { directory: resolve(flags.dir) }),
    },
    ctx,
  );
  const { directory, etcdVersion, isRealEtcd } = sandbox;
  host.io.lastWords = `Stopped at once. What ran in the sandbox ends by itself; ${directory} is left behind.`;
  using _inside = enter(directory);
  const proofs = await tellDemo(sandbox, stage, ctx);
  throwIfInterrupted(ctx.signal);
  const kept = flags.keep ? await sandbox.keep() : undefined;
  const ok = proofs.every(({ inBackup, inCluster }) => inBackup === inCluster);
  const tookMs = clock.monotonicMs() - startedMs;
  const program = [process.execPath, process.argv[1]!];
  return {
    ok,
    proofs,
    directory,
    etcdVersion,
    isRealEtcd,
    tookMs,
    ...(basename(program[1]!) === 'holdfast' ? {} : { program: program.map(shellWord).join(' ') }),
    ...(kept === undefined ? {} : { kept }),
  };
}

/** The story's commands are typed in the sandbox. */
function enter(directory: string): Disposable {
  const before = process.cwd();
  process.chdir(directory);
  return { [Symbol.dispose]: () => process.chdir(before) };
}
