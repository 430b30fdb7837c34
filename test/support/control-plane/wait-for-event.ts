import { readEvents, type RunnerEvent } from '../../../src/sandbox/index.ts';
import { eventually } from '../waiting.ts';

/** Waits for the first event, from an index on, that is as wanted. */
export function waitForEvent(
  eventsFile: string,
  what: string,
  wanted: (event: RunnerEvent) => boolean,
  options: { readonly from?: number; readonly timeoutMs?: number } = {},
): Promise<RunnerEvent> {
  return eventually(options.timeoutMs ?? 60_000, what, async () =>
    (await readEvents(eventsFile)).slice(options.from ?? 0).find(wanted),
  );
}
