import { defineCommand, repositoryFlags } from '../../command/index.ts';
import { storageCheckLine, storageValidationView } from '../../output/views/index.ts';
import { openStorageOf, storageLocation } from './open-repository.ts';

/** Who is at the terminal wants to know soon that a store does not answer. */
const retryDeadlineMs = 5_000;

export const repoValidateCommand = defineCommand({
  path: ['repo', 'validate'],
  summary: 'try out whether a store keeps what a repository relies on',
  description:
    'For a store that is new to you: a network mount, a server that speaks S3. Puts, reads, lists and deletes 40 MiB of ' +
    'objects below contract/ and removes them again; what else is there is not touched. Needs no key.',
  args: [
    {
      name: 'location',
      summary: 'a directory, or s3://BUCKET/PREFIX (HOLDFAST_REPOSITORY without it)',
      optional: true,
    },
  ],
  flags: repositoryFlags,
  steps: 'log-file',
  examples: [
    { command: 'holdfast repo validate /mnt/backups', explains: 'A network mount' },
    {
      command: 'holdfast repo validate s3://bucket/etcd --s3-endpoint https://minio.example:9000',
      explains: 'A server that speaks S3',
    },
  ],
  exitStatuses: {
    3: 'a check failed: do not keep backups there',
    4: 'the store does not accept the credentials',
    5: 'the store does not answer',
  },
  isReport: true,
  async run({ args, flags }, host) {
    const { validateStorage } = await import('../../../operations/validate-storage/index.ts');
    const { parseStorageLocation } = await import('../../../storage/index.ts');
    const location = args[0] ?? storageLocation(flags);
    await using storage = await openStorageOf(flags, { location, retryDeadlineMs, log: host.ctx.log });
    const parsed = parseStorageLocation(location);
    const isText = host.format === 'simple';
    const result = await validateStorage(
      {
        storage,
        ...(parsed.kind === 'filesystem' && { directory: parsed.path }),
        ...(isText && { onCheck: (check) => host.out.line(storageCheckLine(check)) }),
      },
      host.ctx,
    );
    host.print(storageValidationView(result));
    return result.ok ? 0 : 3;
  },
});
