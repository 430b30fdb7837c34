/** This program on other hosts, over ssh. */
export { askArch, placeProgram, type ProgramArch, remoteProgramPath } from './place-program.ts';
export { lastDocument, remoteFailure, runForDocument } from './remote-document.ts';
