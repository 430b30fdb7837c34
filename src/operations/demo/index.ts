/** The demo: a control-plane node in a directory, and the story of its recovery. */
export * from './control-plane/index.ts';
export * from './pki/index.ts';
export * from './sandbox/index.ts';
export * from './story/index.ts';
