import { type Clock, type HoldfastError, isHoldfastError, type OperationContext } from '../../base/index.ts';
import { type EtcdClient, type EtcdClientOptions, openEtcdClient } from '../../etcd/index.ts';

export interface SurveyOptions {
  readonly client: EtcdClientOptions;
  /** Ask every member of the cluster instead of the endpoints given: `--cluster`. */
  readonly cluster?: boolean;
}

/** What one endpoint said, or why it said nothing. */
export type EndpointReport<T> =
  | { readonly endpoint: string; readonly tookMs: number; readonly reply: T }
  | { readonly endpoint: string; readonly tookMs: number; readonly error: HoldfastError };

/** A question to one endpoint; it pins its calls to it. */
export type Question<T> = (client: EtcdClient, endpoint: string) => Promise<T>;

/**
 * Asks all endpoints the same question at once and reports in their order. An endpoint that fails is a report, not an
 * error; only finding the endpoints of the cluster can fail.
 */
export async function surveyEndpoints<T>(
  options: SurveyOptions,
  ctx: OperationContext,
  question: Question<T>,
): Promise<EndpointReport<T>[]> {
  await using client = openEtcdClient({ ...options.client, signal: ctx.signal, log: ctx.log });
  const endpoints = await endpointsToAsk(client, options);
  return await Promise.all(endpoints.map((endpoint) => ask(client, endpoint, question, ctx.clock)));
}

/** The endpoints given, or the client URLs of every member. Errors: those of a member list. */
export async function endpointsToAsk(
  client: EtcdClient,
  { cluster }: Pick<SurveyOptions, 'cluster'>,
): Promise<readonly string[]> {
  if (cluster !== true) return client.endpoints;
  const { members } = await client.cluster.memberList({ linearizable: true });
  return members.flatMap(({ clientURLs }) => clientURLs);
}

/** Asks one endpoint and times it. */
export async function ask<T>(
  client: EtcdClient,
  endpoint: string,
  question: Question<T>,
  clock: Clock,
): Promise<EndpointReport<T>> {
  const started = clock.monotonicMs();
  try {
    const reply = await question(client, endpoint);
    return { endpoint, tookMs: clock.monotonicMs() - started, reply };
  } catch (error) {
    if (!isHoldfastError(error) || error.code === 'INTERRUPTED') throw error;
    return { endpoint, tookMs: clock.monotonicMs() - started, error };
  }
}
