/** Values that nobody could decrypt after the recovery. */
import { type ImpactRule, type KeyUse, named, type RiskObject, riskOf } from '../impact-rule.ts';

export function encryptionKeysRule(): ImpactRule {
  const unreadable: { readonly object: RiskObject; readonly key: string }[] = [];
  const plugin: RiskObject[] = [];
  /** Keys that something is encrypted with now, and by what resource. */
  const inUse = new Set<string>();
  const idOf = (resource: string, { wants }: KeyUse) => `${resource} ${wants}`;
  return {
    see(seen) {
      const { resource, presentKey, recoveredKey } = seen;
      if (presentKey !== undefined) inUse.add(idOf(resource, presentKey));
      if (recoveredKey === undefined || recoveredKey.state === 'readable') return;
      const object = named(seen, `wants ${recoveredKey.wants}`);
      if (recoveredKey.state === 'plugin') plugin.push(object);
      else unreadable.push({ object, key: idOf(resource, recoveredKey) });
    },
    risks({ hasEncryptionConfig }) {
      // Without the configuration, a key that the present uses is taken for one that the API server has.
      const missing = unreadable.filter(({ key }) => hasEncryptionConfig || !inUse.has(key));
      const objects = missing.map(({ object }) => object);
      return [...riskOf(hasEncryptionConfig ? missingKey : unseenKey, objects), ...riskOf(pluginKey, plugin)];
    },
  };
}

const listFails =
  'One such object is enough to make the API server fail when it lists the whole resource, and with that controllers that need the list.';

const missingKey = {
  id: 'encryption-key-missing',
  risk: 'high',
  title: 'objects are encrypted with a key that the API server does not have',
  explanation: `The EncryptionConfiguration lacks the key, or has another one under its name. ${listFails}`,
  advice: 'Add the old key to the EncryptionConfiguration of every API server before the recovery.',
} as const;

const unseenKey = {
  id: 'encryption-key-unseen',
  risk: 'medium',
  title: 'objects are encrypted with a key that nothing is encrypted with now',
  explanation: `Whether the API server has it cannot be told without its EncryptionConfiguration. ${listFails}`,
  advice: 'Give --encryption-config, or look whether the key is in the file that the API server is given.',
} as const;

const pluginKey = {
  id: 'encryption-plugin',
  risk: 'info',
  title: 'objects are encrypted through a KMS plugin, which is not asked',
  explanation: 'They can be read if the KMS still has the key that they were written with.',
  advice: 'Make sure that no key was destroyed in the KMS since the snapshot.',
} as const;
