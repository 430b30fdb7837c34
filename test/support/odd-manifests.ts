import fc from 'fast-check';

/** An etcd manifest in somebody's handwriting, with the lines that say where its data is. */
export interface OddManifest {
  readonly text: string;
  /** The same with the new data dir. */
  readonly edited: string;
  /** Counted from 1. */
  readonly changedLines: readonly number[];
}

interface Line {
  readonly text: string;
  readonly isTarget?: boolean;
}

interface Hand {
  readonly quote: (value: string) => string;
  readonly ending: string;
  readonly comments: readonly string[];
}

export const oldDataDir = '/var/lib/etcd';
export const newDataDir = '/var/lib/etcd-20260101';

/**
 * Manifests that say the same in different ways: quotes, comments (which name the data dir too), trailing spaces, line
 * ends, flow and block style, order of fields, and every way of giving `--data-dir`.
 */
export const oddManifests: fc.Arbitrary<OddManifest> = fc
  .record({
    eol: fc.constantFrom('\n', '\r\n'),
    isIndented: fc.boolean(),
    hasFinalLineEnd: fc.boolean(),
    hasMarker: fc.boolean(),
    volumesFirst: fc.boolean(),
    isFlow: fc.boolean(),
    setting: fc.constantFrom(
      'one word',
      'two words',
      'single dash',
      'environment',
      'shell',
      'folded shell',
      'args',
    ),
    decoys: fc.boolean(),
    hands: fc.array(
      fc.record({
        quote: fc.constantFrom<(value: string) => string>(
          (value) => value,
          (value) => `'${value}'`,
          (value) => `"${value}"`,
        ),
        ending: fc.constantFrom('', '', '  ', ' # was: /var/lib/etcd', '\t# "quoted" \'text\' {', ' '),
        comments: fc.array(
          fc.constantFrom('# --data-dir=/var/lib/etcd', '', '#', '   # path: /var/lib/etcd'),
          {
            maxLength: 2,
          },
        ),
      }),
      { minLength: 12, maxLength: 12 },
    ),
  })
  .map((choice) => {
    const lines = writeManifest(choice);
    const join = (texts: readonly string[]) =>
      texts.join(choice.eol) + (choice.hasFinalLineEnd ? choice.eol : '');
    return {
      text: join(lines.map(({ text }) => text)),
      edited: join(
        lines.map(({ text, isTarget }) => (isTarget ? text.replace(oldDataDir, newDataDir) : text)),
      ),
      changedLines: lines.flatMap(({ isTarget }, i) => (isTarget ? [i + 1] : [])),
    };
  });

interface Choice {
  readonly isIndented: boolean;
  readonly hasMarker: boolean;
  readonly volumesFirst: boolean;
  readonly isFlow: boolean;
  readonly setting: string;
  readonly decoys: boolean;
  readonly hands: readonly Hand[];
}

function writeManifest(choice: Choice): readonly Line[] {
  let next = 0;
  const hand = () => choice.hands[next++ % choice.hands.length]!;
  const item = choice.isIndented ? '  - ' : '- ';
  const under = ' '.repeat(item.length);
  /** A value in one of the hands, perhaps with comment lines before it. */
  const write = (before: string, value: string, after = '', isTarget = false): Line[] => {
    const { quote, ending, comments } = hand();
    const line = { text: before + quote(value) + after + ending, isTarget };
    return [...comments.map((text) => ({ text })), line];
  };
  const plain = (text: string): Line => ({ text: text + hand().ending });
  const volumes = [
    plain('  volumes:'),
    ...write(`  ${item}name: `, 'certs'),
    plain(`  ${under}hostPath:`),
    ...write(`  ${under}  path: `, '/etc/kubernetes/pki/etcd'),
    ...(choice.isFlow
      ? write(`  ${item}{name: etcd-data, hostPath: {type: DirectoryOrCreate, path: `, oldDataDir, '}}', true)
      : [
          plain(`  ${item}hostPath:`),
          ...write(`  ${under}  path: `, oldDataDir, '', true),
          ...write(`  ${under}  type: `, 'DirectoryOrCreate'),
          ...write(`  ${under}name: `, 'etcd-data'),
        ]),
  ];
  const containers = [
    plain('  containers:'),
    ...write(`  ${item}name: `, 'etcd'),
    ...write(`  ${under}image: `, 'registry.k8s.io/etcd:3.6.5-0'),
    ...writeCommand(choice, `  ${under}`, item, write, plain),
    plain(`  ${under}volumeMounts:`),
    ...(choice.isFlow
      ? write(`  ${under}${item}{ mountPath: `, oldDataDir, ', name: etcd-data }', true)
      : [
          ...write(`  ${under}${item}mountPath: `, oldDataDir, '', true),
          ...write(`  ${under}${under}name: `, 'etcd-data'),
        ]),
    ...write(`  ${under}${item}mountPath: `, '/etc/kubernetes/pki/etcd'),
    ...write(`  ${under}${under}name: `, 'certs'),
  ];
  return [
    ...(choice.hasMarker ? [{ text: '---' }] : []),
    plain('apiVersion: v1'),
    ...write('kind: ', 'Pod'),
    plain('metadata:'),
    ...write('  name: ', 'etcd'),
    // Somebody's note is not what etcd runs on.
    ...(choice.decoys ? [plain('  annotations:'), ...write('    note: ', oldDataDir)] : []),
    plain('spec:'),
    ...(choice.volumesFirst ? [...volumes, ...containers] : [...containers, ...volumes]),
    ...write('  hostNetwork: ', 'true').map(({ text }) => ({
      text: text.replaceAll(/['"]true['"]/g, 'true'),
    })),
  ];
}

function writeCommand(
  { setting }: Choice,
  indent: string,
  item: string,
  write: (before: string, value: string, after?: string, isTarget?: boolean) => Line[],
  plain: (text: string) => Line,
): Line[] {
  const word = (value: string, isTarget = false) => write(indent + item, value, '', isTarget);
  const others = word('--cert-file=/etc/kubernetes/pki/etcd/server.crt');
  const command = (...words: Line[][]) => [plain(`${indent}command:`), ...words.flat()];
  const block = ' '.repeat(indent.length + item.length);
  switch (setting) {
    case 'one word':
      return command(
        word('etcd'),
        others,
        word(`--data-dir=${oldDataDir}`, true),
        word('--snapshot-count=10000'),
      );
    case 'two words':
      return command(word('/usr/local/bin/etcd'), word('--data-dir'), word(oldDataDir, true), others);
    case 'single dash':
      return command(word('etcd'), word(`-data-dir=${oldDataDir}`, true), others);
    case 'environment':
      return [
        ...command(word('etcd'), others),
        plain(`${indent}env:`),
        ...write(`${indent}${item}name: `, 'ETCD_DATA_DIR'),
        ...write(`${block}value: `, oldDataDir, '', true),
      ];
    case 'args':
      return [
        ...command(word('etcd')),
        plain(`${indent}args:`),
        ...others,
        ...word(`--data-dir=${oldDataDir}`, true),
      ];
    default:
      return [
        ...command(word('/bin/sh'), word('-ec')),
        // No comment may stand before a block's own text.
        { text: `${indent}${item}${setting === 'shell' ? '|' : '>-'}` },
        { text: `${block}exec etcd --name=a${setting === 'shell' ? ' \\' : ''}` },
        { text: `${block}--data-dir="${oldDataDir}" 2>&1`, isTarget: true },
      ];
  }
}
