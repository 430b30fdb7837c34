/** The flags of get, put and del, which the lines of a transaction take too. */

export const getFlags = {
  consistency: {
    kind: 'string',
    default: 'l',
    choices: ['l', 's'],
    summary: 'linearizable (l) or serializable (s)',
  },
  order: { kind: 'string', summary: 'order of results: ASCEND or DESCEND' },
  'sort-by': { kind: 'string', summary: 'sort target: CREATE, KEY, MODIFY, VALUE or VERSION' },
  limit: { kind: 'integer', default: 0n, summary: 'maximum number of results' },
  prefix: { kind: 'boolean', summary: 'get keys with matching prefix' },
  'from-key': { kind: 'boolean', summary: 'get keys that are greater than or equal to the given key' },
  rev: { kind: 'integer', default: 0n, summary: 'revision to read at' },
  'keys-only': { kind: 'boolean', summary: 'get only the keys' },
  'count-only': { kind: 'boolean', summary: 'get only the count (with -w fields or json)' },
  'print-value-only': { kind: 'boolean', summary: 'only write values (with -w simple)' },
  'min-create-rev': { kind: 'integer', default: 0n, summary: 'minimum create revision' },
  'max-create-rev': { kind: 'integer', default: 0n, summary: 'maximum create revision' },
  'min-mod-rev': { kind: 'integer', default: 0n, summary: 'minimum modification revision' },
  'max-mod-rev': { kind: 'integer', default: 0n, summary: 'maximum modification revision' },
} as const;

export const putFlags = {
  lease: { kind: 'string', default: '0', summary: 'lease id (in hexadecimal) to attach to the key' },
  'prev-kv': { kind: 'boolean', summary: 'return the previous key-value pair before modification' },
  'ignore-value': { kind: 'boolean', summary: 'update the key using its current value' },
  'ignore-lease': { kind: 'boolean', summary: 'update the key using its current lease' },
} as const;

export const delFlags = {
  prefix: { kind: 'boolean', summary: 'delete keys with matching prefix' },
  'prev-kv': { kind: 'boolean', summary: 'return deleted key-value pairs' },
  'from-key': { kind: 'boolean', summary: 'delete keys that are greater than or equal to the given key' },
  range: { kind: 'boolean', summary: 'delete a range of keys without a pause to think again' },
} as const;
