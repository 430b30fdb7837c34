/** Tokens in Secrets that were signed with a key that is not in use any more. */
import type { JsonObject } from '../../../../formats/kubernetes-object/index.ts';
import { objectAt, textAt, textOf } from '../../fields/index.ts';
import { type ImpactRule, named, type RiskObject, riskOf } from '../impact-rule.ts';

export function tokenKeysRule(): ImpactRule {
  const tokens: { readonly object: RiskObject; readonly keyId: string }[] = [];
  return {
    see(seen) {
      if (seen.resource !== 'secrets' || seen.recovered === undefined) return;
      const keyId = signingKeyId(seen.recovered);
      if (keyId !== undefined) tokens.push({ object: named(seen), keyId });
    },
    async risks({ present }) {
      if (tokens.length === 0) return [];
      const inUse = new Set<string>();
      for await (const secret of present.list({ group: '', resource: 'secrets' })) {
        const keyId = signingKeyId(secret);
        if (keyId !== undefined) inUse.add(keyId);
      }
      // Without any token now there is nothing to compare with.
      if (inUse.size === 0) return [];
      const old = tokens.filter(({ keyId }) => !inUse.has(keyId));
      return riskOf(
        oldKey,
        old.map(({ object }) => object),
      );
    },
  };
}

const tokenType = 'kubernetes.io/service-account-token';
const longestTokenCharacters = 64 << 10;

/** The `kid` in the header of a service account's token: a digest of the public key. Not secret. */
function signingKeyId(secret: JsonObject): string | undefined {
  if (textAt(secret, 'type') !== tokenType) return undefined;
  const encoded = textOf(objectAt(secret, 'data')['token']);
  if (encoded === '' || encoded.length > longestTokenCharacters) return undefined;
  const [header = ''] = Buffer.from(encoded, 'base64').toString().split('.');
  try {
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid?: unknown };
    return typeof kid === 'string' && kid !== '' ? kid : undefined;
  } catch {
    // No token of ours to judge: whatever it is, it was the same then.
    return undefined;
  }
}

const oldKey = {
  id: 'token-key-differs',
  risk: 'high',
  title: 'service account tokens come back that were signed with another key',
  explanation:
    'No token in a Secret is signed with that key now: it was most likely replaced. If the API server does not accept it any more, whoever uses these tokens is refused.',
  advice:
    'Compare with --service-account-key-file of the API server. After the recovery delete these Secrets, or make new tokens for them.',
} as const;
