/*
  Finds the members that fill columns, in the record itself and in nested objects. The name `a.b` means a member of that
  name or the member `b` of the object `a`, whichever a record has.
*/

/** The meaning of a key in an object. */
export interface JsonEntry {
  /** The field that the member fills; −1 for none. */
  readonly field: number
  /** The level inside the member's object; undefined if no column needs a member from there. */
  readonly level: JsonLevel | undefined
}

/** An object that occurs in records, or the record itself. */
export interface JsonLevel {
  /** Precedes the keys in names of members: '' for the record itself, `a.` for the object `a`. */
  readonly prefix: string
  /** Index of this level among all levels, from 0. */
  readonly index: number
  readonly entries: ReadonlyMap<string, JsonEntry>
  /** Fields for the members of this object and of the objects in it. */
  readonly fields: readonly number[]
}

/** The entry of keys that no column needs. */
export const ignoredEntry: JsonEntry = { field: -1, level: undefined }

/** The levels that hold the members with these names. The first level is the record itself. */
export function jsonLevels(names: readonly string[]): readonly JsonLevel[] {
  const levels: JsonLevel[] = []
  const byPrefix = new Map<string, JsonLevel>()
  const levelOf = (prefix: string): JsonLevel => {
    const known = byPrefix.get(prefix)
    if (known !== undefined) return known
    const entries = new Map<string, JsonEntry>()
    const fields = [...names.keys()].filter(field => names[field]!.startsWith(prefix))
    const level = { prefix, index: levels.length, entries, fields }
    levels.push(level)
    byPrefix.set(prefix, level)
    for (const field of fields) {
      const name = names[field]!.slice(prefix.length)
      entries.set(name, { field, level: entries.get(name)?.level })
      for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
        const key = name.slice(0, dot)
        const inner = levelOf(`${prefix}${key}.`)
        entries.set(key, { field: entries.get(key)?.field ?? -1, level: inner })
      }
    }
    return level
  }
  levelOf('')
  return levels
}
