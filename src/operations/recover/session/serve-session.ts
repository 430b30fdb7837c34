import { HoldfastError, type LogFields, type Logger, type OperationContext } from '../../../base/index.ts';
import type { RecoveryHost } from '../host/index.ts';
import { formatExact, parseExact, type RecoveryOutcome } from '../journal/index.ts';
import type { Phase, RecoveryPlan } from '../plan/index.ts';
import { packError } from './error-wire.ts';
import { type SessionMessage, type SessionMethod, type SessionRequest, silenceLimitMs } from './protocol.ts';
import { untilSilent } from './until-silent.ts';

export interface ServeSessionOptions {
  /** Requests, one a line. Their end ends the session: whoever asked is gone. */
  readonly lines: AsyncIterable<string>;
  readonly send: (line: string) => void;
  /** Told to the coordinator, which refuses another one than its own. */
  readonly version: string;
  /** Opens the host that the session is about, with the session's own context. */
  readonly openHost: (ctx: OperationContext) => RecoveryHost;
  /** After so long without a line the coordinator is taken for gone; a minute by default. */
  readonly silenceMs?: number;
}

/**
 * Serves a coordinator on another machine: carries out its requests one after the other, and tells events and log
 * lines. When the coordinator goes away, what is under way is stopped; the journal says how far it came.
 */
export async function serveRecoverySession(
  options: ServeSessionOptions,
  ctx: OperationContext,
): Promise<void> {
  const tell = (message: SessionMessage) => options.send(formatExact(message));
  await using host = options.openHost(tellingContext(tell, ctx));
  tell({ ready: { version: options.version } });
  const stops = new Map<number, AbortController>();
  let last: Promise<void> = Promise.resolve();
  const startRequest = (id: number, method: SessionMethod, params: readonly unknown[]) => {
    const stop = new AbortController();
    stops.set(id, stop);
    const signal = AbortSignal.any([ctx.signal, stop.signal]);
    last = last.then(async () => {
      tell(await answer(host, { id, method, params }, signal));
      stops.delete(id);
    });
  };
  for await (const line of untilSilent(options.lines, options.silenceMs ?? silenceLimitMs)) {
    const request = parseExact(line) as SessionRequest;
    if ('alive' in request) continue;
    if ('stop' in request) stops.get(request.stop)?.abort(interruption('the coordinator has stopped this'));
    else startRequest(request.id, request.method, request.params);
  }
  for (const stop of stops.values()) stop.abort(interruption('the coordinator is gone'));
  await last;
}

async function answer(
  host: RecoveryHost,
  {
    id,
    method,
    params,
  }: { readonly id: number; readonly method: string; readonly params: readonly unknown[] },
  signal: AbortSignal,
): Promise<SessionMessage> {
  try {
    const call = callsOf(host, signal)[method as SessionMethod] as Call | undefined;
    if (call === undefined)
      throw new HoldfastError('USAGE', `the coordinator asks for ${method}, which is not known here`);
    return { id, result: await call(...params) };
  } catch (error) {
    return { id, error: packError(error) };
  }
}

/** The parameters come from the coordinator: the same version of this program. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Call = (...params: any[]) => Promise<unknown>;

function callsOf(host: RecoveryHost, signal: AbortSignal): Record<SessionMethod, Call> {
  return {
    inspect: () => host.inspect(),
    preflight: (plan: RecoveryPlan, hostIndex: number) => host.preflight(plan, hostIndex),
    begin: (plan: RecoveryPlan, hostIndex: number) => host.begin(plan, hostIndex),
    resume: () => host.resume(),
    outcomeOf: (recoveryId: string) => host.outcomeOf(recoveryId),
    run: (phase: Phase) => host.run(phase, signal),
    rollBack: (phase: Phase, reason: string) => host.rollBack(phase, reason),
    fact: (name: string) => host.fact(name),
    finish: (outcome: RecoveryOutcome) => host.finish(outcome),
  };
}

function tellingContext(tell: (message: SessionMessage) => void, ctx: OperationContext): OperationContext {
  const log =
    (level: 'debug' | 'info' | 'warn') =>
    (message: string, fields: LogFields = {}) =>
      tell({ log: { level, message, fields } });
  const logger: Logger = { debug: log('debug'), info: log('info'), warn: log('warn') };
  return { ...ctx, log: logger, events: (event) => tell({ event }) };
}

function interruption(message: string): HoldfastError {
  return new HoldfastError('INTERRUPTED', message);
}
