/*
  Where the members that fill columns are in a record: on its own level, or in nested objects, named with dots. `a.b` is both
  the member of that name and the member `b` of the object `a`, whichever a record has.
*/

/** What a key of an object leads to. */
export interface JsonEntry {
  /** Field that it fills; −1 for none. */
  readonly field: number
  /** What its members lead to if it is an object; undefined if nothing inside it is needed. */
  readonly level: JsonLevel | undefined
}

/** An object of a record. */
export interface JsonLevel {
  /** What precedes the keys in the names of members: '' for the record itself, `a.` for the object `a`. */
  readonly prefix: string
  /** Index among all levels, from 0. */
  readonly index: number
  readonly entries: ReadonlyMap<string, JsonEntry>
  /** Fields that this object and nested ones fill. */
  readonly fields: readonly number[]
}

/** For keys that lead nowhere. */
export const passedOver: JsonEntry = { field: -1, level: undefined }

/** The levels of the members with these names; the record itself is the first one. */
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
