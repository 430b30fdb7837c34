/** The keys of a repository as they lie in its store: listed, added, removed, rotated, kept elsewhere. */
export { type ListedSlot, listSlots, readPlainObjects, type PlainObject } from './list-slots.ts';
export { addSlot, type AddSlotOptions, findSlot, removeSlot, type SlotStore } from './change-slots.ts';
export { formatKeySheet, isPlainObjectName, type KeySheet, parseKeySheet } from './key-sheet.ts';
export { rotateKeys, type RotateOptions, type Rotation } from './rotate-keys.ts';
