export { canListen, freePort, freePorts } from '../../src/hosts/index.ts';
