import { isKnown } from '../host/index.ts';
import { onEachHost, type PlanCheck } from './checks-input.ts';

/** Every value that is encrypted in the snapshot must be readable for the API server that will serve it. */
export const checkEncryption: PlanCheck = onEachHost(({ discovery, readablePrefixes }, { snapshot }) => {
  if (snapshot.encrypted.length === 0 || discovery.apiServer === undefined) return [];
  if (readablePrefixes !== undefined && !isKnown(readablePrefixes)) {
    return [
      {
        severity: 'fail',
        code: 'encryption-config-unreadable',
        message: `the snapshot holds encrypted values, and the API server's keys cannot be looked at: ${readablePrefixes.problem}`,
      },
    ];
  }
  const readable = new Set(readablePrefixes ?? []);
  const missing = snapshot.encrypted.filter(({ prefix }) => !readable.has(prefix));
  return missing.map(({ prefix, resource, count }) => ({
    severity: 'fail',
    code: 'encryption-key-missing',
    message: `${count} ${resource} of the snapshot need the key of ${prefix.slice('k8s:enc:'.length, -1)}, which the API server here does not have`,
  }));
});
