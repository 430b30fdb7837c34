/** The sandbox of the demo: a control-plane node in a directory. */
export * from './control-plane/index.ts';
export * from './pki/index.ts';
