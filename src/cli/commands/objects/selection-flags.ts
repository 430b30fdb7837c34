import type { ObjectSelection } from '../../../operations/objects/index.ts';
import type { CommandHost, FlagSpecs, FlagValues } from '../../command/index.ts';

export const namespaceFlag = {
  namespace: { kind: 'string', short: 'n', summary: 'look into this namespace (default "default")' },
} as const satisfies FlagSpecs;

/** Which objects: kubectl's flags. */
export const selectionFlags = {
  ...namespaceFlag,
  'all-namespaces': { kind: 'boolean', short: 'A', summary: 'look into all namespaces' },
  selector: { kind: 'string', short: 'l', summary: 'labels: app=web,tier!=db,env in (a,b),!canary' },
  'field-selector': { kind: 'string', summary: 'fields: status.phase!=Running,spec.nodeName=n1' },
} as const satisfies FlagSpecs;

export const includeSecretsFlag = {
  'include-secrets': { kind: 'boolean', summary: 'show what is in Secrets' },
} as const satisfies FlagSpecs;

export function objectSelection(
  words: readonly string[],
  flags: FlagValues<typeof selectionFlags>,
): ObjectSelection {
  const { namespace, selector } = flags;
  const fieldSelector = flags['field-selector'];
  return {
    words,
    allNamespaces: flags['all-namespaces'],
    ...(namespace === undefined ? {} : { namespace }),
    ...(selector === undefined ? {} : { labelSelector: selector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

/** kubectl's `-o json` and our `-w json` are the same. */
export function wantsJson(output: string | undefined, host: CommandHost): boolean {
  return output === undefined ? host.format === 'json' : output === 'json';
}
