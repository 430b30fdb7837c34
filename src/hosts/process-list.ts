/** A process of a host. */
export interface HostProcess {
  readonly pid: number;
  readonly parentPid: number;
  /** As it is now; empty for a kernel thread and for a process that has ended and is not yet waited for. */
  readonly argv: readonly string[];
  /** Clock ticks from boot to its start: with the pid, what no other process ever has. */
  readonly startTime: bigint;
  /** Its environment as it was at the start; undefined when the process has gone or hides it from us. */
  environment(): Promise<Readonly<Record<string, string>> | undefined>;
}
