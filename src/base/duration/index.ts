export { parseGoDuration } from './go-duration.ts';
