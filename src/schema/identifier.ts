/*
  Names that a script may hold as they stand (docs/server-semantics.md#text-of-values).
*/

/** A letter or a Chinese character, then those, digits and `_`. */
const identifier = /^[A-Za-z\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff]*$/

/** Whether a table or column can have the name without quotes. */
export function isIdentifier(text: string): boolean {
  return identifier.test(text)
}
