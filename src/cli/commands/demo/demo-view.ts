import type { DemoProof, KeptSandbox } from '../../../operations/demo/index.ts';
import { type Output, shellWord, type View } from '../../output/index.ts';

/** A demo that was told to its end. */
export interface ToldDemo {
  /** Whether the cluster that came back is the one in the backup. */
  readonly ok: boolean;
  readonly proofs: readonly DemoProof[];
  readonly directory: string;
  readonly etcdVersion: string;
  readonly isRealEtcd: boolean;
  readonly tookMs: number;
  /** What to type in a shell that knows no `holdfast`; undefined where that may well be its name. */
  readonly program?: string;
  /** How to go on; undefined when everything is gone. */
  readonly kept?: KeptSandbox;
}

export function demoView(told: ToldDemo): View {
  const { ok, proofs, directory, etcdVersion, isRealEtcd, tookMs, kept } = told;
  return {
    simple(output) {
      output.line('');
      output.line(
        ok
          ? `The cluster that came back is the one in the backup. ${(tookMs / 1000).toFixed(1)} s.`
          : 'The cluster that came back is not the one in the backup.',
      );
      if (kept === undefined) output.line('Everything that ran was stopped, and the sandbox is removed.');
      else keptLines(kept, told, output);
    },
    json: () => ({
      ok,
      proofs: proofs.map((proof) => ({ ...proof })),
      etcdVersion,
      isRealEtcd,
      tookMs: Math.round(tookMs),
      ...(kept === undefined ? {} : { sandbox: { directory, ...whereKept(kept) } }),
    }),
  };
}

function whereKept({ layout, stopScript }: KeptSandbox) {
  const { root, etcdUrl, apiServerUrl, adminConf } = layout;
  return { root, etcdUrl, apiServerUrl, adminConf, stopScript };
}

function keptLines({ layout, stopScript }: KeptSandbox, told: ToldDemo, output: Output): void {
  const { nodeName } = layout;
  const program = told.program === undefined ? [] : [`  alias holdfast=${shellWord(told.program)}`];
  const lines = [
    '',
    'The sandbox runs on. To play with it:',
    `  cd ${shellWord(told.directory)}`,
    ...program,
    `  holdfast --root ${nodeName} objects list live pods -A`,
    `  holdfast --root ${nodeName} del --prefix /registry/secrets/`,
    `  holdfast --root ${nodeName} recover backup.db`,
    'With etcdctl, too:',
    `  eval "$(holdfast --root ${nodeName} discover -w env)"`,
    '  etcdctl get /registry/namespaces/ --prefix --keys-only',
    'To stop everything and remove it:',
    `  ${shellWord(stopScript)}`,
  ];
  for (const line of lines) output.line(line);
}
