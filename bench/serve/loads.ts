/** What etcd's tools/benchmark is told to do. */

export interface Load {
  readonly name: string;
  readonly args: readonly string[];
  /** The summaries that the tool prints, in its order. */
  readonly parts: readonly LoadPart[];
}

export interface LoadPart {
  readonly name: string;
  /** Whether its rate says nothing: it follows from another's. */
  readonly latencyOnly?: boolean;
}

/** A thousand keys of the backup that follow each other, and the first of them alone. */
export interface KeyRange {
  readonly from: string;
  readonly to: string;
}

const value = ['--val-size=256'];
const many = ['--clients=100', '--conns=10'];
const one = ['--clients=1', '--conns=1'];
const streams = 10;
const watchersPerStream = 10;

export function loadsOn({ from, to }: KeyRange): Load[] {
  const whole = [{ name: '' }];
  const put = ['put', ...value, '--key-size=8'];
  const ranges = (['l', 's'] as const).flatMap((consistency): Load[] => {
    const kind = consistency === 'l' ? 'linearizable' : 'serializable';
    const range = ['range', `--consistency=${consistency}`];
    return [
      {
        name: `range 1 key, ${kind}, 1 client`,
        args: [...range, ...one, '--total=2000', from],
        parts: whole,
      },
      {
        name: `range 1 key, ${kind}, 100 clients`,
        args: [...range, ...many, '--total=20000', from],
        parts: whole,
      },
      {
        name: `range 1000 keys, ${kind}, 10 clients`,
        args: [...range, '--clients=10', '--conns=10', '--total=300', from, to],
        parts: whole,
      },
    ];
  });
  return [
    {
      name: 'put, sequential, 1 client',
      args: [...put, ...one, '--sequential-keys', '--key-space-size=100000', '--total=1000'],
      parts: whole,
    },
    {
      name: 'put, sequential, 100 clients',
      args: [...put, ...many, '--sequential-keys', '--key-space-size=100000', '--total=20000'],
      parts: whole,
    },
    {
      name: 'put, random, 1 client',
      args: [...put, ...one, '--key-space-size=100000', '--total=1000'],
      parts: whole,
    },
    {
      name: 'put, random, 100 clients',
      args: [...put, ...many, '--key-space-size=100000', '--total=20000'],
      parts: whole,
    },
    ...ranges,
    {
      name: 'txn of 10 puts, 100 clients',
      args: ['txn-put', ...many, ...value, '--key-space-size=100000', '--txn-ops=10', '--total=2000'],
      parts: whole,
    },
    {
      name: 'mixed: four limited reads to a write, 100 clients',
      args: [
        ...['txn-mixed', ...many, ...value, '--key-space-size=1000', '--limit=100', '--end-key=/'],
        ...['--rw-ratio=4', '--total=1000'],
      ],
      parts: [{ name: 'reads of up to 100 keys' }, { name: 'writes' }],
    },
    watchLoad('100 puts a second', '--put-rate=100', '--put-total=300'),
    watchLoad('puts one after the other', '--put-rate=1000000', '--put-total=1000'),
  ];
}

function watchLoad(name: string, ...args: readonly string[]): Load {
  return {
    name: `${streams * watchersPerStream} watchers of a key, ${name}`,
    args: [
      ...['watch-latency', `--streams=${streams}`, `--watchers-per-stream=${watchersPerStream}`, ...value],
      ...['--clients=10', '--conns=10', ...args],
    ],
    parts: [{ name: 'put' }, { name: 'event after the answer to its put', latencyOnly: true }],
  };
}
