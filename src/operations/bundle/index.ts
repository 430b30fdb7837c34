/** The files of a control-plane node that a backup takes along, and back from it. */
export { type NodeFiles, type NodeOptions, readNode } from './read-node.ts';
export { writeBundle, type WriteBundleOptions, type WrittenBundle } from './write-bundle.ts';
