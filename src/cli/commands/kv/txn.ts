import { type CommandHost, defineCommand, usageError } from '../../command/index.ts';
import { inputLines } from '../../input/index.ts';
import { txnView } from '../../output/views/index.ts';

const parts = ['compares', 'success requests (get, put, del)', 'failure requests (get, put, del)'] as const;

export const txnCommand = defineCommand({
  path: ['txn'],
  summary: 'read requests from standard input and apply them as one transaction',
  description:
    'Reads three parts from standard input, each ended by an empty line: comparisons, the requests to apply if all ' +
    'of them hold, the requests to apply if not. A comparison is TARGET("key") OP "value" with the targets ver, ' +
    'create, mod, val and lease and the operators =, !=, < and >.',
  flags: {
    interactive: { kind: 'boolean', short: 'i', summary: 'say which part is read next' },
  },
  formats: ['simple', 'json', 'fields'],
  examples: [
    {
      command: `printf 'mod("a") > "0"\\n\\nput a changed\\n\\nput a created\\n\\n' | holdfast txn`,
      explains: 'Change a key if it is there, create it if not',
    },
  ],
  exitStatuses: {
    4: 'authentication or permission is missing',
    5: 'etcd is unreachable or did not answer in time',
  },
  async run(input, host) {
    const { parseTxn } = await import('./txn-script.ts');
    const [compares, success, failure] = await readParts(host, input.flags.interactive);
    const request = parseTxn({ compares, success, failure });
    await using client = await host.connect();
    host.print(txnView(await client.kv.txn(request), { hex: host.globals.hex }));
  },
});

async function readParts(host: CommandHost, isInteractive: boolean): Promise<[string[], string[], string[]]> {
  const read: [string[], string[], string[]] = [[], [], []];
  const lines = inputLines(host.io);
  for (const [index, title] of parts.entries()) {
    if (isInteractive && host.format === 'json') host.sayNow(`${title}:`);
    else if (isInteractive) host.out.line(`${title}:`);
    for (;;) {
      const next = await lines.next();
      if (next.done === true)
        throw usageError(
          `standard input ended in the ${title.replace(/ \(.*/, '')} of the transaction`,
          'Each of the three parts ends with an empty line, the last one too.',
        );
      const line = next.value.trim();
      if (line === '') break;
      read[index]!.push(line);
    }
  }
  return read;
}
