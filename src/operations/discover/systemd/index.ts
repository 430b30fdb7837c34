/** Services as systemd would start them, read from their files. */
export { listServices, readService, type ServiceCommand, startsProgram } from './service.ts';
export {
  expandWords,
  type LocatedVariable,
  parseEnvironmentFile,
  parseUnit,
  splitWords,
} from './unit-file.ts';
