export { crc32c } from './crc32c.ts';
export { combineCrc32c } from './crc32c-combine.ts';
export { crc32cByTable } from './crc32c-table.ts';
