/** This program on other hosts, over ssh. */
export { placeProgram, type ProgramArch, remoteProgramPath } from './place-program.ts';
