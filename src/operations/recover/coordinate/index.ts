/** All hosts through the phases, forward or back. */
export { driveBack, driveForward, goBack } from './coordinator.ts';
