/** What runs in the sandbox. */
export type { BootedEtcd, EtcdIdentity } from './booted-etcd.ts';
export { bootEmbeddedServer } from './embedded-server.ts';
export { bootEtcdProgram } from './etcd-program.ts';
export { createSandboxPki, type SandboxPki } from './sandbox-pki.ts';
export { type StagedData, stageData } from './stage-data.ts';
export { lastWords } from './last-words.ts';
export { programEnvironment, requireProgram } from './required-program.ts';
