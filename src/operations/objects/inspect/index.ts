/** A source, what reads its values and what its resources are called, opened together. */
export { type Inspection, type InspectionOptions, openInspection } from './open-inspection.ts';
export { isSecret } from './secret-resource.ts';
