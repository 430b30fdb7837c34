import type { ImpactRule, OpenImpactRule } from './impact-rule.ts';
import { allObjectsRule } from './rules/all-objects.ts';
import { blockingWebhooksRule } from './rules/blocking-webhooks.ts';
import { certificatesRule } from './rules/certificates.ts';
import { claimsRule } from './rules/claims.ts';
import { clusterSettingsRule } from './rules/cluster-settings.ts';
import { definitionsRule } from './rules/definitions.ts';
import { encryptionKeysRule } from './rules/encryption-keys.ts';
import { jobsRule } from './rules/jobs.ts';
import { loadBalancersRule } from './rules/load-balancers.ts';
import { nodesRule } from './rules/nodes.ts';
import { olderSecretsRule } from './rules/older-secrets.ts';
import { podsRule } from './rules/pods.ts';
import { returningAccessRule } from './rules/returning-access.ts';
import { tokenKeysRule } from './rules/token-keys.ts';
import { volumesRule } from './rules/volumes.ts';

/** In the order in which risks of one rank are told. */
const openers: readonly OpenImpactRule[] = [
  encryptionKeysRule,
  volumesRule,
  claimsRule,
  blockingWebhooksRule,
  definitionsRule,
  certificatesRule,
  tokenKeysRule,
  clusterSettingsRule,
  podsRule,
  nodesRule,
  olderSecretsRule,
  returningAccessRule,
  jobsRule,
  loadBalancersRule,
  allObjectsRule,
];

/** Every rule, each with a memory of its own. */
export function openRules(): ImpactRule[] {
  return openers.map((open) => open());
}
