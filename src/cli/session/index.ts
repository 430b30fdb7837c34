export { openSession, type Session } from './command-host.ts';
export { valuesFromEnvironment } from './environment.ts';
export { asHoldfastError, reportFailure } from './report-failure.ts';
