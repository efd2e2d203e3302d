/* Versions of servers, as `version()` answers them (docs/server-semantics.md#versions). */

/** `2.00.10 2023.09.12` → [2, 0, 10]; undefined for anything else. */
export function parseVersion(text: string): readonly number[] | undefined {
  const match = /^\s*v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?![\d.])/i.exec(text)
  return match
    ?.slice(1)
    .filter(part => part !== undefined)
    .map(Number)
}

/** Missing parts count as 0. */
export function isBefore(version: readonly number[], other: readonly number[]): boolean {
  const at = other.findIndex((number, i) => (version[i] ?? 0) !== number)
  return at >= 0 && (version[at] ?? 0) < other[at]!
}
