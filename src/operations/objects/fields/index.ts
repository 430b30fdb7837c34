/** Objects field by field: compared, edited, and with what is secret or changes by itself left out. */
export {
  compareValues,
  type FieldChange,
  type FieldPath,
  formatFieldPath,
  isSame,
} from './compare-values.ts';
export { concealSecrets } from './conceal.ts';
export { changeMember, isJsonObject, without } from './edit-object.ts';
export {
  at,
  conditionOf,
  countAt,
  cutList,
  isObject,
  labelsText,
  listAt,
  objectAt,
  orNone,
  selectorText,
  sizeAt,
  textAt,
  textOf,
} from './look-into.ts';
export { isNoisyResource, type NoiseRules, withoutNoise } from './noise.ts';
