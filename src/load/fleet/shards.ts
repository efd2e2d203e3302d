/*
  Decides which units of a plan a shard (one process) loads. Only the plan and the number of shards matter. As far as paths show, the
  units of a group write to one partition, so one shard loads all of them.
*/
import type { Manifest, PlannedUnit } from './manifest.js'

/** One of several processes that load a plan. */
export interface Shard {
  /** From 1. */
  readonly index: number
  readonly count: number
}

interface Group {
  readonly units: PlannedUnit[]
  bytes: number
}

/** Returns units in plan order. Assigns the largest groups first, each to the shard with the fewest bytes. */
export function unitsOfShard({ units }: Manifest, { index, count }: Shard): readonly PlannedUnit[] {
  const groups = new Map<string, Group>()
  for (const unit of units) {
    const group = groups.get(unit.group) ?? { units: [], bytes: 0 }
    groups.set(unit.group, group)
    group.units.push(unit)
    group.bytes += unitBytes(unit)
  }
  const largestFirst = [...groups.values()].sort((a, b) => b.bytes - a.bytes)
  const loads = new Float64Array(Math.min(count, largestFirst.length))
  const own: PlannedUnit[] = []
  for (const group of largestFirst) {
    let least = 0
    for (let i = 1; i < loads.length; i++) if (loads[i]! < loads[least]!) least = i
    // Adds one byte for each unit, because opening even an empty file is work.
    loads[least]! += group.bytes + group.units.length
    if (least === index - 1) own.push(...group.units)
  }
  return own.sort((a, b) => a.unit - b.unit)
}

/** Size of the unit's range in the decompressed content; without a range, the stored size of the unit's files. */
export function unitBytes({ files, range }: PlannedUnit): number {
  if (range !== undefined) return range.endBytes - range.startBytes
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

const dates = [
  // day=2024-01-02, 2024.01.02, 2024_01_02, 20240102
  /(?<!\d)((?:19|20)\d\d)([-._]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)/,
  // 2024/01/02, year=2024/month=01/day=02
  /(?<!\d)((?:19|20)\d\d)(\/)(?:[A-Za-z]+=)?(0?[1-9]|1[0-2])\/(?:[A-Za-z]+=)?(0?[1-9]|[12]\d|3[01])(?!\d)/,
] as const

/**
 * Finds the day in a path, which is usually the day of the rows' partition. Searches first the named parts, joined by
 * `/`, then the whole path.
 * @param parts  texts of the named parts; undefined for null
 * @returns `2024.01.02`; undefined if the path names no day
 */
export function dayOf(
  path: string,
  parts: readonly (string | undefined)[] = [],
): string | undefined {
  for (const text of [parts.join('/'), path]) {
    for (const date of dates) {
      const [, year, , month, day] = date.exec(text) ?? []
      if (year !== undefined) return `${year}.${month!.padStart(2, '0')}.${day!.padStart(2, '0')}`
    }
  }
  return undefined
}
