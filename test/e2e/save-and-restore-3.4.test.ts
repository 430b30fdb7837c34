import { testSaveAndRestore } from './save-and-restore.ts';

testSaveAndRestore('3.4');
