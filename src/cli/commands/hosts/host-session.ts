import packageJson from '../../../../package.json' with { type: 'json' };
import { defineCommand } from '../../command/index.ts';
import { inputLines } from '../../input/index.ts';

/** What `recover --hosts` runs on each host: it serves the coordinator over its standard streams. */
export const hostSessionCommand = defineCommand({
  path: ['host-session'],
  hidden: true,
  knowsRecovery: true,
  ignoresConfig: true,
  summary: 'serve a recovery that another host coordinates, over standard input and output',
  flags: {
    name: { kind: 'string', default: '', summary: 'how the coordinator calls this host' },
    'manifests-dir': { kind: 'string', summary: "the kubelet's manifests dir" },
  },
  async run({ flags }, { io, ctx, root }) {
    const { openLocalHost } = await import('../../../hosts/index.ts');
    const { openLocalRecoveryHost, serveRecoverySession } = await import(
      '../../../operations/recover/index.ts'
    );
    const manifestsDir = flags['manifests-dir'];
    await serveRecoverySession(
      {
        lines: inputLines(io),
        send: (line) => io.stdout.write(`${line}\n`),
        version: packageJson.version,
        openHost: (sessionContext) =>
          openLocalRecoveryHost(
            {
              machine: openLocalHost({ root }),
              host: flags.name,
              isSentSnapshot: true,
              ...(manifestsDir === undefined ? {} : { manifestsDir }),
            },
            sessionContext,
          ),
      },
      ctx,
    );
    return undefined;
  },
});
