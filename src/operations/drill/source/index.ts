/** What is drilled: read as it is, checked before anything is started. */
export { checkDataDirLog } from './data-dir-log.ts';
export { checkExpected } from './expected.ts';
export { type DrillSubject, inspectSubject, whatChanged } from './drill-subject.ts';
export { type LoadedSubject, loadSubject } from './load-subject.ts';
export { checkFile } from './file-check.ts';
