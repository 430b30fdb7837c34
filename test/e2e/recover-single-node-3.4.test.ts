import { testRecoverSingleNode } from './recover-single-node.ts';

testRecoverSingleNode('3.4');
