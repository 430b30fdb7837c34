/** `objects get`: one object, as served or as stored. */
export { getObject, type GetObjectOptions, getRawObject } from './get-object.ts';
