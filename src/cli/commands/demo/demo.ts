import { defineCommand, usageError } from '../../command/index.ts';

export const demoCommand = defineCommand({
  path: ['demo'],
  summary: 'the whole story on this machine, in a sandbox: find, save, verify, destroy, recover, prove',
  description:
    'Lays out a kubeadm control-plane node in a temporary directory, starts it with a sample cluster, saves it, destroys ' +
    'it and brings it back, each step with the command that you would type. Needs nothing but this program: the kubelet, ' +
    'the API server, the controllers and etcd are stand-ins. Nothing outside the directory is touched, and everything ' +
    'is stopped and removed at the end.',
  flags: {
    keep: { kind: 'boolean', summary: 'leave the sandbox there, running, to play in' },
    step: { kind: 'boolean', summary: 'wait for a key after each step' },
    etcd: {
      kind: 'string',
      valueName: 'path',
      summary: 'run this etcd (3.5 or newer) instead of the stand-in',
    },
    dir: {
      kind: 'string',
      summary: 'where the sandbox is made: an empty directory, or one that is not there yet',
    },
  },
  formats: ['simple', 'json'],
  knowsRecovery: true,
  steps: 'log-file',
  examples: [
    { command: 'holdfast demo', explains: 'Half a minute, nothing left behind' },
    { command: 'holdfast demo --step', explains: 'At your own pace' },
    { command: 'holdfast demo --keep', explains: 'And then try things yourself' },
    { command: 'holdfast demo --etcd /usr/bin/etcd', explains: 'With the real etcd' },
  ],
  exitStatuses: {
    3: 'the cluster that came back is not the one in the backup',
    4: 'the sandbox cannot be made there',
  },
  async run({ flags }, host) {
    if (flags.step && host.io.awaitKey === undefined)
      throw usageError('--step needs a terminal', 'Leave it out where nobody can press a key.');
    const { demoView, runDemo } = await import('./run-demo.ts');
    const told = await runDemo(flags, host);
    host.print(demoView(told));
    return told.ok ? 0 : 3;
  },
});
