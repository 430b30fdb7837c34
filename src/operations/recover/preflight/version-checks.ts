import { onEachHost, type PlanCheck } from './checks-input.ts';

interface MinorVersion {
  readonly major: number;
  readonly minor: number;
}

/**
 * Whether the etcd that will run can read the snapshot. From 3.6 on the database says what wrote it, and a server
 * refuses what is newer than itself; 3.4 and 3.5 do not look, and the schema has not changed for them since.
 */
export const checkVersion: PlanCheck = onEachHost(({ discovery: { etcd, live } }, { snapshot }) => {
  const serverText = live?.version ?? etcd?.version;
  const server = parseMinor(serverText);
  const wrote = parseMinor(snapshot.storageVersion);
  if (wrote === undefined) return [];
  if (server === undefined) {
    return [
      {
        severity: 'warn',
        code: 'etcd-version-unknown',
        message: `the snapshot was written by etcd ${snapshot.storageVersion}; which version runs here is not known`,
      },
    ];
  }
  const isOlder = server.major < wrote.major || (server.major === wrote.major && server.minor < wrote.minor);
  if (!isOlder) return [];
  // 3.5 and older read what 3.6 writes; neither looks at the storage version.
  const refuses = server.minor >= 6;
  return [
    {
      severity: refuses ? 'fail' : 'warn',
      code: 'etcd-too-old',
      message: refuses
        ? `etcd ${serverText} does not start on a snapshot that etcd ${snapshot.storageVersion} wrote`
        : `the snapshot was written by etcd ${snapshot.storageVersion}, newer than the ${serverText} here`,
    },
  ];
});

function parseMinor(text: string | undefined): MinorVersion | undefined {
  const match = /^v?(\d+)\.(\d+)/.exec(text ?? '');
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]) };
}
