/** A JSON value in which no number has lost a digit: integers beyond 2^53 are bigint, all other numbers number. */
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | JsonObject;

export interface JsonObject {
  [name: string]: JsonValue;
}
