export { configCheckCommand } from './check.ts';
export { configShowCommand } from './show.ts';
