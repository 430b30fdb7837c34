/** The other repository of a copy: the same flags and variables once more, with `to` in their names. */
import {
  type CommandHost,
  type FlagSpec,
  type FlagSpecs,
  type FlagValues,
  repositoryFlags,
  usageError,
} from '../../command/index.ts';
import { openRepositoryOf, type RepositoryAccess } from '../repo/index.ts';

/** One memory serves both repositories. */
type RepositoryFlag = Exclude<keyof typeof repositoryFlags, 'memory-dir'>;

const secretVariable = 'HOLDFAST_TO_PASSPHRASE';
const unlock = { what: 'what opens the repository to copy to', secretVariable } as const;

/** `to` for `repo`, `to-key-file` for `key-file`. */
function targetFlag(name: RepositoryFlag): string {
  return name === 'repo' ? 'to' : `to-${name}`;
}

const names = Object.keys(repositoryFlags).filter((name): name is RepositoryFlag => name !== 'memory-dir');

/** None has a setting: `holdfast.yaml` says where backups are made, not where they are copied to. */
export const targetFlags: FlagSpecs = Object.fromEntries(
  names.map((name) => {
    const spec: FlagSpec = repositoryFlags[name];
    return [
      targetFlag(name),
      {
        kind: spec.kind,
        ...(spec.kind === 'string' && spec.choices !== undefined && { choices: spec.choices }),
        ...(spec.valueName !== undefined && { valueName: spec.valueName }),
        ...(spec.alternatives !== undefined && { alternatives: unlock }),
        variable: name === 'repo' ? 'HOLDFAST_TO_REPOSITORY' : spec.variable!.replace('_', '_TO_'),
        summary: name === 'repo' ? 'the repository to copy to' : `as --${name}, of the repository to copy to`,
      },
    ];
  }),
);

/** Errors: USAGE, and those of opening a repository. */
export async function openTargetRepository(
  flags: FlagValues<FlagSpecs>,
  host: CommandHost,
): Promise<RepositoryAccess> {
  const given = Object.fromEntries(names.map((name) => [name, flags[targetFlag(name)]]));
  const target = { ...given, 'memory-dir': flags['memory-dir'] } as FlagValues<typeof repositoryFlags>;
  const { env, askSecret } = host.io;
  if (target.repo === undefined)
    throw usageError('no repository to copy to was given', 'Give --to, or set HOLDFAST_TO_REPOSITORY.');
  const keys = ['passphrase-file', 'passphrase-command', 'key-file', 'identity-file'] as const;
  const hasKey = keys.some((name) => target[name] !== undefined) || (env[secretVariable] ?? '') !== '';
  if (!hasKey && askSecret === undefined)
    throw usageError(
      'nothing was given that opens the repository to copy to',
      `Set HOLDFAST_TO_PASSPHRASE_FILE, HOLDFAST_TO_PASSPHRASE_COMMAND or ${secretVariable}, or give --to-key-file.`,
    );
  // The secret of the one repository must not be tried on the other.
  const io = Object.create(host.io, {
    env: { value: { ...env, HOLDFAST_PASSPHRASE: env[secretVariable] } },
  }) as CommandHost['io'];
  return await openRepositoryOf(target, { ...host, io });
}
