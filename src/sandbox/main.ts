/**
 * Stand-ins for the programs of a control-plane node, for the demo and for tests: `main.ts PROGRAM [flags]`. Each takes
 * the flags of what it stands for, runs until it is stopped, and logs on its standard output.
 */
const programs: Readonly<Record<string, () => Promise<unknown>>> = {
  'static-pods': () => import('./run-static-pods.ts'),
  etcd: () => import('./etcd-stand-in.ts'),
  'kube-apiserver': () => import('./kube-apiserver-stand-in.ts'),
  controller: () => import('./controller-stand-in.ts'),
};

// A disk that is full takes no more of the log, which is no reason to end.
process.stdout.on('error', () => {});
// Each reads its flags from what is left, as if it had been called by its own name.
const [name = ''] = process.argv.splice(2, 1);
const program = programs[name];
if (program === undefined) {
  process.stderr.write(`which program? One of ${Object.keys(programs).join(', ')}\n`);
  process.exitCode = 2;
} else await program();

export {};
