/** A control-plane node that runs in a directory, with a sample cluster's data. */
export {
  type DemoSandbox,
  type DemoSandboxOptions,
  type KeptSandbox,
  openDemoSandbox,
} from './demo-sandbox.ts';
export type { DemoPrograms } from './sandbox-runner.ts';
