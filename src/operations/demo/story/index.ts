/** The demo's story: a control plane saved, destroyed and brought back, told step by step. */
export type { DemoProof, DemoStage } from './demo-stage.ts';
export { tellDemo } from './tell-demo.ts';
